"""What comparing plans found: targets and metrics of one plan against the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.compare_pairs import Pairs
from simulator.analysis.compare_worked_out import Known
from simulator.analysis.engine import PLAYED, Answered, Answering
from simulator.analysis.notebook import table_html
from simulator.analysis.shared import shared_metrics, shared_periods
from simulator.scenario.model import Scenario
from simulator.simulation.provenance import SCHEMA
from simulator.simulation.result import Result
from simulator.statistics.intervals import Estimate, as_percent, mean, proportion
from simulator.statistics.paired import Race, paired_mean, paired_proportion, race


@dataclass(frozen=True)
class ComparedTarget:
    """A target in all plans, and one plan's difference to the first.

    ``probabilities`` has None for a plan without the target; ``difference`` is then None if that
    plan or the first lacks it. ``other`` is the number of the plan that is set against the first, ``engine`` says
    whether both were worked out (``exact``, ``conditional``) or counted in trials (``simulate``).
    """

    name: str
    probabilities: tuple[Estimate | None, ...]
    other: int
    difference: Estimate | None
    engine: str = "simulate"

    def to_json(self) -> dict[str, Any]:
        d = self.difference
        return {
            "name": self.name,
            "probabilities": [None if p is None else p.value for p in self.probabilities],
            "other": self.other,
            "difference": None if d is None else d.value,
            "standard_error": None if d is None else d.standard_error,
            "low": None if d is None else d.low,
            "high": None if d is None else d.high,
            "engine": self.engine,
        }


@dataclass(frozen=True)
class ComparedMetric:
    """A metric over a period: one plan against the first, trial by trial."""

    metric: str
    period: str
    other: int
    means: tuple[float, float]
    difference: Estimate
    race: Race

    def to_json(self) -> dict[str, Any]:
        return {
            "metric": self.metric, "in": self.period, "other": self.other, "means": list(self.means),
            "mean_difference": self.difference.value, "standard_error": self.difference.standard_error,
            "low": self.difference.low, "high": self.difference.high,
            "ahead": self.race.ahead, "level": self.race.level, "behind": self.race.behind,
        }  # fmt: skip


@dataclass(frozen=True)
class Comparison(Answered):
    """What :func:`compare` found; the first plan is the one others are set against.

    Attributes
    ----------
    results : tuple of Result, one per plan, of the same trials and seed.
    notes : what could not be compared, in words.
    how : whether the targets' probabilities were worked out; all else is counted in the trials.
    """

    results: tuple[Result, ...]
    notes: tuple[str, ...] = ()
    _pairs: Pairs = field(default=(), repr=False)
    _kpi_pairs: Pairs = field(default=(), repr=False)
    how: Answering = PLAYED
    _known: Known = field(default_factory=dict, repr=False)

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        return tuple(result.scenario for result in self.results)

    @property
    def labels(self) -> tuple[str, ...]:
        """Names that tell the plans apart."""
        names = [scenario.name for scenario in self.scenarios]
        if len(set(names)) == len(names):
            return tuple(names)
        if len(names) == 2:
            return ("as planned", "changed")
        return tuple(f"{name} ({number})" for number, name in enumerate(names, 1))

    @cached_property
    def differences(self) -> tuple[dict[str, Any], ...]:
        """``{"path", "values"}`` of what differs in any plan, one value per plan; None where one says nothing."""
        first, others = self.scenarios[0], self.scenarios[1:]
        found = [{path: (here, there) for path, here, there in first.differences(other)} for other in others]
        rows = []
        for path in dict.fromkeys(path for one in found for path in one):
            here = next(one[path][0] for one in found if path in one)
            rows.append({"path": path, "values": [here, *(_value(path, here, one) for one in found)]})
        return tuple(rows)

    @cached_property
    def targets(self) -> tuple[ComparedTarget, ...]:
        """Every target of any plan, against each other plan in turn."""
        return tuple(
            self._worked_out(name, k) or self._target(name, self._hits(places), k)
            for name, places in self._pairs
            for k in range(1, len(self.results))
        )

    def _worked_out(self, name: str, other: int) -> ComparedTarget | None:
        """A target as it was worked out, at the same points in all plans; None where it was not."""
        if name not in self._known:
            return None
        found = self._known[name]
        first, second = found[0], found[other]
        difference = None if first is None or second is None else second.less(first)
        probabilities = tuple(None if each is None else each.estimate for each in found)
        return ComparedTarget(name, probabilities, other, difference, self.engine)

    @cached_property
    def scorecards(self) -> tuple[ComparedTarget, ...]:
        """Every KPI of any plan's segments, against each other plan in turn; empty where no segment has one."""
        return tuple(
            self._target(name, self._hits(places, kpis=True), k)
            for name, places in self._kpi_pairs
            for k in range(1, len(self.results))
        )

    def _hits(self, places: Sequence[int | None], kpis: bool = False) -> list[NDArray[np.bool_] | None]:
        """bool (trial,) per plan: where the target, or KPI, at that place is met."""
        hits = [result.kpi_hits if kpis else result.target_hits for result in self.results]
        return [None if i is None else found[:, i] for found, i in zip(hits, places, strict=True)]

    @cached_property
    def all_targets(self) -> tuple[ComparedTarget, ...]:
        """Every plan's own targets met in the same trial; empty where a plan has none."""
        if not all(scenario.targets for scenario in self.scenarios):
            return ()
        hits: list[NDArray[np.bool_] | None] = [np.all(result.target_hits, axis=1) for result in self.results]
        return tuple(self._target("all targets together", hits, k) for k in range(1, len(hits)))

    def _target(self, name: str, hits: Sequence[NDArray[np.bool_] | None], other: int) -> ComparedTarget:
        first, second = hits[0], hits[other]
        difference = None if first is None or second is None else paired_proportion(first, second)
        return ComparedTarget(name, tuple(None if h is None else proportion(h) for h in hits), other, difference)

    @cached_property
    def metrics(self) -> tuple[ComparedMetric, ...]:
        """Every metric and period that the first plan shares with another."""
        return tuple(
            self.metric(name, label, other)
            for other in range(1, len(self.results))
            for name in shared_metrics(self.results[0], self.results[other])
            for label in shared_periods(self.scenarios[0], self.scenarios[other])
        )

    def metric(self, metric: str, period: str = "horizon", other: int = 1) -> ComparedMetric:
        """One metric over one period, against one plan.

        Raises
        ------
        UsageError : no such metric or period in one of the two.
        """
        first, second = (self.results[k].values(metric, period) for k in (0, other))
        means = (mean(first).value, mean(second).value)
        return ComparedMetric(metric, period, other, means, paired_mean(first, second), race(first, second))

    def summary(self) -> list[dict[str, Any]]:
        """Tidy rows, metric by metric, as in the JSON."""
        return [row.to_json() for row in self.metrics]

    def to_json(self) -> dict[str, Any]:
        """The documented JSON form; differences are against the first scenario."""
        joint = [row.to_json() for row in self.all_targets]
        head = self.results[0].provenance.to_json()
        return {
            "schema": SCHEMA,
            "scenarios": [
                {"name": s.name, "file": s.file, "sha256": s.sha256, "label": label}
                for s, label in zip(self.scenarios, self.labels, strict=True)
            ],
            "version": head["version"], "engine": self.engine, "trials": head["trials"], "seed": head["seed"],
            "libraries": head["libraries"],
            "differences": list(self.differences),
            "targets": [row.to_json() for row in self.targets],
            "all_targets": joint[0] if len(joint) == 1 else joint or None,
            **({"scorecards": [row.to_json() for row in self.scorecards]} if self.scorecards else {}),
            "metrics": self.summary(),
            "notes": list(self.notes),
        }  # fmt: skip

    def __repr__(self) -> str:
        rows = [
            f"{t.name}: {' → '.join('-' if p is None else as_percent(p.value) for p in t.probabilities)}"
            for t in self.targets[: len(self._pairs)]
        ]
        return f"<Comparison {' | '.join(self.labels)}; {'; '.join(rows)}>"

    def _repr_html_(self) -> str:
        rows = [
            [t.name, *("–" if p is None else as_percent(p.value) for p in t.probabilities),
             _points(t.difference)]
            for t in self.targets
        ]  # fmt: skip
        return table_html("Compared in the same luck", ["target", *self.labels, "difference (95%)"], rows)


def _points(difference: Estimate | None) -> str:
    if difference is None:
        return "–"
    return f"{100 * difference.value:+.1f} ± {196 * difference.standard_error:.1f} points"


def _value(path: str, here: Any, found: Mapping[str, tuple[Any, Any]]) -> Any:
    """A plan's value at a path that differs somewhere: its own, else the first plan's, else unknown."""
    if path in found:
        return found[path][1]
    inside = any(other.startswith(f"{path}.") or path.startswith(f"{other}.") for other in found)
    return None if inside else here
