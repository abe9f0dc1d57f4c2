"""Running a plan: from the scenario to its result."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Literal

import numpy as np

from simulator.errors import UsageError
from simulator.kernels.engine import TERMS_FORM
from simulator.kernels.jit import is_kept
from simulator.scenario.model import Scenario
from simulator.simulation.adjust import Adjustment
from simulator.simulation.chunks import compile_ahead, play_chunks
from simulator.simulation.desk import Arrays
from simulator.simulation.flags import Flags
from simulator.simulation.gathered import add_spend, result_of
from simulator.simulation.groups import GROUPS, group_seeds
from simulator.simulation.limits import is_too_large, refuse_if_too_many
from simulator.simulation.lower import Lowered, lower
from simulator.simulation.result import Result
from simulator.simulation.setup import Setup as Setup
from simulator.simulation.setup import check_arguments as check_arguments
from simulator.simulation.setup import pick_seed as pick_seed


def simulate(
    scenario: Scenario,
    *,
    trials: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    by: Literal["quarter", "week"] = "quarter",
    redraw: Collection[str] = (),
    replicate: int = 1,
    at_median: bool = False,
    market: bool = True,
    slips: bool = True,
    first_trial: int = 0,
    adjust: Adjustment | None = None,
    keep: Literal["trials", "summaries", "auto"] = "trials",
    progress: Callable[[int, int], None] | None = None,
) -> Result:
    """Play a plan many times.

    Parameters
    ----------
    scenario : from :func:`simulator.load`.
    trials, seed : by default the scenario's own; without a seed one is picked and kept in the result.
    threads : by default one per processor. The result does not depend on it.
    by : ``"week"`` for (trial, week) arrays.
    redraw : groups of luck to draw afresh while the rest is held: ``assumptions``, ``market``,
        ``demand``, ``deals``, ``slips``, ``customers``; ``replicate`` numbers such redraws.
    at_median : hold every uncertain number at its median.
    market, slips : False plays without shocks and events, or without slips.
    first_trial : number of the first trial, to go on where an earlier run ended.
    adjust : uncertain numbers to hold at a value or to draw afresh, all else being the same.
    keep : ``"summaries"`` keeps probabilities, means and percentiles only, in memory that does not grow with the
        trials (:class:`~simulator.simulation.streamed.StreamedResult`); ``"auto"`` does so where the trials would
        take more than 1 GiB, or more than there is.
    progress : called with (trials done, trials in all) between chunks.

    Returns
    -------
    Result

    Raises
    ------
    UsageError : impossible arguments.
    RunError : more trials than fit into memory, where they are to be kept.

    Examples
    --------
    >>> import simulator as sim
    >>> plan = sim.load("scenarios/twenty-five-customers.yaml")
    >>> sim.simulate(plan, trials=1000, seed=7)["wins"].shape
    (1000, 4)
    """
    setup = check_arguments(scenario, trials, seed, threads)
    unknown = [name for name in redraw if name not in GROUPS]
    if unknown:
        raise UsageError(f"redraw: no group {unknown[0]!r}; there are: {', '.join(GROUPS)}")
    if by not in ("quarter", "week"):
        raise UsageError(f"by: {by!r} is neither 'quarter' nor 'week'")
    if setup.threads > 1 and not is_kept(TERMS_FORM):  # then filling tables takes the compiler too
        compile_ahead(lower(scenario, at_median=at_median, market=market, slips=slips, tables=False), by)
    lowered = lower(scenario, at_median=at_median, market=market, slips=slips)
    if setup.threads > 1:
        compile_ahead(lowered, by)
    if adjust is not None:
        lowered = adjust.apply(lowered)
    seeds = group_seeds(setup.seed, redraw, replicate)
    if keep not in ("trials", "summaries", "auto"):
        raise UsageError(f"keep: {keep!r} is none of 'trials', 'summaries' and 'auto'")
    if keep == "auto":
        keep = "summaries" if is_too_large(lowered, setup.trials) else "trials"
    if keep == "summaries":
        refuse_if_too_many(lowered, setup.trials)
        if by != "quarter":
            raise UsageError("by: weeks need the trials; summaries are by quarter")
        from simulator.simulation.stream import stream

        return stream(scenario, lowered, seeds, setup, first_trial, progress)
    return play_trials(scenario, lowered, seeds, setup, by=by, first_trial=first_trial, progress=progress)[0]


def play_trials(
    scenario: Scenario,
    lowered: Lowered,
    seeds: np.ndarray,
    setup: Setup,
    *,
    by: str = "quarter",
    first_trial: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Result, Flags]:
    """Some trials of a plan laid out already, and how often something in them deserves a word."""
    arrays = Arrays(lowered, setup.trials, by)
    play_chunks(lowered, seeds, arrays, setup, first_trial, progress)
    if lowered.spend is not None:
        add_spend(lowered, seeds, arrays, setup, first_trial)
    return result_of(scenario, lowered, arrays, setup, seeds, by, first_trial)
