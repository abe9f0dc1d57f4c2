"""Lags and delays as probabilities over weeks, for one parameter or one per point.

A lag of L continuous weeks arrives K = ⌊L + U⌋ weeks later, U uniform, so P(K <= k) = G(k + 1) − G(k)
with G(x) = ∫₀ˣ F. It is cut where less than 1e-6 is left, and renormalised.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simulator.exact import gamma, normal
from simulator.exact.assumptions import Value
from simulator.exact.outline import SpreadForm
from simulator.scenario.scales import Z90

Floats = NDArray[np.float64]

TAIL = 1e-6
_FEW = 32
"""Means that are worked out one by one; of more, one curve is read."""


def weeks_law(form: SpreadForm, a: Value, b: Value, kept: int) -> Floats:
    """P(K = 0), P(K = 1), … of a lag or delay.

    Parameters
    ----------
    a, b : the numbers of the spread, a float or float64 (point,)
    kept : weeks to look at; what comes later is left out

    Returns
    -------
    float64 (1 or point, kept)
    """
    a, b = (np.atleast_1d(np.asarray(x, np.float64))[:, None] for x in (a, b))
    if form.kind == "points":
        cdf = _points(np.array(form.points), np.array(form.shares), form.times, kept)
    else:
        if form.kind == "geometric":
            cdf = _geometric(np.maximum(a, 1.0), form.times, kept)
        else:
            g = _integral(form.kind, a * form.times, b * form.times if form.kind == "median" else b, kept)
            cdf = np.minimum(np.diff(g, axis=1, prepend=0.0), 1.0)
        left = np.less(1.0 - cdf, TAIL)
        last = np.asarray(np.where(left.any(axis=1), left.argmax(axis=1), kept - 1))[:, None]
        ends = np.asarray(left.any(axis=1))[:, None]
        whole = np.where(ends, np.take_along_axis(cdf, last, axis=1), 1.0)
        cdf = np.where((np.arange(kept) >= last) & ends, 1.0, cdf / whole)
    if form.delay:
        cdf[:, 0] = 0.0
    return np.maximum(np.diff(cdf, axis=1, prepend=0.0), 0.0)


def log_normal(kind: str, a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """(mu, sigma) of a lognormal given by mean and cv, or by median and P90 (which may cross when uncertain)."""
    if kind == "median":
        return np.log(a), np.maximum(0.0, np.log(b / a)) / Z90
    variance = np.log1p(b * b)
    return np.log(a) - 0.5 * variance, np.sqrt(variance)


def _integral(kind: str, a: Floats, b: Floats, kept: int) -> Floats:
    """G at 1, 2, …, kept."""
    x = np.arange(1.0, kept + 1)[None, :]
    if kind == "fixed":
        return np.maximum(0.0, x - a)
    if kind == "exponential":
        return x + a * np.expm1(-x / a)
    if kind == "weibull":
        shape = np.array([gamma.weibull_shape(cv) for cv in b[:, 0]])[:, None]
        scale = a / np.exp(gamma.log_gamma(1 + 1 / shape))
        return x - a * gamma.lower(1 / shape, (x / scale) ** shape)
    if kind == "gamma":
        if a.shape[0] > _FEW and b.shape[0] == 1 and 0 < float(b[0, 0]) <= 1:
            return _gamma_integral(a, 1 / float(b[0, 0]) ** 2, x)
        rows = max(a.shape[0], b.shape[0])
        a, b = np.broadcast_to(a, (rows, 1)), np.broadcast_to(b, (rows, 1))
        shape = 1 / np.maximum(b, 1e-150) ** 2
        y = x * np.where(b > 0, shape / a, 1.0)
        shape = np.where(b > 0, shape, 1.0)
        p = gamma.lower(shape, y)
        more = np.exp(shape * np.log(y) - y - gamma.log_gamma(shape + 1))  # P(a, y) − P(a + 1, y)
        return np.where(b > 0, (x - a) * p + a * more, np.maximum(0.0, x - a))
    mu, sigma = log_normal(kind, a, b)
    safe = np.where(sigma > 0, sigma, 1.0)
    d = (np.log(x) - mu) / safe
    smooth = x * normal.cdf(d) - np.exp(mu + 0.5 * sigma * sigma) * normal.cdf(d - sigma)
    return np.where(sigma > 0, smooth, np.maximum(0.0, x - np.exp(mu)))


def _gamma_integral(mean: Floats, shape: float, x: Floats) -> Floats:
    """G of gammas of one shape >= 1 and many means: one curve, read at x in units of each.

    ∫₀ʸ P(shape, u) du by cubic Hermite interpolation, whose slope is P itself: error below 1e-8 of a mean.
    """
    step = 0.05
    y = step * np.arange(math.ceil((shape + 12 * math.sqrt(shape) + 30) / step) + 1)
    below = gamma.lower(shape, np.asarray(y, np.float64))
    density = np.zeros_like(y)
    density[1:] = np.exp((shape - 1) * np.log(y[1:]) - y[1:] - math.lgamma(shape))
    curve = y * below - shape * (below - np.where(y > 0, density * y / shape, 0.0))
    at = x * (shape / mean)
    i = np.minimum((at / step).astype(np.int64), y.size - 2)
    t = at / step - i
    s = 1 - t
    inside = (
        curve[i] * (1 + 2 * t) * s * s + curve[i + 1] * (3 - 2 * t) * t * t
        + step * (below[i] * t * s * s - below[i + 1] * t * t * s)
    )  # fmt: skip
    found: Floats = np.where(at < y[-1], inside, at - shape) * (mean / shape)
    return found


def _geometric(mean: Floats, times: float, kept: int) -> Floats:
    """P(K <= k) of geometric delays 1, 2, …, stretched by ``times`` before they are put on weeks."""
    stay = 1 - 1 / mean
    k = np.arange(kept)[None, :]
    if times == 1.0:
        return 1 - stay**k
    total = np.zeros((mean.shape[0], kept))
    for j in range(1, math.ceil((kept + 1) / times) + 1):
        total += stay ** (j - 1) / mean * np.clip(k + 1 - j * times, 0.0, 1.0)
    return total


def _points(values: Floats, shares: Floats, times: float, kept: int) -> Floats:
    """P(K <= k) of lags with these values and shares; whole weeks stay where they are."""
    k = np.arange(kept)[:, None]
    cdf = (shares * np.clip(k + 1 - values * times, 0.0, 1.0)).sum(axis=1)
    whole = shares.sum()
    found: Floats = np.where(k[:, 0] >= values.max() * times, 1.0, np.minimum(cdf / whole, 1.0))
    return found[None, :].copy()
