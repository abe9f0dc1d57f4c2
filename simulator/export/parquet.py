"""Parquet, a group of rows at a time, in memory that does not grow with the file."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from simulator.errors import ExportError
from simulator.export.pieces import Labels, Piece


def write_parquet_pieces(pieces: Iterable[Piece], path: str | os.PathLike[str]) -> None:
    """The pieces of a table, each a group of rows, with zstd; undefined numbers (NaN) are null.

    Raises
    ------
    ExportError : pyarrow is not installed; the message says how to install it.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise ExportError(
            "Parquet needs pyarrow: pip install 'pipeline-simulator[parquet]'; or export to .csv, which needs nothing"
        ) from None

    def column(values: Any) -> Any:
        if isinstance(values, Labels):
            return pyarrow.DictionaryArray.from_arrays(values.places, list(values.names))
        return pyarrow.array(values, from_pandas=True)

    writer = None
    try:
        for piece in pieces:
            table = pyarrow.table({name: column(values) for name, values in piece.items()})
            if writer is None:
                writer = parquet.ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(table, row_group_size=max(1, table.num_rows))
    finally:
        if writer is not None:
            writer.close()
