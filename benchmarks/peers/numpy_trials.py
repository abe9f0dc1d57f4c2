"""NumPy over the trial axis: counts by week thinned by binomials, lags of individuals by alias table."""

from __future__ import annotations

import numpy as np

from ..funnel import WEEKS, Funnel
from . import alias

NAME = "NumPy over the trial axis"
BLOCK = 128  # trials at a time: the arrays of a block stay in the second-level cache


def prepare(funnel: Funnel):
    """Alias tables once; then blocks of trials."""
    tables = [alias.table(lag) for lag in funnel.lags]

    def play(trials: int, seed: int) -> np.ndarray:
        rng = np.random.Generator(np.random.SFC64(seed))
        outputs = np.empty((trials, funnel.quarters, len(funnel.metrics)))
        for first in range(0, trials, BLOCK):
            outputs[first : first + BLOCK] = _block(funnel, tables, rng, min(BLOCK, trials - first))
        return outputs

    return play


def _block(funnel: Funnel, tables, rng: np.random.Generator, trials: int) -> np.ndarray:
    weeks, start, quarters = funnel.weeks, funnel.start, funnel.quarters
    outputs = np.empty((trials, quarters, len(funnel.metrics)))
    entered = rng.poisson(funnel.arrivals, size=(trials, weeks))
    for stage, rate in enumerate(funnel.rates[:-1]):
        outputs[:, :, stage] = entered[:, start:].reshape(trials, quarters, WEEKS).sum(axis=2)
        entered = _later(rng, tables[stage], rng.binomial(entered, rate))
    outputs[:, :, -4] = entered[:, start:].reshape(trials, quarters, WEEKS).sum(axis=2)

    trial = np.repeat(np.arange(trials), entered.sum(axis=1))
    due = np.repeat(np.tile(np.arange(weeks), trials), entered.ravel())
    due += alias.draw(rng, tables[-1], len(due))
    mu, sigma = funnel.lognormal
    slips = np.zeros(trials * quarters)
    won = []
    for slipped in range(funnel.limit + 1):
        inside = due < weeks
        trial, due = trial[inside], due[inside]
        fate = rng.random(len(due))
        win = funnel.slip + (1 - funnel.slip) * funnel.rates[-1] * funnel.factor**slipped
        won.append(_cells(funnel, trial, due, (fate >= funnel.slip) & (fate < win)))
        if slipped < funnel.limit and funnel.slip > 0:
            again = fate < funnel.slip
            slips += np.bincount(_cells(funnel, trial, due, again), minlength=trials * quarters)
            trial, due = trial[again], due[again]
            due = due + rng.geometric(1 / funnel.delay, size=len(due))
    cells = np.concatenate(won)
    values = np.exp(mu + sigma * rng.standard_normal(len(cells)))
    for column, flat in ((-3, np.bincount(cells, minlength=trials * quarters)), (-1, slips)):
        outputs[:, :, column] = flat.reshape(trials, quarters)
    outputs[:, :, -2] = np.bincount(cells, values, minlength=trials * quarters).reshape(trials, quarters)
    return outputs


def _later(rng: np.random.Generator, tables, going: np.ndarray) -> np.ndarray:
    """Spread those who go on over the weeks in which they arrive; beyond the last week they are dropped."""
    trials, weeks = going.shape
    longest = len(tables[1]) - 1
    if longest == 0:
        return going
    width = weeks + longest
    cells = (np.arange(trials)[:, None] * width + np.arange(weeks)).ravel()
    arriving = np.repeat(cells, going.ravel())
    arriving += alias.draw(rng, tables, len(arriving))
    return np.bincount(arriving, minlength=trials * width).reshape(trials, width)[:, :weeks]


def _cells(funnel: Funnel, trial: np.ndarray, due: np.ndarray, which: np.ndarray) -> np.ndarray:
    """Index into (trial, quarter), flattened, of those in ``which`` that fall after the warm-up."""
    trial, week = trial[which], due[which] - funnel.start
    if funnel.start:
        counts = week >= 0
        trial, week = trial[counts], week[counts]
    return trial * funnel.quarters + week // WEEKS
