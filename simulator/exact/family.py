"""A plan and its variants at the same points: what differs between them is the plan, and hardly chance.

Every variant is worked out at the same scrambled points of what is uncertain or shared, so the error of a
difference is a fraction of that of the probabilities themselves. What a variant leaves as it was is
remembered from the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simulator.exact.answers import Answers
from simulator.exact.certain import exact_target
from simulator.exact.conditional import SETS, Averages, Cloud, cloud, estimate
from simulator.exact.laws import OutOfReachError
from simulator.exact.memory import Memory
from simulator.exact.outline import Outline
from simulator.exact.reach import indices, why_no_product, why_not
from simulator.scenario.model import Target
from simulator.simulation.metrics import metrics_in
from simulator.statistics.intervals import Estimate

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario

Floats = NDArray[np.float64]

PER_SET = 64
"""Points of each scramble: 1,024 in all."""
MOST_BYTES = 400 << 20
THINNED = 4
"""Means are taken at the first points of each scramble: one in so many."""


@dataclass(frozen=True)
class Found:
    """A number in each scramble, (scramble,); of plans of certain numbers all are the same."""

    sets: Floats
    share: bool = True

    @property
    def value(self) -> float:
        return float(self.sets.mean())

    @property
    def estimate(self) -> Estimate:
        """With the t interval over the scrambles; without error where nothing is uncertain."""
        return _estimate(self.sets, self.share)

    def moved(self, start: Found, end: Found) -> Found:
        """This and the difference of two others: at few points how far it is from ``start``, at many ``end``."""
        return Found(self.sets - start.sets + end.sets, self.share)

    def less(self, other: Found) -> Estimate:
        """This less another at the same points: the error of the difference."""
        return _estimate(self.sets - other.sets, False)


def _estimate(sets: Floats, share: bool) -> Estimate:
    if np.ptp(sets) == 0.0:
        value = float(sets[0])
        return Estimate(value, 0.0, value, value)
    return estimate(sets, share)


class Variant:
    """One plan of a family."""

    def __init__(self, family: Family, outline: Outline, hold: Mapping[str, float] | None):
        reason = None if hold is not None else why_not(outline, family.memory)
        if reason is not None:
            raise OutOfReachError(reason)
        self.outline = outline
        self.engine = "exact" if outline.certain else "conditional"
        points = family.cloud if not outline.certain else Cloud((), np.zeros((1, 0)), family.cloud.seed)
        self._averages = Averages(outline, points, hold, family.memory)

    @property
    def answers(self) -> Answers:
        """The laws at the points."""
        return self._averages.answers

    def probability(self, target: Target) -> Found:
        """How likely a target is.

        Raises
        ------
        OutOfReachError : its quarters hang together, or the law of its amounts has gaps.
        """
        if target.period.each and len(target.period.quarters) > 1:
            reason = why_no_product(self.outline, target)
            if reason is not None:
                raise OutOfReachError(f"{target.name}: {reason}")
        if self.outline.certain:
            found = exact_target(self.answers, target)
            assert found is not None
            return Found(np.full(SETS, found.value))
        return Found(self._averages.whole(target))

    def mean(self, metric: str, quarters: Sequence[int], segment: str | Sequence[str] | None = None) -> Found:
        """Mean of a metric over quarters (for stocks: at the end of the last)."""
        at_points = self.answers.means(metric, tuple(quarters), segment)
        return Found(np.broadcast_to(at_points, (max(SETS, at_points.size),)).reshape(SETS, -1).mean(axis=1), False)

    @property
    def _first_of_each(self) -> NDArray[np.int64]:
        """Numbers of the first points of every scramble: the first of Sobol' points are even by themselves."""
        by_set = np.arange(self.answers.count).reshape(SETS, -1)
        return np.asarray(by_set[:, : max(1, by_set.shape[1] // THINNED)].ravel(), np.int64)

    def means(self, quarters: Sequence[int], segment: str | Sequence[str] | None = None) -> dict[str, float]:
        """Mean of every metric over quarters (of stocks at the end of the last), at a quarter of the points."""
        chosen, outline = indices(self.outline.scenario, segment), self.outline
        some = slice(None) if outline.certain else self._first_of_each
        given = {deal.segment for deal in outline.deals} | {lead.segment for lead in outline.leads}
        names = [m.name for m in metrics_in(outline.scenario)]
        found = dict.fromkeys(names, 0.0)
        when = {name: list(self.answers.quarters_of(name, tuple(quarters))) for name in names}
        for index in chosen:
            if index in given:
                who = outline.segments[index].name
                for name in names:
                    found[name] += float(self.answers.means(name, tuple(quarters), who).mean())
                continue
            by_quarter = self.answers.expected(index, some)
            for name in names:
                found[name] += float(by_quarter[name][:, when[name]].sum(axis=1).mean())
        return found


class Family:
    """Variants of a plan at the same points.

    Parameters
    ----------
    scenario : the plan itself; the points are turned to where its ``targets`` change most
    seed : of the points; the same seed gives the same numbers
    per_set : points of each of the 16 scrambles, by default 64
    """

    def __init__(self, scenario: Scenario, targets: Sequence[Target], seed: int, per_set: int | None = None):
        per_set = PER_SET if per_set is None else per_set
        self.memory = Memory(MOST_BYTES)
        self.outline = Outline(scenario)
        self.answered = "" if self.outline.certain else f"exact at {SETS * per_set:,} points of what is uncertain"
        if self.outline.certain:
            self.cloud = Cloud((), np.zeros((SETS * per_set, 0)), seed)
        else:
            self.cloud = cloud(self.outline, targets, seed, per_set)

    def thinned(self, per_set: int) -> Family:
        """The same at the first points of each scramble."""
        few = copy(self)
        by_set = self.cloud.z.reshape(SETS, self.cloud.per_set, self.cloud.z.shape[1])[:, :per_set]
        few.cloud = Cloud(self.cloud.names, by_set.reshape(SETS * by_set.shape[1], by_set.shape[2]), self.cloud.seed)
        return few

    def variant(self, scenario: Scenario | None = None, hold: Mapping[str, float] | None = None) -> Variant:
        """The plan itself, or another one; ``hold`` fixes uncertain numbers by path.

        Raises
        ------
        OutOfReachError : no exact answer for it; the message names the part that is why.
        """
        return Variant(self, self.outline if scenario is None else Outline(scenario), hold)
