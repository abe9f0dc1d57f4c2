"""Exact answers: means, cumulants and distributions of every metric, without sampling.

Holds for a trial's `World`; a plan with certain numbers and no market has only one. Arrivals are Poisson
(dispersion 1; for more see `Exact.dispersed_variance`), individuals independent, so every weekly count of
one metric is Poisson with a convolved mean (Poisson thinning; Eick, Massey and Whitt 1993 for the stocks),
money and ``slips`` are compound Poisson, and a known lead or deal adds an independent variable of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special, stats

from tests.oracles import laws
from tests.oracles.follow import Clock, Measure, follow_cohorts, follow_deals
from tests.oracles.world import WEEKS, World, certain_world

ORDERS = np.arange(1, 5)


@dataclass
class Part:
    """Independent contributions to the metrics of one segment.

    ``poisson``: a cohort, masses are means; else ``copies`` independent individuals, masses are probabilities.
    ``values``: law of an individual's value by index of the quarter of birth, None without money.
    """

    measure: Measure
    values: list[laws.Law] | None
    poisson: bool = True
    copies: int = 1


class Exact:
    """The exact answers in one world.

    Parameters
    ----------
    arrivals : segment -> (week,) mean arrivals from the first warm-up week on, instead of the plan's; the
        leads and deals of the opening position are then left out. For responses and covariances.
    born_in : count only deals born in these quarters, for covariances.
    """

    def __init__(self, world: World, *, arrivals: dict[str, np.ndarray] | None = None, born_in=None):
        self.world = world
        self.parts: dict[str, list[Part]] = {}
        clock = Clock(world)
        for name, plan in world.segments.items():
            mean = arrival_means(world, name) if arrivals is None else arrivals.get(name, np.zeros(clock.length))
            measure = follow_cohorts(world, plan, {plan.entry: mean}, born_in)
            self.parts[name] = [Part(measure, plan.size)]
            if arrivals is None and born_in is None:
                self.parts[name] += _opening_parts(world, name)

    # -------------------------------------------------------------------------------- what contributes
    def _segments(self, segment: str | None) -> Sequence[str]:
        return tuple(self.parts) if segment is None else (segment,)

    def _moments(self, part: Part, metric: str, quarters: tuple[int, ...]) -> np.ndarray:
        """Raw moments 1 to 4 of an individual (or of the mass of a cohort)."""
        if metric in part.measure.money:
            if part.values is None:
                return np.zeros(4)
            masses = part.measure.money[metric][list(quarters)].sum(axis=0)
            per_value = np.array([[law.moment(r) for r in range(1, 5)] for law in part.values])
            return masses @ per_value
        if metric not in part.measure.counts:
            return np.zeros(4)
        masses = part.measure.counts[metric][list(quarters)].sum(axis=0)
        return np.array([(masses * np.arange(len(masses)) ** r).sum() for r in ORDERS])

    def cumulants(self, metric: str, quarter: int | tuple[int, ...], segment: str | None = None) -> np.ndarray:
        """Cumulants 1 to 4 of a metric in a quarter, or summed over several (where a deal counts only once)."""
        quarters = self._quarters(metric, quarter)
        total = np.zeros(4)
        for name in self._segments(segment):
            for part in self.parts[name]:
                m1, m2, m3, m4 = self._moments(part, metric, quarters)
                if part.poisson:
                    total += (m1, m2, m3, m4)
                else:
                    total += part.copies * np.array(
                        [m1, m2 - m1**2, m3 - 3 * m1 * m2 + 2 * m1**3,
                         m4 - 4 * m1 * m3 - 3 * m2**2 + 12 * m1**2 * m2 - 6 * m1**4]
                    )  # fmt: skip
        return total

    def _quarters(self, metric: str, quarter: int | tuple[int, ...]) -> tuple[int, ...]:
        if isinstance(quarter, int | np.integer):
            return (int(quarter),)
        once_in_life = {*self.world.stages, "losses", "bookings", "created_pipeline"}
        if len(quarter) > 1 and metric not in once_in_life:
            raise ValueError(f"{metric} of several quarters: one deal can count more than once")
        return tuple(quarter)

    def mean(self, metric: str, segment: str | None = None) -> np.ndarray:
        """(quarter,)"""
        return np.array([self.cumulants(metric, q, segment)[0] for q in range(self.world.quarters)])

    def variance(self, metric: str, segment: str | None = None) -> np.ndarray:
        """(quarter,)"""
        return np.array([self.cumulants(metric, q, segment)[1] for q in range(self.world.quarters)])

    def weekly_mean(self, metric: str, segment: str | None = None) -> np.ndarray:
        """(week,) of a count."""
        return np.sum(
            [part.copies * part.measure.weekly.get(metric, np.zeros(self.world.end))
             for name in self._segments(segment) for part in self.parts[name]], axis=0,
        )  # fmt: skip

    # -------------------------------------------------------------------------------- distributions
    def pmf(self, metric: str, quarter: int | tuple[int, ...], segment: str | None = None) -> np.ndarray:
        """P(X = 0), P(X = 1), … of a count, through its characteristic function."""
        quarters = self._quarters(metric, quarter)
        mean, variance, *_ = self.cumulants(metric, quarter, segment)
        size = 1 << int(np.ceil(np.log2(mean + 14 * np.sqrt(variance) + 64)))
        angle = np.exp(-2j * np.pi * np.arange(size) / size)
        transform = np.ones(size, complex)
        for name in self._segments(segment):
            for part in self.parts[name]:
                if metric not in part.measure.counts:
                    continue
                masses = part.measure.counts[metric][list(quarters)].sum(axis=0)
                excess = sum(mass * (angle**n - 1) for n, mass in enumerate(masses) if n)
                transform = transform * (np.exp(excess) if part.poisson else (1 + excess) ** part.copies)
        return np.maximum(0.0, np.fft.ifft(transform).real)

    def at_least(self, metric: str, threshold: int, quarter, segment: str | None = None) -> float:
        """P(X ≥ threshold) of a count."""
        return float(max(0.0, 1.0 - self.pmf(metric, quarter, segment)[:threshold].sum()))

    def money_at_least(
        self, metric: str, threshold: float, quarter, segment: str | None = None, *, step: float, top: float
    ) -> float:
        """P(X ≥ threshold) of money, on a grid of ``step`` up to ``top`` (at least a few sd above all mass).

        Values are put on the grid so that they keep their mean; the error falls with step².
        """
        quarters = self._quarters(metric, quarter)
        size = 1 << int(np.ceil(np.log2(top / step)))
        transform = np.ones(size, complex)
        for name in self._segments(segment):
            for part in self.parts[name]:
                if metric not in part.measure.money or part.values is None:
                    continue
                masses = part.measure.money[metric][list(quarters)].sum(axis=0)
                excess = np.zeros(size, complex)
                for mass, law in zip(masses, part.values, strict=True):
                    if mass > 0:
                        excess += mass * (np.fft.fft(_on_grid(law, step, size)) - 1)
                transform = transform * (np.exp(excess) if part.poisson else (1 + excess) ** part.copies)
        pmf = np.fft.ifft(transform).real
        # a grid point stands for the values around it: half of the one at the threshold counts
        position = threshold / step
        below = int(np.ceil(position - 1e-9))
        at = pmf[below] / 2 if abs(position - below) < 1e-6 and self._has_density(metric) else 0.0
        return float(1 - pmf[:below].sum() - at)

    def _has_density(self, metric: str) -> bool:
        return any(isinstance(law, laws.Continuous) for ps in self.parts.values() for p in ps for law in p.values or ())

    # -------------------------------------------------------------------------------- joint answers
    def responses(self, metric: str, segment: str) -> np.ndarray:
        """(week from the first warm-up week, quarter): mean of a metric per arrival of that week."""
        clock = Clock(self.world)
        return np.array(
            [Exact(self.world, arrivals={segment: np.eye(clock.length)[week]}).mean(metric, segment)
             for week in range(clock.length)]
        )  # fmt: skip

    def dispersed_variance(self, metric: str, segment: str) -> np.ndarray:
        """(quarter,) variance with negative binomial arrivals: a week adds (d − 1) μ × (mean per arrival)²."""
        plan = self.world.segments[segment]
        extra = np.repeat(np.maximum(plan.dispersion, 1.0) - 1, WEEKS) * arrival_means(self.world, segment)
        return self.variance(metric, segment) + extra @ self.responses(metric, segment) ** 2

    def by_volume_quarter(self, metric: str, segment: str) -> np.ndarray:
        """(quarter of arrival from the first warm-up quarter, quarter): parts of the mean, for volume shocks."""
        means = arrival_means(self.world, segment)
        index = np.arange(len(means)) // WEEKS
        return np.array(
            [Exact(self.world, arrivals={segment: np.where(index == q, means, 0.0)}).mean(metric, segment)
             for q in range(index[-1] + 1)]
        )  # fmt: skip


def arrival_means(world: World, segment: str) -> np.ndarray:
    """(week from the first warm-up week,); none before the first week that is simulated."""
    plan = world.segments[segment]
    means = np.concatenate([np.array(plan.profile) * volume for volume in plan.volume])
    if world.first_week == 0:
        means[: WEEKS * world.warm_up] = 0.0
    return means


def _opening_parts(world: World, name: str) -> list[Part]:
    clock, plan, parts = Clock(world), world.segments[name], []
    for lead in world.leads or ():
        if lead.segment != name:
            continue
        q, age = world.quarter(lead.entered), -lead.entered
        rate, pmf = plan.rate[lead.stage + 1][q], laws.weeks_pmf(plan.lag[lead.stage + 1][q])
        survival = float(pmf[age:].sum())
        left = laws.remaining(pmf, age)
        if left is None or rate * survival == 0:
            continue
        goes_on = rate * survival / (1 - rate + rate * survival)
        arriving = np.zeros(clock.length)
        weeks = min(len(left), world.end)
        arriving[clock.start : clock.start + weeks] = goes_on * left[:weeks]
        measure = follow_cohorts(world, plan, {lead.stage + 1: arriving})
        parts.append(Part(measure, plan.size, poisson=False, copies=lead.count))
    for deal in world.deals or ():
        if deal.segment != name:
            continue
        own = plan.rate[world.last_stage] if deal.own is None else deal.own
        counting = 0 if deal.own is not None else deal.pushes
        first = clock.births - world.quarters
        due = np.zeros((3, clock.births, clock.length))
        if plan.losses is None:
            fates = [(0, 1.0, plan.lag[world.last_stage])]
        else:
            wins = min(1.0, own[first] * plan.factor[first] ** counting)
            fates = [(1, wins, plan.lag[world.last_stage]), (2, 1 - wins, plan.losses)]
        for fate, share, lag in fates:
            if deal.due is not None:
                left = np.eye(1, world.end + 1, min(deal.due, world.end))[0]
            else:
                left = laws.remaining(laws.weeks_pmf(lag[first]), deal.age)
                left = np.ones(1) if left is None else left
            weeks = min(len(left), world.end)
            due[fate, first, clock.start : clock.start + weeks] = share * left[:weeks]
        births = np.zeros((clock.length, clock.births))
        births[max(0, clock.start - 1), first] = 1.0  # in the books before the first week ends
        measure = Measure()
        follow_deals(world, plan, clock, measure, due, births, deal.pushes, counting, deal.own)
        parts.append(Part(measure, [laws.fixed(deal.amount)] * clock.births, poisson=False))
    return parts


def _on_grid(law: laws.Law, step: float, size: int) -> np.ndarray:
    """Masses on 0, step, 2 step, … that keep the mean: each value is split between its two neighbours."""
    g = law.integral(step * np.arange(size + 1))
    return np.diff(np.concatenate([[0.0], g]), 2) / step  # second differences of E[max(0, x − L)]


class Mixture:
    """The answers over several worlds, each with its weight: uncertain numbers by quadrature, or a sampled market."""

    def __init__(self, worlds: Sequence[World], weights: Sequence[float] | None = None):
        self.weights = np.full(len(worlds), 1 / len(worlds)) if weights is None else np.array(weights, float)
        self.weights = self.weights / self.weights.sum()
        self.exact = [Exact(world) for world in worlds]
        self.quarters = worlds[0].quarters

    def conditional(self, metric: str, quarter, segment: str | None = None) -> np.ndarray:
        """(world, cumulant)"""
        return np.array([exact.cumulants(metric, quarter, segment) for exact in self.exact])

    def cumulants(self, metric: str, quarter, segment: str | None = None) -> np.ndarray:
        """Cumulants 1 to 4 of the mixture."""
        k1, k2, k3, k4 = self.conditional(metric, quarter, segment).T
        mean = self.weights @ k1
        d = k1 - mean
        c2 = self.weights @ (k2 + d**2)
        c3 = self.weights @ (k3 + 3 * d * k2 + d**3)
        c4 = self.weights @ (k4 + 3 * k2**2 + 4 * d * k3 + 6 * d**2 * k2 + d**4)
        return np.array([mean, c2, c3, c4 - 3 * c2**2])

    def pmf(self, metric: str, quarter, segment: str | None = None) -> np.ndarray:
        pmfs = [exact.pmf(metric, quarter, segment) for exact in self.exact]
        total = np.zeros(max(map(len, pmfs)))
        for weight, pmf in zip(self.weights, pmfs, strict=True):
            total[: len(pmf)] += weight * pmf
        return total


def by_quadrature(scenario: Any, nodes: dict[str, int | Sequence[float]]) -> Mixture:
    """Mix over uncertain numbers: key (path or shared name) -> number of Gauss–Hermite nodes.

    For ``values:`` give the standard normals themselves, one inside each value's stretch (equal weights).
    """
    grids = []
    for key, wanted in nodes.items():
        if isinstance(wanted, int):
            x, w = special.roots_hermitenorm(wanted)
            grids.append([(key, z, weight) for z, weight in zip(x, w / w.sum(), strict=True)])
        else:
            grids.append([(key, z, 1 / len(wanted)) for z in wanted])
    worlds, weights = [], []
    for combination in np.ndindex(*(len(grid) for grid in grids)):
        chosen = [grid[i] for grid, i in zip(grids, combination, strict=True)]
        worlds.append(certain_world(scenario, {key: float(z) for key, z, _ in chosen}))
        weights.append(float(np.prod([weight for _, _, weight in chosen])))
    return Mixture(worlds, weights)


def middle_normals(count: int) -> list[float]:
    """Standard normals in the middle of ``count`` equally likely stretches, for ``values:`` of that length."""
    return [float(z) for z in stats.norm.ppf((np.arange(count) + 0.5) / count)]
