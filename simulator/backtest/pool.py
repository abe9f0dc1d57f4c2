"""A pool of forecasts that learns from its past scores and is never far from the best of them.

The pool is a weighted mean of distributions. Its CRPS is a quadratic form in the weights, so those that would have
been best on past cells follow from a small convex programme; a pull towards the starting weights keeps a short record
from deciding (Gneiting & Ranjan 2013 on linear pools).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.statistics.scores import cdf_on

Floats = NDArray[np.float64]
PATIENCE = 60.0
"""How many cells of an average score the starting weights are worth."""


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


def mix(pmfs: list[Floats], weights: Floats) -> Floats:
    """Probabilities of the pool."""
    out = np.zeros(max(len(p) for p in pmfs))
    for pmf, weight in zip(pmfs, weights, strict=True):
        out[: len(pmf)] += weight * pmf
    return out
