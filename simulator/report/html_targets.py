"""What the page says of targets: the answer, a gauge for each, how their metrics may run and how trials fall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from simulator.report.html_charts import amount, both, fan, histogram, target_values
from simulator.report.wording import chance_words, clean, goal, segment_label, threshold, unit_words
from simulator.simulation.result import Result, TargetEstimate
from simulator.statistics.intervals import as_percent, in_words, percentiles

MOST_FANS = 3
WANTED = 0.8


def answer(result: Result) -> list[str]:
    """The answer in a sentence or two.

    Returns
    -------
    list of str: the sentence itself, then what qualifies it.
    """
    targets = result.targets
    if not targets:
        wins, last = result.metric(result.scenario.stages[-1]), result.quarters[-1]
        low, middle, high = np.percentile(result.values(wins.name, last), (10, 50, 90))
        return [
            f"{amount(middle, wins)} {wins.label} in {last} is the middle of what may happen.",
            f"Eight futures in ten end between {amount(low, wins)} and {amount(high, wins)}. The plan has no target.",
        ]
    if len(targets) == 1:
        (target,) = targets
        return [f"{capital(goal(result, target))}: {odds(target.value)}."]
    joint = result.all_targets
    assert joint is not None
    worst = min(targets, key=lambda t: t.value)
    every = "Both" if len(targets) == 2 else f"All {len(targets)}"
    return [
        f"{every} targets together: {odds(joint.value)}.",
        f"The least likely is {goal(result, worst)}: {as_percent(worst.value)}.",
    ]


def odds(probability: float) -> str:
    words = in_words(probability)
    return f"{words} ({as_percent(probability)})"


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def stand_in(result: Result) -> TargetEstimate:
    """What a plan without targets is looked at by: the last quarter's wins against their median."""
    wins, last = result.scenario.stages[-1], result.quarters[-1]
    median = float(np.floor(np.median(result.values(wins, last))))
    estimate = result.probability(wins, at_least=median, period=last)
    return TargetEstimate(
        estimate.value, estimate.standard_error, estimate.low, estimate.high, name=f"the median of {wins} in {last}",
        metric=wins, period=result.calendar.period(last), at_least=median,
    )  # fmt: skip


def _state(probability: float) -> str:
    return "likely" if probability >= WANTED else "open" if probability >= 0.5 else "unlikely"


def gauge(result: Result, target: TargetEstimate) -> dict[str, Any]:
    return {
        "goal": capital(clean(goal(result, target))), "name": clean(target.name), "probability": target.value,
        "percent": as_percent(target.value), "words": chance_words(target), "state": _state(target.value),
        "low": as_percent(target.low, 1), "high": as_percent(target.high, 1),
        "bar": round(100 * target.value, 2),
        "by_quarter": [] if target.by_quarter is None else
        [(label, as_percent(e.value)) for label, e in target.by_quarter.items()],
    }  # fmt: skip


def metrics_to_show(targets: Sequence[TargetEstimate]) -> list[TargetEstimate]:
    """The first target of each metric and segment, three at most."""
    found: dict[Any, TargetEstimate] = {}
    for target in targets:
        found.setdefault((target.metric, target.segment), target)
    return list(found.values())[:MOST_FANS]


def fan_section(result: Result, target: TargetEstimate) -> dict[str, Any]:
    metric = result.metric(target.metric)
    at = target.period.quarters[-1]
    values = result.quarterly(target.metric, target.segment)[:, at]
    p25, p75 = (amount(float(v), metric) for v in percentiles(values[:, None], (25, 75))[:, 0])
    label = result.quarters[at]
    over = len(target.period.quarters) > 1 and not target.period.each and metric.combine == "sum"
    bound = target.at_least if target.at_least is not None else target.at_most
    assert bound is not None
    text = threshold(bound, metric.priced)
    ask = (
        f"the target asks {amount(bound / len(target.period.quarters), metric)} a quarter"
        if over
        else f"the target is {text}"
    )
    rows = percentiles(result.quarterly(target.metric, target.segment), (5, 25, 50, 75, 95))
    return {
        "title": clean(f"{capital(metric.label)}{segment_label(target.segment)}: half of the futures end {label} "
                       f"between {p25} and {p75}; {ask}"),
        "charts": both(fan, result, target),
        "heads": ["Quarter", "P5", "P25", "Median", "P75", "P95"],
        "rows": [[q, *(amount(float(v), metric) for v in rows[:, i])] for i, q in enumerate(result.quarters)],
        "over": over,
    }  # fmt: skip


def histogram_section(result: Result, target: TargetEstimate, real: bool) -> dict[str, Any]:
    metric = result.metric(target.metric)
    values = target_values(result, target)
    low, middle, high = (amount(float(v), metric) for v in percentiles(values[:, None], (10, 50, 90))[:, 0])
    what = clean(goal(result, target))
    begin = "In its worst quarter, eight" if target.period.each else "Eight"
    title = (
        f"{as_percent(target.value)} of the futures reach {what}" if target.at_least is not None
        else f"{as_percent(target.value)} of the futures stay within {what}"
    )  # fmt: skip
    if not real:
        title = f"Eight futures in ten end between {low} and {high}"
    return {
        "title": title, "charts": both(histogram, result, target),
        "text": f"{begin} futures in ten end between {low} and {high}; the middle one at {middle} "
                f"({unit_words(metric, result.scenario.currency)}).",
    }  # fmt: skip
