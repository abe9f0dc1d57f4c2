"""Quantiles of fixed laws, tabulated once per plan and read by cubic interpolation.

A beta or gamma is kept over a grid of normal scores, as the logit or the logarithm of its quantile,
which is smooth there.
"""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.beta import beta_logit_quantile
from simulator.kernels.gamma import gamma_log_quantile
from simulator.kernels.jit import inner, jit

CURVE_REACH = 8.5
CURVE_STEP = 32
SLIP_LOGIT = 7  # log odds of the mean slip probability that the table of slips reaches, either way
SLIP_STEP = 12
SLIPS_FROM = 4.0  # concentration from which that table is good to 1e-6 of a probability
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


@jit
def tabulate_slips(concentration, table):
    """Fill table (log odds of the mean, normal score) with log odds of the quantiles of slip probabilities."""
    for row in range(table.shape[0]):
        logit = row / SLIP_STEP - SLIP_LOGIT
        a, b = concentration / (1.0 + math.exp(-logit)), concentration / (1.0 + math.exp(logit))
        for i in range(table.shape[1]):
            table[row, i] = beta_logit_quantile(a, b, i / SLIP_STEP - CURVE_REACH)


@inner
def read_slip(table, mean, z):
    """Log odds of the quantile at z of the slip probability of this mean; cubic both ways. NaN off the table."""
    x, y = (math.log(mean / (1.0 - mean)) + SLIP_LOGIT) * SLIP_STEP, (z + CURVE_REACH) * SLIP_STEP
    if not (1.0 <= x < table.shape[0] - 2 and 1.0 <= y < table.shape[1] - 2):
        return math.nan
    i, j = np.int64(x), np.int64(y)
    s, t = x - i, y - j
    return cubic(
        cubic(table[i - 1, j - 1], table[i - 1, j], table[i - 1, j + 1], table[i - 1, j + 2], t),
        cubic(table[i, j - 1], table[i, j], table[i, j + 1], table[i, j + 2], t),
        cubic(table[i + 1, j - 1], table[i + 1, j], table[i + 1, j + 1], table[i + 1, j + 2], t),
        cubic(table[i + 2, j - 1], table[i + 2, j], table[i + 2, j + 1], table[i + 2, j + 2], t),
        s,
    )


@functools.lru_cache(maxsize=32)
def slip_table(concentration: float) -> NDArray[np.float64]:
    """Slip probabilities by mean and normal score, for the kernels to read; the same for all plans."""
    table = np.zeros((2 * SLIP_LOGIT * SLIP_STEP + 1, int(2 * CURVE_REACH * SLIP_STEP) + 1))
    if concentration < SLIPS_FROM:
        return table[:0]
    tabulate_slips(concentration, table)
    return table
