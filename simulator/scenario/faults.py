"""Collecting everything that is wrong with a scenario, and saying it well."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from simulator.errors import Fault, ScenarioError
from simulator.scenario.nodes import Node, Place


def show(value: Any) -> str:
    """A value as it would be written in the file, cut to a readable length."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e18:
            return str(int(value))
        return {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}.get(repr(value), f"{value:.12g}")
    if isinstance(value, dict):
        text = "{" + ", ".join(f"{key}: {show(item)}" for key, item in list(value.items())[:12]) + "}"
    elif isinstance(value, (list, tuple)):
        text = "[" + ", ".join(show(item) for item in value[:20]) + "]"
    elif isinstance(value, str):
        text = "'" + "".join(c if c.isprintable() else " " for c in value[:100]) + "'"
    else:
        text = str(value)
    return text if len(text) <= 70 else text[:66] + " …" + text[-1]


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """`` (did you mean 'conversion'?)`` or nothing."""
    from difflib import get_close_matches

    known = [str(k) for k in known]
    lowered = {name.lower(): name for name in reversed(known)}
    match = get_close_matches(word.lower()[:100], list(lowered), n=1, cutoff=cutoff)
    return f" (did you mean {lowered[match[0]]!r}?)" if match else ""


def as_period(text: object, quarters: Iterable[str] = ()) -> str:
    """How to write what people write for a quarter or a fiscal year; empty where it is neither.

    ``quarters`` : those of the plan; "Q4" is the only one of that number.

    >>> as_period("Q2 2027"), as_period("FY2027"), as_period("soon")
    (' (write 2027-Q2)', ' (write 2027)', '')
    >>> as_period("q4", ["2027-Q3", "2027-Q4"]), as_period("Q4")
    (' (write 2027-Q4)', '')
    """
    if not isinstance(text, str):
        return ""
    if re.fullmatch(r"[Qq][1-4]", text):
        meant = [quarter for quarter in quarters if quarter.endswith(f"-{text.upper()}")]
        return f" (write {meant[0]})" if len(meant) == 1 else ""
    if match := re.fullmatch(r"[Qq]([1-4])[ /-]?(?:FY)?(\d{4})", text):
        return f" (write {match[2]}-Q{match[1]})"
    if match := re.fullmatch(r"(\d{4})(?:[ /]?Q|[ /-]?q)([1-4])", text):
        return f" (write {match[1]}-Q{match[2]})"
    if match := re.fullmatch(r"(?:FY|CY)[ -]?(\d{4})", text, re.IGNORECASE):
        return f" (write {match[1]})"
    return ""


def listed(names: Iterable[str], last: str = "or") -> str:
    """``a, b or c``."""
    names = list(names)
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + f" {last} {names[-1]}"


def _one_line(text: str) -> str:
    """Text without line breaks and control characters."""
    return text if text.isprintable() else "".join(letter if letter.isprintable() else " " for letter in text)


class Faults:
    """The faults found so far."""

    def __init__(self) -> None:
        self._found: list[tuple[tuple[int, int], Fault]] = []
        self.warnings: list[str] = []

    def add(
        self, where: Node | Place, path: str | None, message: str, *, file: str | None = None, line: int | None = None
    ) -> None:
        """Note a fault; ``file`` and ``line`` say where in another file (a table) it lies."""
        place = where.place if isinstance(where, Node) else where
        where_to = _one_line(path) if path else None
        fault = Fault(file or place.file, line if file else place.line, where_to, _one_line(message))
        self._found.append(((place.order, place.line or 0), fault))

    def include(self, error: ScenarioError, place: Place) -> None:
        """Note all faults of an error that stopped the reading of another file."""
        for fault in error.faults:
            self._found.append(((place.order, place.line or 0), fault))

    def warn(self, message: str) -> None:
        """Note something that is allowed but probably not meant."""
        if message not in self.warnings:
            self.warnings.append(message)

    def __len__(self) -> int:
        return len(self._found)

    def concern(self, path: str) -> bool:
        """Whether a fault has been noted at a path, around it or beside it in the same spread."""
        for _, fault in self._found:
            noted = fault.path or ""
            around = noted.rpartition(".")[0]
            if path in (noted, around) or path.startswith(
                (f"{noted}.", f"{around}." if around.count(".") >= 3 else "\0")
            ):
                return True
        return False

    def check(self) -> None:
        """Raise everything found, in the order of the files."""
        if self._found:
            seen: dict[Fault, None] = {}
            for _, fault in sorted(self._found, key=lambda item: item[0]):
                seen.setdefault(fault)
            raise ScenarioError(seen)
