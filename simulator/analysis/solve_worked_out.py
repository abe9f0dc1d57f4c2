"""How likely a target is at a value of a lever, worked out."""

from __future__ import annotations

from typing import Any

from simulator.analysis.bracket import Search
from simulator.analysis.engine import target_of
from simulator.analysis.goal import Goal
from simulator.exact.conditional import T95
from simulator.exact.family import Family, Found
from simulator.scenario.model import Scenario
from simulator.statistics.intervals import Estimate


class WorkedOut:
    """The probability at a value of a lever, worked out; every value once."""

    EXPECTED = 9.0
    """Values that a lever takes, for the progress bar."""

    def __init__(self, scenario: Scenario, goal: Goal, family: Family, levers: int, progress: Any):
        self.scenario, self.goal, self.family, self.progress = scenario, goal, family, progress
        self.fine = self.coarse = 1_000_000
        self.runs, self.levers, self.lever = 0, levers, 0
        self._known: dict[tuple[str | None, float | None], Found] = {}

    def found(self, search: Search | None, x: float | None) -> Found:
        key = (None if search is None else search.path, x)
        if key not in self._known:
            plan = None if search is None else self.scenario.with_changes(search.change(float(x or 0.0)))
            (target,) = target_of(plan or self.scenario, self.goal)
            self._known[key] = self.family.variant(plan).probability(target)
            self.runs += 1
            if self.progress is not None:
                share = min(self.runs / (1 + self.EXPECTED * max(1, self.levers)), 1.0)
                self.progress(int(1000 * share), 1000)
        return self._known[key]

    def at(self, search: Search | None, x: float | None, trials: int) -> float:
        return self.found(search, x).value

    def estimate(self, search: Search | None, x: float | None) -> Estimate:
        return self.found(search, x).estimate

    def half(self, search: Search, x: float, wanted: float) -> float:
        return T95 * self.estimate(search, x).standard_error

    def next_lever(self) -> None:
        pass

    def finish(self) -> None:
        if self.progress is not None:
            self.progress(1000, 1000)
