"""What a simulation returns: arrays, their labels, and where they came from."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from importlib import import_module
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simulator.errors import UsageError
from simulator.quarters import WEEKS, Calendar, Period
from simulator.simulation.metrics import Metric
from simulator.simulation.provenance import Provenance
from simulator.simulation.scorecards import scorecards_json
from simulator.statistics.intervals import Estimate, as_percent, proportion

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario, Target

PERCENTILES = (5, 10, 25, 50, 75, 90, 95)
Segments = str | Sequence[str] | None
Part = NDArray[np.float64] | Callable[[], NDArray[np.float64]]


@dataclass(frozen=True)
class TargetEstimate(Estimate):
    """The probability of one target, with what the target says.

    ``by_quarter`` is given for ``in: each quarter``: the probability of each quarter alone. ``engine`` says
    how it was found, ``error_bound`` what an answer without sampling may be off by; None where trials were counted.
    """

    name: str = ""
    metric: str = ""
    segment: str | tuple[str, ...] | None = None
    period: Period = field(default_factory=lambda: Period("horizon", ()))
    at_least: float | None = None
    at_most: float | None = None
    by_quarter: Mapping[str, Estimate] | None = None
    engine: str = "simulate"
    error_bound: float | None = None

    def met(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        """Which of ``values`` meet the threshold."""
        return meets(values, self.at_least, self.at_most)


def meets(values: NDArray[Any], at_least: float | None, at_most: float | None) -> NDArray[np.bool_]:
    """Which values are on the right side of the threshold; exactly one must be given."""
    if (at_least is None) == (at_most is None):
        raise UsageError("give exactly one of at_least and at_most")
    return np.asarray(values >= at_least if at_least is not None else values <= at_most)


@dataclass(frozen=True)
class Fall:
    """How trials fall around a target.

    Attributes
    ----------
    values : (value,) what the target's threshold is compared with; over each quarter, that of the worst quarter
    met : bool (value,) whether it meets the target
    trials : int64 (value,) in how many trials
    """

    values: NDArray[Any]
    met: NDArray[np.bool_]
    trials: NDArray[np.int64]


@dataclass(frozen=True)
class DealFates:
    """What became of the open deals of ``opening.deals``.

    Attributes
    ----------
    ids : tuple of str (deal,)
    outcome : int8 (trial, deal): 1 won, -1 lost, 0 still open at the end
    week : int16 (trial, deal): week of the decision from the start; -1 where still open
    slips : int16 (trial, deal): slips within the horizon
    amount : float64 (deal,), currency
    """

    ids: tuple[str, ...]
    outcome: NDArray[np.int8]
    week: NDArray[np.int16]
    slips: NDArray[np.int16]
    amount: NDArray[np.float64]

    @property
    def won(self) -> NDArray[np.bool_]:
        """bool (trial, deal)"""
        return self.outcome == 1


class Result:
    """A simulated plan.

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

    engine = "simulate"
    streamed = False
    """Whether trials were summed up as they were played, and not kept."""

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

    def metric(self, name: str) -> Metric:
        """The metric of this name.

        Raises
        ------
        UsageError : there is none; the message lists those there are.
        """
        if name not in self._place:
            raise UsageError(f"no metric {name!r}; this plan has: {', '.join(self._place)}")
        return self.metrics[self._place[name][1]]

    # -- arrays ---------------------------------------------------------------------------------
    def _segment_indices(self, segment: Segments) -> list[int]:
        names = self.segments if segment is None else (segment,) if isinstance(segment, str) else tuple(segment)
        unknown = [name for name in names if name not in self.segments]
        if unknown:
            raise UsageError(f"no segment {unknown[0]!r}; this plan has: {', '.join(self.segments)}")
        return [self.segments.index(name) for name in names]

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

    def __contains__(self, name: str) -> bool:
        return name in self._place

    def quarterly(self, metric: str, segment: Segments = None) -> NDArray[Any]:
        """(trial, quarter) array of a metric, also when simulated by week."""
        if self.columns == "quarter":
            return self[metric, segment]
        if (of := self.metric(metric).of) is not None:
            return self._ratio(of, segment, [self._columns([quarter]) for quarter in range(len(self.quarters))])
        values = self[metric, segment]
        blocks = values.reshape(len(values), -1, WEEKS)
        return blocks.sum(axis=2) if self.metric(metric).combine == "sum" else blocks[:, :, -1]

    def _period(self, period: str | Period) -> Period:
        if isinstance(period, Period):
            return period
        try:
            return self.calendar.period(period)
        except ValueError as error:
            raise UsageError(str(error)) from None

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

    @cached_property
    def assumptions(self) -> Mapping[str, NDArray[np.float64]]:
        """What each trial drew for every uncertain number: path (or shared name) -> (trial,)."""
        found = self._assumptions() if callable(self._assumptions) else self._assumptions
        return found or {}

    # -- answers --------------------------------------------------------------------------------
    def hits(
        self,
        metric: str,
        *,
        at_least: float | None = None,
        at_most: float | None = None,
        period: str | Period = "horizon",
        segment: Segments = None,
    ) -> NDArray[np.bool_]:
        """bool (trial,): which trials meet a threshold (in every quarter, for ``each quarter``)."""
        met = meets(self.values(metric, period, segment), at_least, at_most)
        return np.asarray(met.all(axis=1)) if met.ndim == 2 else met

    def probability(
        self,
        metric: str,
        *,
        at_least: float | None = None,
        at_most: float | None = None,
        period: str | Period = "horizon",
        segment: Segments = None,
    ) -> Estimate:
        """How likely a threshold is met.

        Returns
        -------
        Estimate with the Monte Carlo standard error and Wilson interval.

        Examples
        --------
        >>> import simulator as sim
        >>> result = sim.simulate(sim.load("scenarios/twenty-five-customers.yaml"), trials=1000, seed=7)
        >>> 0 < result.probability("wins", at_least=25, period="2027-Q4").value < 1
        True
        """
        return proportion(self.hits(metric, at_least=at_least, at_most=at_most, period=period, segment=segment))

    @cached_property
    def target_hits(self) -> NDArray[np.bool_]:
        """bool (trial, target): which trials meet which target of the scenario."""
        return self._hits_of(self.scenario.targets)

    @cached_property
    def kpi_hits(self) -> NDArray[np.bool_]:
        """bool (trial, KPI): which trials meet what each segment is judged on."""
        return self._hits_of(self.scenario.kpis)

    def _hits_of(self, targets: Sequence[Target]) -> NDArray[np.bool_]:
        columns = [
            self.hits(t.metric, at_least=t.at_least, at_most=t.at_most, period=t.period, segment=t.segment)
            for t in targets
        ]
        return np.stack(columns, axis=1) if columns else np.ones((self.trials, 0), dtype=bool)

    @cached_property
    def targets(self) -> tuple[TargetEstimate, ...]:
        """The scenario's targets, each with its probability."""
        return self._estimates(self.scenario.targets, self.target_hits)

    @cached_property
    def kpis(self) -> tuple[TargetEstimate, ...]:
        """What each segment is judged on, each with its probability; no targets of the plan."""
        return self._estimates(self.scenario.kpis, self.kpi_hits)

    def _estimates(self, targets: Sequence[Target], hits: NDArray[np.bool_]) -> tuple[TargetEstimate, ...]:
        found = []
        for index, target in enumerate(targets):
            estimate = proportion(hits[:, index])
            by_quarter = None
            if target.period.each:
                met = meets(self.values(target.metric, target.period, target.segment), target.at_least, target.at_most)
                by_quarter = {label: proportion(met[:, q]) for q, label in enumerate(self.quarters)}
            found.append(
                TargetEstimate(
                    estimate.value, estimate.standard_error, estimate.low, estimate.high,
                    name=target.name, metric=target.metric, segment=target.segment, period=target.period,
                    at_least=target.at_least, at_most=target.at_most, by_quarter=by_quarter,
                )
            )  # fmt: skip
        return tuple(found)

    @cached_property
    def all_targets(self) -> Estimate | None:
        """How likely every target is met in the same trial; None without targets."""
        return proportion(np.asarray(self.target_hits.all(axis=1))) if self.scenario.targets else None

    def compared(self, target: TargetEstimate) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """(trial,) what a target's threshold is compared with, and whether it is met; over each quarter, the value
        of the worst."""
        values = self.values(target.metric, target.period, target.segment)
        met = target.met(values)
        if values.ndim == 1:
            return values, met
        return values.min(axis=1) if target.at_least is not None else values.max(axis=1), np.asarray(met.all(axis=1))

    def falls(self, target: TargetEstimate) -> Fall:
        """How the trials fall around a target; those in which a ratio is undefined are left out."""
        values, met = self.compared(target)
        known = ~np.isnan(values)
        return Fall(values[known], met[known], np.ones(int(np.count_nonzero(known)), np.int64))

    def summary(self, segments: bool = True) -> list[dict[str, Any]]:
        """Tidy rows: metric × period × segment (``None`` is the total), as in the JSON.

        Periods are every quarter, every (part of a) fiscal year, and the horizon. Percentiles
        interpolate linearly, as NumPy and Excel's PERCENTILE do. ``pandas.DataFrame(rows)`` or
        ``polars.DataFrame(rows)`` makes a table of it.
        """
        who: list[str | None] = [None, *(self.segments if segments else ())]
        return [
            self.summarise(metric.name, period, segment)
            for metric in self.metrics
            for segment in who
            for period in self.calendar.periods
        ]

    def summarise(self, metric: str, period: str | Period, segment: Segments = None) -> dict[str, Any]:
        """One row of the summary.

        That of a ratio is over the trials in which it is defined, with their share in ``defined``; where
        there are none, its numbers are None.
        """
        wanted = self._period(period)
        values = self.values(metric, wanted, segment)
        row: dict[str, Any] = {"metric": metric, "in": wanted.label, "segment": segment}
        if self.metric(metric).kind == "ratio":
            values = values[~np.isnan(values)]
            row["defined"] = values.size / self.trials
            if not values.size:
                names = ("mean", "standard_error", "sd", *(f"p{level:02d}" for level in PERCENTILES))
                return row | dict.fromkeys(names)
        sd = float(np.std(values, ddof=1)) if values.size > 1 else 0.0
        row |= {"mean": float(np.mean(values)), "standard_error": sd / values.size**0.5, "sd": sd}
        levels = np.percentile(values, PERCENTILES)
        return row | {f"p{level:02d}": float(x) for level, x in zip(PERCENTILES, levels, strict=True)}

    def to_json(self) -> dict[str, Any]:
        """The documented JSON form (see the reference): plain Python numbers at full precision."""
        head = self.provenance.to_json()
        joint = self.all_targets
        return head | {
            "targets": [self._target_json(target) for target in self.targets],
            "all_targets": None if joint is None else {
                "probability": joint.value, "standard_error": joint.standard_error, "low": joint.low,
                "high": joint.high},
            **({"scorecards": scorecards_json(self, self._target_json)} if self.kpis else {}),
            "metrics": self.summary(),
            "warnings": list(self.notes),
        }  # fmt: skip

    def _target_json(self, t: TargetEstimate) -> dict[str, Any]:
        return {
            "name": t.name, "metric": t.metric,
            "segment": list(t.segment) if isinstance(t.segment, tuple) else t.segment,
            "in": t.period.label, "at_least": t.at_least, "at_most": t.at_most, "engine": self.engine,
            "probability": t.value, "standard_error": t.standard_error, "low": t.low, "high": t.high,
            "by_quarter": None if t.by_quarter is None else [
                {"in": label, "probability": e.value, "standard_error": e.standard_error, "low": e.low,
                 "high": e.high} for label, e in t.by_quarter.items()],
        }  # fmt: skip

    def to_workbook(self, path: str | PathLike[str], *others: Result) -> None:
        """Write the live workbook: an edited target moves every probability, percentile and chart.

        Parameters
        ----------
        path : an ``.xlsx`` file, written whole or not at all.
        others : results of other scenarios in the same luck, set beside this one on a sheet Compare.

        Raises
        ------
        ExportError : more than 20,000 trials, unequal trials or seeds, or a file that cannot be written.
        """
        # The way out for the user's convenience; nothing in this room depends on the export.
        import_module("simulator.export.workbook").write_workbook((self, *others), path)

    def __repr__(self) -> str:
        targets = "; ".join(f"{t.name}: {as_percent(t.value)}" for t in self.targets)
        head = f"{self.scenario.name!r}: {self.trials:,} trials, seed {self.seed}"
        return f"<Result {'; '.join(part for part in (head, targets) if part)}>"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(t.name)}</td><td style='text-align:right'>{as_percent(t.value)}</td>"
            f"<td>{as_percent(t.low, 1)} – {as_percent(t.high, 1)}</td></tr>"
            for t in self.targets
        )
        labels = "".join(f"<th>{escape(label)}</th>" for label in self.quarters)
        body = ""
        for metric in self.metrics:
            summaries = [self.summarise(metric.name, label) for label in self.quarters]
            cells = [[math.nan if row[key] is None else row[key] for key in ("p10", "p50", "p90")] for row in summaries]
            digits = ".3g" if metric.kind == "ratio" else ",.0f"
            body += f"<tr><td>{escape(metric.label)}</td>" + "".join(
                f"<td style='text-align:right'>{mid:{digits}} <small>({low:{digits}} – {high:{digits}})</small></td>"
                for low, mid, high in cells
            )
            body += "</tr>"
        return (
            f"<h4>{escape(self.scenario.name)}</h4><p>{self.trials:,} trials, seed {self.seed}</p>"
            f"<table><tr><th>target</th><th>probability</th><th>Monte Carlo interval</th></tr>{rows}</table>"
            f"<table><tr><th>median (P10 – P90)</th>{labels}</tr>{body}</table>"
        )
