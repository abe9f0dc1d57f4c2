"""A tornado counted in trials: every move played in the same luck."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from simulator.analysis.engine import Answering
from simulator.analysis.goal import Goal
from simulator.analysis.tornado_moves import Move, moved_plan
from simulator.analysis.tornado_result import Effect, Tornado, largest_first
from simulator.analysis.variants import Progress, play
from simulator.scenario.model import Scenario
from simulator.simulation.setup import Setup
from simulator.statistics.intervals import mean, proportion
from simulator.statistics.paired import paired_mean, paired_proportion


def played(
    scenario: Scenario,
    goal: Goal,
    chosen: Sequence[Move],
    setup: Setup,
    how: Answering,
    progress: Progress | None,
) -> Tornado:
    """The plan and, for every move, the plan at both ends, trial by trial against each other."""
    from simulator.simulation.adjust import Adjustment
    from simulator.simulation.simulate import simulate

    def job(number: int, threads: int, tick: Progress) -> tuple[np.ndarray | None, np.ndarray]:
        plan, hold = moved_plan(scenario, chosen, number)
        adjust = None if hold is None else Adjustment(hold=hold)
        result = simulate(plan, trials=setup.trials, seed=setup.seed, threads=threads, adjust=adjust, progress=tick)
        return goal.hits(result), goal.values(result)

    found = dict(play(job, range(1 + 2 * len(chosen)), setup, progress))
    effects = largest_first(_effect(move, found[2 * i + 1], found[2 * i + 2]) for i, move in enumerate(chosen))
    hits, values = found[0]
    own = None if hits is None else proportion(hits)
    return Tornado(scenario, goal, effects, own, mean(values), setup.trials, setup.seed, how)


def _effect(move: Move, low: Any, high: Any) -> Effect:
    (low_hits, low_values), (high_hits, high_values) = low, high
    means = (mean(low_values).value, mean(high_values).value)
    if low_hits is None:
        return Effect(move, None, means, None, paired_mean(low_values, high_values))
    probabilities = (float(low_hits.mean()), float(high_hits.mean()))
    change = paired_proportion(low_hits, high_hits)
    return Effect(move, probabilities, means, change, paired_mean(low_values, high_values))
