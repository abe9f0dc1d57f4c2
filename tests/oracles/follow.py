"""Where a mass of individuals goes, week by week: the sums behind the exact answers.

Masses are expected numbers of individuals. Because individuals are independent given a trial's world, the same
sums serve for Poisson cohorts (a mass is a Poisson mean) and for one lead or deal (a mass is a probability).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from tests.oracles.laws import delay_pmf, weeks_pmf
from tests.oracles.world import WEEKS, SegmentPlan, World


@dataclass
class Measure:
    """Expected numbers of individuals that contribute to each metric.

    counts : metric -> (quarter, n): how many contribute exactly n (column 0 is not filled).
    money : metric -> (quarter, birth): how many contribute their value once, by index of the quarter of birth.
    weekly : metric -> (week,) from the start of the horizon.
    """

    counts: dict[str, np.ndarray] = field(default_factory=dict)
    money: dict[str, np.ndarray] = field(default_factory=dict)
    weekly: dict[str, np.ndarray] = field(default_factory=dict)


class Clock:
    """Weeks from the first warm-up week on as positions 0, 1, …; lists of a plan by position // 13."""

    def __init__(self, world: World):
        self.start = WEEKS * world.warm_up
        self.length = self.start + world.end
        self.quarters = world.quarters
        self.births = world.warm_up + world.quarters

    def quarterly(self, weekly: np.ndarray) -> np.ndarray:
        """Sums by quarter of the horizon over the first axis, (position, …) -> (quarter, …)."""
        return weekly[self.start :].reshape(self.quarters, WEEKS, *weekly.shape[1:]).sum(axis=1)

    def spread(self, entering: np.ndarray, pmfs: list[np.ndarray]) -> np.ndarray:
        """Arrivals by position of those that enter at each position; the lag is that of the quarter of entry."""
        arriving = np.zeros(self.length)
        for index in range(self.births):
            first = WEEKS * index
            late = np.convolve(entering[first : first + WEEKS], pmfs[index])[: self.length - first]
            arriving[first : first + len(late)] += late
        return arriving


_weeks, _delay = lru_cache(maxsize=512)(weeks_pmf), lru_cache(maxsize=512)(delay_pmf)


def follow_cohorts(world: World, plan: SegmentPlan, entering: dict[int, np.ndarray], born_in=None) -> Measure:
    """Follow masses that enter stages (index -> (position,)) from outside, through funnel and deals.

    ``born_in``: count only deals born in these quarters (indices of the horizon), for covariances.
    """
    clock, measure = Clock(world), Measure()
    flow = np.zeros(clock.length)
    for stage in range(plan.entry, world.last_stage):
        if stage in entering:
            flow = flow + entering[stage]
        _count(measure, clock, world.stages[stage], flow)
        if stage == world.birth_stage:
            break
        staying = flow.copy()
        rates = np.repeat(plan.rate[stage + 1], WEEKS)
        pmfs = [_weeks(law) for law in plan.lag[stage + 1]]
        flow = clock.spread(staying * rates, pmfs)
        if world.leads is not None:  # who would cross the start in flight is replaced by the file
            before = np.where(np.arange(clock.length) < clock.start, staying, 0.0)
            crossing = clock.spread(before * rates, pmfs)
            crossing[: clock.start] = 0.0
            flow = flow - crossing
    born = flow.copy()
    if world.deals is not None:
        born[: clock.start] = 0.0
    if born_in is not None:
        index = np.arange(clock.length) // WEEKS - world.warm_up
        born = np.where(np.isin(index, list(born_in)), born, 0.0)
    follow_born(world, plan, clock, measure, born)
    return measure


