"""What was counted: arrays by metric, segment and quarter, and what they come to over periods."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simulator.quarters import WEEKS, Period
from simulator.simulation.estimates import DealFates
from simulator.simulation.labelled import Labelled
from simulator.simulation.labelled import Segments as Segments
from simulator.simulation.metrics import Metric
from simulator.simulation.provenance import Provenance

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario

Part = NDArray[np.float64] | Callable[[], NDArray[np.float64]]


class Counted(Labelled):
    """What was counted in the trials of a plan, to be read by metric, segment and period.

    ``result["wins"]`` is the total, ``result["wins", "inbound"]`` a segment: arrays of shape
    (trial, quarter), or (trial, week) when simulated ``by="week"``. Counts are int64, money is
    float64 in the plan's currency, rounded to cents.

    Parameters
    ----------
    counts : int32 (segment, count metric, trial, column)
    cents : float64 (segment, money metric, trial, column), whole cents
    parts : numerators and denominators of ratios that are no metrics themselves, by name: float64
        (segment, trial, column), or (column,) for what is the same in all and does not add up over segments; or
        functions that work these out when they are asked for
    columns : "quarter" or "week"
    assumptions : path or shared name -> float64 (trial,), or a function that draws them
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        metrics: Sequence[Metric],
        counts: NDArray[np.int32],
        cents: NDArray[np.float64],
        provenance: Provenance,
        columns: str = "quarter",
        parts: Mapping[str, Part] | None = None,
        deals: DealFates | None = None,
        assumptions: Any = None,
        notes: Sequence[str] = (),
        late_note: Callable[[], str | None] | None = None,
    ):
        self.scenario = scenario
        self.metrics = tuple(metrics)
        self.columns = columns
        self.provenance = provenance
        self.deals = deals
        self._notes, self._late_note = tuple(notes), late_note
        self._counts, self._cents = counts, cents
        self._parts = dict(parts or {})
        self._assumptions = assumptions
        self._place = {m.name: (m.kind == "money", index) for index, m in enumerate(self.metrics)}
        self._count_metrics = sum(m.kind == "count" for m in self.metrics)

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What the reader should know; worked out when it is read, since sweeps never do."""
        late = self._late_note() if self._late_note is not None else None
        return (*self._notes, late) if late else self._notes

    # -- labels ---------------------------------------------------------------------------------
    @property
    def trials(self) -> int:
        return int(self._counts.shape[2])

    @property
    def percentile_error(self) -> float:
        """How far percentiles may be off, as a share of their value; not at all where trials are kept."""
        return 0.0

    # -- arrays ---------------------------------------------------------------------------------
    def _segment_indices(self, segment: Segments) -> list[int]:
        return [self.segments.index(name) for name in self._segment_names(segment)]

    def _array(self, name: str, segment: Segments, columns: Any = slice(None)) -> NDArray[Any]:
        """Whole cents or counts (trial, column), summed over segments."""
        self.metric(name)
        money, index = self._place[name]
        source: NDArray[Any] = self._cents[:, index - self._count_metrics] if money else self._counts[:, index]
        chosen = self._segment_indices(segment)
        total = source[chosen[0]][:, columns].astype(np.float64 if money else np.int64)
        for other in chosen[1:]:
            total += source[other][:, columns]
        return total

    def in_units(self, name: str, segments: Sequence[Segments]) -> NDArray[np.int64]:
        """Counts, or whole cents, of several segments (None: of all): int64 (column, segment, trial)."""
        self.metric(name)
        money, index = self._place[name]
        source: NDArray[Any] = self._cents[:, index - self._count_metrics] if money else self._counts[:, index]
        found = np.empty((source.shape[2], len(segments), source.shape[1]), np.int64)
        known = {name: index for index, name in enumerate(self.segments)}
        for row, segment in enumerate(segments):
            if isinstance(segment, str) and segment in known:
                found[:, row] = source[known[segment]].T
            else:
                found[:, row] = source[self._segment_indices(segment)].sum(axis=0).T
        return found

    def __getitem__(self, key: str | tuple[str, Segments]) -> NDArray[Any]:
        name, segment = (key, None) if isinstance(key, str) else key
        if (of := self.metric(name).of) is not None:
            return self._ratio(of, segment, [[column] for column in range(self._counts.shape[3])])
        values = self._array(name, segment)
        return values / 100.0 if self._place[name][0] else values

    def quarterly(self, metric: str, segment: Segments = None) -> NDArray[Any]:
        """(trial, quarter) array of a metric, also when simulated by week."""
        if self.columns == "quarter":
            return self[metric, segment]
        if (of := self.metric(metric).of) is not None:
            return self._ratio(of, segment, [self._columns([quarter]) for quarter in range(len(self.quarters))])
        values = self[metric, segment]
        blocks = values.reshape(len(values), -1, WEEKS)
        return blocks.sum(axis=2) if self.metric(metric).combine == "sum" else blocks[:, :, -1]

    def values(self, metric: str, period: str | Period = "horizon", segment: Segments = None) -> NDArray[Any]:
        """A metric over a period, one value per trial: flows summed, stocks at the end.

        Returns
        -------
        int64 or float64 (trial,); (trial, quarter) when the period is ``each quarter``. A ratio is NaN
        where its denominator is 0.
        """
        wanted = self._period(period)
        if wanted.each:
            return self.quarterly(metric, segment)
        what = self.metric(metric)
        columns = self._columns(wanted.quarters)
        if what.combine == "compound" and what.of is not None:
            return np.asarray(self.quarterly(metric, segment)[:, list(wanted.quarters)].prod(axis=1))
        if what.of is not None:
            return self._ratio(what.of, segment, [columns])[:, 0]
        total = self._array(metric, segment, columns if what.combine == "sum" else columns[-1:]).sum(axis=1)
        return total / 100.0 if self._place[metric][0] else total

    def _columns(self, quarters: Sequence[int]) -> list[int]:
        """The columns of these quarters, in order."""
        if self.columns == "quarter":
            return list(quarters)
        return [WEEKS * quarter + week for quarter in quarters for week in range(WEEKS)]

    def _ratio(self, of: tuple[str, str], segment: Segments, groups: Sequence[Sequence[int]]) -> NDArray[np.float64]:
        """(trial, group) ratio of sums over groups of columns; NaN where there is nothing to divide by."""
        above, below = (
            np.stack([self._part(name, segment, list(columns)) for columns in groups], axis=1) for name in of
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where(below != 0, above / below, np.nan))

    def _part(self, name: str, segment: Segments, columns: list[int]) -> NDArray[np.float64]:
        """(trial,) one side of a ratio, combined over columns."""
        if name in self._place:
            if self.metric(name).combine == "end":
                columns = columns[-1:]
            total = self._array(name, segment, columns).sum(axis=1)
            return np.asarray(total / (100.0 if self._place[name][0] else 1.0))
        part = self._parts[name]
        if callable(part):
            part = self._parts[name] = part()
        if part.ndim == 1:
            return np.full(self.trials, part[columns].sum())
        return np.asarray(part[self._segment_indices(segment)][:, :, columns].sum(axis=(0, 2)))
