"""Timing on machines that are never quiet: programs take turns, and ratios are taken within a turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from statistics import median

Run = Callable[[int, int], object]


def calibrate(run: Run, seconds: float, *, least: int = 20) -> int:
    """How many trials take about ``seconds``; runs twice or more, so the second call finds all warm."""
    trials = least
    run(trials, 1)
    while True:
        started = time.perf_counter()
        run(trials, 2)
        taken = time.perf_counter() - started
        if taken > seconds / 8:
            return max(least, int(trials * seconds / taken))
        trials *= 4


def take_turns(runs: Mapping[str, Run], *, seconds: float, rounds: int) -> dict[str, list[float]]:
    """Trials per second of every program in every round; in each round all of them run once, in turn."""
    trials = {name: calibrate(run, seconds) for name, run in runs.items()}
    speeds: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(rounds):
        for name, run in runs.items():
            started = time.perf_counter()
            run(trials[name], 100 + number)
            speeds[name].append(trials[name] / (time.perf_counter() - started))
    return speeds


def ratio(first: list[float], second: list[float]) -> float:
    """Median over rounds of the first by the second of the same round."""
    return median(a / b for a, b in zip(first, second, strict=True))
