"""How likely a target is at a value of a lever, counted in trials."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simulator.analysis.bracket import Search
from simulator.analysis.goal import Goal
from simulator.scenario.model import Scenario
from simulator.simulation.setup import Setup
from simulator.statistics.intervals import Z95, Estimate, proportion

COARSE = 500
"""Trials of the first look: the same first trials as in the full run, so it looks in the right place."""


class Played:
    """The share of trials at a value of a lever; every value is played once."""

    EXPECTED = 4.0
    """Full runs that a lever takes, for the progress bar."""

    def __init__(self, scenario: Scenario, goal: Goal, setup: Setup, levers: int, progress: Any):
        self.scenario, self.goal, self.setup, self.progress = scenario, goal, setup, progress
        self.fine, self.coarse = setup.trials, min(COARSE, setup.trials)
        self.total = 1 + self.EXPECTED * levers
        self.spent, self.ceiling, self.runs = 0.0, 1.0, 0
        self._known: dict[tuple[str | None, float | None, int], float] = {}

    def at(self, search: Search | None, x: float | None, trials: int) -> float:
        key = (None if search is None else search.path, x, trials)
        if key not in self._known:
            assert search is None or x is not None
            plan = self.scenario if search is None else self.scenario.with_changes(search.change(float(x or 0.0)))
            cost = trials / self.setup.trials
            from simulator.simulation.simulate import simulate

            result = simulate(
                plan, trials=trials, seed=self.setup.seed, threads=self.setup.threads,
                progress=lambda done, total: self._tell(cost * done / total),
            )  # fmt: skip
            hits = self.goal.hits(result)
            assert hits is not None
            self._known[key] = float(np.count_nonzero(hits)) / trials
            self.spent = min(self.spent + cost, self.ceiling)
            self.runs += 1
        return self._known[key]

    def estimate(self, search: Search | None, x: float | None) -> Estimate:
        p = self.at(search, x, self.fine)
        return proportion(np.arange(self.fine) < round(p * self.fine))

    def half(self, search: Search, x: float, wanted: float) -> float:
        # the Wilson interval of p holds w if and only if |p − w| <= z √(w(1 − w)/n)
        return Z95 * math.sqrt(wanted * (1 - wanted) / self.fine)

    def _tell(self, part: float) -> None:
        if self.progress is not None:
            self.progress(int(1000 * min(self.spent + part, self.ceiling)), int(1000 * self.total))

    def next_lever(self) -> None:
        """The share of the bar that this lever may fill."""
        self.spent = self.ceiling
        self.ceiling += self.EXPECTED

    def finish(self) -> None:
        self.spent = self.ceiling = self.total
        self._tell(0.0)
