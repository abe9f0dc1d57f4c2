"""Many variants of a plan in the same luck: how a target depends on what is varied."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from simulator.analysis.checkpoint import Checkpoint
from simulator.analysis.engine import BeforePlaying, answering
from simulator.analysis.goal import goal_of
from simulator.analysis.processes import work_out
from simulator.analysis.sweep_result import Sweep
from simulator.analysis.sweep_work import Work, by_weight
from simulator.analysis.variants import play
from simulator.analysis.vary import Design, points_of, varied
from simulator.exact.forecast import Engine
from simulator.scenario.model import Scenario
from simulator.simulation.setup import Setup, check_arguments


def sweep(
    scenario: Scenario,
    vary: Mapping[str, Any],
    *,
    design: Design = "grid",
    samples: int | None = None,
    target: str | None = None,
    engine: Engine = "auto",
    trials: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    restart: bool = False,
    cluster: str | None = None,
    progress: Callable[[int, int], None] | None = None,
    before_simulating: BeforePlaying = None,
) -> Sweep:
    """A plan in many variants: worked out where that can be done, else played, all in the same luck.

    Parameters
    ----------
    vary : path -> values: a sequence, ``"800:1200:9"`` (equally spaced, both ends included),
        ``"0.3,0.4"``, or ``"800:1200"`` for a design; relative too: ``"-20%:+20%:9"``.
    design : ``grid`` visits every combination; ``lhs`` (Latin hypercube) and ``sobol`` visit
        ``samples`` points of the ranges.
    target : name of the target, or ``all``; by default the first.
    engine : ``auto`` works variants out where the plan and its targets allow it and no trials are asked for, at the
        same points of what is uncertain; ``exact`` refuses to play, ``simulate`` always plays.
    checkpoint : file that keeps finished rows; a sweep that finds its own goes on there. It stays
        when the sweep is done; remove it once the rows are safe.
    restart : begin afresh, whatever the checkpoint holds.
    cluster : address of a Dask scheduler (``tcp://…``) whose workers play the variants.
    progress : called with (done, total).
    before_simulating : called once before anything is played, which may take a while the first time.

    Raises
    ------
    UsageError : impossible ranges, an unknown target, a checkpoint of another sweep.
    ScenarioError : an unknown path, or a value that is not allowed there.

    Examples
    --------
    >>> import simulator as sim
    >>> plan = sim.load("scenarios/twenty-five-customers.yaml")
    >>> found = sweep(plan, {"segments.inbound.volume": "800:1200:3"}, trials=500, seed=7)
    >>> [row["segments.inbound.volume"] for row in found.rows]
    [800, 1000, 1200]
    """
    goal = goal_of(scenario, target)
    if seed is None and checkpoint is not None and not restart and scenario.simulation.seed is None:
        seed = Checkpoint.seed_of(checkpoint)
    setup = check_arguments(scenario, trials, seed, threads)
    varies = varied(scenario, vary)
    variants = points_of(varies, design, samples, setup.seed)
    how = answering(scenario, goal, by_weight(scenario, goal), engine, trials, setup.seed)
    if how.family is None and before_simulating is not None:
        before_simulating()
    asked = "simulate" if how.family is None else engine
    work = Work(scenario, goal, tuple(v.path for v in varies), tuple(variants), setup.trials, setup.seed, asked)
    if how.family is not None and cluster is None:
        work.knows(how.family)
    found: dict[int, list[Any]] = {}
    kept = None
    if checkpoint is not None:
        kept = Checkpoint(checkpoint, work.about(design))
        if restart:
            kept.remove()
        found = kept.open().rows
    try:
        missing = [number for number in range(len(variants)) if number not in found]
        for number, row in _played(work, missing, setup, cluster, _after(len(found), len(variants), progress)):
            if kept is None:
                found[number] = row
            else:
                kept.add(number, row)
    finally:
        if kept is not None:
            kept.close()
    rows = tuple(work.row(number, found[number]) for number in range(len(variants)))
    trials = setup.trials if how.family is None else None
    return Sweep(scenario, goal, tuple(varies), tuple(variants), rows, trials, setup.seed, design, how)


def _after(done: int, total: int, progress: Callable[[int, int], None] | None) -> Callable[[int, int], None] | None:
    """Progress of all variants, where only those that are missing are played."""
    if progress is None or not total:
        return None
    share = (total - done) / total
    return lambda part, whole: progress(int(1_000_000 * (1 - share + share * part / whole)), 1_000_000)


def _played(
    work: Work, missing: list[int], setup: Setup, cluster: str | None, progress: Callable[[int, int], None] | None
) -> Iterator[tuple[int, list[Any]]]:
    if not missing:
        return
    if cluster is not None:
        from simulator.analysis.cluster import play_on_cluster

        yield from play_on_cluster(cluster, work, missing, progress)
        return
    if work.engine != "simulate" and setup.threads > 1:
        yield from work_out(work, missing, setup.threads, progress)
        return
    yield from play(work.play, missing, setup, progress)
