"""Quantiles of fixed laws, tabulated once per plan and read by cubic interpolation.

A beta or gamma is kept over a grid of normal scores, as the logit or the logarithm of its quantile,
which is smooth there. A lognormal of fixed shape is kept over its probability, where looking up
needs neither logarithm nor exponential; its tails are worked out exactly.
"""

from __future__ import annotations

import math

import numpy as np

from simulator.kernels.jit import inner, jit
from simulator.kernels.special import beta_logit_quantile, gamma_log_quantile, norm_ppf

CURVE_REACH = 8.5
CURVE_STEP = 32
QUANTILE_CELLS = 2048
QUANTILE_EDGE = 1.0 / 32.0


@jit
def tabulate(kinds, shapes, curves, sigmas, quantiles):
    """Fill curves (row, node) of betas (kind 0) and gammas (kind 1) of ``shapes`` (row, 2), and
    quantiles (row, cell) of lognormals of log sd ``sigmas`` (row,) and median 1."""
    for row in range(kinds.size):
        for i in range(curves.shape[1]):
            z = i / CURVE_STEP - CURVE_REACH
            if kinds[row] == 0:
                curves[row, i] = beta_logit_quantile(shapes[row, 0], shapes[row, 1], z)
            else:
                curves[row, i] = gamma_log_quantile(shapes[row, 0], z)
    for row in range(sigmas.size):
        for i in range(1, quantiles.shape[1] - 1):
            quantiles[row, i] = math.exp(sigmas[row] * norm_ppf(i / QUANTILE_CELLS))


@inner
def read_curve(curves, row, z):
    """Cubic interpolation of a smooth curve over normal scores; error below 1e-9."""
    nodes = curves.shape[1]
    x = (z + CURVE_REACH) * CURVE_STEP
    i = np.int64(math.floor(x))
    i = min(max(i, 1), nodes - 3)
    t = x - i
    y0, y1, y2, y3 = curves[row, i - 1], curves[row, i], curves[row, i + 1], curves[row, i + 2]
    return (y0 * (-t * (t - 1.0) * (t - 2.0) / 6.0) + y1 * ((t + 1.0) * (t - 1.0) * (t - 2.0) / 2.0)
            + y2 * (-(t + 1.0) * t * (t - 2.0) / 2.0) + y3 * ((t + 1.0) * t * (t - 1.0) / 6.0))  # fmt: skip


@inner
def read_quantile(quantiles, row, u):
    """exp(σ·Φ⁻¹(u)) by cubic interpolation between the edges; relative error below 1e-7."""
    x = u * QUANTILE_CELLS
    i = np.int64(x)
    t = x - i
    y0, y1, y2, y3 = quantiles[row, i - 1], quantiles[row, i], quantiles[row, i + 1], quantiles[row, i + 2]
    return (y0 * (-t * (t - 1.0) * (t - 2.0) / 6.0) + y1 * ((t + 1.0) * (t - 1.0) * (t - 2.0) / 2.0)
            + y2 * (-(t + 1.0) * t * (t - 2.0) / 2.0) + y3 * ((t + 1.0) * t * (t - 1.0) / 6.0))  # fmt: skip
