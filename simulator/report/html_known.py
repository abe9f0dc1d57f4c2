"""The numbers people already know, beside the probability: and why they differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.report.wording import average, clean, compact, plural, threshold
from simulator.scenario.arithmetic import brought_by_spend, rates_of, volume_of
from simulator.simulation.metrics import BOOKINGS, OPEN_DEALS, OPEN_PIPELINE, stage_label
from simulator.simulation.result import Result, TargetEstimate

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario
    from simulator.scenario.segment import Segment

Row = dict[str, str]


def known_numbers(result: Result, target: TargetEstimate) -> list[Row]:
    """Rows of name, number and why it differs; only those the plan has the data for.

    Funnel arithmetic, run rate, coverage and (with an open-deals file) weighted pipeline, for a target
    on wins or bookings.
    """
    wins = result.scenario.stages[-1]
    if target.metric not in (wins, BOOKINGS) or target.segment is not None or target.at_least is None:
        return []
    rows = [
        _arithmetic(result, target),
        _run_rate(result, target),
        _coverage(result, target),
        _weighted(result, target),
    ]
    return [row for row in rows if row is not None]


def _say(result: Result, target: TargetEstimate, value: float) -> str:
    metric = result.metric(target.metric)
    unit = f" {result.scenario.currency}" if metric.priced else f" {metric.label}"
    return f"{average(value, metric)}{unit}"


def _arithmetic(result: Result, target: TargetEstimate) -> Row | None:
    """Volume, and what spending brings, × rates, once, as on the back of an envelope."""
    scenario = result.scenario
    segments = list(scenario.segments.values())
    if any(segment.accounts is not None for segment in segments):
        return None  # who is won depends on how many engage meanwhile, who comes on how many are left
    money = target.metric == BOOKINGS
    quarters = target.period.quarters
    total, bought = 0.0, 0.0
    for segment in segments:
        size = _mean_size(segment.deal_size) if money else 1.0
        if size is None:
            return None
        for quarter in quarters:
            brought = brought_by_spend(segment, quarter)
            wins = math.prod(rates_of(scenario, segment, quarter))
            total += (volume_of(segment, quarter) + brought) * wins * size
            bought += brought * wins * size
    each = len(quarters) if target.period.each else 1
    how = "Volume × rates" if not bought else "Volume, and what the budgets bring once it has come, × rates"
    if len(segments) == 1 and len(quarters) == 1:
        how = _steps(scenario, segments[0], quarters[0])
    if money:
        how += f" × {compact(_mean_size(segments[0].deal_size) or 0)}" if len(segments) == 1 else " × mean deal size"
    missing = _left_out(result, target)
    return {
        "name": "Funnel arithmetic", "value": _say(result, target, total / each),
        "what": f"{how}, with every assumption at its middle value."
                + (f" {_say(result, target, bought / each)} of that come from the budgets." if bought else ""),
        "why": "One number without time or luck: leads take weeks to become deals, deals slip, and the "
               "result is as often below the middle as above it."
               + (f" It leaves out {_and(missing)}." if missing else ""),
    }  # fmt: skip


def _steps(scenario: Scenario, segment: Segment, quarter: int) -> str:
    """``1,000 × 40% × 60%``; with what the budget brings, ``(1,000 + 340 brought by the budget) × …``."""
    volume, brought = volume_of(segment, quarter), brought_by_spend(segment, quarter)
    start = f"{volume:,.0f}" if not brought else f"({volume:,.0f} + {brought:,.0f} that the budget brings)"
    return " × ".join([start, *(f"{100 * rate:.3g}%" for rate in rates_of(scenario, segment, quarter))])


def _left_out(result: Result, target: TargetEstimate) -> list[str]:
    """What the plan has that no product of volumes and rates can hold; with its size where a metric tells it."""
    scenario, period = result.scenario, target.period
    segments = scenario.segments.values()

    def mean(metric: str) -> str:
        value = float(np.mean(result.values(metric, "horizon" if period.each else period.label)))
        when = "" if period.each or period.label == "horizon" else f" in {period.label.replace('..', ' to ')}"
        return f"{value:,.0f}{when} on average"

    found = []
    if scenario.capacity:
        found.append(f"that people can only work so much ({mean('gone_cold')} go cold)")
    if any(follow.nurtured[0].median() > 0 for s in segments for follow in s.follow_up.values()):
        found.append(f"the leads that come back from nurture ({mean('returned')})")
    if scenario.opening.deals:
        found.append(f"the {plural(len(scenario.opening.deals), 'deal')} open at the start")
    if any(s.slips.win_rate_factor[0].median() != 1 or s.slips.by_pushes for s in segments):
        found.append("the chances that slips cost")
    if any(s.slips.by_size for s in segments):
        found.append("that big deals have rates of their own")
    if target.metric == BOOKINGS and any(s.pull_ins and s.pull_ins.value_factor[0].median() != 1 for s in segments):
        found.append("what is given away to close early")
    if scenario.market.events:
        found.append(f"events ({', '.join(event.name for event in scenario.market.events)})")
    return [clean(text) for text in found]


def _and(texts: Sequence[str]) -> str:
    """``a, b and c``."""
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


def _mean_size(size: Any) -> float | None:
    """Mean value of a deal at its middle assumptions; None where the form does not say it."""
    if size is None:
        return None
    found = {key: numbers[0].median() for key, numbers in size.parts()}
    if "mean" in found:
        mean = found["mean"]
    elif "" in found:
        mean = found[""]
    elif "median" in found and "p90" in found:
        sigma = (math.log(found["p90"]) - math.log(found["median"])) / 1.2815515655446004
        mean = found["median"] * math.exp(sigma * sigma / 2)
    elif hasattr(size, "data"):
        mean = float(np.mean(size.data))
    else:
        return None
    return float(mean * size.times)


def _run_rate(result: Result, target: TargetEstimate) -> Row | None:
    if len(result.quarters) < 2 or target.period.quarters == (0,):
        return None
    first = float(np.mean(result.quarterly(target.metric)[:, 0]))
    quarters = 1 if target.period.each else len(target.period.quarters)
    return {
        "name": "Run rate", "value": _say(result, target, first * quarters),
        "what": f"The mean of {result.quarters[0]} carried forward over {quarters} "
                f"quarter{'s' if quarters > 1 else ''}.",
        "why": "It knows nothing of growth, of what is in flight from earlier quarters, or of changes in the plan.",
    }  # fmt: skip


def _coverage(result: Result, target: TargetEstimate) -> Row | None:
    """What is open when the period begins, over the target."""
    assert target.at_least is not None
    if target.at_least <= 0 or target.period.each:
        return None
    begin = target.period.quarters[0]
    stock = OPEN_PIPELINE if target.metric == BOOKINGS else OPEN_DEALS
    if begin > 0:
        open_then = float(np.mean(result.quarterly(stock)[:, begin - 1]))
    else:
        at_start = _open_at_start(result, target.metric)
        if at_start is None:
            return None
        open_then = at_start
    what = "pipeline" if target.metric == BOOKINGS else "deals"
    return {
        "name": "Coverage ratio", "value": f"{open_then / target.at_least:.1f}×",
        "what": f"Open {what} when {result.quarters[begin]} begins"
                f" ({compact(open_then) if target.metric == BOOKINGS else f'{open_then:,.0f}'} on average)"
                f" over the target of {threshold(target.at_least, target.metric == BOOKINGS)}.",
        "why": "Three times is a habit, not a law: what it takes depends on win rate, cycle and slips, and deals born "
               "within the period count for nothing here.",
    }  # fmt: skip


def _open_at_start(result: Result, metric: str) -> float | None:
    """What is open on the first day: from the deals file, else from what is conserved in every trial."""
    deals = result.scenario.opening.deals
    if deals is not None:
        return float(sum(d.amount for d in deals)) if metric == BOOKINGS else float(len(deals))
    if metric == BOOKINGS:
        return None
    stages = result.scenario.stages
    first = {name: result.quarterly(name)[:, 0] for name in (stages[-2], stages[-1], "losses", OPEN_DEALS)}
    opened = first[OPEN_DEALS] + first[stages[-1]] + first["losses"] - first[stages[-2]]
    return float(np.mean(opened))


def _weighted(result: Result, target: TargetEstimate) -> Row | None:
    """Amount times win probability of the open deals that are expected to close in time."""
    deals = result.scenario.opening.deals
    if not deals:
        return None
    calendar, last = result.calendar, max(target.period.quarters)
    wins = result.scenario.stages[-1]
    total, due = 0.0, 0
    for deal in deals:
        if deal.expected_close is not None and calendar.quarter_of(deal.expected_close) > last:
            continue
        due += 1
        chance = deal.win_probability
        if chance is None:
            segment = result.scenario.segments[deal.segment]
            rates = segment.conversion.get(wins)
            if rates is None and segment.accounts is not None:
                if deal.contacts is None:
                    return None  # nobody knows how good its chances are
                chance = segment.accounts.stated_rate(deal.contacts)
            else:
                chance = rates[0].median() if rates else 0.0
        total += (chance or 0.0) * (deal.amount if target.metric == BOOKINGS else 1.0)
    return {
        "name": "Weighted pipeline", "value": _say(result, target, total),
        "what": f"The {due} open deals (of {len(deals)}) that are due by {result.quarters[last]}, each times its "
        "win probability.",
        "why": f"No {stage_label(result.scenario.stages[-2])} that are still to come, and one number for a spread: "
               "the real outcome is a handful of large deals won or lost.",
    }  # fmt: skip
