"""The numbers people already know, beside the probability: and why they differ."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simulator.report.wording import average, compact, threshold
from simulator.simulation.metrics import BOOKINGS, OPEN_DEALS, OPEN_PIPELINE, stage_label
from simulator.simulation.result import Result, TargetEstimate

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
    """Volume × rates, once, as on the back of an envelope."""
    scenario = result.scenario
    total = 0.0
    steps: list[str] = []
    for segment in scenario.segments.values():
        each = 0.0
        for quarter in target.period.quarters:
            numbers = segment.volume.per_quarter
            value = numbers[min(quarter, len(numbers) - 1)].median()
            growth = segment.volume.growth
            for q in range(1, quarter + 1):
                value *= 1 + growth[min(q, len(growth) - 1)].median()
            rates = []
            for stage, by_quarter in segment.conversion.items():
                if scenario.stages.index(stage) <= scenario.stages.index(segment.volume.stage):
                    continue
                rates.append(by_quarter[min(quarter, len(by_quarter) - 1)].median())
            each += value * math.prod(rates)
            if not steps:
                steps = [f"{value:,.0f}", *(f"{100 * rate:.3g}%" for rate in rates)]
        if target.metric == BOOKINGS:
            size = _mean_size(segment.deal_size)
            if size is None:
                return None
            each *= size
        total += each
    if target.period.each:
        total /= len(target.period.quarters)
    how = " × ".join(steps) if len(scenario.segments) == 1 and len(target.period.quarters) == 1 else "Volume × rates"
    if target.metric == BOOKINGS:
        how += " × mean deal size" if how == "Volume × rates" else f" × {compact(_mean_size(segment.deal_size) or 0)}"
    return {
        "name": "Funnel arithmetic", "value": _say(result, target, total),
        "what": f"{how}, with every assumption at its middle value.",
        "why": "One number without time or luck: leads take weeks to become deals, deals slip, and the "
               "result is as often below the middle as above it.",
    }  # fmt: skip


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
            rates = result.scenario.segments[deal.segment].conversion.get(wins)
            chance = rates[0].median() if rates else 0.0
        total += chance * (deal.amount if target.metric == BOOKINGS else 1.0)
    return {
        "name": "Weighted pipeline", "value": _say(result, target, total),
        "what": f"The {due} open deals (of {len(deals)}) that are due by {result.quarters[last]}, each times its "
        "win probability.",
        "why": f"No {stage_label(result.scenario.stages[-2])} that are still to come, and one number for a spread: "
               "the real outcome is a handful of large deals won or lost.",
    }  # fmt: skip
