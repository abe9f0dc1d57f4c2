"""Rows of plain values as CSV or Parquet, whole or not at all."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from simulator.export.parquet import write_parquet_pieces
from simulator.export.tidy import harmless
from simulator.files import whole


def write_rows(rows: Sequence[Mapping[str, Any]], path: str | os.PathLike[str]) -> None:
    """Write rows with the same keys to ``.csv`` or ``.parquet``; numbers in full.

    Raises
    ------
    ExportError : the file cannot be written, or pyarrow is missing.
    """
    with whole(path) as temporary:
        if Path(path).suffix.lower() == ".parquet":
            _parquet(rows, temporary)
            return
        with open(temporary, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([harmless(name) for name in rows[0]])
            writer.writerows([_cell(value) for value in row.values()] for row in rows)


def _cell(value: Any) -> Any:
    """Relative changes ("+10%") stay text that no spreadsheet takes for a formula: it reads them as numbers."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value if value[:1] in "+-" and value.endswith("%") else harmless(value)
    return repr(value) if isinstance(value, float) else value


def _parquet(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    columns: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in rows[0]}
    for name, values in columns.items():
        if len({type(value) for value in values if value is not None}) > 1:
            numbers = all(isinstance(value, (int, float)) for value in values)
            columns[name] = [float(v) for v in values] if numbers else [str(v) for v in values]
    write_parquet_pieces([columns], path)
