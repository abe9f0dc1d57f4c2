"""Numba as it is first written: a loop over visitors, each with its own calls of ``np.random``."""

# ruff: noqa: NPY002  (inside numba, np.random is what everybody starts with)
from __future__ import annotations

import numba
import numpy as np

from ..funnel import WEEKS, Funnel

NAME = "Numba, a loop per visitor"


@numba.njit(cache=True)
def _lag(cumulative):
    chance = np.random.random()
    k = 0
    while k < len(cumulative) - 1 and chance >= cumulative[k]:
        k += 1
    return k


@numba.njit(cache=True, nogil=True)
def _play(outputs, seed, arrivals, rates, lags, sizes, slip, delay, limit, factor, mu, sigma, start):
    np.random.seed(seed)
    trials, _, metrics = outputs.shape
    weeks, stages = len(arrivals), len(rates)
    for trial in range(trials):
        for born in range(weeks):
            for _ in range(np.random.poisson(arrivals[born])):
                week, stage = born, 0
                while week < weeks:
                    if week >= start:
                        outputs[trial, (week - start) // WEEKS, stage] += 1
                    if stage == stages - 1:
                        break
                    if np.random.random() >= rates[stage]:
                        week = weeks
                    else:
                        week += _lag(lags[stage, : sizes[stage]])
                        stage += 1
                if week >= weeks:
                    continue
                week += _lag(lags[stage, : sizes[stage]])
                slipped, fate = 0, np.random.random()
                while week < weeks:
                    if np.random.random() < slip:
                        if slipped == limit:
                            break
                        slipped += 1
                        if week >= start:
                            outputs[trial, (week - start) // WEEKS, metrics - 1] += 1
                        week += np.random.geometric(1 / delay)
                    else:
                        if fate < rates[stage] * factor**slipped and week >= start:
                            quarter = (week - start) // WEEKS
                            outputs[trial, quarter, metrics - 3] += 1
                            outputs[trial, quarter, metrics - 2] += np.random.lognormal(mu, sigma)
                        break


def prepare(funnel: Funnel):
    """Cumulative lags as one array; numba compiles at the first call."""
    sizes = np.array([len(lag) for lag in funnel.lags])
    lags = np.zeros((len(sizes), sizes.max()))
    for row, lag in zip(lags, funnel.lags, strict=True):
        row[: len(lag)] = np.cumsum(lag)
    mu, sigma = funnel.lognormal

    def play(trials: int, seed: int) -> np.ndarray:
        outputs = np.zeros((trials, funnel.quarters, len(funnel.metrics)))
        plan = (funnel.arrivals, funnel.rates, lags, sizes, funnel.slip, funnel.delay, funnel.limit, funnel.factor)
        _play(outputs, seed, *plan, mu, sigma, funnel.start)
        return outputs

    return play
