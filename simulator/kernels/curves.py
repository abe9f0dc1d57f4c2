"""Quantiles of fixed laws, tabulated once per plan and read by cubic interpolation.

A beta or gamma is kept over a grid of normal scores, as the logit or the logarithm of its quantile,
which is smooth there.
"""

from __future__ import annotations

import math

import numpy as np

from simulator.kernels.jit import inner, jit
from simulator.kernels.special import beta_logit_quantile, gamma_log_quantile

CURVE_REACH = 8.5
CURVE_STEP = 32
_SIXTH = 1.0 / 6.0


@jit
def tabulate(kinds, shapes, curves):
    """Fill curves (row, node) of betas (kind 0) and gammas (kind 1) of ``shapes`` (row, 2)."""
    for row in range(kinds.size):
        for i in range(curves.shape[1]):
            z = i / CURVE_STEP - CURVE_REACH
            if kinds[row] == 0:
                curves[row, i] = beta_logit_quantile(shapes[row, 0], shapes[row, 1], z)
            else:
                curves[row, i] = gamma_log_quantile(shapes[row, 0], z)


@inner
def cubic(y0, y1, y2, y3, t):
    """The cubic through (−1, y0), (0, y1), (1, y2), (2, y3), at t."""
    third = (y3 - y0 + 3.0 * (y1 - y2)) * _SIXTH
    second = 0.5 * (y0 + y2) - y1
    first = y2 - y1 - second - third
    return ((third * t + second) * t + first) * t + y1


@inner
def read_curve(curves, row, z):
    """Cubic interpolation of a smooth curve over normal scores; error below 1e-9."""
    nodes = curves.shape[1]
    x = (z + CURVE_REACH) * CURVE_STEP
    i = np.int64(math.floor(x))
    i = min(max(i, 1), nodes - 3)
    t = x - i
    return cubic(curves[row, i - 1], curves[row, i], curves[row, i + 1], curves[row, i + 2], t)