def follow_born(world: World, plan: SegmentPlan, clock: Clock, measure: Measure, born: np.ndarray) -> None:
    """Deals from their birth (position,) on."""
    win_lag = [_weeks(law) for law in plan.lag[world.last_stage]]
    due = np.zeros((3, clock.births, clock.length))  # fate (open, to win, to lose), quarter of birth, position
    for index in range(clock.births):
        mine = np.zeros(clock.length)
        mine[WEEKS * index : WEEKS * (index + 1)] = born[WEEKS * index : WEEKS * (index + 1)]
        if plan.losses is None:
            due[0, index] = clock.spread(mine, win_lag)
        else:
            rate = min(1.0, plan.rate[world.last_stage][index])
            due[1, index] = clock.spread(mine * rate, win_lag)
            due[2, index] = clock.spread(mine * (1 - rate), [_weeks(law) for law in plan.losses])
    births = np.zeros((clock.length, clock.births))
    births[np.arange(clock.length), np.arange(clock.length) // WEEKS] = born
    measure.money["created_pipeline"] = clock.quarterly(births)
    follow_deals(world, plan, clock, measure, due, births)


def follow_deals(
    world: World,
    plan: SegmentPlan,
    clock: Clock,
    measure: Measure,
    due: np.ndarray,
    births: np.ndarray,
    pushes: int = 0,
    pushes_that_count: int = 0,
    rate: list[float] | None = None,
) -> None:
    """Deals from their first due week on: ``due`` (fate, birth, position), ``births`` (position, birth)."""
    rate = plan.rate[world.last_stage] if rate is None else rate
    delays = [_delay(law) for law in plan.delay]
    states = max(plan.limit, pushes) + 1  # slips so far, from `pushes` on
    mass = np.zeros((*due.shape, states))
    mass[..., pushes] = due
    counting = np.maximum(0, np.arange(states) - pushes + pushes_that_count)
    may_slip = np.arange(states) < plan.limit
    won = np.zeros((clock.length, clock.births))
    lost, slipping, pushed = won.copy(), won.copy(), won.copy()
    for at in range(clock.length):
        q = at // WEEKS
        here = mass[:, :, at]
        if not here.any():
            continue
        stay, slip = here * (1 - plan.slip[q]), here * plan.slip[q]
        chance = np.minimum(1.0, rate[q] * plan.factor[q] ** counting)
        won[at] = (stay[0] * chance).sum(axis=-1) + stay[1].sum(axis=-1)
        lost[at] = (stay[0] * (1 - chance)).sum(axis=-1) + stay[2].sum(axis=-1)
        lost[at] += (slip * ~may_slip).sum(axis=(0, 2))
        slip = slip * may_slip
        slipping[at] = slip.sum(axis=(0, 2))
        moved = slip.copy()
        keeps = min(1.0, plan.factor[q])
        moved[1], moved[2] = slip[1] * keeps, slip[2] + slip[1] * (1 - keeps)
        delay = delays[q]
        left_in_quarter = WEEKS * (q + 1) - 1 - at
        pushed[at] = slipping[at] * delay[left_in_quarter + 1 :].sum()
        reach = min(len(delay) - 1, clock.length - 1 - at)
        if reach > 0 and states > 1:
            mass[:, :, at + 1 : at + 1 + reach, 1:] += moved[:, :, None, :-1] * delay[None, None, 1 : reach + 1, None]
    _count(measure, clock, world.stages[-1], won.sum(axis=1))
    _count(measure, clock, "losses", lost.sum(axis=1))
    _count(measure, clock, "slipped_deals", pushed.sum(axis=1))
    measure.weekly["slips"] = slipping.sum(axis=1)[clock.start :]
    measure.money["bookings"] = clock.quarterly(won)
    measure.money["slipped_value"] = clock.quarterly(pushed)
    still_open = np.cumsum(births - won - lost, axis=0)
    ends = clock.start + WEEKS * np.arange(1, clock.quarters + 1) - 1
    measure.money["open_pipeline"] = np.maximum(0.0, still_open[ends])
    measure.counts["open_deals"] = _once(measure.money["open_pipeline"].sum(axis=1))
    measure.weekly["open_deals"] = still_open.sum(axis=1)[clock.start :]
    measure.counts["slips"] = _slips_by_quarter(plan, clock, delays, due.sum(axis=(0, 1)), pushes)


def _slips_by_quarter(plan: SegmentPlan, clock: Clock, delays: list, due: np.ndarray, pushes: int) -> np.ndarray:
    """(quarter, n): mass of deals that slip exactly n times in a quarter; a second walk with n in the state."""
    states = max(plan.limit, pushes) + 1
    mass = np.zeros((clock.length, states, WEEKS + 1))  # position, slips so far, of those in this quarter
    mass[:, pushes, 0] = due
    finished = np.zeros((clock.births, WEEKS + 1))
    for at in range(clock.length):
        q, here = at // WEEKS, mass[at]
        if not here.any():
            continue
        finished[q] += (here * (1 - plan.slip[q])).sum(axis=0)
        finished[q] += here[plan.limit :].sum(axis=0) * plan.slip[q]
        slip = here[: plan.limit] * plan.slip[q]  # (slips so far, in this quarter)
        delay = delays[q]
        next_quarter = WEEKS * (q + 1)
        finished[q, 1:] += slip[:, :-1].sum(axis=0) * delay[next_quarter - at :].sum()
        inside = slice(at + 1, min(next_quarter, at + len(delay)))
        beyond = slice(next_quarter, min(clock.length, at + len(delay)))
        mass[inside, 1 : plan.limit + 1, 1:] += slip[:, :-1] * delay[1 : inside.stop - at, None, None]
        if beyond.stop > beyond.start:
            late = delay[beyond.start - at : beyond.stop - at]
            mass[beyond, 1 : plan.limit + 1, 0] += slip.sum(axis=1) * late[:, None]
    return finished[clock.births - clock.quarters :]


def _once(masses: np.ndarray) -> np.ndarray:
    return np.stack([np.zeros(len(masses)), masses], axis=1)


def _count(measure: Measure, clock: Clock, metric: str, weekly: np.ndarray) -> None:
    measure.weekly[metric] = weekly[clock.start :]
    measure.counts[metric] = _once(clock.quarterly(weekly))
