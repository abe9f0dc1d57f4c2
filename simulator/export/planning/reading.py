"""A planning sheet being read: its blocks and numbers, what is wrong with it, and where everything stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from simulator.errors import Fault, ScenarioError
from simulator.export.planning.cells import Cell, Grid, Uncalculated
from simulator.export.planning.grammar import BLOCKS, Column
from simulator.export.planning.numbers import parse_number


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
