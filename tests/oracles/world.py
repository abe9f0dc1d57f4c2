"""What a trial is given before anything happens in it: its assumptions, its market, its opening position.

A `World` has every number of a plan as a plain number, by quarter, shocks and events included. The naive twin
then plays individuals through it; the exact answers hold given it. Quarters run from ``-warm_up`` to the last;
lists are indexed by ``quarter + warm_up``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import special

from tests.oracles import laws
from tests.oracles.closing import Details, details_of
from tests.oracles.customers import rules_of
from tests.oracles.market import MarketState, draw_market, market_at
from tests.oracles.uncertain import Draw

WEEKS = 13


@dataclass
class SegmentPlan:
    """One segment of one trial: everything certain. Lists are by ``quarter + warm_up``."""

    name: str
    entry: int
    """Index of the stage that arrivals enter."""
    volume: list[float]
    dispersion: list[float]
    profile: list[float]
    """Share of each of the 13 weeks."""
    rate: dict[int, list[float]]
    """By stage index: probability to go on into it; for the last stage, that a deal wins."""
    lag: dict[int, list[laws.Law]]
    losses: list[laws.Law] | None
    size: list[laws.Law] | None
    slip: list[float]
    delay: list[laws.Law]
    factor: list[float]
    limit: int
    details: Details
    paid: list[float] | None = None
    """How many each quarter's budget brings in all, before what moves the volume; None where it brings none."""
    paid_lag: list[laws.Law] = field(default_factory=list)
    moved: list[float] = field(default_factory=list)
    """What shocks and events make of a quarter's arrivals."""
    customers: dict[str, Any] | None = None
    """What becomes of won deals; None where nobody follows them."""


@dataclass
class OpenDeal:
    segment: str
    amount: float
    due: int | None
    """Week of the expected close; None when it is not known."""
    age: int
    pushes: int
    own: list[float] | None
    """Its own win probability by ``quarter + warm_up``, shocks and events included; None for the plan's rate."""


@dataclass
class OpenLead:
    segment: str
    stage: int
    entered: int
    """Week it entered the stage, negative."""
    count: int


@dataclass
class OpenCustomer:
    segment: str
    arr: float
    since: int | None
    """Week it became one, negative; None when it is not known."""
    renewal: int | None


