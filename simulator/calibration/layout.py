"""How a CSV export is laid out: encoding, separator, lines above the header, repeated names, rows of other lengths."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path

from simulator.calibration.labels import clean
from simulator.errors import DataError

SEPARATORS = ",;\t|"
SPAN = 20
"""Lines of one value from which on its quotation marks are doubted."""
LOOK = 60
"""Lines in which the header is looked for."""


@dataclass(frozen=True)
class Layout:
    """A table's shape.

    ``skip`` lines above the header. ``names`` of the columns as they are used here: on one line, no space around them,
    made different where they repeat (``repeated`` lists those). ``longer`` and ``shorter`` count rows with more and
    with fewer cells than the header; ``again`` rows that repeat the header (exports glued together); ``sheet`` is the
    one that was read of ``sheets``. ``header`` : the names as they are written.
    """

    names: tuple[str, ...]
    header: tuple[str, ...] = ()
    encoding: str = "utf-8"
    separator: str = ","
    skip: int = 0
    repeated: tuple[str, ...] = ()
    longer: int = 0
    shorter: int = 0
    again: int = 0
    line_end: str = "\n"
    sheet: str = ""
    sheets: int = 1


def encoding_of(path: Path) -> str:
    """``utf-8`` if all of the file is, else ``utf-16`` (by its mark, or its many zeros) or ``cp1252``."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        block = file.read(1 << 20)
        if block.startswith((b"\xff\xfe", b"\xfe\xff")):
            return "utf-16"
        for name, zeros, letters in (("utf-16-le", 1, 0), ("utf-16-be", 0, 1)):
            if block[zeros:4000:2].count(0) > 0.7 * len(block[:4000]) / 2 > 2 * block[letters:4000:2].count(0):
                return name
        try:
            while block:
                decoder.decode(block)
                block = file.read(1 << 20)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def distinct(names: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Column names made usable, and those that repeat.

    >>> distinct([" Amount ", "Id", "Amount", ""])
    (('Amount', 'Id', 'Amount (2)', 'column 4'), ('Amount',))
    """
    found: list[str] = []
    repeated: list[str] = []
    for place, text in enumerate(names, 1):
        name = clean(re.sub("[\ufeff↑↓▲▼]", " ", text or "")) or f"column {place}"  # reports mark what they sort by
        if name in found:
            repeated.append(name)
            number = 2
            while f"{name} ({number})" in found:
                number += 1
            name = f"{name} ({number})"
        found.append(name)
    return tuple(found), tuple(dict.fromkeys(repeated))


def _cells(line: str, separator: str) -> list[str]:
    return next(csv.reader([line], delimiter=separator), [])


def _width(lines: list[str], separator: str) -> int:
    """The number of cells that most lines have, the larger of equally common ones."""
    counts = Counter(len(_cells(line, separator)) for line in lines if line.strip())
    return max(counts, key=lambda width: (counts[width] * (width > 1), width), default=1)


def _header(lines: list[str]) -> tuple[str, int]:
    """Separator, and the number of lines above the header: titles, filters, blank lines, Excel's ``sep=;``."""
    first = next((n for n, line in enumerate(lines) if line.strip("\ufeff \r\n")), 0)
    said = lines[first].strip("\ufeff \r\n").casefold()
    if said.startswith("sep=") and len(said) == 5 and len(lines) > first + 1:
        return said[4], first + 1
    separator = max(SEPARATORS, key=lambda mark: (_width(lines, mark), lines[first].count(mark)))
    return separator, header_row([_cells(line, separator) for line in lines], _width(lines, separator)) or first


def header_row(rows: Sequence[Sequence[str | None]], width: int) -> int:
    """Which row names the columns of a table ``width`` cells wide: the first that is mostly filled.

    Of two rows of names, a merged one for groups of columns and one for the columns, it is the second.

    >>> header_row([["Report of May"], ["Id", "Date"], ["1", "2025-05-01"]], 2)
    1
    >>> header_row([["Deal", "Dates", "Dates"], ["Id", "Created", "Closed"], ["1", "2025-05-01", ""]], 3)
    1
    """
    filled = [[cell.strip() for cell in row if cell and cell.strip()] for row in rows]
    enough = max(0.6 * width, min(width, 2))
    for number, cells in enumerate(filled):
        if len(cells) < enough:
            continue
        below = filled[number + 1] if number + 1 < len(filled) else []
        names = len(set(below)) == len(below) == width and not any(re.search(r"\d", cell) for cell in below)
        rest = [cell for row in filled[number + 2 : number + 12] for cell in row]
        if names and len(set(cells)) < width and any(re.search(r"\d", cell) for cell in rest):
            return number + 1
        return number
    return 0


@lru_cache(maxsize=64)
def _layout(path: str, size: int, changed: int) -> Layout:
    encoding = encoding_of(Path(path))
    reading = encoding + ("-sig" if encoding == "utf-8" else "")
    with Path(path).open(encoding=reading, errors="replace", newline="") as file:
        lines = list(islice(file, LOOK))
    if not any(line.strip() for line in lines):
        raise DataError(f"{path}: the file is empty; its first line should name the columns")
    if re.match(r"\ufeff?\s*<(!doctype|html|\?xml|table)", lines[0], re.I):
        raise DataError(f"{path}: a web page, not a table (a page to sign in, perhaps); export it as CSV or xlsx")
    line_end = "\r" if all(line.endswith("\r") for line in lines[:2]) else "\n"
    if any("\0" in line for line in lines):
        raise DataError(f"{path}: not a text table; export it as CSV or xlsx")
    separator, skip = _header(lines)
    csv.field_size_limit(1 << 24)
    with Path(path).open(encoding=reading, errors="replace", newline="") as file:
        for _ in range(skip):
            file.readline()
        try:
            rows = csv.reader(file, delimiter=separator)
            header = next(rows)
            counts: Counter[int] = Counter()
            again, line = 0, rows.line_num
            for row in rows:
                counts[len(row)] += bool(row)
                again += row == header
                if rows.line_num > line + SPAN:
                    _swallowed(path, row, skip + line + 1, separator, len(header))
                line = rows.line_num
        except csv.Error as error:
            raise DataError(f"{path}: not readable as CSV: {error}") from error
    width = len(header)
    names, repeated = distinct(header)
    longer = sum(n for cells, n in counts.items() if cells > width)
    shorter = sum(n for cells, n in counts.items() if cells < width)
    return Layout(names, tuple(header), encoding, separator, skip, repeated, longer, shorter, again, line_end)


def _swallowed(path: str, row: list[str], line: int, separator: str, width: int) -> None:
    """A value of many lines may be a note; if its lines look like rows, a quotation mark was never closed.

    Raises
    ------
    DataError : it was not; says where it opens.
    """
    inside = max(row, key=len).splitlines()
    alike = sum(text.count(separator) >= 0.8 * (width - 1) for text in inside)
    if width > 1 and alike > 0.5 * len(inside):
        raise DataError(
            f"{path}: line {line}: a quotation mark is opened and not closed: the next {len(inside) - 1:,} lines would "
            f"be part of one value; close it, or double it if it belongs to the value"
        )


def layout_of(path: Path) -> Layout:
    """The layout of a CSV file.

    Raises
    ------
    DataError : nothing in it, or no text.
    """
    about = path.stat()
    return _layout(str(path), about.st_size, about.st_mtime_ns)
