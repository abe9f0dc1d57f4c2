"""What a simulation returns: what was counted, the answers to the plan's targets, and how both are shown."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from html import escape
from importlib import import_module
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simulator.quarters import Period
from simulator.simulation.counted import Counted
from simulator.simulation.counted import Part as Part
from simulator.simulation.counted import Segments as Segments
from simulator.simulation.estimates import DealFates as DealFates
from simulator.simulation.estimates import Fall as Fall
from simulator.simulation.estimates import TargetEstimate as TargetEstimate
from simulator.simulation.estimates import estimate_json
from simulator.simulation.estimates import meets as meets
from simulator.simulation.scorecards import scorecards_json
from simulator.statistics.intervals import Estimate, as_percent, proportion

if TYPE_CHECKING:
    from simulator.scenario.model import Target

PERCENTILES = (5, 10, 25, 50, 75, 90, 95)


class Result(Counted):
    """A simulated plan: what :class:`~simulator.simulation.counted.Counted` holds, and the answers.

    ``result["wins"]`` is the total, ``result["wins", "inbound"]`` a segment: arrays of shape (trial, quarter), or
    (trial, week) when simulated ``by="week"``.
    """

    engine = "simulate"
    streamed = False
    """Whether trials were summed up as they were played, and not kept."""

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
            found.append(TargetEstimate.of(target, estimate, by_quarter))
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
            "targets": [target.to_json() for target in self.targets],
            "all_targets": None if joint is None else estimate_json(joint),
            **({"scorecards": scorecards_json(self)} if self.kpis else {}),
            "metrics": self.summary(),
            "warnings": list(self.notes),
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
