"""SimPy: one process per visitor who engages, one environment per trial."""

from __future__ import annotations

import bisect
import math
import random
from itertools import accumulate

import numpy as np
import simpy

from ..funnel import WEEKS, Funnel

NAME = "SimPy, a process per engaged visitor"


def prepare(funnel: Funnel):
    """Cumulative lags once; then trial after trial."""
    steps = [list(accumulate(lag.tolist())) for lag in funnel.lags]
    rates = funnel.rates.tolist()
    mu, sigma = funnel.lognormal
    stays = math.log1p(-1 / funnel.delay) if funnel.delay > 1 else -math.inf
    start, quarters, last = funnel.start, funnel.quarters, len(funnel.stages) - 2
    wins, bookings, slips = (len(funnel.metrics) - back for back in (3, 2, 1))

    def trial(outputs: np.ndarray, rng: random.Random, arrivals: list[int]) -> None:
        env = simpy.Environment()
        counts = [[0.0] * len(funnel.metrics) for _ in range(quarters)]

        def lag(stage: int) -> int:
            return min(bisect.bisect_left(steps[stage], rng.random()), len(steps[stage]) - 1)

        def count(metric: int, amount: float = 1.0) -> None:
            week = int(env.now) - start
            if week >= 0:
                counts[week // WEEKS][metric] += amount

        def visitor():
            yield env.timeout(lag(0))
            count(1)
            for stage in range(1, last):
                if rng.random() >= rates[stage]:
                    return
                yield env.timeout(lag(stage))
                count(stage + 1)
            fate = rng.random()  # one for life
            yield env.timeout(lag(last))
            slipped = 0
            while rng.random() < funnel.slip:
                if slipped == funnel.limit:
                    return
                slipped += 1
                count(slips)
                yield env.timeout(int(math.log1p(-rng.random()) / stays) + 1)
            if fate < rates[last] * funnel.factor**slipped:
                count(wins)
                count(bookings, rng.lognormvariate(mu, sigma))

        def door():
            for arrived in arrivals:
                count(0, arrived)
                for _ in range(arrived):
                    if rng.random() < rates[0]:
                        env.process(visitor())
                yield env.timeout(1)

        env.process(door())
        env.run(until=funnel.weeks)
        outputs[:] = counts

    def play(trials: int, seed: int) -> np.ndarray:
        outputs = np.empty((trials, quarters, len(funnel.metrics)))
        arrivals = np.random.default_rng(seed).poisson(funnel.arrivals, size=(trials, funnel.weeks)).tolist()
        rng = random.Random(seed)
        for index in range(trials):
            trial(outputs[index], rng, arrivals[index])
        return outputs

    return play
