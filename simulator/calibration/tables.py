"""CSV, Parquet and xlsx files to columns of text, holding no column that is not asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.calibration.labels import key_of
from simulator.calibration.layout import LOOK, Layout, distinct, layout_of
from simulator.calibration.quality import Quality
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
        )
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"{path}: not readable as CSV: {str(error).splitlines()[0]}") from error
    frame.columns = [layout.names[place] for place in places]
    return (
        frame if wanted is None else frame.select(pl.col(name).alias(w) for w, name in zip(wanted, names, strict=True))
    )


def _excel(path: Path) -> tuple[polars.DataFrame, Layout]:
    """The sheet with the most cells, from its header row on."""
    from openpyxl import load_workbook

    pl = _polars()
    book = load_workbook(path, read_only=True, data_only=True)
    try:
        sheets = {
            sheet.title: [
                list(row) for row in sheet.iter_rows(values_only=True) if any(cell is not None for cell in row)
            ]
            for sheet in book.worksheets
        }
    finally:
        book.close()
    name = max(sheets, key=lambda key: sum(len(row) for row in sheets[key]), default="")
    rows = [[_written(cell) for cell in row] for row in sheets.get(name, [])]
    if not rows:
        raise DataError(f"{path}: the file is empty; its first row should name the columns")
    width = max(len(row) for row in rows)
    filled = [sum(bool(cell and cell.strip()) for cell in row) for row in rows[:LOOK]]
    skip = next((n for n, count in enumerate(filled) if count >= max(0.6 * max(filled), min(width, 2))), 0)
    names, repeated = distinct([cell or "" for cell in rows[skip] + [None] * (width - len(rows[skip]))])
    frame = pl.DataFrame(
        {
            column: pl.Series([row[place] if place < len(row) else None for row in rows[skip + 1 :]], dtype=pl.String)
            for place, column in enumerate(names)
        }
    )
    return frame, Layout(names, skip=skip, repeated=repeated, sheet=name, sheets=len(sheets))


def _written(cell: Any) -> str | None:
    """A cell as text; days without a time of day as days."""
    if cell is None:
        return None
    return str(cell).removesuffix(" 00:00:00") if hasattr(cell, "isoformat") else str(cell)


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
            frame, layout = _excel(path)
            names = list(layout.names) if wanted is None else match(path, wanted, layout.names)
            frame = frame.head(rows) if rows is not None else frame
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
        layout = _excel(path)[1]
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
