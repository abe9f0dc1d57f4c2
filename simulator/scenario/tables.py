"""The CSV files a scenario names, read with care: every fault names the file, the row and the column."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from simulator.scenario.faults import Faults, listed, nearest, show
from simulator.scenario.nodes import BAD, Node

MOST_BYTES = 200_000_000
MOST_ROWS = 1_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its number as a spreadsheet shows it, its line in the file, its cells by column."""

    number: int
    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A table as read: the file's path, its columns, its rows, what is wrong with its shape."""

    file: str
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    wrong: tuple[tuple[int | None, str | None, str], ...] = ()


Understood = Callable[[Table, Node, Faults], Table]


@dataclass
class Tables:
    """The tables of a scenario, each read once."""

    read: dict[str, Table | str] = field(default_factory=dict)

    @staticmethod
    def locate(node: Node) -> str:
        """Path of a named file, from the current directory."""
        return os.path.normpath(os.path.join(node.place.folder, str(node.value).strip()))

    def open(
        self, node: Node, path: str, faults: Faults, required: Iterable[str], optional: Iterable[str] = (),
        understood: Understood | None = None,
    ) -> Any:  # fmt: skip
        """The table that ``node`` names, BAD with faults noted where it cannot be used.

        ``understood`` turns a table with other headers into one with ours.
        """
        if not isinstance(node.value, str) or not node.value.strip():
            faults.add(node, path, f"{show(node.plain())} is not the name of a CSV file")
            return BAD
        file = self.locate(node)
        if file not in self.read:
            self.read[file] = _read(file)
        table = self.read[file]
        if isinstance(table, str):
            faults.add(node, path, f"{file} {table}")
            return BAD
        for line, where, message in table.wrong:
            faults.add(node, where, message, file=file, line=line)
        if understood is not None:
            table = understood(table, node, faults)
        return BAD if _check_columns(table, node, path, faults, required, optional) else table


def _check_columns(
    table: Table, node: Node, path: str, faults: Faults, required: Iterable[str], optional: Iterable[str]
) -> bool:
    """Note missing and misspelt columns; say which are not used. True when a required one is missing."""
    required, optional = tuple(required), tuple(optional)
    missing = [name for name in required if name not in table.columns]
    for name in missing:
        hint = nearest(name, [column for column in table.columns if column not in (*required, *optional)])
        faults.add(
            node,
            None,
            f"the column {name!r} is missing{hint.replace('did you mean', 'is it')}; "
            f"there are: {listed(table.columns, 'and') if table.columns else 'none'}",
            file=table.file,
            line=1,
        )
    if not optional:
        return bool(missing)
    unused = []
    for column in table.columns:
        if column in required or column in optional:
            continue
        hint = nearest(column, [name for name in optional if name not in table.columns])
        if hint:
            faults.add(node, None, f"unknown column {column!r}{hint}", file=table.file, line=1)
        elif not missing:
            unused.append(column)
    if unused:
        faults.warn(f"{table.file}: not used: {listed(unused, 'and')}")
    return bool(missing)


def _read(file: str) -> Table | str:
    """A table, or what keeps it from being read."""
    try:
        with open(file, "rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        folder, wanted = os.path.split(file)
        try:
            known = [entry.name for entry in os.scandir(folder or os.curdir) if entry.is_file()]
        except OSError:
            known = []
        return f"does not exist{nearest(wanted, known, 0.75)}"
    except IsADirectoryError:
        return "is a directory, not a CSV file"
    except (OSError, ValueError) as error:
        return f"cannot be read: {getattr(error, 'strerror', None) or error}"
    if len(content) > MOST_BYTES:
        return f"is larger than {MOST_BYTES // 1_000_000} MB"
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "is not in UTF-8; save it as 'CSV UTF-8'"
    if b"\0" in content or content[:2] == b"PK":
        return "is not a CSV file; it holds binary data"
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return f"is not in UTF-8 (line {content.count(bytes([10]), 0, error.start) + 1}); save it as 'CSV UTF-8'"
    return _parse(file, text)


def _parse(file: str, text: str) -> Table | str:
    head = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = "," if "," in head else ";" if ";" in head else "\t" if "\t" in head else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: list[str] | None = None
    rows: list[Row] = []
    wrong: list[tuple[int | None, str | None, str]] = []
    number = width = 0
    try:
        for cells in reader:
            number += 1
            if not any(cell.strip() for cell in cells):
                continue
            if columns is None:
                width = len(cells)
                columns = [cell.strip().lower().replace(" ", "_") for cell in cells]
                while columns and not columns[-1]:
                    columns.pop()
                for column in sorted({name for name in columns if columns.count(name) > 1 and name}):
                    wrong.append((number, None, f"the column {column!r} is there twice"))
                continue
            line = reader.line_num - sum(cell.count("\n") for cell in cells)
            if len(cells) > width or any(cell.strip() for cell in cells[len(columns) :]):
                what = f"{len(cells)} cells, but there are {width} columns; put text that holds {delimiter!r} in quotes"
                wrong.append((line, f"row {number}", what))
                continue
            padded = [*cells, *[""] * (len(columns) - len(cells))]
            rows.append(Row(number, line, {name: cell.strip() for name, cell in zip(columns, padded, strict=False)}))
            if len(rows) > MOST_ROWS:
                return f"has more than {MOST_ROWS:,} rows"
    except csv.Error as error:
        wrong.append((reader.line_num, f"row {number + 1}", f"cannot be read as CSV: {error}"))
    if columns is None:
        return "is empty; its first row must name the columns"
    return Table(file, tuple(name for name in columns if name), tuple(rows), tuple(wrong))
