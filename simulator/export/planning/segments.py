"""The rows of segments in a planning sheet: numbers and ranges, each where its column says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulator.export.planning.cells import Cell
from simulator.export.planning.grammar import Column, columns_of
from simulator.export.planning.numbers import short
from simulator.export.planning.reading import Block, Reading
from simulator.scenario.faults import nearest

_ENDS = (" low", " high")


def segments(reading: Reading, block: Block, stages: Sequence[str]) -> dict[str, Any]:
    columns = {column.head.lower(): column for column in columns_of(stages)}
    _check_heads(reading, block, columns)
    found: dict[str, Any] = {}
    for record in block.records():
        name = record["segment"]
        if name.empty:
            filled = next((c for h, c in record.items() if not c.empty and h != "notes"), None)
            if filled is not None:
                reading.fault(name, "a row with numbers needs the name of its segment")
            continue
        if name.text in found:
            reading.fault(name, f"segment {name.text!r} is there twice")
            continue
        found[name.text] = _segment(reading, name, record, columns)
    if not found and not reading.faults:
        reading.fault(block.heads[0], "no segment below: fill in at least one row")
    return found


def _check_heads(reading: Reading, block: Block, columns: dict[str, Column]) -> None:
    allowed = {"segment", "notes", *columns}
    allowed |= {head + end for head, column in columns.items() if column.ranges for end in _ENDS}
    seen: set[str] = set()
    for cell in block.heads:
        head = cell.text.lower()
        if not head:
            continue
        if head not in allowed:
            reading.fault(cell, f"no column {cell.text!r}{nearest(head, allowed)}")
        if head in seen:
            reading.fault(cell, f"column {cell.text!r} is there twice")
        seen.add(head)
    for head, column in columns.items():
        if column.required and head not in seen:
            reading.fault(block.heads[0], f"column {column.head!r} is missing: {column.note}")


def _segment(reading: Reading, name: Cell, record: dict[str, Cell], columns: dict[str, Column]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    reading.places[f"segments.{name.text}"] = name
    for head, column in columns.items():
        cells = [record.get(head + end) for end in ("", *_ENDS)]
        value = _value(reading, column, cells)
        cell = next((c for c in cells if c is not None and not c.empty), cells[0])
        if value is None:
            if column.required and cell is not None and cell.empty:
                reading.fault(cells[0], f"{column.head} of {name.text} is missing: {column.note}")
            continue
        assert cell is not None
        place = found
        for key in column.path[:-1]:
            place = place.setdefault(key, {})
        place[column.path[-1]] = value
        for depth in range(1, len(column.path) + 1):
            reading.places.setdefault(".".join(("segments", name.text, *column.path[:depth])), cell)
    _tidy(reading, name, found, record)
    return found


def _tidy(reading: Reading, name: Cell, found: dict[str, Any], record: dict[str, Cell]) -> None:
    """The shortest form a person would write, and cvs that have nothing to vary."""
    volume = found.get("volume")
    if isinstance(volume, dict) and set(volume) == {"per_quarter"}:
        found["volume"] = volume["per_quarter"]
    spreads = {f"{stage} lag cv": lag for stage, lag in found.get("lag_weeks", {}).items()}
    spreads["deal size cv"] = found.get("deal_size", {"mean": 0})
    for head, spread in spreads.items():
        if "mean" not in spread:
            reading.fault(record.get(head), f"{head} of {name.text} varies nothing: the mean beside it is missing")
    if "slips" in found and "probability" not in found["slips"]:
        reading.fault(record.get("slip weeks"), f"slip weeks of {name.text} need a slip probability")


def _value(reading: Reading, column: Column, cells: Sequence[Cell | None]) -> Any:
    """The number or range in the cells of a column, None where they are empty or wrong."""
    main, low, high = ((c if c is not None and not c.empty else None) for c in cells)
    if main is not None and isinstance(main.value, str) and main.value.count("/") == 2:
        if low is not None or high is not None:
            reading.fault(main, f"{main.text!r} is a range already; the cells for low and high must be empty")
            return None
        texts = main.value.split("/")
        parts = [reading.number(Cell(text, main.address, main.line), column) for text in texts]
        return _range(reading, column, main, parts)
    if main is None and low is None and high is None:
        return None
    numbers = [None if cell is None else reading.number(cell, column) for cell in (low, main, high)]
    given = next(cell for cell in (main, low, high) if cell is not None)
    if any(cell is not None and number is None for cell, number in zip((low, main, high), numbers, strict=True)):
        return None
    if low is None and high is None:
        return short(numbers[1])
    if None in numbers:
        names = ("low", "the likely value", "high")
        missing = [n for n, number in zip(names, numbers, strict=True) if number is None]
        reading.fault(
            given, f"{column.head}: {' and '.join(missing)} missing; give low, likely and high, or likely alone"
        )
        return None
    return _range(reading, column, given, numbers)


def _range(reading: Reading, column: Column, cell: Cell, numbers: Sequence[float | None]) -> Any:
    if any(number is None for number in numbers):
        return None
    low, likely, high = (float(n) for n in numbers if n is not None)
    if not low <= likely <= high:
        reading.fault(cell, f"{column.head}: {low:g}, {likely:g}, {high:g} are not in the order low, likely, high")
        return None
    if low == high:
        return short(likely)
    return dict(zip(reading.form, (short(low), short(likely), short(high)), strict=True))
