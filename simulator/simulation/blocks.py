"""A run cut into blocks of trials that follow each other: each is played by one thread, used, and dropped."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from simulator.scenario.model import Scenario
from simulator.simulation.flags import Flags
from simulator.simulation.lower import Lowered
from simulator.simulation.result import Result
from simulator.simulation.simulate import Setup, memory_needed, play_trials

T = TypeVar("T")

BLOCK_BYTES = 2**24
"""Memory that the results of one block may take, roughly."""
LEAST, MOST = 64, 8192  # trials in a block


def block_size(lowered: Lowered) -> int:
    """Trials in a block: a power of two, from the plan alone, so that sums over blocks are the same everywhere."""
    fit = max(LEAST, BLOCK_BYTES // memory_needed(lowered, 1, lowered.plan.shape.quarters))
    return int(min(MOST, 1 << (fit.bit_length() - 1)))


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
    size = block_size(lowered)
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
