"""Lags and delays as tables over weeks, deal sizes as quantiles.

A lag of L continuous weeks arrives K = ⌊L + U⌋ weeks later, U uniform, so P(K <= k) = G(k+1) − G(k)
with G(x) = ∫₀ˣ F. The tables hold P(K <= k) twice: as numbers, for splitting many, and as words to
compare 64 random bits with, for drawing one by one through a guide (Chen & Asau 1974).
"""

from __future__ import annotations

import math

import numpy as np

from simulator.kernels.curves import read_curve
from simulator.kernels.gamma import gamma_log_quantile, weibull_shape
from simulator.kernels.integrals import integral, log_normal, read_integral
from simulator.kernels.jit import inner
from simulator.kernels.lognormal import CENTRE, WIDEST, lognormal_at
from simulator.kernels.normal import norm_ppf
from simulator.kernels.plan import (
    EXPONENTIAL,
    FIXED,
    GAMMA,
    GEOMETRIC,
    LOGNORMAL_P90,
    LOGNORMAL_SPREAD,
    SAMPLE,
    TABLE,
    WEIBULL,
)
from simulator.kernels.streams import ALWAYS, threshold, uniform

GUIDE = 1024  # cells of the guide into a table of lags
TAIL = 1e-6  # a lag is cut where less than this is left, and renormalised
_SHIFT = np.uint64(54)


@inner
def tabulate_lag(kind, a, b, times, at_least_one, data, start, size, curve, integrals, i, cdf, words, guide):
    """Fill row i of the tables with a lag or delay of the drawn parameters a and b.

    ``cdf`` (spread, week) P(K <= k); ``words`` the same as thresholds; ``guide`` (spread, 1024) where
    to start looking. The last entry stands for "later than anything the plan can see". ``curve`` is the
    row of ``integrals`` of a lag whose shape is certain, else −1.
    """
    kept = cdf.shape[1]
    whole = 1.0
    n = kept
    if kind == TABLE:
        for k in range(kept):
            cdf[i, k] = data[start + min(k, size - 1)]
        n = min(n, size)
    elif kind == GEOMETRIC:
        _geometric(max(a, 1.0), times, i, cdf)
    else:
        a *= times
        if kind == LOGNORMAL_P90:
            b *= times
        shape = 1.0
        if kind == GAMMA and b > 0.0:
            shape = 1.0 / (b * b)
        elif kind == WEIBULL:
            shape = weibull_shape(b)
        before = 0.0
        for k in range(kept):
            after = -1.0
            if curve >= 0:
                after = a * read_integral(integrals, curve, (k + 1.0) / a)
            if after < 0.0:
                after = integral(kind, a, b, shape, k + 1.0)
            cdf[i, k] = min(1.0, after - before)
            before = after
            if 1.0 - cdf[i, k] < TAIL:
                whole = cdf[i, k]
                n = k + 1
                break
    if kind == GEOMETRIC:
        for k in range(kept):
            if 1.0 - cdf[i, k] < TAIL:
                whole = cdf[i, k]
                n = k + 1
                break
    for k in range(n):
        cdf[i, k] /= whole
    for k in range(n, kept):
        cdf[i, k] = 1.0
    if at_least_one:
        cdf[i, 0] = 0.0
    for k in range(kept):
        words[i, k] = threshold(cdf[i, k])
    words[i, kept - 1] = ALWAYS
    fill_guide(words, guide, i)


@inner
def fill_guide(words, guide, i):
    """Fill row i of the guide into ``words``: a cell names its week, or ~k where week k ends in it."""
    kept = words.shape[1]
    g = 0
    for k in range(kept):
        whole_cells = GUIDE if words[i, k] == ALWAYS else np.int64(words[i, k] >> _SHIFT)
        while g < whole_cells:
            guide[i, g] = k
            g += 1
        if g == whole_cells and g < GUIDE:  # the cell in which week k ends
            guide[i, g] = ~k
            g += 1


@inner
def _geometric(mean, times, i, cdf):
    """Delays 1, 2, … of geometric law; stretched by ``times`` before they are put on weeks."""
    kept = cdf.shape[1]
    stay = 1.0 - 1.0 / mean
    if times == 1.0:
        left = 1.0
        cdf[i, 0] = 0.0
        for k in range(1, kept):
            left *= stay
            cdf[i, k] = 1.0 - left
        return
    for k in range(kept):
        total = 0.0
        p = 1.0 / mean
        j = 1
        while j * times < k + 1.0:
            total += p * (min(1.0, k + 1.0 - j * times))
            p *= stay
            j += 1
        cdf[i, k] = total


@inner
def draw_lag(words, guide, i, bits):
    """Weeks of one lag of spread i: the first entry whose threshold exceeds the word.

    A cell of the guide names its week, or ~k where it holds the end of week k (and of others).
    """
    k = np.int64(guide[np.uint64(i), bits >> _SHIFT])
    if k < 0:
        k = ~k
        while bits >= words[i, k] and words[i, k] != ALWAYS:
            k += 1
    return k


@inner
def draw_lag_from(cdf, words, guide, i, bits, age):
    """Weeks still to go of a lag known to be at least ``age``; −1 when nothing is left."""
    if age <= 0:
        return draw_lag(words, guide, i, bits)
    last = cdf.shape[1] - 1
    gone = cdf[i, min(age - 1, last)]
    if gone >= 1.0:
        return -1
    u = gone + (1.0 - gone) * uniform(bits)
    k = age
    while k < last and cdf[i, k] <= u:
        k += 1
    return k - age


@inner
def size_parameters(kind, a, b, times):
    """The two numbers that draw_size needs of a spread of this kind."""
    if kind in (LOGNORMAL_SPREAD, LOGNORMAL_P90):
        mu, sigma = log_normal(kind, a, b)
        return math.exp(mu) * times, sigma
    if kind == GAMMA:
        if b <= 0.0:
            return a * times, 0.0
        return a * times * b * b, 1.0 / (b * b)  # scale, shape
    if kind == WEIBULL:
        shape = weibull_shape(b)
        return a * times / math.gamma(1.0 + 1.0 / shape), 1.0 / shape
    if kind == SAMPLE:
        return times, 0.0
    return a * times, 0.0


@inner
def draw_size(kind, first, second, start, size, curve, data, curves, u):
    """Value of one deal at probability u, in currency; ``first`` and ``second`` from size_parameters.

    ``curve`` is the row of ``curves`` of a gamma whose shape is certain, else −1.
    """
    if kind == FIXED:
        return first
    if kind in (LOGNORMAL_SPREAD, LOGNORMAL_P90):
        if second <= WIDEST and abs(u - 0.5) <= CENTRE:
            return lognormal_at(u, first, second / 256.0)
        return first * math.exp(second * norm_ppf(u))
    if kind == SAMPLE:
        return data[start + np.int64(u * size)] * first
    if kind == EXPONENTIAL:
        return -first * math.log1p(-u)
    if kind == WEIBULL:
        return first * (-math.log1p(-u)) ** second
    if second <= 0.0:
        return first
    z = norm_ppf(u)
    if curve >= 0:
        return first * math.exp(read_curve(curves, curve, z))
    return first * math.exp(gamma_log_quantile(second, z))
