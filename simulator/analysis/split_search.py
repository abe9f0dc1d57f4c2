"""The search for a split: SciPy's COBYQA from several starts, then exchanges between pairs of channels."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.budget import Budget, Floats
from simulator.analysis.goal import Goal
from simulator.scenario.model import Scenario
from simulator.simulation.result import Result
from simulator.simulation.simulate import Setup, simulate

EXPECTED = 70
"""Plays that a search takes, for the progress bar."""
TIE = 1e-3
"""Weight of how far targets are missed: it decides where probabilities are level, as where all are 0."""
GRAINS = 2000
"""Splits closer than this share of the budget are one: the search looks no closer than the answer is rounded."""


class Luck:
    """Splits played in the same luck: the search's own, and that of the seed on which the answer is measured."""

    def __init__(self, scenario: Scenario, goal: Goal, budget: Budget, setup: Setup, search_trials: int,
                 progress: Callable[[int, int], None] | None):  # fmt: skip
        self.scenario, self.goal, self.budget, self.setup = scenario, goal, budget, setup
        self.search_trials, self.evaluations = search_trials, 0
        self._progress, self._scale = progress, None if search_trials < 1 else _Scale(goal)
        self._merits: dict[tuple[float, ...], tuple[float, float]] = {}
        self._hits: dict[tuple[float, ...], NDArray[np.bool_]] = {}
        self._now: NDArray[np.bool_] | None = None

    def _play(self, plan: Scenario, trials: int, first: int) -> Result:
        self.evaluations += 1
        if self._progress is not None:
            total = EXPECTED + 12 * len(self.budget.channels)
            self._progress(min(self.evaluations, total - 1), total)
        return simulate(plan, trials=trials, seed=self.setup.seed, threads=self.setup.threads, first_trial=first)

    def finish(self) -> None:
        if self._progress is not None:
            self._progress(1, 1)

    def _plan(self, amounts: Floats) -> Scenario:
        return self.scenario.with_changes(self.budget.changes(self.scenario, amounts))

    def merit(self, amounts: Floats) -> tuple[float, float]:
        """(probability, the same with a word on ties) in the luck of the search."""
        grain = max(float(amounts.sum()), 1.0) / GRAINS
        key = (*np.round(amounts / grain).tolist(), round(grain, 6))
        if key not in self._merits:
            result = self._play(self._plan(amounts), self.search_trials, self.setup.trials)
            hits = self.goal.hits(result)
            assert hits is not None and self._scale is not None
            chance = float(np.mean(hits))
            self._merits[key] = chance, chance + TIE * float(np.mean(np.tanh(self._scale.margins(result))))
        return self._merits[key]

    def hits(self, amounts: Floats) -> NDArray[np.bool_]:
        """bool (trial,) in the seed's own luck."""
        key = tuple(np.round(amounts, 2).tolist())
        if key not in self._hits:
            found = self.goal.hits(self._play(self._plan(amounts), self.setup.trials, 0))
            assert found is not None
            self._hits[key] = found
        return self._hits[key]

    def hits_now(self) -> NDArray[np.bool_]:
        """The same of the plan as it is."""
        if self._now is None:
            found = self.goal.hits(self._play(self.scenario, self.setup.trials, 0))
            assert found is not None
            self._now = found
        return self._now


class _Scale:
    """How far trials are from their targets, in standard deviations of the first split that is played."""

    def __init__(self, goal: Goal):
        self._goal = goal
        self._sds: list[float] = []

    def margins(self, result: Result) -> Floats:
        """(trial,) of the target that is missed by most; −3 where a ratio is not defined."""
        asked = [*result.scenario.targets] if self._goal.kpi is None else [result.scenario.kpis[self._goal.kpi]]
        if self._goal.kpi is None and self._goal.index is not None:
            asked = [asked[self._goal.index]]
        found = []
        for place, target in enumerate(asked):
            values = np.asarray(result.values(target.metric, target.period, target.segment), float)
            bound = target.at_least if target.at_least is not None else target.at_most
            assert bound is not None
            off = values - bound if target.at_least is not None else bound - values
            off = off.min(axis=1) if off.ndim == 2 else off
            if place == len(self._sds):
                self._sds.append(float(np.nanstd(off)) or 1.0)
            found.append(np.nan_to_num(off / self._sds[place], nan=-3.0))
        worst: Floats = np.min(found, axis=0)
        return worst


def likeliest(luck: Luck, total: float) -> Floats:
    """The split of a total with the largest probability."""
    budget = luck.budget
    if len(budget.channels) == 1 or total <= 0:
        return budget.inside(np.full(len(budget.channels), total / len(budget.channels)), total)
    starts = _starts(budget, total)
    starts.sort(key=lambda x: luck.merit(x)[1], reverse=True)
    ends = [_local(luck, start, total) for start in starts[:2]]
    best = max([*ends, *starts[:1]], key=lambda x: luck.merit(x)[1])
    return _exchanged(luck, best, total)


def _starts(budget: Budget, total: float) -> list[Floats]:
    """The plan's own split, an even one, and as much as may be in each channel alone: where curves take off late,
    the best is often in a corner."""
    count = len(budget.channels)
    now = budget.now if budget.now.sum() > 0 else np.ones(count)
    wanted = [now * total / now.sum(), np.full(count, total / count), *(total * np.eye(count))]
    found: list[Floats] = []
    for one in wanted:
        start = budget.inside(one, total)
        if not any(np.allclose(start, other, atol=1e-6 * total) for other in found):
            found.append(start)
    return found


