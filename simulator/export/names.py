"""Names that every spreadsheet takes: for columns, defined names and SIPmath libraries."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 200
"""Excel allows 255 characters; suffixes need room."""

_ALLOWED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CELL = re.compile(r"[A-Za-z]{1,3}[0-9]+")
_ROW_COLUMN = re.compile(r"[Rr][0-9]*(?:[Cc][0-9]*)?|[Cc][0-9]*")


def is_safe(name: str) -> bool:
    """Whether a name is one in Excel, LibreOffice and SIPmath, and not a cell, ``R1C1`` or a truth value.

    >>> is_safe("mqls_2026Q4"), is_safe("MQL2026"), is_safe("R1C1"), is_safe("true"), is_safe("=1+1")
    (True, False, False, False, False)
    """
    return (
        len(name) <= 255
        and bool(_ALLOWED.fullmatch(name))
        and not _CELL.fullmatch(name)
        and not _ROW_COLUMN.fullmatch(name)
        and name.upper() not in ("TRUE", "FALSE")
    )


def identifier(text: str, fallback: str = "x") -> str:
    """ASCII letters, digits and underscores that resemble ``text``; ``fallback`` where nothing is left.

    >>> identifier("Süd & Nord"), identifier("2027-Q4"), identifier("🚀", "segment_1")
    ('Sud_Nord', '2027Q4', 'segment_1')
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    plain = re.sub(r"(?<=\d)-(?=[QP]\d)", "", plain)
    return re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_")[:LONGEST] or fallback


class Names:
    """Names given out so far; unique without regard to case, as Excel compares them."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def free(self, *names: str) -> bool:
        """Whether none of the names is taken."""
        return not any(name.casefold() in self._taken for name in names)

    def take(self, wanted: str) -> str:
        """``wanted`` made safe and, where it is taken, numbered: ``wins_2027Q1_2``."""
        base = wanted[:LONGEST]
        if not is_safe(base):
            base = f"{base}_" if is_safe(f"{base}_") else f"_{identifier(base)}"
        name, count = base, 1
        while name.casefold() in self._taken:
            count += 1
            name = f"{base}_{count}"
        self._taken.add(name.casefold())
        return name