@dataclass
class World:
    stages: tuple[str, ...]
    quarters: int
    warm_up: int
    segments: dict[str, SegmentPlan]
    deals: list[OpenDeal] | None
    leads: list[OpenLead] | None
    customers: list[OpenCustomer] = field(default_factory=list)
    normals: dict[str, float] = field(default_factory=dict)

    def quarter(self, week: int) -> int:
        """Index into the lists of a segment; weeks before the warm-up count as its first quarter."""
        return max(0, week // WEEKS + self.warm_up)

    @property
    def first_week(self) -> int:
        """Where the simulation starts: with both files given there is nothing to warm up."""
        return 0 if self.deals is not None and self.leads is not None else -WEEKS * self.warm_up

    @property
    def end(self) -> int:
        return WEEKS * self.quarters

    @property
    def last_stage(self) -> int:
        return len(self.stages) - 1

    @property
    def birth_stage(self) -> int:
        return len(self.stages) - 2

    def plan_quarter(self, index: int) -> int:
        """Quarter whose plan holds at list index ``index``: warm-up quarters have the first one's."""
        return max(0, index - self.warm_up)


def correlated(scenario: Any) -> list[tuple[str, str, float]]:
    """The correlations with each path replaced by the shared name of the number there, if it has one."""
    keys: dict[str, str] = {}

    class Listing(Draw):
        def value(self, number, path):
            keys[path] = getattr(number, "name", None) or path
            return number.value if type(number).__name__ == "Certain" else number.quantile(0.5)

    build(scenario, Listing(None), market_at(scenario, {}))
    return [
        (keys.get(first, first), keys.get(second, second), c.rank)
        for c in scenario.correlations
        for first, second in [c.between]
    ]


def draw_world(scenario: Any, rng: np.random.Generator, correlations=None) -> World:
    """The world of one trial. Pass ``correlations = correlated(scenario)`` once for many."""
    if correlations is None:
        correlations = correlated(scenario)
    return build(scenario, Draw(rng, correlations), draw_market(scenario, rng))


def given_world(scenario: Any, normals: dict[str, float], parts: dict[tuple, float]) -> World:
    """The world where the uncertain numbers stand at these standard normals and the market at these parts."""
    return build(scenario, Draw(None, fixed=normals), market_at(scenario, parts))


def build(scenario: Any, draw: Draw, state: MarketState) -> World:
    warm_up = scenario.opening.warm_up_quarters
    calendar = scenario.calendar

    def by_quarter(numbers: Any, path: str) -> list[float]:
        """One value for each plan quarter, the warm-up's first. Every item is drawn once, used or not."""
        if len(numbers) == 1:
            values = [draw.value(numbers[0], path)]
        else:
            values = [draw.value(number, f"{path}.{calendar.label(q)}") for q, number in enumerate(numbers)]
        return [values[min(max(0, q), len(values) - 1)] for q in range(-warm_up, scenario.quarters)]

    multipliers: dict[str, dict[str, float]] = {}
    for event in scenario.market.events:
        path = f"market.events.{event.name}"
        multipliers[event.name] = {
            "volume": draw.value(event.volume, f"{path}.volume"),
            "slip_probability": draw.value(event.slip_probability, f"{path}.slip_probability"),
            "deal_size": draw.value(event.deal_size, f"{path}.deal_size"),
        } | {stage: draw.value(number, f"{path}.{stage}") for stage, number in event.rates.items()}

    def events(what: str, index: int) -> float:
        return float(np.prod([multipliers[name].get(what, 1.0) for name in state.active[index]]))

    def shocked(rate: float, stage: str, index: int) -> float:
        if 0 < rate < 1:
            odds = rate / (1 - rate) * np.exp(scenario.market.conversion.sd * state.rate_z[stage][index])
            rate = odds / (1 + odds)
        return min(1.0, rate * events(stage, index))

    def slip_probability(mean: float, index: int) -> float:
        mean, c = min(1.0, mean * events("slip_probability", index)), scenario.market.slip_concentration
        if c is None or mean in (0.0, 1.0):
            return mean
        return float(special.betaincinv(mean * c, (1 - mean) * c, state.slip_uniform[index]))

    def spread(written: Any, path: str) -> list[laws.Law]:
        kind = type(written).__name__
        inside = {
            key: by_quarter(getattr(written, key), path if key == "value" else f"{path}.{key}")
            for key in ("value", "mean", "cv", "median", "p90")
            if hasattr(written, key)
        }

        def law(index: int) -> laws.Law:
            at = {key: values[index] for key, values in inside.items()}
            if kind == "FixedSpread":
                found = laws.fixed(at["value"])
            elif kind == "MeanCv":
                found = laws.from_mean_and_cv(written.family, at["mean"], at["cv"])
            elif kind == "MedianP90":
                found = laws.from_median_and_p90(at["median"], at["p90"])
            elif kind == "WeeksTable":
                found = laws.Points(tuple(map(float, range(len(written.weeks)))), tuple(written.weeks))
            elif kind == "Sample":
                found = laws.Points(tuple(written.data), (1.0,) * len(written.data))
            elif kind == "Geometric":
                found = laws.geometric(at["mean"])
            else:
                raise TypeError(f"unknown kind of spread: {kind}")
            return laws.scaled(found, written.times)

        made: list[laws.Law] = []
        for index in range(warm_up + scenario.quarters):  # equal quarters share one object, made once
            same = index and all(values[index] == values[index - 1] for values in inside.values())
            made.append(made[-1] if same else law(index))
        return made

    every = range(warm_up + scenario.quarters)
    segments = {}
    for name, segment in scenario.segments.items():
        path = f"segments.{name}"
        entry = scenario.stages.index(segment.volume.stage)
        growth = by_quarter(segment.volume.growth, f"{path}.volume.growth")
        volume = by_quarter(segment.volume.per_quarter, f"{path}.volume")
        grown, moved = 1.0, []
        sd = scenario.market.volume.sd
        for index in every:
            if index > warm_up:
                grown *= max(0.0, 1 + growth[index])
            shock = float(np.exp(sd * state.volume_z[index] - sd**2 / 2))
            moved.append(shock * events("volume", index))
            volume[index] = volume[index] * grown * moved[index]
        paid, paid_lag = None, []
        if segment.spend is not None and segment.spend.response is not None:
            curve, start = segment.spend.response, f"{path}.spend"
            budget = by_quarter(segment.spend.per_quarter, start)
            most, half_at, steepness = (
                by_quarter(getattr(curve, key), f"{start}.response.{key}") for key in ("most", "half_at", "steepness")
            )
            paid = [
                top * b**k / (half**k + b**k) for b, top, half, k in zip(budget, most, half_at, steepness, strict=True)
            ]
            paid_lag = spread(segment.spend.lag_weeks, f"{start}.lag_weeks")
        rate = {}
        for stage, numbers in segment.conversion.items():
            stated = by_quarter(numbers, f"{path}.conversion.{stage}")
            rate[scenario.stages.index(stage)] = [shocked(stated[index], stage, index) for index in every]
        lag = {
            scenario.stages.index(stage): spread(written, f"{path}.lag_weeks.{stage}")
            for stage, written in segment.lag_weeks.items()
            if stage != "losses"
        }
        losses = segment.lag_weeks.get("losses")
        size = None
        if segment.deal_size is not None:
            plain = spread(segment.deal_size, f"{path}.deal_size")
            size = [laws.scaled(plain[index], events("deal_size", index)) for index in every]
        stated_slip = by_quarter(segment.slips.probability, f"{path}.slips.probability")
        segments[name] = SegmentPlan(
            name=name, entry=entry, volume=volume,
            dispersion=by_quarter(segment.volume.dispersion, f"{path}.volume.dispersion"),
            profile=list(segment.volume.weekly_profile or (1 / WEEKS,) * WEEKS),
            rate=rate, lag=lag,
            losses=None if losses is None else spread(losses, f"{path}.lag_weeks.losses"),
            size=size,
            slip=[slip_probability(stated_slip[index], index) for index in every],
            delay=spread(segment.slips.delay_weeks, f"{path}.slips.delay_weeks"),
            factor=by_quarter(segment.slips.win_rate_factor, f"{path}.slips.win_rate_factor"),
            limit=segment.slips.limit, paid=paid, paid_lag=paid_lag, moved=moved,
            details=details_of(segment, draw, by_quarter, spread, path),
            customers=rules_of(segment.customers, by_quarter, f"{path}.customers"),
        )  # fmt: skip

    deals = leads = None
    if scenario.opening.deals is not None:
        replaced = scenario.opening.win_probability
        uncertain = replaced is not None and type(replaced).__name__ not in ("Certain", "WinProbability")
        drawn = draw.value(replaced, "opening.win_probability") if uncertain else None
        deals = []
        for deal in scenario.opening.deals:
            own = drawn if drawn is not None and deal.win_probability is not None else deal.win_probability
            win = scenario.stages[-1]
            deals.append(
                OpenDeal(
                    segment=deal.segment, amount=deal.amount, pushes=deal.pushes,
                    due=None if deal.expected_close is None else max(0, calendar.week_of(deal.expected_close)),
                    age=0 if deal.created is None else max(0, -calendar.week_of(deal.created)),
                    own=None if own is None else [shocked(own, win, index) for index in every],
                )
            )  # fmt: skip
    if scenario.opening.leads is not None:
        leads = [
            OpenLead(lead.segment, scenario.stages.index(lead.stage), calendar.week_of(lead.entered), lead.count)
            for lead in scenario.opening.leads
        ]
    customers = [
        OpenCustomer(
            customer.segment, customer.arr, None if customer.since is None else calendar.week_of(customer.since),
            None if customer.renewal is None else calendar.week_of(customer.renewal),
        )
        for customer in scenario.opening.customers or ()
    ]  # fmt: skip
    stages = tuple(scenario.stages)
    return World(stages, scenario.quarters, warm_up, segments, deals, leads, customers, dict(draw.normals))
