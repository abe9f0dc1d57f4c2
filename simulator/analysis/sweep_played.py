"""A variant of a sweep, counted in trials."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.analysis.goal import Goal
from simulator.simulation.result import Result
from simulator.statistics.intervals import mean, proportion


def counted(goal: Goal, result: Result) -> list[Any]:
    """[number of trials met by the chosen target, by each target, …], [means]."""
    hit = goal.hits(result)
    met = [None if hit is None else int(np.count_nonzero(hit))]
    met += [int(np.count_nonzero(result.target_hits[:, i])) for i in range(result.target_hits.shape[1])]
    values = [result.values(m.name, goal.period, goal.segment) for m in result.metrics]
    means = [None if np.isnan(found := mean(each).value) else found for each in values]
    return [met, {m.name: mean for m, mean in zip(result.metrics, means, strict=True)}]


def of_hits(met: int, trials: int) -> tuple[float, float]:
    """Probability and standard error, of how many trials met the target."""
    found = proportion(np.arange(trials) < met)
    return found.value, found.standard_error
