"""A plan as the exact answers read it: numbers as slots, spreads by kind, one outline per segment."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from simulator.exact.assumptions import Assumptions
from simulator.quarters import WEEKS
from simulator.scenario.model import Scenario
from simulator.scenario.spreads import FixedSpread, Geometric, MeanCv, MedianP90, Sample, Spread, WeeksTable
from simulator.scenario.uncertain import Numbers

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SpreadForm:
    """A spread of weeks or money; ``a`` and ``b`` are slots of its numbers.

    ``kind`` is fixed, gamma, lognormal, weibull, exponential, median (lognormal by median and P90),
    geometric or points: the values of ``points`` with these ``shares``.
    """

    kind: str
    a: int
    b: int
    times: float
    delay: bool = False
    points: tuple[float, ...] = ()
    shares: tuple[float, ...] = ()


@dataclass(frozen=True)
class SegmentOutline:
    """A segment's slots and spreads by quarter of the horizon; stages by index."""

    name: str
    entry: int
    limit: int
    profile: Floats
    volume: tuple[int, ...]
    growth: tuple[int, ...]
    dispersion: tuple[int, ...]
    rate: dict[int, tuple[int, ...]]
    slip: tuple[int, ...]
    factor: tuple[int, ...]
    lag: dict[int, tuple[SpreadForm, ...]]
    losses: tuple[SpreadForm, ...] | None
    delay: tuple[SpreadForm, ...]
    size: tuple[SpreadForm, ...] | None


@dataclass(frozen=True)
class EventOutline:
    probability: float
    quarters: int
    slip: int
    volume: int
    size: int
    resizes: bool
    rate: dict[int, int]


@dataclass(frozen=True)
class OpenDealOutline:
    segment: int
    amount: float
    due: int | None  # week, None: drawn from the cycle
    age: int
    pushes: int
    own: int | None  # slot of its own win probability


@dataclass(frozen=True)
class OpenLeadOutline:
    segment: int
    stage: int
    age: int
    quarter: int  # of entry, from the first of the warm-up
    count: int


