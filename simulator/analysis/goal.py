"""Which target an analysis is about, and what is measured beside its probability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.errors import UsageError
from simulator.scenario.faults import nearest
from simulator.scenario.model import Scenario, Target
from simulator.simulation.result import Result

ALL = "all"
"""Stands for every target met in the same trial."""


@dataclass(frozen=True)
class Goal:
    """A target (or all of them, or none), and the metric whose mean goes with it.

    ``name`` is None where the plan has no target; ``index`` is None then and for all targets together.
    ``kpi`` is the place among what segments are judged on, for a goal that is one of these.
    """

    name: str | None
    index: int | None
    metric: str
    period: str
    segment: str | tuple[str, ...] | None
    kpi: int | None = None

    def hits(self, result: Result) -> NDArray[np.bool_] | None:
        """bool (trial,): where the target is met; None without one."""
        if self.name is None:
            return None
        if self.kpi is not None:
            return result.kpi_hits[:, self.kpi]
        met = result.target_hits
        return np.all(met, axis=1) if self.index is None else met[:, self.index]

    def values(self, result: Result) -> NDArray[Any]:
        """(trial,) the metric over the period."""
        return result.values(self.metric, self.period, self.segment)

    @property
    def subject(self) -> str:
        """What the mean is of: ``wins in 2027-Q4``."""
        who = self.segment if isinstance(self.segment, str) else " and ".join(self.segment or ())
        when = "over the horizon" if self.period == "horizon" else f"in {self.period}"
        return f"{self.metric} {when}" + (f" for {who}" if who else "")


def goal_of(scenario: Scenario, target: str | None = None, *, needed: bool = False) -> Goal:
    """The target of this name, ``all`` of them, or by default the plan's first.

    Means are of the target's metric in its period and segment (over the horizon for ``each quarter``), of wins over
    the horizon for all targets together and for plans without any.

    Raises
    ------
    UsageError : no target of this name, the nearest is suggested; or none at all where one is needed.
    """
    names = [item.name for item in scenario.targets]
    wins = (scenario.stages[-1], "horizon", None)
    if not names and target not in [kpi.name for kpi in scenario.kpis]:
        if needed or target is not None:
            raise UsageError(
                f"{scenario.file or scenario.name} has no targets; add one, as: "
                f"targets: [{{metric: {scenario.stages[-1]}, at_least: 25, in: {scenario.calendar.labels[-1]}}}]"
            )
        return Goal(None, None, *wins)
    if target == ALL and ALL not in names:
        return Goal("all targets together", None, *wins) if len(names) > 1 else goal_of(scenario, names[0])
    if target is None:
        target = names[0]
    kpis = [item.name for item in scenario.kpis]
    if target in kpis and target not in names:
        place = kpis.index(target)
        return _goal_of(scenario.kpis[place], None, place)
    if target not in names:
        raise UsageError(
            f"no target {target!r}{nearest(target, [*names, *kpis]) or f'; there are: {_listed(names)}'}, or all"
        )
    index = names.index(target)
    return _goal_of(scenario.targets[index], index)


def _goal_of(chosen: Target, index: int | None, kpi: int | None = None) -> Goal:
    period = "horizon" if chosen.period.each else chosen.period.label
    return Goal(chosen.name, index, chosen.metric, period, chosen.segment, kpi)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names)
