"""Quantiles of betas at normal scores: whole curves by integrating the density once.

The logit of a beta quantile is a smooth function of the normal score. A curve holds it over a grid
of scores, worked out from the density on the logit scale, so that no root has to be found.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simulator.exact import normal

Floats = NDArray[np.float64]

REACH, STEP = 8.5, 32  # scores from −8.5 to 8.5 in steps of 1/32
_NODES = 2400
_LEAST = -45.0  # log of the tail probability that the grid must reach


@lru_cache(256)
def curve(a: float, b: float) -> Floats:
    """One row of :func:`curves`, kept: variants of a plan share most of their betas."""
    found: Floats = curves(np.array([a]), np.array([b]))[0]
    return found


def curves(a: Floats, b: Floats) -> Floats:
    """logit of the quantile of Beta(a, b) at each score of the grid.

    Parameters
    ----------
    a, b : float64 (row,), above 0

    Returns
    -------
    float64 (row, 545)
    """
    a, b = (np.asarray(x, np.float64)[:, None] for x in (a, b))
    middle, scale = np.log(a / b), np.sqrt(1 / a + 1 / b)
    # the tails are exponential on the logit scale, of rates a and b
    ends = [(-_LEAST / rate + 9 * scale) / scale for rate in (a, b)]
    left, right = -np.arcsinh(ends[0] / 2), np.arcsinh(ends[1] / 2)
    u = left + (right - left) * np.linspace(0.0, 1.0, _NODES)
    t = middle + scale * 2 * np.sinh(u)
    log_density = a * (t - middle) - (a + b) * (np.logaddexp(0.0, t) - np.logaddexp(0.0, middle))
    density = np.exp(log_density)
    weighted = density * scale * 2 * np.cosh(u) * (right - left) / (_NODES - 1)
    cell = weighted[:, 1:] + weighted[:, :-1]  # ∫ over a cell, exact for cubics (Gregory)
    inside = (13 * cell[:, 1:-1] - weighted[:, :-3] - weighted[:, 3:]) / 24
    mass = np.concatenate([cell[:, :1] / 2, np.maximum(inside, 0.0), cell[:, -1:] / 2], axis=1)
    below = np.cumsum(mass, axis=1)
    above = np.cumsum(mass[:, ::-1], axis=1)[:, ::-1]
    whole = below[:, -1:]
    p = np.concatenate([np.zeros_like(whole), below], axis=1) / whole
    q = np.concatenate([above, np.zeros_like(whole)], axis=1) / whole
    small = np.clip(np.minimum(p, q), 1e-300, 0.5)
    z = np.copysign(normal.ppf(small), p - 0.5)
    z[:, 0], z[:, -1] = -40.0, 40.0
    slope = np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi) * whole / np.maximum(density, 1e-280)
    wanted = np.arange(int(2 * REACH * STEP) + 1) / STEP - REACH
    return np.stack([_hermite(wanted, *rows) for rows in zip(z, t, slope, strict=True)])


def _hermite(wanted: Floats, z: Floats, t: Floats, slope: Floats) -> Floats:
    i = np.clip(np.searchsorted(z, wanted) - 1, 1, z.size - 3)
    width = z[i + 1] - z[i]
    s = (wanted - z[i]) / width
    r = 1 - s
    found: Floats = (t[i] * (1 + 2 * s) * r * r + t[i + 1] * (3 - 2 * s) * s * s
                     + width * (slope[i] * s * r * r - slope[i + 1] * s * s * r))  # fmt: skip
    return found


def _weights(x: Floats, nodes: int) -> tuple[NDArray[np.int64], tuple[Floats, ...]]:
    """First of four neighbouring nodes, and their weights in cubic interpolation at x (in steps)."""
    i = np.clip(np.floor(x).astype(np.int64), 1, nodes - 3)
    t = x - i
    return i - 1, (
        -t * (t - 1) * (t - 2) / 6, (t + 1) * (t - 1) * (t - 2) / 2, -(t + 1) * t * (t - 2) / 2,
        (t + 1) * t * (t - 1) / 6,
    )  # fmt: skip


def read(curve: Floats, z: Floats) -> Floats:
    """Logit of the quantile at normal scores z from one row of :func:`curves`; error below 1e-7."""
    i, weights = _weights((np.clip(z, -REACH, REACH) + REACH) * STEP, curve.size)
    found: Floats = sum((w * curve[i + k] for k, w in enumerate(weights)), np.zeros_like(z))
    return found


def slip_quantile(mean: Floats, concentration: float, z: Floats) -> Floats:
    """Quantile of Beta(mean·c, (1 − mean)·c) at normal scores z; 0 and 1 stay.

    Means that differ from point to point are interpolated between curves, cubically on the logit scale.
    """
    mean, z = np.broadcast_arrays(mean, z)
    inside = (mean > 0) & (mean < 1)
    if not inside.any():
        return mean.astype(np.float64)
    score, p = z[inside], mean[inside]
    different = np.unique(p)
    logit = np.log(p) - np.log1p(-p)
    if different.size <= 12:
        rows = curves(different * concentration, (1 - different) * concentration)
        t = np.empty(p.size)
        for value, row in zip(different, rows, strict=True):
            t[p == value] = read(row, score[p == value])
    else:
        low, high = float(logit.min()), float(logit.max())
        nodes = int(np.clip(np.ceil((high - low) / 0.15), 8, 120)) + 3
        step = (high - low) / (nodes - 3)
        grid = low + step * (np.arange(nodes) - 1)
        share = 1 / (1 + np.exp(-grid))
        table = curves(share * concentration, concentration / (1 + np.exp(grid)))
        i, across = _weights((logit - grid[0]) / step, nodes)
        j, along = _weights((np.clip(score, -REACH, REACH) + REACH) * STEP, table.shape[1])
        t = np.zeros(p.size)
        for di, wi in enumerate(across):
            for dj, wj in enumerate(along):
                t += wi * wj * table[i + di, j + dj]
    found = mean.astype(np.float64)
    found[inside] = 1 / (1 + np.exp(-np.clip(t, -700, 700)))
    return found
