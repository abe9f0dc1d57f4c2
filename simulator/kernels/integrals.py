"""G(x) = ∫₀ˣ F of a spread of weeks, which puts continuous lags on weeks: by formula, and by table.

Where only the mean of a lag is uncertain, G is the same curve in every trial but for its scale, and
is read from a table over log x; that is ten times faster than incomplete gamma functions.
"""

from __future__ import annotations

import math

import numpy as np

from simulator.kernels.curves import cubic
from simulator.kernels.gamma import gamma_tails, weibull_shape
from simulator.kernels.jit import inner, jit
from simulator.kernels.normal import norm_cdf
from simulator.kernels.plan import EXPONENTIAL, FIXED, GAMMA, LOGNORMAL_P90, WEIBULL

INTEGRAL_LOW, INTEGRAL_HIGH, INTEGRAL_STEP = -7, 5, 128  # of log x, for a mean of 1
NARROWEST, WIDEST = 0.2, 2.0  # cv for which the table is good to 1e-8
_Z90 = 1.2815515655446004


@inner
def log_normal(kind, a, b):
    """(mu, sigma) of a lognormal given by mean and cv, or by median and P90."""
    if kind == LOGNORMAL_P90:
        return math.log(a), max(0.0, math.log(b / a)) / _Z90  # uncertain ones can cross in a draw
    s2 = math.log1p(b * b)
    return math.log(a) - 0.5 * s2, math.sqrt(s2)


@inner
def integral(kind, a, b, shape, x):
    """G(x) = ∫₀ˣ F of a spread of weeks."""
    if x <= 0.0:
        return 0.0
    if kind == FIXED:
        return max(0.0, x - a)
    if kind == EXPONENTIAL:
        return x + a * math.expm1(-x / a)
    if kind == GAMMA:
        if b <= 0.0:
            return max(0.0, x - a)
        scale = a / shape
        p, _q = gamma_tails(shape, x / scale)
        p1, _q1 = gamma_tails(shape + 1.0, x / scale)
        return x * p - a * p1
    if kind == WEIBULL:
        scale = a / math.gamma(1.0 + 1.0 / shape)
        p, _q = gamma_tails(1.0 / shape, (x / scale) ** shape)
        return x - a * p
    mu, sigma = log_normal(kind, a, b)
    if sigma <= 0.0:
        return max(0.0, x - math.exp(mu))
    d = (math.log(x) - mu) / sigma
    return x * norm_cdf(d) - math.exp(mu + 0.5 * sigma * sigma) * norm_cdf(d - sigma)


@jit
def tabulate_integrals(kinds, cvs, integrals):
    """Fill integrals (row, node) for lags of mean 1 of these kinds and coefficients of variation (row,)."""
    for row in range(kinds.size):
        shape = 1.0
        if kinds[row] == GAMMA:
            shape = 1.0 / (cvs[row] * cvs[row])
        elif kinds[row] == WEIBULL:
            shape = weibull_shape(cvs[row])
        for i in range(integrals.shape[1]):
            x = math.exp(i / INTEGRAL_STEP + INTEGRAL_LOW)
            integrals[row, i] = integral(kinds[row], 1.0, cvs[row], shape, x)


@inner
def read_integral(integrals, row, x):
    """G(x) of a lag of mean 1, by cubic interpolation; −1 where x is off the table."""
    at = (math.log(x) - INTEGRAL_LOW) * INTEGRAL_STEP
    i = np.int64(at)
    if i < 1 or i >= integrals.shape[1] - 2:
        return -1.0
    return cubic(integrals[row, i - 1], integrals[row, i], integrals[row, i + 1], integrals[row, i + 2], at - i)