def _local(luck: Luck, start: Floats, total: float) -> Floats:
    """COBYQA: quadratic models in a region of trust, no derivatives (Ragonneau and Zhang 2023)."""
    from scipy.optimize import Bounds, LinearConstraint, minimize

    budget, count = luck.budget, start.size
    highs = np.minimum(budget.highs, total) / total
    found = minimize(
        lambda x: -luck.merit(budget.inside(np.asarray(x) * total, total))[1], start / total, method="COBYQA",
        bounds=Bounds(budget.lows / total, highs), constraints=LinearConstraint(np.ones((1, count)), 1.0, 1.0),
        options={"maxfev": 12 + 10 * count, "initial_tr_radius": 0.15, "final_tr_radius": 0.01},
    )  # fmt: skip
    return budget.inside(np.asarray(found.x) * total, total)


def _exchanged(luck: Luck, best: Floats, total: float) -> Floats:
    """Money moved from one channel to another as long as it helps, in ever smaller steps."""
    budget = luck.budget
    for step in (0.08, 0.04, 0.02):
        for _ in range(4):
            found = best
            for giver, taker in permutations(range(best.size), 2):
                amount = min(step * total, best[giver] - budget.lows[giver], budget.highs[taker] - best[taker])
                if amount > 1e-6 * total:
                    other = best.copy()
                    other[giver] -= amount
                    other[taker] += amount
                    if luck.merit(other)[1] > luck.merit(found)[1]:
                        found = other
            if found is best:
                break
            best = found
    return best


def rounded(budget: Budget, amounts: Floats, total: float) -> Floats:
    """A split in round numbers, a hundredth of the budget or so; the last odds go where there is room.

    >>> from simulator.analysis.budget import Channel
    >>> two = tuple(Channel(name, 0.0, 0.0, float("inf"), (1.0,)) for name in "ab")
    >>> rounded(Budget(two, {}, {}, (), ()), np.array([41_234.5, 58_765.5]), 100_000.0)
    array([41000., 59000.])
    """
    if total <= 0:
        return amounts
    step = 10.0 ** math.floor(math.log10(total / 100 + 1e-9))
    found = np.clip(np.round(amounts / step) * step, budget.lows, budget.highs)
    off = total - found.sum()
    room = np.where(off > 0, budget.highs - found, found - budget.lows)
    fits = np.flatnonzero((room >= abs(off)) & (found > 0))
    if fits.size:
        found[fits[np.argmax(found[fits])]] += off
    return budget.inside(found, total)


def cheapest(luck: Luck, wanted: float) -> tuple[Floats, bool]:
    """The least money that makes the target likely enough, and whether any within the bounds does.

    The largest probability grows with the total: the total is bracketed and halved in the luck of the search, each
    time with its best split, then moved along that split until the seed's own luck has it too.
    """
    budget = luck.budget
    least, most = float(budget.lows.sum()), _ceiling(budget, luck.scenario)

    def split(total: float) -> Floats:
        if len(budget.channels) == 1 or total <= least:
            return budget.inside(np.full(len(budget.channels), total / len(budget.channels)), total)
        key = min(known, key=lambda other: abs(math.log(max(other, 1e-9) / total)), default=None)
        if key is None:
            return likeliest(luck, total)
        return _exchanged(luck, budget.inside(known[key] * total / key, total), total)

    known: dict[float, Floats] = {}
    low, high = least, max(float(budget.now.sum()), least, 1e-3 * most)
    while luck.merit(known.setdefault(high, split(high)))[0] < wanted:
        if high >= most:
            return rounded(budget, known[high], high), False
        low, high = high, min(2 * high, most)
    for _ in range(7):
        if high - low <= 0.01 * high:
            break
        middle = (low + high) / 2
        if luck.merit(known.setdefault(middle, split(middle)))[0] >= wanted:
            high = middle
        else:
            low = middle
    return _enough(luck, known[high], wanted, most)


def _ceiling(budget: Budget, scenario: Scenario) -> float:
    """The most worth looking at: ends that are given, else twenty times what brings half of all there is."""
    found = 0.0
    for channel in budget.channels:
        spend = scenario.segments[channel.segment].spend
        assert spend is not None and spend.response is not None
        half = max(number.median() for number in spend.response.half_at)
        found += min(channel.high, max(20 * half * scenario.quarters, 2 * channel.now, channel.low))
    return found


def _enough(luck: Luck, best: Floats, wanted: float, most: float) -> tuple[Floats, bool]:
    """Along one split: the least total, in round numbers, that is enough in the seed's own luck."""
    budget, total = luck.budget, float(best.sum())
    if total <= 0:
        return best, bool(luck.hits(best).mean() >= wanted)
    step = max(10.0 ** math.floor(math.log10(total / 100 + 1e-9)), 1e-9)

    def at(count: float) -> Floats:
        return rounded(budget, budget.inside(best * (count * step) / total, count * step), count * step)

    count = math.ceil(total / step)
    if luck.hits(at(count)).mean() >= wanted:
        while count > 1 and luck.hits(at(count - 1)).mean() >= wanted:
            count -= 1
    else:
        while luck.hits(at(count)).mean() < wanted and count * step < most:
            count += 1
    return at(count), bool(luck.hits(at(count)).mean() >= wanted)
