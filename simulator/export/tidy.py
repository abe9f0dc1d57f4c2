"""Tidy data: a summary or the trials as CSV, Parquet or JSON.

Three tables: ``trials`` (wide: one row per trial, one column per series), ``long`` (one row per trial,
metric, quarter and segment) and ``summary`` (one row per metric, period and segment).
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from simulator.errors import ExportError
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


def wide_columns(results: Sequence[Result]) -> dict[str, Any]:
    """Column name -> values; of several scenarios the rows follow each other."""
    several = len(results) > 1
    sets = [Columns(result, undefined=True) for result in results]
    common = [name for name in (s.name for s in sets[0].all) if all(name in {s.name for s in c.all} for c in sets)]
    found: dict[str, Any] = {}
    if several:
        found["scenario"] = [r.scenario.name for r in results for _ in range(r.trials)]
    found["trial"] = np.concatenate([np.arange(1, r.trials + 1) for r in results])
    for name in common:
        found[name] = np.concatenate([next(s.values for s in c.all if s.name == name) for c in sets])
    return found


def long_columns(results: Sequence[Result]) -> dict[str, Any]:
    """Columns of the long table: trial, metric, quarter, segment ("all" is the total), value."""
    parts: dict[str, list[Any]] = {"scenario": [], "trial": [], "metric": [], "quarter": [], "segment": [], "value": []}
    for result in results:
        who: list[str | None] = [None, *result.segments]
        for metric in result.metrics:
            for segment in who:
                values = result.quarterly(metric.name, segment)
                for index, label in enumerate(result.quarters):
                    parts["scenario"].append((result.scenario.name, result.trials))
                    parts["trial"].append(np.arange(1, result.trials + 1))
                    parts["metric"].append((metric.name, result.trials))
                    parts["quarter"].append((label, result.trials))
                    parts["segment"].append(("all" if segment is None else segment, result.trials))
                    parts["value"].append(values[:, index].astype(np.float64))
    found: dict[str, Any] = {}
    for key, pieces in parts.items():
        if key == "scenario" and len(results) == 1:
            continue
        if key in ("trial", "value"):
            found[key] = np.concatenate(pieces)
        else:
            found[key] = [text for text, count in pieces for _ in range(count)]
    return found


def _table(results: Sequence[Result], table: Table) -> dict[str, Any]:
    if table == "summary":
        rows = summary_rows(results)
        return {key: [row[key] for row in rows] for key in rows[0]}
    return wide_columns(results) if table == "trials" else long_columns(results)


def write_csv(results: Sequence[Result], path: str | os.PathLike[str], *, table: Table = "trials") -> None:
    """UTF-8, comma, a header row; numbers in full, texts that look like formulas led by an apostrophe."""
    columns = _table(results, table)
    texts = [_texts(values) for values in columns.values()]
    with whole(path) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*texts, strict=True))


def _texts(values: Iterable[Any]) -> Iterator[str]:
    plain = values.tolist() if isinstance(values, np.ndarray) else values
    for value in plain:
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
    ExportError : polars is not installed; the message says how to install it.
    """
    try:
        import polars
    except ImportError:
        raise ExportError(
            "Parquet needs polars: pip install 'pipeline-simulator[parquet]'; or export to .csv, which needs nothing"
        ) from None
    columns = _table(results, table)
    frame = polars.DataFrame(columns, nan_to_null=True)
    texts = [name for name in frame.columns if frame[name].dtype == polars.String]
    if table == "long":
        frame = frame.with_columns(polars.col(texts).cast(polars.Categorical))
    with whole(path) as temporary:
        frame.write_parquet(temporary, compression="zstd", statistics=True)


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
