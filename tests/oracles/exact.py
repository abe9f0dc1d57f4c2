"""Exact answers: means, cumulants and distributions of every metric, without sampling.

Holds for a trial's `World`; a plan with certain numbers and no market has only one. Arrivals are Poisson,
individuals independent, so every weekly count of one metric is Poisson with a convolved mean (Poisson
thinning; Eick, Massey and Whitt 1993 for the stocks), money and ``slips`` are compound Poisson, and a known
lead or deal adds an independent variable of its own. With dispersion above 1 each week's arrivals are
negative binomial and every metric a sum over weeks of compounds of those.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tests.oracles import laws
from tests.oracles.follow import Clock, Measure, follow_cohorts, follow_deals
from tests.oracles.world import WEEKS, World

ORDERS = np.arange(1, 5)


def roots(size: int) -> np.ndarray:
    """Where the discrete Fourier transform evaluates."""
    return np.exp(-2j * np.pi * np.arange(size) / size)


@dataclass
class Part:
    """Independent contributions to the metrics of one segment.

    kind : ``poisson``, a cohort whose masses are means; ``single``, ``copies`` independent individuals whose
        masses are probabilities; ``lumpy``, a negative binomial number of such individuals, of mean ``mean``
        and variance ``dispersion * mean``.
    values : law of an individual's value by index of the quarter of birth, None without money.
    """

    measure: Measure
    values: list[laws.Law] | None
    kind: str = "poisson"
    copies: int = 1
    mean: float = 0.0
    dispersion: float = 1.0

    @property
    def times(self) -> float:
        """Mean of the metric over the mass of the measure."""
        return {"poisson": 1.0, "single": self.copies, "lumpy": self.mean}[self.kind]

    def cumulants(self, m1: float, m2: float, m3: float, m4: float) -> np.ndarray:
        """Cumulants 1 to 4 from the raw moments of one individual (of the mass, for a cohort)."""
        if self.kind == "poisson":
            return np.array([m1, m2, m3, m4])
        # of `single`: log(1 + a), a = M(t) − 1; of `lumpy`: −μ/(d−1) log(1 − (d−1) a): the same with c = −1
        c, times = (-1.0, self.copies) if self.kind == "single" else (self.dispersion - 1, self.mean)
        return times * np.array(
            [m1, m2 + c * m1**2, m3 + 3 * c * m1 * m2 + 2 * c**2 * m1**3,
             m4 + c * (4 * m1 * m3 + 3 * m2**2) + 12 * c**2 * m1**2 * m2 + 6 * c**3 * m1**4]
        )  # fmt: skip

    def transform(self, excess: np.ndarray) -> np.ndarray:
        """Characteristic function from φ(Y) − 1 of one individual."""
        if self.kind == "poisson":
            return np.exp(excess)
        if self.kind == "single":
            return (1 + excess) ** self.copies
        c = self.dispersion - 1
        return (1 - c * excess) ** (-self.mean / c)


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
            dispersion = np.repeat(np.maximum(plan.dispersion, 1.0), WEEKS)
            measure = follow_cohorts(world, plan, {plan.entry: np.where(dispersion > 1, 0.0, mean)}, born_in)
            self.parts[name] = [Part(measure, plan.size)]
            for week in np.flatnonzero((dispersion > 1) & (mean > 0)):
                measure = follow_cohorts(world, plan, {plan.entry: np.eye(clock.length)[week]}, born_in)
                self.parts[name].append(
                    Part(measure, plan.size, "lumpy", mean=float(mean[week]), dispersion=float(dispersion[week]))
                )
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
                total += part.cumulants(*self._moments(part, metric, quarters))
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
            [part.times * part.measure.weekly.get(metric, np.zeros(self.world.end))
             for name in self._segments(segment) for part in self.parts[name]], axis=0,
        )  # fmt: skip

    # -------------------------------------------------------------------------------- distributions
    def size(self, metric: str, quarter: int | tuple[int, ...], segment: str | None = None) -> int:
        """Enough values of a count that nothing is left above: a power of two."""
        mean, variance, *_ = self.cumulants(metric, quarter, segment)
        return 1 << int(np.ceil(np.log2(mean + 14 * np.sqrt(variance) + 64)))

    def transform(
        self, metric: str, quarter: int | tuple[int, ...], segment: str | None, angle: np.ndarray
    ) -> np.ndarray:
        """E[angle ** X] of a count."""
        quarters, found = list(self._quarters(metric, quarter)), np.ones(len(angle), complex)
        for name in self._segments(segment):
            for part in self.parts[name]:
                if metric in part.measure.counts:
                    masses = part.measure.counts[metric][quarters].sum(axis=0)
                    excess = sum(mass * (angle**n - 1) for n, mass in enumerate(masses) if n and mass)
                    if np.any(excess):
                        found = found * part.transform(excess)
        return found

    def pmf(self, metric: str, quarter: int | tuple[int, ...], segment: str | None = None) -> np.ndarray:
        """P(X = 0), P(X = 1), … of a count, through its characteristic function."""
        angle = roots(self.size(metric, quarter, segment))
        return np.maximum(0.0, np.fft.ifft(self.transform(metric, quarter, segment, angle)).real)

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
                transform = transform * part.transform(excess)
        pmf = np.fft.ifft(transform).real
        # a grid point stands for the values around it: half of the one at the threshold counts
        position = threshold / step
        below = int(np.ceil(position - 1e-9))
        at = pmf[below] / 2 if abs(position - below) < 1e-6 and self._has_density(metric) else 0.0
        return float(1 - pmf[:below].sum() - at)

    def _has_density(self, metric: str) -> bool:
        return any(isinstance(law, laws.Continuous) for ps in self.parts.values() for p in ps for law in p.values or ())


def arrival_means(world: World, segment: str) -> np.ndarray:
    """(week from the first warm-up week,); none before the first week that is simulated."""
    plan = world.segments[segment]
    means = np.concatenate([np.array(plan.profile) * volume for volume in plan.volume])
    for q, whole in enumerate(plan.paid or ()):
        for week in range(WEEKS * q, WEEKS * (q + 1)):
            pmf = laws.weeks_pmf(plan.paid_lag[q])[: len(means) - week]
            then = np.arange(week, week + len(pmf))
            means[then] += whole / WEEKS * pmf * np.array(plan.moved)[then // WEEKS]
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
        parts.append(Part(measure, plan.size, "single", lead.count))
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
        parts.append(Part(measure, [laws.fixed(deal.amount)] * clock.births, "single"))
    return parts


def _on_grid(law: laws.Law, step: float, size: int) -> np.ndarray:
    """Masses on 0, step, 2 step, … that keep the mean: each value is split between its two neighbours."""
    g = law.integral(step * np.arange(size + 1))
    return np.diff(np.concatenate([[0.0], g]), 2) / step  # second differences of E[max(0, x − L)]
