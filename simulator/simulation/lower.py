"""From a scenario to the flat arrays of a Plan: names become streams, numbers become slots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from simulator.kernels.apart import kinds_of
from simulator.kernels.curves import CURVE_REACH, CURVE_STEP, SLIPS_FROM, slip_table, tabulate
from simulator.kernels.integrals import (
    INTEGRAL_HIGH,
    INTEGRAL_LOW,
    INTEGRAL_STEP,
    tabulate_integrals,
)
from simulator.kernels.plan import Market, Opening, Plan, Segments, Shape, Spreads, Streams
from simulator.kernels.plan import Numbers as NumberArrays
from simulator.quarters import WEEKS
from simulator.scenario.closing import is_detailed
from simulator.scenario.model import Scenario
from simulator.scenario.spreads import Spread
from simulator.simulation.lower_numbers import NumberTable
from simulator.simulation.lower_people import People, lower_people
from simulator.simulation.lower_spreads import SpreadTable
from simulator.simulation.metrics import Metric, metrics_in
from simulator.simulation.names import stream_name
from simulator.simulation.spend import NO_RESPONSE, SpendSlots, lower_spend
from simulator.simulation.tied import tied_normals

if TYPE_CHECKING:
    from simulator.kernels.account_plan import Accounts, Rates
    from simulator.kernels.closing import Closing
    from simulator.kernels.customers import Customers


@dataclass(frozen=True)
class Lowered:
    """A plan for the kernels, with what is needed to name its outputs again.

    ``leaves`` are the paths of the uncertain numbers, in the order in which they are drawn. ``spend``
    is None for a plan that spends nothing, ``customers`` where nobody follows them, ``closing`` where
    nothing is said of its details; ``accounts`` where no segment has any, else ``quiet`` is the plan without them and
    ``account_closing`` how their deals close; ``wins`` is about how many deals a trial wins, where somebody wants to
    know.
    """

    plan: Plan
    metrics: tuple[Metric, ...]
    leaves: tuple[str, ...]
    deal_ids: tuple[str, ...]
    people: People | None = None
    spend: SpendSlots | None = None
    customers: Customers | None = None
    closing: Closing | None = None
    wins: float = 0.0
    accounts: Accounts | None = None
    account_rates: Rates | None = None
    account_closing: Closing | None = None
    quiet: Plan | None = None


def _rooms(
    scenario: Scenario, numbers: NumberTable, spreads: SpreadTable, quarter: np.ndarray
) -> tuple[Customers | None, Closing | None, float]:
    """What only some plans have, each laid out by its own module."""
    segments = scenario.segments.values()
    customers, wins = None, 0.0
    if any(segment.customers is not None for segment in segments):
        from simulator.scenario.arithmetic import expected_wins
        from simulator.simulation.lower_customers import lower_customers

        customers, wins = lower_customers(scenario, numbers.by_quarter), expected_wins(scenario)
    if customers is None and not any(is_detailed(segment) for segment in segments):
        return None, None, 0.0
    return customers, _closing(scenario, numbers, spreads, quarter), wins


def _closing(scenario: Scenario, numbers: NumberTable, spreads: SpreadTable, quarter: np.ndarray) -> Closing:
    from simulator.simulation.lower_closing import lower_closing

    def delays(path: str, spread: Spread) -> list[int]:
        return spreads.by_quarter(path, spread, delay=True)

    return lower_closing(scenario, numbers.slot, numbers.by_quarter, delays, quarter)


def lower(
    scenario: Scenario, *, at_median: bool = False, market: bool = True, slips: bool = True, tables: bool = True
) -> Lowered:
    """Lay a scenario out as flat arrays.

    Parameters
    ----------
    at_median : hold every uncertain number at its median.
    market, slips : False plays without shocks and events, or without slips.
    tables : False leaves the tables of quantiles empty, which takes compiled kernels to fill: for who wants to know
        how a plan is laid out, but not to play it.
    """
    calendar = scenario.calendar
    labels, stages = calendar.labels, scenario.stages
    n_quarters, warm = scenario.quarters, scenario.opening.warm_up_quarters
    segments = list(scenario.segments.items())
    given_deals, given_leads = scenario.opening.deals is not None, scenario.opening.leads is not None
    deals, leads = scenario.opening.deals or (), scenario.opening.leads or ()

    def age(day: date | None) -> int:
        """Weeks before the start of the week it fell in: that of week −1 has age 1, and K ≥ 1."""
        return 0 if day is None else max(0, -calendar.week_of(day))

    ages = [age(deal.created) for deal in deals] + [age(lead.entered) for lead in leads]
    weeks = WEEKS * (warm + n_quarters)
    weeks_kept = weeks + max(ages, default=0) + 3
    with_accounts = any(segment.accounts is not None for _name, segment in segments)
    if with_accounts:
        from simulator.simulation.lower_accounts import WIDEST, lower_accounts, without_accounts

        weeks_kept = max(weeks_kept, WIDEST)

    numbers = NumberTable()
    spreads = SpreadTable(numbers, labels, weeks_kept)
    one, zero = numbers.constant(1.0), numbers.constant(0.0)
    S, T, Q = len(segments), len(stages), n_quarters
    volume, growth, dispersion = (np.zeros((S, Q), np.int64) for _ in range(3))
    rate, lag = np.full((S, T, Q), zero), np.zeros((S, T, Q), np.int64)
    slip, factor, loss_lag, delay, size = (np.full((S, Q), -1) for _ in range(5))
    profile = np.full((S, WEEKS), 1 / WEEKS)
    entry, limit = np.zeros(S, np.int64), np.zeros(S, np.int64)
    for s, (name, segment) in enumerate(segments):
        path = f"segments.{name}"
        entry[s], limit[s] = stages.index(segment.volume.stage), segment.slips.limit
        volume[s] = numbers.by_quarter(f"{path}.volume", segment.volume.per_quarter, labels)
        growth[s] = numbers.by_quarter(f"{path}.volume.growth", segment.volume.growth, labels)
        dispersion[s] = numbers.by_quarter(f"{path}.volume.dispersion", segment.volume.dispersion, labels)
        if segment.volume.weekly_profile is not None:
            profile[s] = np.array(segment.volume.weekly_profile) / math.fsum(segment.volume.weekly_profile)
        for stage, rates in segment.conversion.items():
            rate[s, stages.index(stage)] = numbers.by_quarter(f"{path}.conversion.{stage}", rates, labels)
        for stage, spread in segment.lag_weeks.items():
            found = spreads.by_quarter(f"{path}.lag_weeks.{stage}", spread)
            if stage == "losses":
                loss_lag[s] = found
            else:
                lag[s, stages.index(stage)] = found
        if segment.deal_size is not None:
            size[s] = spreads.by_quarter(f"{path}.deal_size", segment.deal_size)
        slip[s] = numbers.by_quarter(f"{path}.slips.probability", segment.slips.probability, labels)
        factor[s] = numbers.by_quarter(f"{path}.slips.win_rate_factor", segment.slips.win_rate_factor, labels)
        delay[s] = spreads.by_quarter(f"{path}.slips.delay_weeks", segment.slips.delay_weeks, delay=True)

    events = scenario.market.events
    event_slip, event_volume, event_size = (np.full(len(events), one) for _ in range(3))
    event_rate = np.full((len(events), T), one)
    for e, event in enumerate(events):
        path = f"market.events.{event.name}"
        event_slip[e] = numbers.slot(f"{path}.slip_probability", event.slip_probability)
        event_volume[e] = numbers.slot(f"{path}.volume", event.volume)
        event_size[e] = numbers.slot(f"{path}.deal_size", event.deal_size)
        for stage, multiplier in event.rates.items():
            event_rate[e, stages.index(stage)] = numbers.slot(f"{path}.{stage}", multiplier)

    quarter = np.maximum(np.arange(-warm, n_quarters), 0)  # the warm-up plays the first quarter's plan
    customers, closing, wins = _rooms(scenario, numbers, spreads, quarter)

    accounts, account_rates, account_closing = None, None, closing
    if with_accounts:
        accounts, account_rates = lower_accounts(scenario, numbers.slot, numbers.by_quarter,
                                  lambda path, spread: spreads.by_quarter(path, spread, delay=True), quarter,
                                  metrics_in(scenario))  # fmt: skip
        if closing is None:
            account_closing = _closing(scenario, numbers, spreads, quarter)

    order = {name: s for s, (name, _segment) in enumerate(segments)}
    shared_p = scenario.opening.win_probability
    deal_p = np.full(len(deals), -1)
    deal_due = np.full(len(deals), -1)
    for d, deal in enumerate(deals):
        if deal.win_probability is not None:
            if shared_p is not None and not shared_p.certain:
                deal_p[d] = numbers.slot("opening.win_probability", shared_p)
            else:
                deal_p[d] = numbers.constant(deal.win_probability)
        if deal.expected_close is not None:
            deal_due[d] = max(0, calendar.week_of(deal.expected_close))

    groups: dict[tuple[int, int, int, int], int] = {}
    for lead in leads:
        q = max(0, warm + calendar.quarter_of(lead.entered))
        key = (order[lead.segment], stages.index(lead.stage), age(lead.entered), min(q, warm))
        groups[key] = groups.get(key, 0) + lead.count
    lead_rows = np.array(sorted((*key, count) for key, count in groups.items()), np.int64).reshape(-1, 5)

    quarter = np.maximum(np.arange(-warm, n_quarters), 0)  # the warm-up plays the first quarter's plan
    people = lower_people(scenario, numbers, spreads, quarter, metrics_in(scenario), stream_name)
    spend = lower_spend(scenario, numbers, spreads)

    money = any(segment.deal_size is not None for _name, segment in segments)
    rates_market, volume_market = scenario.market.conversion, scenario.market.volume
    static_market = (
        rates_market.sd == 0 and volume_market.sd == 0 and not scenario.market.slip_concentration and not events
    )
    tied, tied_factor = tied_normals(scenario.correlations, numbers.normal_of)
    slot_leaf = np.array(numbers.leaf, np.int64)
    curve_keys = list(numbers.curves)
    nodes = int(2 * CURVE_REACH * CURVE_STEP) + 1

    def ints(values: Sequence[int] | np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(values, dtype=np.int64)

    def names(purpose: str, *others: Sequence[str]) -> np.ndarray:
        rows = [stream_name(purpose, *parts) for parts in others]
        return np.array(rows, np.uint64).reshape(len(rows))

    def grid(purpose: str) -> np.ndarray:
        cells = [[stream_name(purpose, name, stage) for stage in stages] for name in order]
        return np.array(cells, np.uint64).reshape(S, T)

    curves = np.zeros((len(curve_keys), nodes))
    integrals = np.zeros((len(spreads.integrals), (INTEGRAL_HIGH - INTEGRAL_LOW) * INTEGRAL_STEP + 1))
    data = np.array(numbers.data, float)
    plan = Plan(
        Shape(
            segments=S, stages=T, quarters=Q, warm=warm, weeks_kept=weeks_kept, money=money,
            static=(not numbers.paths or at_median) and (static_market or not market),
            play_warm_up=warm > 0 and not (given_deals and given_leads),
            given_deals=given_deals, given_leads=given_leads,
            at_median=at_median, market_off=not market, slips_off=not slips,
        ),
        NumberArrays(
            slot_value=np.array(numbers.value, float), leaf_slot=ints(np.flatnonzero(slot_leaf >= 0)),
            kind=ints(numbers.kind), normal=ints(numbers.normal), p=np.array(numbers.p, float).reshape(-1, 3),
            times=np.array(numbers.times, float), share=np.array(numbers.share, bool), start=ints(numbers.start),
            size=ints(numbers.size), curve=ints(numbers.curve),
            normal_name=names("normal", *([name] for name in numbers.normals)), tied=tied, tied_factor=tied_factor,
            curves=curves, data=data,
        ),
        Spreads(
            kind=ints(spreads.kind), a=ints(spreads.a), b=ints(spreads.b), times=np.array(spreads.times, float),
            at_least_one=np.array(spreads.at_least_one, bool), weeks=np.array(spreads.weeks, bool),
            varies=(slot_leaf[ints(spreads.a)] >= 0) | (slot_leaf[ints(spreads.b)] >= 0),
            start=ints(spreads.start), size=ints(spreads.size), curve=ints(spreads.curve), data=data, curves=curves,
            integrals=integrals,
        ),
        Market(
            rate_sd=float(rates_market.sd), rate_common=float(rates_market.common),
            persistence=float(rates_market.persistence),
            volume_sd=float(volume_market.sd), volume_common=float(volume_market.common),
            concentration=float(scenario.market.slip_concentration or 0.0),
            slips=slip_table(float(scenario.market.slip_concentration or 0.0) if market and tables else 0.0),
            level_name=stream_name("market"), volume_name=stream_name("volume shock"),
            slip_name=stream_name("slip weather"), stage_name=names("stage shock", *([stage] for stage in stages)),
            event_name=names("event", *([event.name] for event in events)),
            event_probability=np.array([event.probability for event in events], float),
            event_quarters=ints([event.quarters for event in events]),
            event_slip=ints(event_slip), event_volume=ints(event_volume), event_size=ints(event_size),
            event_rate=ints(event_rate),
        ),
        Segments(
            entry=entry, limit=limit, profile=profile, volume=ints(volume), growth=ints(growth),
            dispersion=ints(dispersion), rate=ints(rate), slip=ints(slip), factor=ints(factor), size=ints(size),
            lag=ints(lag[:, :, quarter]), loss_lag=ints(loss_lag[:, quarter]), delay=ints(delay[:, quarter]),
            response=NO_RESPONSE if spend is None else spend.response,
        ),
        Streams(
            arrivals=names("arrivals", *([name] for name in order)), conversion=grid("conversion"), lag=grid("lag"),
            deals=names("deals", *([name] for name in order)), slips=names("slips", *([name] for name in order)),
        ),
        Opening(
            deal_name=names("opening deal", *([deal.id] for deal in deals)),
            deal_segment=ints([order[deal.segment] for deal in deals]),
            deal_value=np.array([deal.amount for deal in deals], float), deal_due=ints(deal_due),
            deal_age=ints([age(deal.created) for deal in deals]), deal_p=ints(deal_p),
            deal_pushes=ints([deal.pushes for deal in deals]),
            lead_segment=ints(lead_rows[:, 0]), lead_stage=ints(lead_rows[:, 1]), lead_age=ints(lead_rows[:, 2]),
            lead_quarter=ints(lead_rows[:, 3]), lead_count=ints(lead_rows[:, 4]),
        ),
    )  # fmt: skip
    if tables and curve_keys:
        tabulate(ints([key[0] for key in curve_keys]), np.array([key[1:] for key in curve_keys], float), curves)
    if tables and spreads.integrals:
        rows = list(spreads.integrals)
        tabulate_integrals(ints([kind for kind, _cv in rows]), np.array([cv for _kind, cv in rows]), integrals)
    ids = tuple(deal.id for deal in deals)
    quiet = None if accounts is None else without_accounts(plan, accounts, zero)
    return Lowered(
        plan, metrics_in(scenario), tuple(numbers.paths), ids, people, spend, customers, closing, wins, accounts,
        account_rates, account_closing, quiet,
    )  # fmt: skip


def table_jobs(plan: Plan) -> list[tuple[str, str, tuple[object, ...]]]:
    """What compiles the kernels that fill the tables of this plan, as jobs for :mod:`simulator.kernels.beside`."""
    row, pairs = np.zeros(0, np.int64), np.zeros((0, 2))
    jobs: list[tuple[str, str, tuple[object, ...]]] = []
    if plan.market.concentration >= SLIPS_FROM and not plan.shape.market_off:
        jobs.append(("simulator.kernels.curves", "tabulate_slips.compile", (kinds_of(1.0, plan.market.slips),)))
    if plan.numbers.curves.size:
        jobs.append(("simulator.kernels.curves", "tabulate.compile", (kinds_of(row, pairs, plan.numbers.curves),)))
    if plan.spreads.integrals.size:
        kinds = kinds_of(row, np.zeros(0), plan.spreads.integrals)
        jobs.append(("simulator.kernels.integrals", "tabulate_integrals.compile", (kinds,)))
    return jobs
