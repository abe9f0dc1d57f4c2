"""From a scenario to the flat arrays of a Plan: names become streams, numbers become slots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from simulator.errors import RunError
from simulator.kernels import plan as kinds
from simulator.kernels.curves import CURVE_REACH, CURVE_STEP, slip_table, tabulate
from simulator.kernels.integrals import (
    INTEGRAL_HIGH,
    INTEGRAL_LOW,
    INTEGRAL_STEP,
    NARROWEST,
    WIDEST,
    tabulate_integrals,
)
from simulator.kernels.plan import Market, Opening, Plan, Segments, Shape, Spreads, Streams
from simulator.kernels.plan import Numbers as NumberArrays
from simulator.quarters import WEEKS
from simulator.scenario.closing import is_detailed
from simulator.scenario.model import Scenario
from simulator.scenario.spreads import FixedSpread, Geometric, MeanCv, MedianP90, Sample, Spread, WeeksTable
from simulator.scenario.uncertain import (
    Certain,
    MeanSd,
    Metalog,
    Number,
    Numbers,
    Pert,
    Range,
    Successes,
    Values,
    at_quarter,
    forward,
)
from simulator.simulation.lower_people import People, lower_people
from simulator.simulation.metrics import Metric, metrics_in
from simulator.simulation.names import stream_name
from simulator.simulation.spend import NO_RESPONSE, SpendSlots, lower_spend

if TYPE_CHECKING:
    from simulator.kernels.account_plan import Accounts, Rates
    from simulator.kernels.closing import Closing
    from simulator.kernels.customers import Customers

Z90 = 1.2815515655446004
_FAMILIES = {"gamma": kinds.GAMMA, "lognormal": kinds.LOGNORMAL_SPREAD, "weibull": kinds.WEIBULL,
             "exponential": kinds.EXPONENTIAL}  # fmt: skip


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


class _Numbers:
    """Collects slots, leaves and their normals."""

    def __init__(self) -> None:
        self.value: list[float] = []
        self.leaf: list[int] = []
        self.paths: list[str] = []
        self.kind: list[int] = []
        self.p: list[list[float]] = []
        self.times: list[float] = []
        self.share: list[bool] = []
        self.normal: list[int] = []
        self.start: list[int] = []
        self.size: list[int] = []
        self.curve: list[int] = []
        self.normals: dict[str, int] = {}
        self.normal_of: dict[str, int] = {}
        self.data: list[float] = []
        self.curves: dict[tuple[int, float, float], int] = {}
        self._known: dict[str, int] = {}
        self._constants: dict[float, int] = {}

    def constant(self, value: float) -> int:
        """Slot of a certain number."""
        if value not in self._constants:
            self._constants[value] = len(self.value)
            self.value.append(value)
            self.leaf.append(-1)
        return self._constants[value]

    def slot(self, path: str, number: Number) -> int:
        """Slot of a number, which becomes a leaf if it is uncertain."""
        if path in self._known:
            return self._known[path]
        form = _form(number)
        if form is None:
            index = self.constant(number.median())
        else:
            kind, p, values, curve = form
            # one prefix for both: an item of a list that was one number is named by that number's
            # path, and keeps its luck
            normal_name = f"assumption\x1f{number.name or path}"
            index = len(self.value)
            self.value.append(math.nan)  # never read: the leaf's draw stands in its place
            self.leaf.append(len(self.paths))
            self.paths.append(path)
            self.kind.append(kind)
            self.p.append(p + [0.0] * (3 - len(p)))
            self.times.append(number.times)
            self.share.append(number.domain == "share")
            self.normal_of[path] = self.normals.setdefault(normal_name, len(self.normals))
            self.normal.append(self.normal_of[path])
            self.start.append(len(self.data))
            self.size.append(len(values))
            self.data.extend(values)
            self.curve.append(-1 if curve is None else self.curves.setdefault(curve, len(self.curves)))
        self._known[path] = index
        return index

    def by_quarter(self, path: str, numbers: Numbers, labels: Sequence[str]) -> list[int]:
        """Slots of a number for every quarter of the horizon."""
        if len(numbers) == 1:
            return [self.slot(path, numbers[0])] * len(labels)
        last = len(numbers) - 1
        return [self.slot(f"{path}.{labels[min(q, last)]}", at_quarter(numbers, q)) for q in range(len(labels))]


Form = tuple[int, list[float], list[float], tuple[int, float, float] | None]


def _form(number: Number) -> Form | None:
    """(kind, parameters, values, curve) of an uncertain number; None when it cannot vary."""
    scaled = {"real": kinds.NORMAL, "positive": kinds.LOGNORMAL, "share": kinds.LOGIT_NORMAL}
    if number.certain or isinstance(number, Certain):
        return None
    if isinstance(number, Range):
        if number.p10 == number.p90:
            return None
        low, high = forward(number.domain, number.p10), forward(number.domain, number.p90)
        return scaled[number.domain], [(low + high) / 2, (high - low) / (2 * Z90)], [], None
    if isinstance(number, Metalog):
        if number.p10 == number.p90:
            return None
        kind = {"real": kinds.METALOG_REAL, "positive": kinds.METALOG_POSITIVE, "share": kinds.METALOG_SHARE}
        return kind[number.domain], list(number.coefficients()), [], None
    if isinstance(number, Values):
        ordered = sorted(float(v) for v in number.values)
        return None if ordered[0] == ordered[-1] else (kinds.VALUES, [], ordered, None)
    if isinstance(number, Pert):
        width = number.max - number.min
        if width <= 0:
            return None
        a = 1 + 4 * (number.likely - number.min) / width
        return kinds.BETA, [number.min, width], [], (0, a, 6 - a)
    if isinstance(number, Successes):
        return kinds.BETA, [0.0, 1.0], [], (0, number.successes + 0.5, number.of - number.successes + 0.5)
    if isinstance(number, MeanSd):
        if number.sd == 0:
            return None
        if number.domain == "share":
            size = number.mean * (1 - number.mean) / number.sd**2 - 1
            return kinds.BETA, [0.0, 1.0], [], (0, number.mean * size, (1 - number.mean) * size)
        if number.domain == "positive":
            variance = math.log1p((number.sd / number.mean) ** 2)
            return kinds.LOGNORMAL, [math.log(number.mean) - variance / 2, math.sqrt(variance)], [], None
        return kinds.NORMAL, [number.mean, number.sd], [], None
    raise TypeError(f"no kernel for {type(number).__name__}")


class _Spreads:
    """Collects spreads; the same spread in several quarters is one."""

    def __init__(self, numbers: _Numbers, labels: Sequence[str], weeks_kept: int):
        self.numbers, self.labels, self.weeks_kept = numbers, labels, weeks_kept
        self.kind: list[int] = []
        self.a: list[int] = []
        self.b: list[int] = []
        self.times: list[float] = []
        self.at_least_one: list[bool] = []
        self.weeks: list[bool] = []
        self.start: list[int] = []
        self.size: list[int] = []
        self.curve: list[int] = []
        self.integrals: dict[tuple[int, float], int] = {}
        self._known: dict[tuple[object, ...], int] = {}

    def by_quarter(self, path: str, spread: Spread, *, delay: bool = False) -> list[int]:
        """Index of the spread for every quarter of the horizon."""
        table: list[float] = []
        n = len(self.labels)
        none = [self.numbers.constant(0.0)] * n
        first, second = none, none
        if isinstance(spread, FixedSpread):
            kind, first = kinds.FIXED, self.numbers.by_quarter(path, spread.value, self.labels)
        elif isinstance(spread, MeanCv):
            kind = _FAMILIES[spread.family]
            first = self.numbers.by_quarter(f"{path}.mean", spread.mean, self.labels)
            second = self.numbers.by_quarter(f"{path}.cv", spread.cv, self.labels)
        elif isinstance(spread, MedianP90):
            kind = kinds.LOGNORMAL_P90
            first = self.numbers.by_quarter(f"{path}.median", spread.median, self.labels)
            second = self.numbers.by_quarter(f"{path}.p90", spread.p90, self.labels)
        elif isinstance(spread, Geometric):
            kind, first = kinds.GEOMETRIC, self.numbers.by_quarter(f"{path}.mean", spread.mean, self.labels)
        elif isinstance(spread, WeeksTable):
            kind, table = kinds.TABLE, self._table(spread)
        elif isinstance(spread, Sample) and spread.unit != "money":
            kind, table = kinds.TABLE, self._lag_of_sample(spread.data, spread.times)
        elif isinstance(spread, Sample):
            kind, table = kinds.SAMPLE, sorted(spread.data)
        else:
            raise TypeError(f"no kernel for {type(spread).__name__}")
        start = len(self.numbers.data)
        self.numbers.data.extend(table)
        found = []
        for a, b in zip(first, second, strict=True):
            key = (kind, a, b, spread.times, delay, spread.unit, start if table else -1)
            if key not in self._known:
                self._known[key] = len(self.kind)
                self.kind.append(kind)
                self.a.append(a)
                self.b.append(b)
                self.times.append(spread.times)
                self.at_least_one.append(delay)
                self.weeks.append(spread.unit != "money")
                self.start.append(start)
                self.size.append(len(table))
                self.curve.append(self._curve(kind, a, b, spread))
            found.append(self._known[key])
        return found

    def _curve(self, kind: int, a_slot: int, b_slot: int, spread: Spread) -> int:
        """Row of the curves (money) or integrals (weeks) of a spread whose shape is certain; −1 for none."""
        leaf, value = self.numbers.leaf, self.numbers.value
        if leaf[b_slot] >= 0:
            return -1
        cv = value[b_slot]
        if spread.unit == "money":
            if kind != kinds.GAMMA or cv <= 0:
                return -1
            return self.numbers.curves.setdefault((1, 1 / cv**2, 0.0), len(self.numbers.curves))
        scales = kind in (kinds.GAMMA, kinds.WEIBULL, kinds.LOGNORMAL_SPREAD)
        if leaf[a_slot] < 0 or not scales or not NARROWEST <= cv <= WIDEST:
            return -1
        return self.integrals.setdefault((kind, cv), len(self.integrals))

    def _table(self, spread: WeeksTable) -> list[float]:
        if spread.times != 1.0:
            return self._lag_of_weighted(np.arange(len(spread.weeks)), np.array(spread.weeks), spread.times)
        cdf = np.minimum(np.cumsum(spread.weeks), 1.0)
        cdf[-1] = 1.0
        return cdf.tolist()

    def _lag_of_sample(self, data: Sequence[float], times: float) -> list[float]:
        return self._lag_of_weighted(np.asarray(data, float), np.full(len(data), 1 / len(data)), times)

    def _lag_of_weighted(self, lags: np.ndarray, shares: np.ndarray, times: float) -> list[float]:
        """P(⌊L + U⌋ <= k) of lags drawn with these shares."""
        lags = lags * times
        last = min(math.ceil(lags.max()) + 1, self.weeks_kept)
        weeks = np.arange(last + 1)
        cdf = np.array([float(np.sum(shares * np.clip(k + 1 - lags, 0.0, 1.0))) for k in weeks])
        cdf[-1] = 1.0 if last < self.weeks_kept else cdf[-1]
        return np.minimum(cdf / max(cdf[-1], 1e-300) if cdf[-1] > 1 - 1e-9 else cdf, 1.0).tolist()


def _cholesky(scenario: Scenario, numbers: _Numbers) -> tuple[np.ndarray, np.ndarray]:
    """Which normals are tied, and the lower factor of their correlations."""
    tied: list[int] = []
    pairs = []
    for correlation in scenario.correlations:
        # correlated numbers that turned out certain (a range of no width) have nothing to tie
        if all(path in numbers.normal_of for path in correlation.between):
            i, j = (numbers.normal_of[path] for path in correlation.between)
            pairs.append((i, j, 2 * math.sin(math.pi * correlation.rank / 6)))
            tied += [k for k in (i, j) if k not in tied]
    matrix = np.eye(len(tied))
    for i, j, r in pairs:
        a, b = tied.index(i), tied.index(j)
        matrix[a, b] = matrix[b, a] = r
    try:
        factor = np.linalg.cholesky(matrix) if tied else np.zeros((0, 0))
    except np.linalg.LinAlgError:
        raise RunError("the correlations are not positive definite: no numbers can be related in this way") from None
    return np.array(tied, np.int64), factor


def _rooms(
    scenario: Scenario, numbers: _Numbers, spreads: _Spreads, quarter: np.ndarray
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


def _closing(scenario: Scenario, numbers: _Numbers, spreads: _Spreads, quarter: np.ndarray) -> Closing:
    from simulator.simulation.lower_closing import lower_closing

    def delays(path: str, spread: Spread) -> list[int]:
        return spreads.by_quarter(path, spread, delay=True)

    return lower_closing(scenario, numbers.slot, numbers.by_quarter, delays, quarter)


def lower(scenario: Scenario, *, at_median: bool = False, market: bool = True, slips: bool = True) -> Lowered:
    """Lay a scenario out as flat arrays.

    Parameters
    ----------
    at_median : hold every uncertain number at its median.
    market, slips : False plays without shocks and events, or without slips.
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

    numbers = _Numbers()
    spreads = _Spreads(numbers, labels, weeks_kept)
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
    tied, tied_factor = _cholesky(scenario, numbers)
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
            slips=slip_table(float(scenario.market.slip_concentration or 0.0) if market else 0.0),
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
    tabulate(
        ints([key[0] for key in curve_keys]), np.array([key[1:] for key in curve_keys], float).reshape(-1, 2), curves,
    )  # fmt: skip
    if spreads.integrals:
        rows = list(spreads.integrals)
        tabulate_integrals(ints([kind for kind, _cv in rows]), np.array([cv for _kind, cv in rows]), integrals)
    ids = tuple(deal.id for deal in deals)
    quiet = None if accounts is None else without_accounts(plan, accounts, zero)
    return Lowered(
        plan, metrics_in(scenario), tuple(numbers.paths), ids, people, spend, customers, closing, wins, accounts,
        account_rates, account_closing, quiet,
    )  # fmt: skip
