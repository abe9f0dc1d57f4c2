"""Numbers as people type them into cells."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


def short(number: float | None) -> float | int | None:
    """Whole numbers without a point."""
    if number is None:
        return None
    return int(number) if float(number).is_integer() and abs(number) < 1e15 else float(f"{number:.12g}")


def parse_number(text: str, comma: bool = False) -> float | None:
    """A number as people type it; None where it is none or could be read two ways.

    >>> parse_number("40%"), parse_number("1,000"), parse_number("1_000.5"), parse_number("1.5", comma=True)
    (0.4, 1000.0, 1000.5, None)
    >>> parse_number("1.000,5", comma=True), parse_number("1,5"), parse_number("four")
    (1000.5, None, None)
    """
    text = re.sub(r"[\s_'’]", "", text).lstrip("$€£¥")
    share = text.endswith("%")
    text = text.rstrip("%")
    thousands, point = (".", ",") if comma else (",", ".")
    if thousands in text:
        whole, _, rest = text.partition(point)
        if not re.fullmatch(rf"[-+]?\d{{1,3}}({re.escape(thousands)}\d{{3}})+", whole):
            return None
        text = whole.replace(thousands, "") + (point + rest if rest else "")
    text = text.replace(point, ".")
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    return float(f"{number / 100:.12g}") if share else number
