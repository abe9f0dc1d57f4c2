"""What a deal born in a week counts for in each quarter by itself, kept apart from its chance to be won.

The chance to be won, which most questions are about, is a factor of what follows: of the week of birth where
winners and losers part there, else of the quarter of the decision. So what is left is the same in all variants
that differ in win rates, and what different quarters count is added up for a year.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from simulator.exact import deals
from simulator.exact.memory import Memory
from simulator.exact.outline import Outline
from simulator.exact.shifts import Shift
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
        """Expected numbers by the quarter of birth (point, quarter) from births (point, week)."""
        total: Floats | None = None
        for rest, share in self.rest:
            by_quarter = [_quarters(x) for x in (births, rest, share) if x is not None]
            subscripts = ",".join(["nqw"] * len(by_quarter))
            more = np.einsum(f"{subscripts}->nq", *by_quarter)
            total = more if total is None else total + more
        assert total is not None
        return np.asarray(total * self.chance[:, None], np.float64)


def _quarters(weekly: Floats) -> Floats:
    return weekly.reshape(weekly.shape[0], -1, WEEKS)


def won(memory: Memory, outline: Outline, terms: Terms, quarters: Sequence[int]) -> list[Fate]:
    """Of deals that are won in each of these quarters, which count one each."""
    win = outline.stages - 1
    rate, settled = terms.rate[win], terms.losses is not None
    course: tuple[Hashable, ...] = ("won", terms.of_slips, terms.of_factor, settled)
    apart = memory.recall(("kept", terms.of_factor), lambda: bool((terms.factor <= 1).all()))
    if not apart:  # a chance that slips raise is cut at 1: no factor of the rest
        course = ("won at a rate", terms.of_deals)
    known = partial(_due, memory, outline, terms, course, np.ones_like(rate[:1]) if apart else rate,
                    of_wins=True, winners=apart)  # fmt: skip
    if not settled:
        rests = [_back(memory, terms.lag[win], *known(q)) for q in quarters]
        chances = [rate[:, outline.warm + q] if apart else np.ones(1) for q in quarters]
        return [Fate(((rest, None),), chance) for rest, chance in zip(rests, chances, strict=True)]
    if apart:  # who is a loser at birth wins nothing
        share = by_week(np.minimum(1.0, rate))
        return [Fate(((_back(memory, terms.lag[win], *known(q)), share),), np.ones(1)) for q in quarters]
    return [_parted(memory, outline, terms, *known(q)) for q in quarters]


def slipped(memory: Memory, outline: Outline, terms: Terms, quarters: Sequence[int]) -> list[Fate]:
    """Of deals that slip out of each of these quarters."""
    rate = np.ones_like(terms.rate[outline.stages - 1][:1])
    known = partial(_due, memory, outline, terms, ("slipped", terms.of_slips), rate, of_wins=False)
    if terms.losses is None:
        rests = [_back(memory, terms.lag[outline.stages - 1], *known(q)) for q in quarters]
        return [Fate(((rest, None),), np.ones(1)) for rest in rests]
    return [_parted(memory, outline, terms, *known(q)) for q in quarters]


Due = tuple[tuple[Hashable, ...], tuple[Floats, ...]]


def _due(
    memory: Memory, outline: Outline, terms: Terms, course: tuple[Hashable, ...], rate: Floats, quarter: int, *,
    of_wins: bool, winners: bool = False,
) -> Due:  # fmt: skip
    """A fingerprint, and what a deal due in a week counts for in a quarter.

    (1 or point, week) of all, or of winners and of losers; ``winners`` alone where losers count for nothing.
    """
    key = *course, quarter, outline.start, outline.weeks

    def work_out() -> tuple[Floats, ...]:
        inside = np.zeros((1, outline.weeks))
        inside[0, outline.start + WEEKS * quarter : outline.start + WEEKS * (quarter + 1)] = 1.0
        nothing, never = np.zeros_like(inside), np.zeros(1, np.int64)
        weights = deals.Weights(*((inside, nothing, nothing) if of_wins else (nothing, nothing, inside)), never)
        found = deals.due(deals.course_of(terms, outline.stages - 1, rate), weights)
        return tuple(kind[:, 0] for kind in (found[:1] if winners else found))

    return key, memory.recall(key, work_out)


def _back(memory: Memory, lag: Shift, key: tuple[Hashable, ...], kinds: tuple[Floats, ...], kind: int = 0) -> Floats:
    """What a deal born in a week counts for: (1 or point, week)."""
    due = kinds[min(kind, len(kinds) - 1)]

    def work_out() -> Floats:
        some = np.flatnonzero(due.any(axis=0))
        first, stop = (int(some[0]), int(some[-1]) + 1) if some.size else (0, 1)
        found = np.zeros((max(due.shape[0], lag.rows), due.shape[1]))
        found[:, :stop] = lag.back(due[:, None, first:stop], first, 0, stop)[:, 0]
        return found

    return memory.recall((*key, "born", kind, lag.mark), work_out)


def _parted(
    memory: Memory, outline: Outline, terms: Terms, key: tuple[Hashable, ...], kinds: tuple[Floats, ...]
) -> Fate:
    """Where winners and losers part at birth, each with their own lag."""
    assert terms.losses is not None
    win = outline.stages - 1
    share = by_week(np.minimum(1.0, terms.rate[win]))
    winners, losers = _back(memory, terms.lag[win], key, kinds), _back(memory, terms.losses, key, kinds, 1)
    return Fate(((winners, share), (losers, 1 - share)), np.ones(1))
