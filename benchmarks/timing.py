"""Timing on machines that are never quiet: programs take turns, and ratios are taken within a turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from statistics import median

Run = Callable[[int, int], object]
Clock = Callable[[], float]
"""Seconds: ``time.perf_counter``, or ``time.process_time`` where what others do must not matter at all."""


def calibrate(run: Run, seconds: float, *, least: int = 20, clock: Clock = time.perf_counter) -> int:
    """How many trials take about ``seconds``; runs twice or more, so the second call finds all warm."""
    trials = least
    run(trials, 1)
    while True:
        started = clock()
        run(trials, 2)
        taken = clock() - started
        if taken > seconds / 8:
            return max(least, int(trials * seconds / taken))
        trials *= 4


def take_turns(
    runs: Mapping[str, Run], *, seconds: float, rounds: int, clock: Clock = time.perf_counter
) -> dict[str, list[float]]:
    """Trials per second of every program in every round; in each round all of them run once, in turn."""
    trials = {name: calibrate(run, seconds, clock=clock) for name, run in runs.items()}
    speeds: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(rounds):
        for name, run in runs.items():
            started = clock()
            run(trials[name], 100 + number)
            speeds[name].append(trials[name] / (clock() - started))
    return speeds


def ratio(first: list[float], second: list[float]) -> float:
    """Median over rounds of the first by the second of the same round."""
    return median(a / b for a, b in zip(first, second, strict=True))
