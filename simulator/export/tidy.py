"""Tidy data: a summary or the trials as CSV, Parquet or JSON.

Three tables: ``trials`` (wide: one row per trial, one column per series), ``long`` (one row per trial,
metric, quarter and segment) and ``summary`` (one row per metric, period and segment).

Trials are written a block at a time, whether they were kept or come as they are played
(:mod:`simulator.export.played`): the same seed gives the same bytes either way.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

from simulator.export.parquet import write_parquet_pieces
from simulator.export.pieces import Labels, Layout, Piece
from simulator.export.series import Columns
from simulator.files import whole, write_text

if TYPE_CHECKING:
    from simulator.simulation.result import Result

Table = Literal["trials", "long", "summary"]
TABLES: tuple[Table, ...] = ("trials", "long", "summary")
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula: a leading apostrophe where it might.

    >>> harmless("=1+1"), harmless("inbound")
    ("'=1+1", 'inbound')
    """
    return f"'{text}" if text.startswith(RISKY) else text


def summary_rows(results: Sequence[Result]) -> list[dict[str, Any]]:
    """The summary, with the scenario in front where there are several; money to cents."""
    rows = []
    for result in results:
        for row in result.summary():
            if result.metric(row["metric"]).kind == "money":
                row = {k: round(v, 2) if isinstance(v, float) else v for k, v in row.items()}
            row["segment"] = "all" if row["segment"] is None else row["segment"]
            rows.append(({"scenario": result.scenario.name} if len(results) > 1 else {}) | row)
    return rows


def _pieces(results: Sequence[Result], table: Table) -> Iterator[Piece]:
    if table == "summary":
        rows = summary_rows(results)
        yield {key: [row[key] for row in rows] for key in rows[0]}
        return
    layout = Layout.of(results, table)
    for number, result in enumerate(results):
        yield from layout.pieces(result, number)


def write_csv(results: Sequence[Result], path: str | os.PathLike[str], *, table: Table = "trials") -> None:
    """UTF-8, comma, a header row; numbers in full, texts that look like formulas led by an apostrophe."""
    with whole(path) as temporary:
        write_csv_pieces(_pieces(results, table), temporary)


def write_csv_pieces(pieces: Iterable[Piece], path: str | os.PathLike[str]) -> None:
    """The pieces of a table, one below the other."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for number, piece in enumerate(pieces):
            if number == 0:
                writer.writerow(piece)
            writer.writerows(zip(*(_texts(values) for values in piece.values()), strict=True))


def _texts(values: Any) -> Iterator[str]:
    if isinstance(values, Labels):
        names = [harmless(name) for name in values.names]
        yield from (names[place] for place in values.places.tolist())
        return
    for value in values if isinstance(values, list) else values.tolist():
        if value is None or value != value:
            yield ""
        elif isinstance(value, str):
            yield harmless(value)
        elif isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
            yield str(int(value))
        else:
            yield repr(value)


def write_parquet(results: Sequence[Result], path: str | os.PathLike[str], *, table: Table = "trials") -> None:
    """Parquet with zstd; texts as they are (they are typed here, no reader takes them for formulas).

    Raises
    ------
    ExportError : pyarrow is not installed; the message says how to install it.
    """
    with whole(path) as temporary:
        write_parquet_pieces(_pieces(results, table), temporary)


WRITERS: dict[str, Callable[[Iterable[Piece], str | os.PathLike[str]], None]] = {
    ".csv": write_csv_pieces, ".parquet": write_parquet_pieces,
}  # fmt: skip
"""How pieces become a file, by its ending."""


def write_json(results: Sequence[Result], path: str | os.PathLike[str], *, table: Table = "trials") -> None:
    """The document of ``run --format json``; with the trials under ``series`` unless only the summary is asked for.

    One scenario is an object, several a list of them.
    """
    documents = []
    for result in results:
        document = result.to_json()
        if table != "summary":
            document["series"] = [
                {"name": s.name, "label": s.label, "metric": s.metric, "in": s.period, "segment": s.segment,
                 "path": s.path, "values": [None if v != v else v for v in s.values.tolist()]}
                for s in Columns(result, undefined=True).all
            ]  # fmt: skip
        documents.append(document)
    out = io.StringIO()
    json.dump(documents[0] if len(documents) == 1 else documents, out, ensure_ascii=True, allow_nan=False)
    write_text(path, out.getvalue() + "\n")
