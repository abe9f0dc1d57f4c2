"""NumPy, path classes collapsed: one Poisson count per class instead of any visitor.

Classes met several times in a trial get a Poisson count each; the many rare ones share one Poisson
count of which every member picks its class from an alias table. A matrix product turns counts into
outputs. Only for plain numbers: an uncertain rate or a market would move all visitors of a trial.
"""

from __future__ import annotations

import numpy as np

from ..funnel import Funnel
from . import alias
from .classes import classes

NAME = "NumPy, path classes collapsed"
BLOCK = 512
OFTEN = 0.5  # classes expected more often than this get a count of their own


def prepare(funnel: Funnel):
    """Enumerate the classes once (a second or so); then blocks of trials."""
    means, adds = classes(funnel)
    width = funnel.quarters * len(funnel.metrics)
    adds = adds.reshape(len(means), width)
    often = means > OFTEN
    common, rare = adds[often], adds[~often]
    rate, rest = means[often], means[~often]
    tables = alias.table(rest)
    mu, sigma = funnel.lognormal

    def play(trials: int, seed: int) -> np.ndarray:
        rng = np.random.Generator(np.random.SFC64(seed))
        outputs = np.empty((trials, funnel.quarters, len(funnel.metrics)))
        for first in range(0, trials, BLOCK):
            size = min(BLOCK, trials - first)
            block = rng.poisson(rate, size=(size, len(rate))).astype(float) @ common
            others = rng.poisson(rest.sum(), size=size)
            picked = alias.draw(rng, tables, int(others.sum())) + np.repeat(np.arange(size) * len(rest), others)
            block += np.bincount(picked, minlength=size * len(rest)).reshape(size, len(rest)).astype(float) @ rare
            block = block.reshape(size, funnel.quarters, len(funnel.metrics))
            wins = block[:, :, -3].astype(np.int64).ravel()
            values = np.exp(mu + sigma * rng.standard_normal(int(wins.sum())))
            cells = np.repeat(np.arange(len(wins)), wins)
            block[:, :, -2] = np.bincount(cells, values, minlength=len(wins)).reshape(size, funnel.quarters)
            outputs[first : first + size] = block
        return outputs

    return play
