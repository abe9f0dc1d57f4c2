"""Which targets of several plans belong together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulator.quarters import Period
from simulator.scenario.model import Target

Pairs = tuple[tuple[str, tuple[int | None, ...]], ...]


def pair_targets(targets: Sequence[Sequence[Target]], what: str = "target") -> tuple[Pairs, list[str]]:
    """Which targets belong together: those of one name, then those that ask the same of another number."""
    names = list(dict.fromkeys(t.name for own in targets for t in own))
    rows: list[tuple[str, list[int | None]]] = [
        (name, [next((i for i, t in enumerate(own) if t.name == name), None) for own in targets]) for name in names
    ]
    notes = []
    merged: list[tuple[str, list[int | None]]] = []
    for name, places in rows:
        partner = next((row for row in merged if _same_question(targets, row[1], places)), None)
        if partner is None:
            merged.append((name, list(places)))
            continue
        notes.append(f"the {what} {partner[0]!r} of one plan is set against {name!r} of another")
        for k, place in enumerate(places):
            if place is not None:
                partner[1][k] = place
    return tuple((name, tuple(places)) for name, places in merged), notes


def _same_question(targets: Sequence[Sequence[Target]], one: Sequence[int | None], two: Sequence[int | None]) -> bool:
    """Whether two rows of targets are in different plans, and differ in their number alone."""
    if any(a is not None and b is not None for a, b in zip(one, two, strict=True)):
        return False
    keys = [{_question(targets[k][i]) for k, i in enumerate(row) if i is not None} for row in (one, two)]
    return len(keys[0]) == len(keys[1]) == 1 and keys[0] == keys[1]


def _question(target: Target) -> tuple[Any, ...]:
    period: Period = target.period
    return target.metric, period.label, target.segment, target.at_least is None
