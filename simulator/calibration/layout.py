"""How a CSV export is laid out: encoding, separator, lines above the header, repeated names, rows of other lengths."""

from __future__ import annotations

import codecs
import csv
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path

from simulator.calibration.labels import clean
from simulator.errors import DataError

SEPARATORS = ",;\t|"
LOOK = 60
"""Lines in which the header is looked for."""


@dataclass(frozen=True)
class Layout:
    """A table's shape.

    ``skip`` lines above the header. ``names`` of the columns as they are used here: on one line, no space around them,
    made different where they repeat (``repeated`` lists those). ``longer`` and ``shorter`` count rows with more and
    with fewer cells than the header; ``sheet`` is the one that was read of ``sheets``.
    """

    names: tuple[str, ...]
    encoding: str = "utf-8"
    separator: str = ","
    skip: int = 0
    repeated: tuple[str, ...] = ()
    longer: int = 0
    shorter: int = 0
    sheet: str = ""
    sheets: int = 1


def encoding_of(path: Path) -> str:
    """``utf-8`` if all of the file is, else ``utf-16`` (by its mark) or ``cp1252``."""
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


def distinct(names: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Column names made usable, and those that repeat.

    >>> distinct([" Amount ", "Id", "Amount", ""])
    (('Amount', 'Id', 'Amount (2)', 'column 4'), ('Amount',))
    """
    found: list[str] = []
    repeated: list[str] = []
    for place, text in enumerate(names, 1):
        name = clean((text or "").replace("\ufeff", "")) or f"column {place}"
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
    width = _width(lines, separator)
    for number, line in enumerate(lines):
        cells = _cells(line, separator)
        filled = sum(bool(cell.strip()) for cell in cells)
        if filled >= max(0.6 * width, min(width, 2)):
            return separator, number
    return separator, first


@lru_cache(maxsize=64)
def _layout(path: str, size: int, changed: int) -> Layout:
    encoding = encoding_of(Path(path))
    reading = encoding + ("-sig" if encoding == "utf-8" else "")
    with Path(path).open(encoding=reading, errors="replace", newline="") as file:
        lines = list(islice(file, LOOK))
    if not any(line.strip() for line in lines):
        raise DataError(f"{path}: the file is empty; its first line should name the columns")
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
            counts = Counter(len(row) for row in rows if row)
        except csv.Error as error:
            raise DataError(f"{path}: not readable as CSV: {error}") from error
    width = len(header)
    names, repeated = distinct(header)
    longer = sum(n for cells, n in counts.items() if cells > width)
    shorter = sum(n for cells, n in counts.items() if cells < width)
    return Layout(names, encoding, separator, skip, repeated, longer, shorter)


def layout_of(path: Path) -> Layout:
    """The layout of a CSV file.

    Raises
    ------
    DataError : nothing in it, or no text.
    """
    about = path.stat()
    return _layout(str(path), about.st_size, about.st_mtime_ns)
