"""The columns that make up the segment: from a table, from a lookup, from the groups of a report; and their labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.calibration.labels import UNKNOWN, clean, is_placeholder, key_of, same_labels
from simulator.calibration.mapping import Mapping, Table
from simulator.calibration.quality import Quality
from simulator.calibration.reading import Reading
from simulator.calibration.tables import read_table
from simulator.errors import DataError


def _column(frame: Any, name: str) -> list[str | None]:
    return frame.get_column(name).to_list()


def filled_groups(frame: Any, table: Table, reading: Reading, quality: Quality) -> Any:
    """A grouped report names a group on its first row only: the name holds for the rows below it."""
    import polars

    for name in table.segment:
        if name not in frame.columns:
            continue
        texts = [clean(text or "") for text in _column(frame, name)]
        # Rows without an id are lines of the report: subtotals, counts.
        named = [text for text, own in zip(texts, reading.ids, strict=True) if own and text]
        rows = int((reading.ids != "").sum())
        if not (2 <= len(set(named)) == len(named) <= rows / 5 and texts[0]):
            continue
        group, filled = "", []
        for text, own in zip(texts, reading.ids, strict=True):
            group = text if own and text else group
            filled.append(group if own else text)
        quality.add(
            "grouped report",
            rows - len(named),
            rows,
            f"rows of {table.label} stand under the first row of their {name}",
            "They belong to it",
            named,
        )
        frame = frame.with_columns(polars.Series(name, filled))
    return frame


def read_segments(reading: Reading, mapping: Mapping, frame: Any, quality: Quality) -> None:
    """The columns that make up the segment, from the table itself or from a lookup."""
    table = reading.table
    for name in table.segment:
        if name in frame.columns:
            reading.segment.append(_column(frame, name))
            continue
        for look in table.lookups:
            path = mapping.path(look.file)
            if key_of(name) in {key_of(other) for other in read_table(path, rows=1).columns}:
                other = read_table(path, [look.key or look.on, name])
                quality.rows[look.file] = other.height
                pairs = {
                    key_of(k or ""): v
                    for k, v in zip(_column(other, look.key or look.on), _column(other, name), strict=True)
                }
                keys = _column(frame, look.on)
                reading.segment.append([pairs.get(key_of(k or "")) for k in keys])
                missing = [k for k in keys if key_of(k or "") not in pairs]
                quality.add(
                    "no match in lookup",
                    len(missing),
                    len(keys),
                    f"rows of {table.label} have a {look.on} that {look.file} does not list",
                    f"Their {name} is {UNKNOWN}",
                    dict.fromkeys(missing),
                )
                break
        else:
            raise DataError(f"{table.label}: segment: no column {name!r} in the table or its lookups")


def name_segments(
    labels: list[list[str | None]], mapping: Mapping, n: int, quality: Quality
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    if not labels:
        return np.zeros(n, dtype=np.int64), ("all",)
    columns: list[list[str]] = []
    for column in labels:
        blank = [is_placeholder(text) for text in column]
        quality.add(
            "missing segment",
            sum(blank),
            n,
            "records have no segment, or one that says nothing",
            f"Kept as {UNKNOWN!r}",
            dict.fromkeys(repr(t) for t, b in zip(column, blank, strict=True) if b),
            serious=sum(blank) > 0.2 * n,
        )
        texts = [
            UNKNOWN if b else mapping.rename.get(clean(t or ""), t or "") for t, b in zip(column, blank, strict=True)
        ]
        same, said = same_labels(texts)
        quality.add(
            "same label",
            len(said),
            0,
            "labels differ only by spaces, capitals or hyphens",
            "Taken as one (merge_labels: false keeps them apart)" if mapping.merge_labels else "Kept apart",
            said,
        )
        columns.append([same[t] for t in texts] if mapping.merge_labels else texts)
    joined = np.array([" ".join(parts) for parts in zip(*columns, strict=True)] if len(columns) > 1 else columns[0])
    names, index, counts = np.unique(joined, return_inverse=True, return_counts=True)
    if mapping.keep is not None and len(names) > mapping.keep:
        kept = set(names[np.argsort(-counts, kind="stable")[: mapping.keep]])
        small = [name for name in names if name not in kept]
        quality.add(
            "small segments",
            len(small),
            len(names),
            f"segments are smaller than the {mapping.keep} largest",
            "Together: 'other'",
            small,
        )
        joined = np.array([name if name in kept else "other" for name in joined])
        names, index = np.unique(joined, return_inverse=True)
    return index.astype(np.int64), tuple(str(name) for name in names)
