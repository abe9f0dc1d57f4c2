"""CSV, Parquet and xlsx files to columns of text, holding no column that is not asked for."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.errors import DataError

if TYPE_CHECKING:
    import polars


def _polars() -> Any:
    try:
        import polars
    except ImportError as error:
        raise DataError("reading CRM tables needs polars: pip install 'pipeline-simulator[fit]'") from error
    return polars


def _encoding(path: Path) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        block = file.read(1 << 20)
        if block.startswith((b"\xff\xfe", b"\xfe\xff")):
            return "utf-16"
        try:
            while block:
                decoder.decode(block)
                block = file.read(1 << 20)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def _separator(first_line: str) -> str:
    return max(",;\t|", key=first_line.count)


def _csv(path: Path, columns: Sequence[str] | None, rows: int | None) -> polars.DataFrame:
    pl = _polars()
    encoding = _encoding(path)
    with path.open(encoding=encoding + ("-sig" if encoding == "utf-8" else ""), errors="replace", newline="") as file:
        first = file.readline()
    if not first.strip():
        raise DataError(f"{path}: the first line is empty; it should name the columns")
    source: Any = path
    if encoding != "utf-8":
        source = path.read_bytes().decode(encoding, errors="replace").encode()
    try:
        return pl.read_csv(
            source,
            columns=list(columns) if columns is not None else None,
            separator=_separator(first),
            infer_schema=False,
            n_rows=rows,
            truncate_ragged_lines=True,
        )
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"{path}: not readable as CSV: {str(error).splitlines()[0]}") from error


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
        if wanted is not None:
            _check(path, wanted, _csv(path, None, 0).columns)
        return _csv(path, wanted, rows)
    try:
        if ending in (".parquet", ".pq"):
            frame = pl.read_parquet(path, columns=wanted, n_rows=rows) if wanted is None else None
            if frame is None:
                assert wanted is not None
                _check(path, wanted, pl.read_parquet_schema(path))
                frame = pl.read_parquet(path, columns=wanted, n_rows=rows)
        elif ending in (".xlsx", ".xlsm", ".xls"):
            frame = pl.read_excel(path, engine="openpyxl", infer_schema_length=0)
            if wanted is not None:
                _check(path, wanted, frame.columns)
                frame = frame.select(wanted)
            frame = frame.head(rows) if rows else frame
        else:
            raise DataError(f"{path}: reads .csv, .tsv, .parquet and .xlsx, not {ending or 'a file without ending'}")
    except (pl.exceptions.PolarsError, OSError, ImportError) as error:
        raise DataError(f"{path}: not readable: {str(error).splitlines()[0]}") from error
    return frame.with_columns(pl.all().cast(pl.String))


def _check(path: Path, wanted: Sequence[str], there: Any) -> None:
    import difflib

    missing = [name for name in wanted if name not in list(there)]
    if missing:
        near = difflib.get_close_matches(missing[0], list(there), n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise DataError(f"{path}: no column {missing[0]!r}{hint} It has: {', '.join(list(there)[:30])}")
