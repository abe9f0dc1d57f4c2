"""The targets of a planning sheet."""

from __future__ import annotations

from typing import Any

from simulator.export.planning.cells import Uncalculated
from simulator.export.planning.grammar import TARGETS
from simulator.export.planning.numbers import short
from simulator.export.planning.reading import Block, Reading
from simulator.scenario.faults import nearest


def targets(reading: Reading, block: Block) -> list[dict[str, Any]]:
    """The rows of the block as a scenario writes them."""
    for cell in block.heads:
        if not cell.empty and cell.text.lower() not in TARGETS:
            reading.fault(cell, f"no column {cell.text!r}{nearest(cell.text.lower(), TARGETS)}")
    found: list[dict[str, Any]] = []
    keys = {"target": "metric", "at least": "at_least", "at most": "at_most", "in": "in", "for segment": "segment",
            "called": "name"}  # fmt: skip
    for record in block.records():
        if all(cell.empty for head, cell in record.items() if head != "notes"):
            continue
        target: dict[str, Any] = {}
        for head, key in keys.items():
            if head not in record or record[head].empty:
                continue
            cell = record[head]
            reading.places[f"targets.{len(found) + 1}.{key}"] = cell
            if key in ("at_least", "at_most"):
                number = reading.number(cell)
                if number is not None:
                    target[key] = short(number)
            elif isinstance(cell.value, Uncalculated):
                reading.fault(cell, f"{head} is {cell.value}")
            else:
                parts = [part.strip() for part in cell.text.split(",")]
                target[key] = parts if key == "segment" and len(parts) > 1 else cell.text
        first = record.get("target", next(iter(record.values())))
        for key in (f"targets.{len(found) + 1}", f"targets[{len(found)}]", f"targets.{len(found)}"):
            reading.places.setdefault(key, first)
        for key in keys.values():
            place = f"targets.{len(found) + 1}.{key}"
            if "name" in target and place in reading.places:
                reading.places.setdefault(f"targets.{target['name']}.{key}", reading.places[place])
        if "name" in target:
            reading.places.setdefault(f"targets.{target['name']}", first)
        found.append(target)
    return found
