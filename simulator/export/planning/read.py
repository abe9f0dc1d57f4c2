"""A filled-in planning sheet becomes a scenario; what is wrong is named by sheet and address."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from simulator.errors import Fault, ScenarioError
from simulator.export.planning.cells import Cell, Grid, Uncalculated, read_cells
from simulator.export.planning.grammar import BLOCKS, RANGES, SETTINGS, TARGETS, Column
from simulator.export.planning.numbers import parse_number, short
from simulator.export.planning.segments import segments
from simulator.export.planning.template import DEFAULT_STAGES
from simulator.scenario.dump import yaml_text
from simulator.scenario.faults import nearest
from simulator.scenario.load import load


def from_sheet(path: str | os.PathLike[str], *, sheet: str | None = None) -> str:
    """Read a planning sheet into the text of a scenario file.

    Parameters
    ----------
    path : ``.xlsx`` or ``.csv``, laid out as the template.
    sheet : of a workbook; the one named Plan by default.

    Returns
    -------
    YAML, a valid scenario.

    Raises
    ------
    ScenarioError : cells that are missing or wrong, all of them, each with its address.
    DataError : the file cannot be read.

    Examples
    --------
    >>> from simulator.export.planning.template import write_template
    >>> write_template("doctest-sheet.csv")
    >>> print(next(line for line in from_sheet("doctest-sheet.csv").splitlines() if line.startswith("name")))
    name: My plan
    >>> os.remove("doctest-sheet.csv")
    """
    name = os.path.basename(os.fspath(path))
    reading = Reading(name, read_cells(path, sheet))
    document = reading.document()
    reading.check()
    text = yaml_text(document, header=f"# from the planning sheet {_one_line(name)}\n")
    try:
        load(document)
    except ScenarioError as error:
        raise ScenarioError([reading.placed(fault) for fault in error.faults]) from None
    return text


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)


@dataclass
class Block:
    """A header row and the rows below it."""

    heads: list[Cell]
    rows: list[list[Cell]] = field(default_factory=list)

    def records(self) -> Iterator[dict[str, Cell]]:
        """Each row that is not empty, by head."""
        names = [cell.text.lower() for cell in self.heads]
        for row in self.rows:
            yield {name: cell for name, cell in zip(names, row, strict=False) if name}


class Reading:
    """One sheet being read: its faults, and which cell each path of the scenario comes from."""

    def __init__(self, file: str, grid: Grid):
        self.file = file
        self.grid = grid
        self.faults: list[Fault] = []
        self.places: dict[str, Cell] = {}
        self.form = ("min", "likely", "max")

    def fault(self, cell: Cell | None, message: str) -> None:
        """Note something wrong in a cell."""
        if cell is None:
            self.faults.append(Fault(self.file, None, None, message))
        else:
            self.faults.append(Fault(self.file, cell.line, cell.address, message))

    def check(self) -> None:
        """Raise everything found."""
        if self.faults:
            raise ScenarioError(self.faults)

    def placed(self, fault: Fault) -> Fault:
        """A fault of the scenario, at the cell that its path comes from."""
        path = fault.path or ""
        while path:
            if path in self.places:
                cell = self.places[path]
                return Fault(self.file, cell.line, cell.address, fault.message)
            path = path.rpartition(".")[0]
        return Fault(self.file, None, fault.path, fault.message)

    # -- blocks -------------------------------------------------------------------------------------
    def blocks(self) -> dict[str, Block]:
        """The blocks of the sheet, by the first cell of their header row."""
        found: dict[str, Block] = {}
        current: Block | None = None
        for row in self.grid.rows:
            first = row[0].text.lower() if row else ""
            if first in BLOCKS:
                if first in found:
                    self.fault(row[0], f"a second block {first!r}; there is one")
                current = found[first] = Block(row)
            elif current is not None and any(not cell.empty for cell in row):
                current.rows.append(row)
        for name in ("setting", "segment"):
            if name not in found:
                self.fault(None, f"no row begins with {name!r} in column A; start from `simulator scenario template`")
        return found

    def document(self) -> dict[str, Any]:
        """The scenario as plain values."""
        blocks = self.blocks()
        self.check()
        document = self.settings(blocks["setting"])
        stages = document.get("stages", list(DEFAULT_STAGES))
        document["segments"] = segments(self, blocks["segment"], stages)
        targets = self.targets(blocks["target"]) if "target" in blocks else []
        if targets:
            document["targets"] = targets
        return document

    def settings(self, block: Block) -> dict[str, Any]:
        known = {setting.name: setting for setting in SETTINGS}
        found: dict[str, Any] = {"format": 1}
        for row in block.rows:
            name, value = row[0], row[1] if len(row) > 1 else Cell(None, row[0].address)
            setting = known.get(name.text.lower())
            if setting is None:
                if not name.empty:
                    self.fault(name, f"no setting {name.text!r}{nearest(name.text, known)}; known: {', '.join(known)}")
            elif not value.empty:
                self._setting(setting.name, setting.key, value, found)
        if "start" not in found:
            self.fault(None, "the setting 'start' is missing: the first quarter, such as 2027-Q1")
        if "quarters" not in found:
            self.fault(None, "the setting 'quarters' is missing: how many quarters")
        return found

    def _setting(self, name: str, key: str, cell: Cell, found: dict[str, Any]) -> None:
        if key:
            self.places[key] = cell
        if isinstance(cell.value, Uncalculated):
            self.fault(cell, f"{name} is {cell.value}")
        elif name == "ranges are":
            forms = {form.lower(): ends for form, ends in RANGES.items()}
            if cell.text.lower() not in forms:
                self.fault(cell, f"{cell.text!r} is not one of {' or '.join(map(repr, RANGES))}")
            self.form = forms.get(cell.text.lower(), self.form)
        elif name in ("quarters", "fiscal year starts"):
            number = self.number(cell)
            if number is not None and not number.is_integer():
                self.fault(cell, f"{cell.text!r} is not a whole number")
            elif number is not None:
                found[key] = int(number)
        elif name == "stages":
            found[key] = [stage.strip() for stage in re.split(r"[,;>→]", cell.text) if stage.strip()]
        else:
            found[key] = cell.text

    # -- targets ------------------------------------------------------------------------------------
    def targets(self, block: Block) -> list[dict[str, Any]]:
        for cell in block.heads:
            if not cell.empty and cell.text.lower() not in TARGETS:
                self.fault(cell, f"no column {cell.text!r}{nearest(cell.text.lower(), TARGETS)}")
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
                self.places[f"targets.{len(found) + 1}.{key}"] = cell
                if key in ("at_least", "at_most"):
                    number = self.number(cell)
                    if number is not None:
                        target[key] = short(number)
                elif isinstance(cell.value, Uncalculated):
                    self.fault(cell, f"{head} is {cell.value}")
                else:
                    parts = [part.strip() for part in cell.text.split(",")]
                    target[key] = parts if key == "segment" and len(parts) > 1 else cell.text
            first = record.get("target", next(iter(record.values())))
            for key in (f"targets.{len(found) + 1}", f"targets[{len(found)}]", f"targets.{len(found)}"):
                self.places.setdefault(key, first)
            for key in keys.values():
                place = f"targets.{len(found) + 1}.{key}"
                if "name" in target and place in self.places:
                    self.places.setdefault(f"targets.{target['name']}.{key}", self.places[place])
            if "name" in target:
                self.places.setdefault(f"targets.{target['name']}", first)
            found.append(target)
        return found

    # -- numbers ------------------------------------------------------------------------------------
    def number(self, cell: Cell, column: Column | None = None) -> float | None:
        """A cell as a number; percents and thousands are understood, anything else is a fault."""
        value = cell.value
        if isinstance(value, (bool, Uncalculated)):
            self.fault(cell, f"{value} is not a number" if isinstance(value, bool) else str(value))
            return None
        if isinstance(value, (int, float)):
            number: float | None = float(value)
        else:
            number = parse_number(cell.text, self.grid.comma)
        if number is None or number != number or number in (float("inf"), float("-inf")):
            self.fault(cell, f"{cell.text[:60]!r} is not a number")
            return None
        if column is not None and column.kind == "share" and not 0 <= number <= 1:
            hint = f"; for {number:g}% write {number / 100:g}" if 1 < number <= 100 else ""
            self.fault(cell, f"{column.head}: {number:g} is not a share between 0 and 1{hint}")
            return None
        if column is not None and column.kind == "positive" and number < 0:
            self.fault(cell, f"{column.head}: {number:g} is below 0")
            return None
        return number
