"""Numbers as people read them: 3.1M, 24.3, "25 wins or more in 2027-Q4"."""

from __future__ import annotations

import math
from typing import Any

from simulator.exact.result import Forecast
from simulator.scenario.spoken import priced as priced
from simulator.simulation.metrics import Metric
from simulator.simulation.result import TargetEstimate
from simulator.statistics.intervals import Estimate, in_words

_UNITS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))


def compact(value: float) -> str:
    """An amount in three figures or so.

    >>> [compact(x) for x in (3_062_096, 999_999, 42_500, 870, 0, -1_250_000)]
    ['3.06M', '1.00M', '42.5k', '870', '0', '-1.25M']
    """
    size = abs(value)
    for unit, letter in _UNITS:
        if size >= unit * 0.9995:
            scaled = size / unit
            digits = 2 if scaled < 9.995 else 1 if scaled < 99.95 else 0
            return f"{'-' if value < 0 else ''}{scaled:.{digits}f}{letter}"
    return f"{value:.0f}" if abs(value) >= 0.5 else "0"


def threshold(value: float, money: bool = False) -> str:
    """A target's number: as short as can be without changing it.

    >>> [threshold(x, money=True) for x in (3_500_000, 3_512_345, 25)], threshold(1100), threshold(0.5)
    (['3.5M', '3,512,345', '25'], '1,100', '0.5')
    """
    if money:
        for unit, letter in _UNITS:
            scaled = value / unit
            if abs(scaled) >= 1 and math.isclose(scaled, round(scaled, 2), rel_tol=1e-12):
                return f"{round(scaled, 2):g}{letter}"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.12g}"


def level(value: float | None, metric: Metric) -> str:
    """A percentile: money compact, counts whole, small ones with the half that may lie between two.

    A ratio in three figures; a dash where it is undefined.
    """
    if value is None or math.isnan(value):
        return "–"
    if metric.priced:
        return compact(value)
    if metric.kind == "ratio":
        return _ratio(value)
    return f"{value:,.0f}" if abs(value - round(value)) < 0.05 or abs(value) >= 10 else f"{value:,.1f}"


def average(value: float | None, metric: Metric) -> str:
    """A mean: one digit more than the numbers it is the mean of."""
    if value is None or math.isnan(value) or metric.kind == "ratio":
        return level(value, metric)
    if metric.priced:
        return compact(value)
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.1f}"


def _ratio(value: float) -> str:
    return compact(value) if abs(value) >= 9999.5 else f"{value:,.0f}" if abs(value) >= 99.5 else f"{value:.3g}"


def made_by(result: Any) -> str:
    """How a result came about: so many trials of a seed, or no trials at all.

    >>> from types import SimpleNamespace as Any
    >>> made_by(Any(trials=10_000, seed=7)), made_by(Any(trials=None, engine="exact"))
    ('10,000 trials, seed 7', 'exact, nothing sampled')
    """
    if result.trials is not None:
        return f"{plural(result.trials, 'trial')}, seed {result.seed}"
    return "exact, nothing sampled" if result.engine == "exact" else f"{result.answered}, seed {result.seed}"


def chance_words(p: Estimate) -> str:
    """Odds, or what was seen where so few trials know no odds.

    >>> chance_words(Estimate(0.25, 0.004, 0.24, 0.26)), chance_words(Estimate(0.0, 0.0, 0.0, 0.79))
    ('about 1 in 4', 'in no trial')
    """
    if p.value == 0.0 and p.high > 0.001:
        return "in no trial"
    return "in every trial" if p.value == 1.0 and p.low < 0.999 else in_words(p.value)


def plural(count: int, noun: str) -> str:
    """``1 target``, ``4 targets``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def unit_label(metric: Metric, currency: str) -> str:
    """A metric with its unit, as the head of a table or the name of an axis."""
    return f"{metric.label} ({currency})" if metric.priced else metric.label


def unit_words(metric: Metric, currency: str) -> str:
    """The same inside a sentence, or between brackets: ``bookings in USD``."""
    return f"{metric.label} in {currency}" if metric.priced else metric.label


def segment_label(segment: Any) -> str:
    """`` for inbound``, `` for inbound and outbound``, or nothing for the total."""
    if segment is None:
        return ""
    names = [segment] if isinstance(segment, str) else list(segment)
    return " for " + (names[0] if len(names) == 1 else ", ".join(names[:-1]) + f" and {names[-1]}")


def when(result: Forecast, target: TargetEstimate) -> str:
    """``in 2027-Q4``, ``in every quarter``, ``over the 4 quarters``; stocks: ``at the end of 2027``."""
    period, stock = target.period, result.metric(target.metric).combine == "end"
    if period.each:
        return "at the end of every quarter" if stock else "in every quarter"
    if period.label == "horizon":
        if len(period.quarters) == 1:
            return f"{'at the end of' if stock else 'in'} {result.quarters[0]}"
        return "at the end" if stock else f"over {len(period.quarters)} quarters"
    label = period.label.replace("..", " to ")
    return f"at the end of {label}" if stock else f"in {label}"


def goal(result: Forecast, target: TargetEstimate) -> str:
    """What a target asks for, in words: ``25 wins or more in 2027-Q4``."""
    metric = result.metric(target.metric)
    bound = target.at_least if target.at_least is not None else target.at_most
    assert bound is not None
    text = threshold(bound, metric.priced)
    money = metric.priced
    what = f"{text} {metric.label}" if metric.kind == "count" else (
        f"{metric.label} of {priced(result.scenario.currency, text) if money else text}"
    )  # fmt: skip
    more = "or more" if target.at_least is not None else "or fewer" if metric.kind == "count" else "or less"
    return f"{what} {more} {when(result, target)}{segment_label(target.segment)}"


def clean(text: str) -> str:
    """Text that came from a file, safe to print: no control characters."""
    return "".join(c if c.isprintable() else " " for c in text)
