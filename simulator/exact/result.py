"""What an answer without sampling returns: laws instead of trials, read like any result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simulator.errors import UsageError
from simulator.exact.answers import Answers, Law
from simulator.quarters import Period
from simulator.simulation.estimates import estimate_json
from simulator.simulation.labelled import Labelled
from simulator.simulation.metrics import metrics_in
from simulator.simulation.provenance import Provenance
from simulator.simulation.result import PERCENTILES, Fall, Result, Segments, TargetEstimate, meets
from simulator.statistics.intervals import Estimate, as_percent

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class JointEstimate(Estimate):
    """How likely all targets are met together, and how that was found; ``trials`` where it was drawn."""

    engine: str = "exact"
    trials: int | None = None


class ExactResult(Labelled):
    """The laws of a plan's metrics, without sampling: exact, or averaged over what is uncertain.

    Reads like a :class:`~simulator.simulation.result.Result` but for the arrays of trials, which it
    has not: ask ``simulate`` for those.

    Attributes
    ----------
    engine : ``exact`` for plans of certain numbers, ``conditional`` for those averaged over points of what is
        uncertain
    trials : None
    targets, all_targets : as of a simulated result; each says its own ``engine``
    answered : in words, over how many points was averaged
    """

    trials = None
    kpis: tuple[TargetEstimate, ...] = ()  # plans with any are played

    def __init__(
        self, scenario: Scenario, answers: Answers, *, provenance: Provenance, targets: Sequence[TargetEstimate],
        all_targets: JointEstimate | None, notes: Sequence[str] = (), answered: str = "",
    ):  # fmt: skip
        self.scenario, self.answers, self.provenance = scenario, answers, provenance
        self.engine, self.answered = provenance.engine, answered
        self.metrics = metrics_in(scenario)
        self._levels: dict[int, Floats] = {}
        self.targets, self.all_targets, self.notes = tuple(targets), all_targets, tuple(notes)

    # -- answers --------------------------------------------------------------------------------
    def law(self, metric: str, period: str | Period = "horizon", segment: Segments = None) -> Law:
        """The law of a metric over a period: flows summed, stocks at the end."""
        self.metric(metric)
        self._segment_names(segment)
        return self.answers.law(metric, self._period(period).quarters, segment)

    def percentiles(
        self, metric: str, period: str | Period, segment: Segments = None, levels: Sequence[float] = PERCENTILES
    ) -> Floats:
        """The smallest values with at least these percents at or below them."""
        return self.law(metric, period, segment).quantiles(np.asarray(levels, np.float64) / 100)

    def falls(self, target: TargetEstimate) -> Fall:
        """How the metric of a target falls around it, in parts of a million million instead of trials.

        Money is laid on cells. For each quarter it is the lowest (or highest) quarter.
        """
        periods = self.quarters if target.period.each else (target.period,)
        laws = [self.law(target.metric, period, target.segment) for period in periods]
        ends = [law.quantiles(np.array([1e-6, 1 - 1e-6])) for law in laws]
        low, high = (float(pick(ends, axis=0)[side]) for side, pick in ((0, np.min), (1, np.max)))
        bound = float(target.at_least if target.at_least is not None else target.at_most or 0.0)
        if self.metric(target.metric).kind == "count":
            values = np.arange(low, high + 1)
            edges = np.append(values, high + 1) - 0.5
        else:
            width = max(high - low, 0.01) / (2000 if self.answers.count == 1 else 160)
            edges = bound + width * np.arange(np.floor((low - bound) / width), np.ceil((high - bound) / width) + 2)
            values = (edges[:-1] + edges[1:]) / 2
        if target.period.each and self.answers.count > 1:  # quarters are independent at each point, not on average
            wanted = [self.answers.quarters_of(target.metric, (q,)) for q in target.period.quarters]
            laws = [self.answers.by_point(target.metric, quarters, target.segment) for quarters in wanted]
        below = np.array([[law.below(x) for x in edges] for law in laws])  # (quarter, edge, set)
        whole = (1 - np.prod(1 - below, axis=0) if target.at_least is not None else np.prod(below, axis=0)).mean(axis=1)
        shares = np.rint(np.maximum(np.diff(whole), 0.0) * 1e12).astype(np.int64)
        return Fall(values, target.met(values), shares)

    def probability(
        self, metric: str, *, at_least: float | None = None, at_most: float | None = None,
        period: str | Period = "horizon", segment: Segments = None,
    ) -> Estimate:  # fmt: skip
        """How likely a threshold is met over one period."""
        wanted = self._period(period)
        meets(np.zeros(0), at_least, at_most)
        if wanted.each:
            raise UsageError("a law is of one period; ask for each quarter by itself, or for a target of the plan")
        self.law(metric, wanted, segment)
        p, _ = self.answers.probability(metric, wanted.quarters, segment, at_least, at_most)
        return Estimate(p, 0.0, p, p)

    def summarise(self, metric: str, period: str | Period, segment: Segments = None) -> dict[str, Any]:
        """One row of the summary; percentiles are the smallest x with P(X <= x) at least so large."""
        wanted = self._period(period)
        mean, sd = self.answers.moments(metric, wanted.quarters, segment)
        row: dict[str, Any] = {"metric": metric, "in": wanted.label, "segment": segment}
        row |= {"mean": mean, "standard_error": self.answers.mean_error(metric, wanted.quarters, segment), "sd": sd}
        law = self.law(metric, wanted, segment)
        if id(law) not in self._levels:  # several periods and segments may have one law
            self._levels[id(law)] = law.quantiles(np.asarray(PERCENTILES, np.float64) / 100)
        levels = self._levels[id(law)]
        return row | {f"p{level:02d}": float(x) for level, x in zip(PERCENTILES, levels, strict=True)}

    def to_json(self) -> dict[str, Any]:
        """The documented JSON form, as of a simulated result."""
        joint = self.all_targets
        return self.provenance.to_json() | {
            "error_bound": max((t.error_bound or 0.0 for t in self.targets), default=0.0),
            "targets": [target.to_json(error_bound=target.error_bound) for target in self.targets],
            "all_targets": None if joint is None else estimate_json(joint) | {
                "engine": joint.engine, "trials": joint.trials},
            "metrics": self.summary(),
            "warnings": list(self.notes),
        }  # fmt: skip

    def __repr__(self) -> str:
        targets = "; ".join(f"{t.name}: {as_percent(t.value)}" for t in self.targets)
        head = f"{self.scenario.name!r}: {self.engine}"
        return f"<ExactResult {'; '.join(part for part in (head, targets) if part)}>"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(t.name)}</td><td style='text-align:right'>{as_percent(t.value)}</td></tr>"
            for t in self.targets
        )
        labels = "".join(f"<th>{escape(label)}</th>" for label in self.quarters)
        body = ""
        for metric in self.metrics:
            body += f"<tr><td>{escape(metric.label)}</td>"
            for label in self.quarters:
                low, middle, high = self.percentiles(metric.name, label, None, (10, 50, 90))
                text = f"{middle:,.0f} <small>({low:,.0f} – {high:,.0f})</small>"
                body += f"<td style='text-align:right'>{text}</td>"
            body += "</tr>"
        return (
            f"<h4>{escape(self.scenario.name)}</h4><p>{self.engine}: nothing was sampled</p>"
            f"<table><tr><th>target</th><th>probability</th></tr>{rows}</table>"
            f"<table><tr><th>median (P10 – P90)</th>{labels}</tr>{body}</table>"
        )


Forecast = Result | ExactResult
"""What a plan comes to, by whatever engine."""
