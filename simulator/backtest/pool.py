"""A pool of forecasts that learns from its past scores and is never far from the best of them.

The pool averages quantiles (Lichtendahl, Grushka-Cockayne & Winkler 2013): where its members disagree about the level
it takes a middle one, instead of a wide mixture of both. Its weights are those with which a weighted mean of the
distributions would have had the best CRPS on past cells, a small convex programme since that CRPS is a quadratic form
(Gneiting & Ranjan 2013); old cells fade, and a pull towards the starting weights keeps a short record from deciding.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.statistics.scores import cdf_on

Floats = NDArray[np.float64]
PATIENCE = 10.0
"""How many cells of an average score the starting weights are worth."""
FADE = 0.97
"""How much less a cell says of the weights for every week that its window has been over."""
LEVELS = (np.arange(200) + 0.5) / 200


def quadratic(pmfs: list[Floats], actual: int) -> Floats:
    """float64 (forecast, forecast): CRPS of a pool with weights w is w @ this @ w."""
    size = max(max(len(p) for p in pmfs), actual + 1)
    step = np.arange(size) >= actual
    errors = np.array([cdf_on(p, size) - step for p in pmfs])
    return errors @ errors.T


def best_weights(past: Floats, start: Floats, patience: float = PATIENCE, cells: float = 1) -> Floats:
    """Weights that minimise w @ past @ w plus the pull to ``start``.

    ``past`` : float64 (forecast, forecast), sum over ``cells`` past cells.
    """
    if cells == 0 or not past.any():
        return start
    scale = float(np.trace(past)) / len(past) / cells
    matrix = past + patience * scale * np.eye(len(past))
    pull = patience * scale * start
    w = start.copy()
    step = 1 / float(np.linalg.eigvalsh(matrix)[-1])
    for _ in range(2000):
        new = _simplex(w - step * (matrix @ w - pull))
        if np.abs(new - w).max() < 1e-9:
            return new
        w = new
    return w


def _simplex(v: Floats) -> Floats:
    """The nearest point with weights >= 0 that sum to 1 (Duchi et al. 2008)."""
    u = np.sort(v)[::-1]
    excess = (np.cumsum(u) - 1) / np.arange(1, len(u) + 1)
    return np.maximum(v - excess[np.flatnonzero(u > excess)[-1]], 0.0)


def average(pmfs: list[Floats], weights: Floats) -> Floats:
    """Probabilities of the count whose quantiles are the weighted mean of those of ``pmfs``.

    Each count stands for the stretch half a unit to either side, so that means of quantiles need no rounding; what
    falls between two counts is shared between them.
    """
    mean = np.maximum(sum((w * _quantiles(p) for p, w in zip(pmfs, weights, strict=True)), np.zeros(len(LEVELS))), -0.5)
    edges = np.arange(int(mean[-1] + 2)) + 0.5
    cdf = np.interp(edges, mean, LEVELS, left=0.0, right=1.0)
    return np.diff(np.r_[0.0, cdf]) / cdf[-1]


def _quantiles(pmf: Floats) -> Floats:
    cdf = np.cumsum(pmf)
    cdf = np.r_[0.0, cdf / cdf[-1]]
    rising = np.r_[True, np.diff(cdf) > 1e-12]
    return np.interp(LEVELS, cdf[rising], (np.arange(len(cdf)) - 0.5)[rising])
