"""One assumption at a time: each moved to its own P10 and P90, all else and all luck the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simulator.analysis.engine import BeforePlaying, answering, not_exact, target_of
from simulator.analysis.goal import goal_of
from simulator.analysis.tornado_moves import Move, moves
from simulator.analysis.tornado_played import played
from simulator.analysis.tornado_result import Tornado
from simulator.analysis.tornado_worked_out import MANY, worked_out
from simulator.exact.forecast import Engine
from simulator.exact.laws import OutOfReachError
from simulator.scenario.model import Scenario
from simulator.simulation.setup import check_arguments


def tornado(
    scenario: Scenario,
    *,
    target: str | None = None,
    engine: Engine = "auto",
    trials: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    before_simulating: BeforePlaying = None,
    only: Sequence[Move] | None = None,
) -> Tornado:
    """Move each assumption to its P10 and its P90, the others drawn as ever; see :func:`sensitivity`.

    ``only`` : some of :func:`moves`, in place of all.
    """
    goal = goal_of(scenario, target)
    setup = check_arguments(scenario, trials, seed, threads)
    chosen = moves(scenario) if only is None else list(only)
    how = answering(scenario, goal, target_of(scenario, goal), engine, trials, setup.seed, MANY)
    if how.family is not None:
        try:
            return worked_out(scenario, goal, chosen, setup, how, how.family, progress)
        except OutOfReachError as reason:  # of an assumption that is moved
            how = not_exact(scenario, engine, str(reason))
    if before_simulating is not None:
        before_simulating()
    return played(scenario, goal, chosen, setup, how, progress)
