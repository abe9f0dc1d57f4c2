"""What the search for a lever's value asks: how likely is the target there?"""

from __future__ import annotations

from typing import Protocol

from simulator.analysis.bracket import Search
from simulator.analysis.goal import Goal
from simulator.scenario.model import Scenario
from simulator.statistics.intervals import Estimate


class Asked(Protocol):
    """What gives the probability at a value of a lever.

    ``fine`` and ``coarse`` are how exactly it may be asked for (a number of trials): probabilities are known to
    steps of 1 / fine.
    """

    scenario: Scenario
    goal: Goal
    fine: int
    coarse: int
    runs: int

    def at(self, search: Search | None, x: float | None, trials: int) -> float: ...
    def estimate(self, search: Search | None, x: float | None) -> Estimate: ...
    def half(self, search: Search, x: float, wanted: float) -> float:
        """Half the width of the 95% interval of a probability near the wanted one."""
        ...

    def next_lever(self) -> None: ...
    def finish(self) -> None: ...
