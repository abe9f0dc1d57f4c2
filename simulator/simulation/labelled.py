"""What any result of a plan is read by, counted or worked out: metrics, segments, quarters and periods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from simulator.errors import UsageError
from simulator.quarters import Calendar, Period
from simulator.simulation.metrics import Metric
from simulator.simulation.provenance import Provenance

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario

Segments = str | Sequence[str] | None


class Labelled:
    """The labels of a plan's result, and the table that has a row for each of them."""

    scenario: Scenario
    metrics: tuple[Metric, ...]
    provenance: Provenance

    @property
    def seed(self) -> int:
        return self.provenance.seed

    @property
    def calendar(self) -> Calendar:
        return self.scenario.calendar

    @property
    def quarters(self) -> tuple[str, ...]:
        """Labels of the quarters."""
        return self.calendar.labels

    @property
    def segments(self) -> tuple[str, ...]:
        return tuple(self.scenario.segments)

    def __contains__(self, name: str) -> bool:
        return any(metric.name == name for metric in self.metrics)

    def metric(self, name: str) -> Metric:
        """The metric of this name.

        Raises
        ------
        UsageError : there is none; the message lists those there are.
        """
        for metric in self.metrics:
            if metric.name == name:
                return metric
        raise UsageError(f"no metric {name!r}; this plan has: {', '.join(m.name for m in self.metrics)}")

    def _period(self, period: str | Period) -> Period:
        if isinstance(period, Period):
            return period
        try:
            return self.calendar.period(period)
        except ValueError as error:
            raise UsageError(str(error)) from None

    def _segment_names(self, segment: Segments) -> tuple[str, ...]:
        """The segments that are meant, None being all of them; UsageError where the plan lacks one."""
        names = self.segments if segment is None else (segment,) if isinstance(segment, str) else tuple(segment)
        unknown = [name for name in names if name not in self.segments]
        if unknown:
            raise UsageError(f"no segment {unknown[0]!r}; this plan has: {', '.join(self.segments)}")
        return names

    def summarise(self, metric: str, period: str | Period, segment: Segments = None) -> dict[str, Any]:
        """One row of the summary."""
        raise NotImplementedError

    def summary(self, segments: bool = True) -> list[dict[str, Any]]:
        """Tidy rows: metric × period × segment (``None`` is the total), as in the JSON.

        Periods are every quarter, every (part of a) fiscal year, and the horizon. Percentiles of trials
        interpolate linearly, as NumPy and Excel's PERCENTILE do; those of laws are the smallest values with at
        least so much at or below them. ``pandas.DataFrame(rows)`` or ``polars.DataFrame(rows)`` makes a table of it.
        """
        who: list[str | None] = [None, *(self.segments if segments else ())]
        return [
            self.summarise(metric.name, period, segment)
            for metric in self.metrics
            for segment in who
            for period in self.calendar.periods
        ]
