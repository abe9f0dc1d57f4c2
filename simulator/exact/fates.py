"""What a deal born in a week counts for in each quarter by itself, kept apart from its chance to be won.

The chance to be won, which most questions are about, is a factor of what follows: of the week of birth where
winners and losers part there, else of the quarter of the decision. So what is left is the same in all variants
that differ in win rates, and what different quarters count is added up for a year.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from simulator.exact import deals
from simulator.exact.memory import Memory, mark
from simulator.exact.outline import Outline
from simulator.exact.terms import Terms, by_week
from simulator.quarters import WEEKS

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Fate:
    """Σ ``rest`` × its share of births, times ``chance``: what a deal counts for in one quarter.

    rest : float64 (1 or point, week) with the share of those born in each week whom it is of, (1 or point, week) or
        None for all
    chance : float64 (1 or point,)
    """

    rest: tuple[tuple[Floats, Floats | None], ...]
    chance: Floats

    def at_birth(self) -> Floats:
        """(1 or point, week)"""
        found = sum((x if share is None else x * share for x, share in self.rest), np.zeros((1, 1)))
        return np.asarray(found * self.chance[:, None], np.float64)

    def masses(self, births: Floats) -> Floats:
        """Expected numbers (point, group) from births (point, group, week)."""
        total: Floats | None = None
        for rest, share in self.rest:
            some = births if share is None else births * share[:, None, :]
            more = np.matmul(some, rest[:, :, None])[..., 0]
            total = more if total is None else total + more
        assert total is not None
        return total * self.chance[:, None]


def won(memory: Memory, outline: Outline, terms: Terms, quarters: Sequence[int]) -> list[Fate]:
    """Of deals that are won in each of these quarters, which count one each."""
    win = outline.stages - 1
    rate, settled = terms.rate[win], terms.losses is not None
    factor = terms.factor
    kept = memory.recall(("kept", mark(factor)), lambda: bool((factor <= 1).all()))
    if not kept:  # a chance that slips raise is cut at 1: no factor of the rest
        whole = _known(memory, outline, terms, quarters, "won with rate", terms.of_deals, partial(_won, terms, win, rate))
        return _born(memory, outline, terms, quarters, whole)
    course = mark(terms.slip), mark(factor), terms.delay.mark, terms.outline.limit, settled
    plain = partial(_won, terms, win, np.ones_like(rate[:1]))
    due = _known(memory, outline, terms, quarters, "won", course, plain)
    back = terms.lag[win]
    rests = [
        memory.recall((*key, "born", back.mark), partial(_back, back, one[0])) for key, one in due
    ]
    if settled:
        share = by_week(np.minimum(1.0, rate))
        return [Fate(((rest, share),), np.ones(1)) for rest in rests]
    return [Fate(((rest, None),), rate[:, outline.warm + q]) for q, rest in zip(quarters, rests, strict=True)]


def slipped(memory: Memory, outline: Outline, terms: Terms, quarters: Sequence[int]) -> list[Fate]:
    """Of deals that slip out of each of these quarters."""
    win = outline.stages - 1
    course = mark(terms.slip), terms.delay.mark, terms.outline.limit
    due = _known(memory, outline, terms, quarters, "slipped", course, partial(_slipped, terms, win))
    return _born(memory, outline, terms, quarters, due)


Due = list[tuple[tuple[object, ...], tuple[Floats, ...]]]


def _known(
    memory: Memory, outline: Outline, terms: Terms, quarters: Sequence[int], kind: str, course: object,
    work_out: Callable[[Outline, Sequence[int]], tuple[Floats, ...]],
) -> Due:  # fmt: skip
    """Weights of deals due, (1 or point, week) of winners and of losers, for each quarter: those not known at once."""
    keys = {q: (kind, q, outline.start, outline.weeks, course) for q in quarters}
    missing = [q for q in quarters if keys[q] not in memory]
    found: dict[int, tuple[Floats, ...]] = {}
    if missing:
        whole = work_out(outline, missing)
        found = {
            q: tuple(np.ascontiguousarray(kind[:, place]) for kind in whole) for place, q in enumerate(missing)
        }
    return [
        (keys[q], memory.recall(keys[q], lambda q=q: found[q] if q in found else _alone(work_out(outline, [q]))))
        for q in quarters
    ]


def _alone(whole: tuple[Floats, ...]) -> tuple[Floats, ...]:
    return tuple(kind[:, 0] for kind in whole)


def _inside(outline: Outline, quarters: Sequence[int]) -> Floats:
    found = np.zeros((len(quarters), outline.weeks))
    for place, q in enumerate(quarters):
        found[place, outline.start + WEEKS * q : outline.start + WEEKS * (q + 1)] = 1.0
    return found


def _won(terms: Terms, win: int, rate: Floats, outline: Outline, quarters: Sequence[int]) -> tuple[Floats, ...]:
    inside = _inside(outline, quarters)
    nothing = np.zeros_like(inside)
    course = deals.course_of(terms, win, rate)
    return deals.due(course, deals.Weights(inside, nothing, nothing, np.zeros(len(inside), np.int64)))


def _slipped(terms: Terms, win: int, outline: Outline, quarters: Sequence[int]) -> tuple[Floats, ...]:
    inside = _inside(outline, quarters)
    nothing = np.zeros_like(inside)
    course = deals.course_of(terms, win, np.ones_like(terms.rate[win][:1]))
    return deals.due(course, deals.Weights(nothing, nothing, inside, np.zeros(len(inside), np.int64)))


def _back(lag: deals.Shift, due: Floats) -> Floats:
    return lag.back(due[:, None, :])[:, 0]


def _born(memory: Memory, outline: Outline, terms: Terms, quarters: Sequence[int], due: Due) -> list[Fate]:
    """Fates from birth, of weights of deals due: of winners and of losers, each by their own lag."""
    win = outline.stages - 1
    found = []
    for key, kinds in due:
        lags = [terms.lag[win]] if terms.losses is None else [terms.lag[win], terms.losses]
        rests = [
            memory.recall((*key, "born", place, lag.mark), partial(_back, lag, kinds[min(place, len(kinds) - 1)]))
            for place, lag in enumerate(lags)
        ]
        if terms.losses is None:
            found.append(Fate(((rests[0], None),), np.ones(1)))
        else:
            share = by_week(np.minimum(1.0, terms.rate[win]))
            found.append(Fate(((rests[0], share), (rests[1], 1 - share)), np.ones(1)))
    return found
