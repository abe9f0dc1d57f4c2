"""CSV, Parquet and xlsx files to columns of text, holding no column that is not asked for."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.calibration.labels import key_of
from simulator.calibration.layout import Layout, layout_of
from simulator.calibration.quality import Quality
from simulator.calibration.workbook import sheet_columns, workbook_layout
from simulator.errors import DataError

if TYPE_CHECKING:
    import polars


def _polars() -> Any:
    try:
        import polars
    except ImportError as error:
        raise DataError("reading CRM tables needs polars: pip install 'pipeline-simulator[fit]'") from error
    return polars


def _csv(path: Path, wanted: list[str] | None, rows: int | None) -> polars.DataFrame:
    pl = _polars()
    layout = layout_of(path)
    names = layout.names if wanted is None else match(path, wanted, layout.names)
    places = sorted({layout.names.index(name) for name in names})
    source: Any = path
    if layout.encoding != "utf-8":
        source = path.read_bytes().decode(layout.encoding, errors="replace").encode()
    try:
        frame = pl.read_csv(
            source,
            columns=places,
            separator=layout.separator,
            infer_schema=False,
            n_rows=rows,
            skip_lines=layout.skip,
            truncate_ragged_lines=True,
            encoding="utf8-lossy",
            eol_char=layout.line_end,
        )
    except (pl.exceptions.PolarsError, OSError):
        frame = _by_python(path, layout, places, rows)
    frame.columns = [layout.names[place] for place in places]
    if layout.again:
        same = [pl.col(layout.names[place]).eq_missing(layout.header[place]) for place in places]
        frame = frame.filter(~pl.all_horizontal(same))
    return (
        frame if wanted is None else frame.select(pl.col(name).alias(w) for w, name in zip(wanted, names, strict=True))
    )


def _by_python(path: Path, layout: Layout, places: list[int], rows: int | None) -> polars.DataFrame:
    """The same by Python's more lenient reader, for quotation marks in the middle of values."""
    pl = _polars()
    reading = layout.encoding + ("-sig" if layout.encoding == "utf-8" else "")
    found: list[list[str | None]] = [[] for _ in places]
    try:
        with path.open(encoding=reading, errors="replace", newline="") as file:
            for _ in range(layout.skip):
                file.readline()
            lines = (row for row in csv.reader(file, delimiter=layout.separator) if row)
            for row in islice(lines, 1, None if rows is None else rows + 1):
                for column, place in zip(found, places, strict=True):
                    column.append(row[place] or None if place < len(row) else None)
    except (csv.Error, OSError) as error:
        raise DataError(f"{path}: not readable as CSV: {error}") from error
    return pl.DataFrame(
        {str(place): pl.Series(column, dtype=pl.String) for place, column in zip(places, found, strict=True)}
    )


def _sheet(path: Path, wanted: list[str] | None, rows: int | None) -> polars.DataFrame:
    pl = _polars()
    layout = workbook_layout(path)
    names = list(layout.names) if wanted is None else match(path, wanted, layout.names)
    columns = sheet_columns(path, layout, [layout.names.index(name) for name in names], rows)
    return pl.DataFrame(
        {name: pl.Series(column, dtype=pl.String) for name, column in zip(wanted or names, columns, strict=True)}
    )


def read_table(path: str | Path, columns: Sequence[str] | None = None, *, rows: int | None = None) -> polars.DataFrame:
    """A table as a frame of text columns.

    Parameters
    ----------
    path : a ``.csv``, ``.tsv``, ``.txt``, ``.parquet`` or ``.xlsx`` file.
    columns : the columns to read; None reads all.
    rows : read at most so many rows (for a look at the headers).

    Raises
    ------
    DataError : no such file, not a table, or a column that is not there.
    """
    pl = _polars()
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    ending = path.suffix.casefold()
    wanted = None if columns is None else list(dict.fromkeys(columns))
    if ending in (".csv", ".tsv", ".txt"):
        return _csv(path, wanted, rows)
    try:
        if ending in (".parquet", ".pq"):
            there = list(pl.read_parquet_schema(path))
            names = there if wanted is None else match(path, wanted, there)
            frame = pl.read_parquet(path, columns=list(dict.fromkeys(names)), n_rows=rows)
        elif ending in (".xlsx", ".xlsm", ".xls"):
            return _sheet(path, wanted, rows)
        else:
            raise DataError(f"{path}: reads .csv, .tsv, .parquet and .xlsx, not {ending or 'a file without ending'}")
    except DataError:
        raise
    except Exception as error:  # the readers of xlsx raise whatever their parts raise: zip, XML and key errors
        raise DataError(f"{path}: not readable as {ending[1:]}: {str(error).splitlines()[0]}") from error
    if wanted is not None:
        frame = frame.select(pl.col(name).alias(w) for w, name in zip(wanted, names, strict=True))
    return frame.with_columns(pl.all().cast(pl.String))


def match(path: Path, wanted: Sequence[str], there: Sequence[str]) -> list[str]:
    """The column each wanted name means: the same name, else the only one that differs by spaces, capitals, hyphens
    or underscores.

    Raises
    ------
    DataError : no such column; names the nearest.
    """
    import difflib

    alike: dict[str, list[str]] = {}
    for name in there:
        alike.setdefault(key_of(name), []).append(name)
    found = []
    for name in wanted:
        near = alike.get(key_of(name), [])
        if name in there:
            found.append(name)
        elif len(near) == 1:
            found.append(near[0])
        else:
            close = difflib.get_close_matches(name, list(there), n=1, cutoff=0.5)
            hint = f"; did you mean {close[0]!r}?" if close else "."
            raise DataError(f"{path}: no column {name!r}{hint} It has: {', '.join(list(there)[:30])}")
    return found


def report_layout(path: Path, quality: Quality, rows: int) -> None:
    """Note on the data-quality page what is odd about how a table is laid out."""
    ending = path.suffix.casefold()
    if ending in (".csv", ".tsv", ".txt"):
        layout = layout_of(path)
    elif ending in (".xlsx", ".xlsm", ".xls"):
        layout = workbook_layout(path)
    else:
        return
    label = path.name
    quality.add(
        "lines above the header", layout.skip, 0, f"lines of {label} are above the row of column names", "Skipped"
    )
    quality.add(
        "repeated column", len(layout.repeated), 0, f"column names of {label} occur more than once",
        "The first keeps its name, the next is called 'NAME (2)'", layout.repeated,
    )  # fmt: skip
    quality.add("header repeated", layout.again, rows, f"rows of {label} repeat the column names", "Left out")
    quality.add(
        "rows too long", layout.longer, rows, f"rows of {label} have more cells than the header",
        "Cells behind the last column are not read; a separator inside a value without quotes shifts those behind it",
        serious=True,
    )  # fmt: skip
    quality.add(
        "rows too short", layout.shorter, rows, f"rows of {label} have fewer cells than the header",
        "What is missing counts as empty",
    )  # fmt: skip
    if layout.sheets > 1:
        quality.add(
            "other sheets", layout.sheets - 1, layout.sheets, f"sheets of {label} were not read",
            "The largest was; export one sheet to choose another", [f"read: {layout.sheet}"],
        )  # fmt: skip
