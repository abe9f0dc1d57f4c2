"""Paths: the dotted way to a number, range, spread or list.

``segments.inbound.conversion.mqls`` · ``segments.*.conversion.wins`` · ``segments.inbound.volume.2027-Q3`` ·
``targets.MQL floor.at_least`` · ``opening.win_probability`` · ``market.events.budget freeze.wins``
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from simulator.quarters import Calendar, is_start
from simulator.scenario.faults import nearest
from simulator.scenario.nodes import Node
from simulator.scenario.slots import Slot, slots

_PERIOD = re.compile(r"(\d{4}-Q[1-4]|P\d+)")


def split_assignment(text: str, tree: Node | None) -> tuple[str, str] | None:
    """``PATH=VALUE`` apart; the names of targets may hold ``=`` themselves. None without any ``=``."""
    cuts = [index for index, letter in enumerate(text) if letter == "="]
    if not cuts:
        return None
    if len(cuts) > 1 and tree is not None and text.lstrip().startswith(("targets.", "market.")):
        known = list(slots(tree))
        for cut in cuts:
            if _matching(text[:cut].strip(), known):
                return text[:cut].strip(), text[cut + 1 :].strip()
        cuts = [cut for cut in cuts if text[cut - 1 : cut] not in ("<", ">")] or cuts
    return text[: cuts[0]].strip(), text[cuts[0] + 1 :].strip()


def calendar_of(tree: Node) -> Calendar | None:
    """The calendar of a document, None where it is faulty."""
    start, quarters, month = (tree.get(key) for key in ("start", "quarters", "fiscal_year_starts"))
    if start is None or quarters is None or not isinstance(start.value, str) or not is_start(start.value):
        return None
    count, first = quarters.value, 1 if month is None else month.value
    if type(count) is not int or type(first) is not int or not 1 <= count <= 200 or not 1 <= first <= 12:
        return None
    return Calendar(start.value, count, first)


def _matching(path: str, known: Iterable[Slot]) -> list[Slot]:
    exact = [slot for slot in known if slot.path == path]
    if exact or "*" not in path:
        return exact[:1]
    pieces = [re.escape(piece) for piece in path.split("*")]
    text = "[^.]*".join(pieces)
    if pieces[0] in (r"targets\.", r"market\.events\."):  # names there may hold dots
        text = f"{pieces[0]}.*{'[^.]*'.join(pieces[1:])}"
    pattern = re.compile(text)
    found = {slot.keys: slot for slot in known if pattern.fullmatch(slot.path)}
    return list(found.values())


def find(tree: Node, path: str) -> tuple[list[Slot], str | None]:
    """The slots a path reaches, and the quarter it ends with; both empty where it is unknown."""
    path = re.sub(r"\.(volume|spend)\.per_quarter(?=\.|$)", r".\1", path.strip())
    known = list(slots(tree, path))
    if found := _matching(path, known):
        return found, None
    base, _, last = path.rpartition(".")
    if _PERIOD.fullmatch(last):
        return [slot for slot in _matching(base, known) if slot.kind in ("numbers", "spread")], last
    return [], None


def unknown_path(tree: Node, path: str) -> str:
    """What is wrong with a path that leads nowhere, and the nearest that leads somewhere."""
    found = list(slots(tree))
    known = [slot.path for slot in found]
    inside = [slot.path for slot in found if slot.kind != "text" and slot.path.startswith(f"{path}.")]
    if inside:
        return f"does not end at a number, range, spread or list; as {inside[0]}"
    base, _, last = path.rpartition(".")
    if _PERIOD.fullmatch(last) and base in known:
        return "does not change by quarter"
    pieces, where = path.split("."), known
    for count in range(1, len(pieces) + 1):
        start = ".".join(pieces[:count])
        pattern = re.compile(re.escape(start).replace(r"\*", "[^.]*") + r"(\.|$)")
        inner = [name for name in where if pattern.match(name)]
        if not inner:
            before = ".".join(pieces[: count - 1])
            skip = len(before) + 1 if before else 0
            rest = list(dict.fromkeys(name[skip:].split(".")[0] for name in where)) if "*" not in before else []
            if close := nearest(pieces[count - 1], rest):
                return f"unknown path: there is no {pieces[count - 1]!r}{f' in {before}' if before else ''}{close}"
            break
        where = inner
    ending = [name for name in known if name.endswith(f".{path}")]
    return f"unknown path{nearest(ending[0] if ending else path, known) or '; a path is as segments.inbound.volume'}"
