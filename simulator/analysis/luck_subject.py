"""What a luck report is about: a metric over a period, and where there is one, the target on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.errors import UsageError
from simulator.quarters import Period
from simulator.scenario.faults import nearest
from simulator.scenario.model import Scenario, Target
from simulator.simulation.metrics import Metric, metrics_in, metrics_of
from simulator.simulation.result import Result, Segments, meets


@dataclass(frozen=True)
class Subject:
    """One number per trial, and perhaps a threshold.

    For ``each quarter`` the number is that of the worst quarter: the one that decides.
    ``name`` is that of the plan's target, None where the threshold is not one of the plan's.
    """

    metric: Metric
    period: Period
    segment: Segments = None
    at_least: float | None = None
    at_most: float | None = None
    name: str | None = None

    @property
    def bound(self) -> float | None:
        """The threshold; None without one."""
        return self.at_least if self.at_least is not None else self.at_most

    def values(self, result: Result) -> NDArray[np.float64]:
        """float64 (trial,)"""
        found = result.values(self.metric.name, self.period, self.segment)
        if found.ndim == 2:
            found = found.min(axis=1) if self.at_least is not None else found.max(axis=1)
        return np.asarray(found, float)

    def met(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        """Which values meet the threshold."""
        return meets(values, self.at_least, self.at_most)


def subject_of(
    scenario: Scenario,
    *,
    target: str | None = None,
    metric: str | None = None,
    period: str | None = None,
    segment: Segments = None,
    at_least: float | None = None,
    at_most: float | None = None,
    actual: Mapping[str, float] | None = None,
) -> Subject:
    """Find out what is asked about; by default the plan's first target.

    Raises
    ------
    UsageError : an unknown target, metric, period or segment, or options that exclude each other.
    """
    if at_least is not None and at_most is not None:
        raise UsageError("give at_least or at_most, not both")
    targets = [*scenario.targets, *(scenario.kpis if target is not None else ())]
    if target is not None:
        if any(x is not None for x in (metric, period, segment, at_least, at_most)):
            raise UsageError("a target has its metric, period, segment and threshold: give either the target or these")
        found = next((t for t in targets if t.name == target), None)
        if found is None:
            names = [t.name for t in targets]
            raise UsageError(f"no target {target!r}{nearest(target, names) or _there_are(names)}")
        return _of_target(scenario, found)
    if metric is None and actual:
        metric = next(iter(actual))
    ratios = {m.name for m in metrics_in(scenario) if m.kind == "ratio"}
    fitting = [
        t for t in targets
        if (t.metric not in ratios if metric is None else t.metric == metric)
        and (period is None or t.period == _period(scenario, period))
        and (segment is None or t.segment == segment)
    ]  # fmt: skip
    own_bound = at_least is not None or at_most is not None
    if fitting and not own_bound and not (actual and segment is None and fitting[0].segment is not None):
        return _of_target(scenario, fitting[0])
    if metric is None:
        metric = fitting[0].metric if fitting else scenario.stages[-1]
    if period is None:
        period = fitting[0].period.label if fitting else scenario.calendar.labels[-1]
    made = Subject(_metric(scenario, metric), _period(scenario, period), _segment(scenario, segment), at_least, at_most)
    if made.period.each and made.bound is None:
        raise UsageError("each quarter: say what each quarter should reach, with at_least or at_most")
    return made


def _of_target(scenario: Scenario, target: Target) -> Subject:
    metric = _metric(scenario, target.metric)
    return Subject(metric, target.period, target.segment, target.at_least, target.at_most, target.name)


def _metric(scenario: Scenario, name: str) -> Metric:
    money = any(segment.deal_size is not None for segment in scenario.segments.values())
    metrics = {m.name: m for m in metrics_in(scenario)}
    if name not in metrics:
        why = "" if money or name not in {m.name for m in metrics_of(scenario.stages, True)} else (
            ": the plan has no deal sizes, so no money"
        )  # fmt: skip
        raise UsageError(f"no metric {name!r}{why or nearest(name, list(metrics)) or _there_are(list(metrics))}")
    if metrics[name].kind == "ratio":
        there = _there_are([m.name for m in metrics.values() if m.kind != "ratio"])
        raise UsageError(f"{name} is a ratio, and luck takes apart what adds up{there}")
    return metrics[name]


def _period(scenario: Scenario, text: str) -> Period:
    try:
        return scenario.calendar.period(text)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _segment(scenario: Scenario, segment: Segments) -> Segments:
    names = list(scenario.segments)
    for name in (segment,) if isinstance(segment, str) else segment or ():
        if name not in names:
            raise UsageError(f"no segment {name!r}{nearest(name, names) or _there_are(names)}")
    return segment


def _there_are(names: list[str]) -> str:
    return f"; there are: {', '.join(map(repr, names))}" if names else "; the plan has none"
