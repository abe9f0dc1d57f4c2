"""Classes of individuals: with which set of the targets' events each one ends up.

Given the assumptions and the market, arrivals split into independent Poisson numbers of each set, so
that all targets can be drawn together without following anybody week by week. A set is a number, one
bit per event: a win in certain quarters, the entry into a stage, a slip out of a quarter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.exact import deals
from simulator.exact.outline import Outline
from simulator.exact.shifts import Shift
from simulator.exact.terms import Terms, by_week
from simulator.quarters import WEEKS
from simulator.scenario.model import Target
from simulator.simulation.metrics import BOOKINGS, CREATED, LOSSES, SLIPPED_DEALS, SLIPPED_VALUE

Floats = NDArray[np.float64]
Law = dict[int, Floats]
"""Set of events -> probability by (point, week); the empty set is the rest and is not there."""

WON, LOST, OUT = -1, -2, -3  # kinds of events beside the entry into a stage, which is the stage's index


@dataclass(frozen=True)
class Asked:
    """The events that the targets need: kind -> bits set by one in each quarter of the horizon."""

    bits: dict[tuple[int, tuple[int, ...]], int]
    quarters: int
    warm: int

    def mask(self, kind: int, week_quarter: int) -> int:
        """Bits of an event in a quarter counted from the first of the warm-up."""
        q = week_quarter - self.warm
        return sum(bit for (own, quarters), bit in self.bits.items() if own == kind and q in quarters)

    def masks(self, kind: int) -> list[int]:
        return [self.mask(kind, q) for q in range(self.quarters + self.warm)]


def kind_of(metric: str, stages: Sequence[str]) -> int | None:
    """The event that a metric counts; None for metrics that are not drawn by classes."""
    if metric in (stages[-1], BOOKINGS):
        return WON
    if metric in stages:
        return list(stages).index(metric)
    return {LOSSES: LOST, SLIPPED_DEALS: OUT, SLIPPED_VALUE: OUT, CREATED: len(stages) - 2}.get(metric)


def events_of(target: Target, stages: Sequence[str]) -> list[tuple[int, tuple[int, ...]]]:
    """(kind, quarters) of a target: one, or one per quarter where each counts by itself."""
    kind = kind_of(target.metric, stages)
    assert kind is not None
    if target.period.each or kind == OUT:
        return [(kind, (q,)) for q in target.period.quarters]
    return [(kind, tuple(target.period.quarters))]


def asked_by(outline: Outline, targets: Sequence[Target]) -> Asked:
    """One bit for every event of the targets."""
    events = dict.fromkeys(e for t in targets for e in events_of(t, outline.scenario.stages))
    return Asked({event: 1 << n for n, event in enumerate(events)}, outline.quarters, outline.warm)


def _add(law: Law, mask: int, part: Floats) -> None:
    if mask and part.any():
        law[mask] = law[mask] + part if mask in law else part


def _in_quarters(masks: list[int]) -> dict[int, Floats]:
    """mask -> (week,) 1 where it holds; 0 left out."""
    found = {}
    for mask in set(masks) - {0}:
        found[mask] = np.repeat([float(m == mask) for m in masks], WEEKS)
    return found


def due_classes(course: deals.Course, asked: Asked) -> tuple[Law, ...]:
    """Law of a deal due in each week; of winners and of losers where they part at birth."""
    won, lost = _in_quarters(asked.masks(WON)), _in_quarters(asked.masks(LOST))
    slip, factor, delay = course.slip, course.factor, course.delay
    kinds = 2 if course.settled else 1
    after: list[Law] = []
    for s in range(course.levels, -1, -1):
        goes_on = (s < course.left).astype(np.float64)[:, None]
        here: list[Law] = []
        for kind in range(kinds):
            chance: Floats = np.full((1, 1), 1.0 - kind)
            if not course.settled:
                chance = np.minimum(1.0, course.rate * factor ** (s + course.counted)[:, None])
            law: Law = {}
            for mask, inside in won.items():
                _add(law, mask, (1 - slip) * chance * inside)
            for mask, inside in lost.items():
                _add(law, mask, ((1 - slip) * (1 - chance) + slip * (1 - goes_on)) * inside)
            if slip.any():
                nexts: list[tuple[Floats | float, Law]] = [(1.0, after[kind])] if after else []
                if after and kind == 0 and kinds == 2 and (factor < 1).any():
                    stay = np.minimum(1.0, factor)
                    nexts = [(stay, after[0]), (1 - stay, after[1])]
                _slip(law, slip * goes_on, delay, nexts, asked)
            here.append(law)
        after = here
    return tuple(after)


def _slip(law: Law, slip: Floats, delay: Shift, nexts: list[tuple[Floats | float, Law]], asked: Asked) -> None:
    """Add what becomes of those who slip."""
    out = asked.masks(OUT)
    if not any(out):
        for share, after in nexts:
            for mask, p in after.items():
                _add(law, mask, slip * share * delay.back(p[:, None, :])[:, 0])
        return
    left = slip * delay.beyond  # slips out of the quarter and is counted by nothing later
    for share, after in nexts:
        for mask, p in after.items():
            all_of = delay.back(p[:, None, :])[:, 0]
            inside = delay.back_inside(p[:, None, :])[:, 0]
            beyond = slip * share * np.maximum(all_of - inside, 0.0)
            _add(law, mask, slip * share * inside)
            left = left - beyond
            for bits, weeks in _in_quarters(out).items():
                _add(law, mask | bits, beyond * weeks)
            _add(law, mask, beyond * np.repeat([float(m == 0) for m in out], WEEKS))
    for bits, weeks in _in_quarters(out).items():
        _add(law, bits, np.maximum(left, 0.0) * weeks)


def born_classes(terms: Terms, win_stage: int, fates: tuple[Law, ...]) -> Law:
    """Law of a deal born in each week, its birth not yet counted."""
    law: Law = {}
    if terms.losses is None:
        for mask, p in fates[0].items():
            _add(law, mask, terms.lag[win_stage].back(p[:, None, :])[:, 0])
        return law
    rate = np.minimum(1.0, by_week(terms.rate[win_stage]))
    for mask, p in fates[0].items():
        _add(law, mask, rate * terms.lag[win_stage].back(p[:, None, :])[:, 0])
    for mask, p in fates[1].items():
        _add(law, mask, (1 - rate) * terms.losses.back(p[:, None, :])[:, 0])
    return law


def entered(law: Law, masks: list[int], counted: Floats | None) -> Law:
    """The law once those who enter in each quarter are given its bits.

    ``counted`` is the probability of any set at all: the rest is given the bits alone. None leaves it out.
    """
    weeks = _in_quarters(masks)
    if not weeks:
        return law
    found: Law = {}
    for mask, p in law.items():
        _add(found, mask, p * np.repeat([float(m == 0) for m in masks], WEEKS))
        for bits, inside in weeks.items():
            _add(found, mask | bits, p * inside)
    for bits, inside in weeks.items():
        if counted is not None:
            _add(found, bits, np.maximum(1 - counted, 0.0) * inside)
    return found


def any_of(laws: Iterable[Floats], weeks: int) -> Floats:
    """Probability of any set."""
    return sum(laws, np.zeros((1, weeks)))
