"""All targets in the same trial: drawn by classes, which is as exact as following everybody, and fast."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.exact import classes, deals
from simulator.exact.lags import log_normal
from simulator.exact.open_deals import open_deal_classes
from simulator.exact.segments import Segments, groups_of, lead_arrivals
from simulator.exact.terms import Points, Size, Terms, by_week
from simulator.scenario.model import Target
from simulator.simulation.metrics import metrics_of

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Joint:
    """Draws of all targets at some points.

    Parameters
    ----------
    draws : trials per point
    """

    def __init__(self, points: Points, segments: Segments, targets: Sequence[Target], draws: int,
                 rng: np.random.Generator):  # fmt: skip
        self.points, self.segments, self.targets, self.draws, self.rng = points, segments, targets, draws, rng
        self.outline = points.outline
        self.asked = classes.asked_by(self.outline, targets)
        self.trials = points.count * draws
        stages = self.outline.scenario.stages
        money = {m.name for m in metrics_of(stages, True) if m.kind == "money"}
        self.events = [classes.events_of(target, stages) for target in targets]
        self.of_money = [target.metric in money for target in targets]
        self.totals = [np.zeros((self.trials, len(events))) for events in self.events]

    def hits(self) -> Flags:
        """bool (trial, target): which draws meet which target; the draws of a point are neighbours."""
        names = list(self.outline.scenario.segments)
        for index, name in enumerate(names):
            wanted = [t.segment is None or name == t.segment or (isinstance(t.segment, tuple) and name in t.segment)
                      for t in self.targets]  # fmt: skip
            if any(wanted):
                self._segment(index, wanted)
        found = []
        for target, totals, money in zip(self.targets, self.totals, self.of_money, strict=True):
            sums = totals if target.period.each else totals.sum(axis=1, keepdims=True)
            if money:
                sums = np.round(sums, 2)
            met = sums >= target.at_least if target.at_least is not None else sums <= (target.at_most or 0.0)
            found.append(met.all(axis=1))
        return np.stack(found, axis=1)

    def _spread(self, values: Floats) -> Floats:
        """(1 or point,) to (trial,)."""
        return np.repeat(np.broadcast_to(values, (self.points.count,)), self.draws)

    def _add(self, mask: int, counts: NDArray[Any], values: Floats | None, wanted: list[bool]) -> None:
        """Add the individuals of one class to the totals of the targets that count them."""
        for target, events in enumerate(self.events):
            if not wanted[target]:
                continue
            for column, event in enumerate(events):
                if mask & self.asked.bits[event]:
                    if not self.of_money[target]:
                        self.totals[target][:, column] += counts
                    elif values is not None:
                        self.totals[target][:, column] += values

    def _money_mask(self, wanted: list[bool]) -> int:
        return sum({self.asked.bits[e] for t, events in enumerate(self.events) for e in events
                    if wanted[t] and self.of_money[t]})  # fmt: skip

    def _segment(self, index: int, wanted: list[bool]) -> None:
        terms, outline = self.points.terms(index), self.outline
        win_stage, birth = outline.stages - 1, outline.stages - 2
        fates = classes.due_classes(deals.course_of(terms, win_stage), self.asked)
        law = classes.born_classes(terms, win_stage, fates)
        law = classes.entered(law, self.asked.masks(birth), classes.any_of(law.values(), outline.weeks))
        priced = self._money_mask(wanted) if terms.sizes else 0
        groups = groups_of(terms) if priced else np.ones((1, 1, 1))
        upstream = any(0 <= kind < birth for kind, _ in self.asked.bits)
        mine = [lead for lead in outline.leads if lead.segment == index]
        at_stage = self._back(terms, law, groups) if upstream or mine else {}
        if upstream:
            entering = self.segments.flows(index)[terms.outline.entry]
            for (mask, g), p in at_stage[terms.outline.entry].items():
                self._poisson((entering * p).sum(axis=1), mask, g, terms, wanted, priced)
        else:
            flow = self.segments.flows(index)[birth]
            for mask, p in law.items():
                for g in range(groups.shape[1]):
                    self._poisson((flow * p * groups[:, g]).sum(axis=1), mask, g, terms, wanted, priced)
        for lead in mine:
            arriving = lead_arrivals(self.points, terms, lead.stage, lead.age, lead.quarter)
            rows = {key: (arriving * p).sum(axis=1) for key, p in at_stage[lead.stage + 1].items()}
            self._several(rows, lead.count, terms, wanted, priced, None)
        for deal, chances in open_deal_classes(self.points, index, self.asked):
            rows = {(mask, 0): p for mask, p in chances.items()}
            self._several(rows, 1, terms, wanted, priced, deal.amount)

    def _back(self, terms: Terms, law: classes.Law, groups: Floats) -> dict[int, dict[tuple[int, int], Floats]]:
        """Laws of those who enter each stage, with the group of their deal's value."""
        birth = self.outline.stages - 2
        here = {(mask, g): p * groups[:, g] for mask, p in law.items() for g in range(groups.shape[1])}
        if self.outline.first_birth:
            for key in here:
                here[key] = here[key].copy()
                here[key][:, : self.outline.first_birth] = 0.0
        found = {birth: here}
        for t in range(birth - 1, terms.outline.entry - 1, -1):
            rate = by_week(terms.rate[t + 1])
            moved = {key: rate * terms.lag[t + 1].back(p[:, None, :])[:, 0] for key, p in here.items()}
            total = classes.any_of(moved.values(), self.outline.weeks)
            here = {}
            for g in range(groups.shape[1]):
                mine = {mask: p for (mask, own), p in moved.items() if own == g}
                # those counted by nothing so far are entered once, beside the first group
                mine = classes.entered(mine, self.asked.masks(t), total if g == 0 else None)
                here |= {(mask, g): p for mask, p in mine.items()}
            found[t] = here
        return found

    def _poisson(self, mean: Floats, mask: int, g: int, terms: Terms, wanted: list[bool], priced: int) -> None:
        counts = self.rng.poisson(np.maximum(self._spread(mean), 0.0))
        values = None
        if mask & priced:
            values = self._values(counts, terms.sizes[g])
        self._add(mask, counts, values, wanted)

    def _several(self, rows: dict[tuple[int, int], Floats], copies: int, terms: Terms, wanted: list[bool],
                 priced: int, amount: float | None) -> None:  # fmt: skip
        """Individuals known at the start: each ends in one class."""
        left, rest = np.full(self.trials, copies), np.ones(self.trials)
        for (mask, g), p in rows.items():
            chance = self._spread(p)
            share = np.clip(np.divide(chance, rest, out=np.zeros_like(rest), where=rest > 1e-15), 0.0, 1.0)
            counts = self.rng.binomial(left, share)
            left, rest = left - counts, rest - chance
            values: Floats | None = None
            if mask & priced and amount is not None:
                values = np.asarray(counts * amount, np.float64)
            elif mask & priced:
                values = self._values(counts, terms.sizes[g])
            self._add(mask, counts, values, wanted)

    def _values(self, counts: NDArray[np.int64], size: Size) -> Floats:
        """Sums of so many deal values, trial by trial."""
        trial = np.repeat(np.arange(self.trials), counts)
        a, b, factor = (
            np.asarray(x, np.float64).reshape(-1)[:1] if np.size(x) == 1 else self._spread(np.asarray(x))[trial]
            for x in (size.a, size.b, size.factor)
        )
        factor = factor * size.form.times
        kind = size.form.kind
        if kind == "points":
            drawn = self.rng.choice(np.array(size.form.points), trial.size, p=np.array(size.form.shares))
        elif kind == "fixed":
            drawn = np.broadcast_to(a, trial.shape)
        elif kind == "exponential":
            drawn = a * self.rng.standard_exponential(trial.size)
        elif kind == "gamma":
            safe = np.where(b > 0, b, 1.0)
            drawn = np.where(b > 0, self.rng.standard_gamma(1 / safe**2, trial.size) * a * safe**2, a)
        elif kind == "weibull":
            from simulator.exact.gamma import weibull_shape

            cvs, back = np.unique(b, return_inverse=True)
            shape = np.array([weibull_shape(cv) if cv > 0 else math.inf for cv in cvs])
            mean = np.array([math.gamma(1 + 1 / k) for k in shape])
            drawn = a * self.rng.standard_exponential(trial.size) ** (1 / shape)[back] / mean[back]
        else:
            mu, sigma = log_normal(kind, a, b)
            drawn = np.exp(mu + sigma * self.rng.standard_normal(trial.size))
        return np.asarray(np.bincount(trial, weights=drawn * factor, minlength=self.trials), np.float64)


def can_draw(metrics: Sequence[str], stages: Sequence[str]) -> bool:
    """Whether targets on these metrics can be drawn by classes."""
    return all(classes.kind_of(metric, stages) is not None for metric in metrics)