class Outline:
    """A scenario laid out once; every point of the assumptions and market then fills in the numbers."""

    def __init__(self, scenario: Scenario):
        self.scenario = scenario
        self.numbers = Assumptions()
        self.labels = scenario.calendar.labels
        self.stages = len(scenario.stages)
        self.quarters, self.warm = scenario.quarters, scenario.opening.warm_up_quarters
        self.all_quarters = self.quarters + self.warm
        self.weeks, self.start = WEEKS * self.all_quarters, WEEKS * self.warm
        opening = scenario.opening
        self.given_deals, self.given_leads = opening.deals is not None, opening.leads is not None
        self.first_week = self.start if self.given_deals and self.given_leads else 0
        self.first_birth = self.start if self.given_deals else self.first_week
        self.segments = tuple(self._segment(name) for name in scenario.segments)
        self.events = tuple(self._event(i) for i in range(len(scenario.market.events)))
        self.deals, self.leads = self._deals(), self._leads()
        ages = [deal.age for deal in self.deals] + [lead.age for lead in self.leads]
        self.weeks_kept = self.weeks + max(ages, default=0) + 3
        self.money = any(segment.size is not None for segment in self.segments)
        market = scenario.market
        self.shaken = bool(
            market.conversion.sd or market.volume.sd or market.slip_concentration or market.events
        )  # fmt: skip
        self.numbers.close(scenario.correlations)

    @property
    def certain(self) -> bool:
        """Whether there is one point only: no uncertain number and no market."""
        return not self.numbers.leaves and not self.shaken

    def market_marks(self, slots: Sequence[Hashable]) -> tuple[Hashable, ...]:
        """All that the market follows from, of fingerprints of the numbers by slot."""
        market = self.scenario.market
        stages = tuple(sorted({t for segment in self.segments for t in segment.rate}))
        rates, volume = market.conversion, market.volume
        events = tuple(
            (event.probability, event.quarters, event.resizes,
             slots[event.slip], slots[event.volume], slots[event.size],
             tuple((stage, slots[slot]) for stage, slot in event.rate.items()))
            for event in self.events
        )  # fmt: skip
        return (
            self.warm, self.all_quarters, stages, rates.sd, rates.common, rates.persistence, volume.sd, volume.common,
            market.slip_concentration, events,
        )  # fmt: skip

    def plan_quarter(self, q: int) -> int:
        """Quarter of the plan that holds in quarter q from the first of the warm-up, which plays the first's."""
        return max(q - self.warm, 0)

    def _segment(self, name: str) -> SegmentOutline:
        segment, path, stages = self.scenario.segments[name], f"segments.{name}", self.scenario.stages
        by_quarter, labels = self.numbers.by_quarter, self.labels
        volume = segment.volume
        profile = np.full(WEEKS, 1 / WEEKS)
        if volume.weekly_profile is not None:
            profile = np.array(volume.weekly_profile) / sum(volume.weekly_profile)
        first = (
            by_quarter(f"{path}.volume", volume.per_quarter, labels),
            by_quarter(f"{path}.volume.growth", volume.growth, labels),
            by_quarter(f"{path}.volume.dispersion", volume.dispersion, labels),
        )
        rate = {
            stages.index(stage): by_quarter(f"{path}.conversion.{stage}", rates, labels)
            for stage, rates in segment.conversion.items()
        }
        lags = {stage: self._spread(f"{path}.lag_weeks.{stage}", s) for stage, s in segment.lag_weeks.items()}
        losses = lags.pop("losses", None)
        size = None if segment.deal_size is None else self._spread(f"{path}.deal_size", segment.deal_size)
        return SegmentOutline(
            name, stages.index(volume.stage), segment.slips.limit, profile, *first, rate,
            by_quarter(f"{path}.slips.probability", segment.slips.probability, labels),
            by_quarter(f"{path}.slips.win_rate_factor", segment.slips.win_rate_factor, labels),
            {stages.index(stage): found for stage, found in lags.items()}, losses,
            self._spread(f"{path}.slips.delay_weeks", segment.slips.delay_weeks, delay=True), size,
        )  # fmt: skip

    def _spread(self, path: str, spread: Spread, *, delay: bool = False) -> tuple[SpreadForm, ...]:
        def slots(key: str, numbers: Numbers) -> tuple[int, ...]:
            return self.numbers.by_quarter(f"{path}.{key}" if key else path, numbers, self.labels)

        zero = (self.numbers.constant(0.0),) * self.quarters
        points: tuple[float, ...] = ()
        shares: tuple[float, ...] = ()
        first, second = zero, zero
        if isinstance(spread, FixedSpread):
            kind, first = "fixed", slots("", spread.value)
        elif isinstance(spread, MeanCv):
            kind, first, second = spread.family, slots("mean", spread.mean), slots("cv", spread.cv)
        elif isinstance(spread, MedianP90):
            kind, first, second = "median", slots("median", spread.median), slots("p90", spread.p90)
        elif isinstance(spread, Geometric):
            kind, first = "geometric", slots("mean", spread.mean)
        elif isinstance(spread, WeeksTable):
            kind, points, shares = "points", tuple(map(float, range(len(spread.weeks)))), tuple(spread.weeks)
        elif isinstance(spread, Sample):
            kind, points = "points", tuple(spread.data)
            shares = (1 / len(points),) * len(points)
        else:
            raise TypeError(f"no form for {type(spread).__name__}")
        made: dict[tuple[int, int], SpreadForm] = {}
        return tuple(
            made.setdefault((a, b), SpreadForm(kind, a, b, spread.times, delay, points, shares))
            for a, b in zip(first, second, strict=True)
        )

    def _event(self, index: int) -> EventOutline:
        event, numbers = self.scenario.market.events[index], self.numbers
        path = f"market.events.{event.name}"
        return EventOutline(
            event.probability, event.quarters, numbers.slot(f"{path}.slip_probability", event.slip_probability),
            numbers.slot(f"{path}.volume", event.volume), numbers.slot(f"{path}.deal_size", event.deal_size),
            not (event.deal_size.certain and event.deal_size.median() == 1.0),
            {self.scenario.stages.index(stage): numbers.slot(f"{path}.{stage}", number)
             for stage, number in event.rates.items()},
        )  # fmt: skip

    def _age(self, day: date | None) -> int:
        return 0 if day is None else max(0, -self.scenario.calendar.week_of(day))

    def _deals(self) -> tuple[OpenDealOutline, ...]:
        shared = self.scenario.opening.win_probability
        names, found = list(self.scenario.segments), []
        for deal in self.scenario.opening.deals or ():
            own = None
            if deal.win_probability is not None:
                uncertain = shared is not None and not shared.certain
                own = (
                    self.numbers.slot("opening.win_probability", shared) if uncertain and shared is not None
                    else self.numbers.constant(deal.win_probability)
                )  # fmt: skip
            due = None
            if deal.expected_close is not None:
                due = max(0, self.scenario.calendar.week_of(deal.expected_close))
            found.append(
                OpenDealOutline(names.index(deal.segment), deal.amount, due, self._age(deal.created), deal.pushes, own)
            )
        return tuple(found)

    def _leads(self) -> tuple[OpenLeadOutline, ...]:
        names, stages = list(self.scenario.segments), self.scenario.stages
        groups: dict[tuple[int, int, int, int], int] = {}
        for lead in self.scenario.opening.leads or ():
            q = min(max(0, self.warm + self.scenario.calendar.quarter_of(lead.entered)), self.warm)
            key = (names.index(lead.segment), stages.index(lead.stage), self._age(lead.entered), q)
            groups[key] = groups.get(key, 0) + lead.count
        return tuple(OpenLeadOutline(*key, count) for key, count in sorted(groups.items()) if count)
