"""What in the trials deserves a word to the reader, counted so that blocks of trials add up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.scenario.model import Scenario
from simulator.simulation.lower import Lowered
from simulator.simulation.stale import stale_deals
from simulator.statistics.intervals import as_percent


def capped_leaves(lowered: Lowered) -> list[str]:
    """Paths of the uncertain shares that ``times`` may push beyond 1."""
    numbers = lowered.plan.numbers
    return [path for i, path in enumerate(lowered.leaves) if numbers.share[i] and numbers.times[i] > 1]


@dataclass(frozen=True)
class Flags:
    """In how many of the trials.

    Attributes
    ----------
    stale : int64 (opening deal,) a deal was older than any cycle of the plan
    capped : int64 (capped leaf,) a share was cut to 1; see :func:`capped_leaves`
    """

    trials: int
    stale: NDArray[np.int64]
    capped: NDArray[np.int64]

    def __add__(self, other: Flags) -> Flags:
        return Flags(self.trials + other.trials, self.stale + other.stale, self.capped + other.capped)

    def notes(self, scenario: Scenario, lowered: Lowered) -> list[str]:
        """The words, after the warnings of the scenario itself."""
        notes = list(scenario.warnings)
        for path, count in zip(capped_leaves(lowered), self.capped, strict=True):
            if count:
                notes.append(f"{path} is capped at 1 in {as_percent(count / self.trials)} of trials")
        stale = {deal: count / self.trials for deal, count in zip(lowered.deal_ids, self.stale, strict=True) if count}
        return [*notes, *stale_deals(stale)]
