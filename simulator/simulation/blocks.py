"""A run cut into blocks of trials that follow each other: each is played by one thread, used, and dropped."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from simulator.scenario.model import Scenario
from simulator.simulation.flags import Flags
from simulator.simulation.groups import group_seeds
from simulator.simulation.lower import Lowered, lower
from simulator.simulation.metrics import Metric
from simulator.simulation.result import Result
from simulator.simulation.setup import Setup, check_arguments
from simulator.simulation.simulate import play_trials

T = TypeVar("T")

BLOCK_BYTES = 2**24
"""Memory that the results of one block may take, roughly."""
LEAST, MOST = 64, 8192  # trials in a block


def block_size(metrics: Sequence[Metric], segments: int, quarters: int) -> int:
    """Trials in a block: a power of two, from the plan alone, so that sums over blocks are the same everywhere.

    >>> from simulator.simulation.metrics import metrics_of
    >>> block_size(metrics_of(["visitors", "sqls", "wins"], True), segments=200, quarters=12)
    64
    """
    fit = max(LEAST, BLOCK_BYTES // (8 * len(metrics) * segments * quarters))
    return int(min(MOST, 1 << (fit.bit_length() - 1)))


def blocks(
    work: Callable[[int, Result], T],
    scenario: Scenario,
    *,
    trials: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[T]:
    """What ``work(first, result)`` makes of each block of the trials that
    :func:`~simulator.simulation.simulate.simulate` would play, in their order."""
    setup = check_arguments(scenario, trials, seed, threads)
    parts = played(work, scenario, lower(scenario), group_seeds(setup.seed), setup, progress=progress)
    return (found for found, _ in parts)


def played(
    work: Callable[[int, Result], T],
    scenario: Scenario,
    lowered: Lowered,
    seeds: np.ndarray,
    setup: Setup,
    *,
    first_trial: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[tuple[T, Flags]]:
    """What ``work(first, result)`` makes of each block, in the order of the trials.

    It is called in the thread that played the block. At most two blocks per thread are held.
    """
    size = block_size(lowered.metrics, len(scenario.segments), len(scenario.calendar.labels))
    firsts = range(first_trial, first_trial + setup.trials, size)

    def one(first: int) -> tuple[T, Flags]:
        trials = min(size, first_trial + setup.trials - first)
        part = Setup(trials, setup.seed, 1)
        result, flags = play_trials(scenario, lowered, seeds, part, first_trial=first)
        return work(first, result), flags

    done = 0
    for found, flags in in_order(one, firsts, setup.threads):
        done += flags.trials
        yield found, flags
        if progress is not None:
            progress(done, setup.trials)


def in_order(work: Callable[[int], T], items: Sequence[int], threads: int) -> Iterator[T]:
    """Results of ``work`` in the order of ``items``, at most two per thread under way or waiting to be taken.

    >>> list(in_order(lambda x: x * x, range(4), 2))
    [0, 1, 4, 9]
    """
    if threads == 1 or len(items) == 1:
        yield from map(work, items)
        return
    pool = ThreadPoolExecutor(min(threads, len(items)), thread_name_prefix="simulate")
    waiting: deque[Future[T]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) >= 2 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
