"""Quantiles of counts: a count drawn by inversion grows with its rate under the same uniform."""

from __future__ import annotations

import math

import numpy as np

from simulator.kernels.beta import beta_tails
from simulator.kernels.jit import inner
from simulator.kernels.masses import binomial_term
from simulator.kernels.normal import norm_ppf

_ZERO, _ONE = np.uint64(0), np.uint64(1)
_TINY = 1e-17  # of the mode's probability, where tables of arrivals end


@inner
def tabulate_count(mean, dispersion, table, row):
    """Distribution function of an arrival count, from the mode outwards to both sides at once.

    Poisson(mean), or for dispersion d > 1 the negative binomial of size mean/(d−1) and success
    probability 1/d (variance d·mean). Fills ``table[row, first : first + n]`` with P(X <= low + i);
    returns (low, first, n). What is left out on either side is below 1e-17 of the mode's probability each.
    """
    if mean <= 0.0:
        table[row, 0] = 1.0
        return 0, 0, 1
    size = 0.0
    fail = 0.0
    if dispersion > 1.0:
        size = mean / (dispersion - 1.0)
        fail = 1.0 - 1.0 / dispersion
        mode = math.floor((size - 1.0) * (dispersion - 1.0)) if size > 1.0 else 0
    else:
        mode = math.floor(mean)
    # p and q: terms left and right of the mode, in units of the mode's; meanwhile sums from the mode outwards are kept
    cells = table[row]
    centre = min(mode, cells.size // 2)  # where the mode is entered; a count of 0 lies at 0 or beyond it
    p, q, left, right = 1.0, 1.0, 0.0, 1.0
    lower, upper = float(mode), mode + 1.0
    below = above = np.uint64(centre)
    cells[below] = 1.0
    last = np.uint64(cells.size - 1)
    each = 1.0 / mean
    while p > _TINY and q > _TINY and below > _ZERO and above < last:
        if size > 0.0:
            behind = (lower - 1.0 + size) * fail
            one = 1.0 / (upper * behind)
            p *= lower * upper * one
            q *= (upper - 1.0 + size) * fail * behind * one
        else:
            p *= lower * each
            q *= mean / upper
        below -= _ONE
        above += _ONE
        cells[below] = left
        left += p
        right += q
        cells[above] = right
        lower -= 1.0
        upper += 1.0
    while p > _TINY and below > _ZERO:
        p *= lower / ((lower - 1.0 + size) * fail) if size > 0.0 else lower * each
        below -= _ONE
        cells[below] = left
        left += p
        lower -= 1.0
    while q > _TINY and above < last:
        q *= (upper - 1.0 + size) * fail / upper if size > 0.0 else mean / upper
        above += _ONE
        right += q
        cells[above] = right
        upper += 1.0
    each = 1.0 / (left + right)
    low, high = np.int64(below), np.int64(above)
    lows, highs = cells[low:centre], cells[centre:high]
    for i in range(lows.size):
        lows[i] = (left - lows[i]) * each
    for i in range(highs.size):
        highs[i] = (left + highs[i]) * each
    cells[above] = 1.0
    return mode - (centre - low), low, high - low + 1


@inner
def room_for_count(mean, dispersion):
    """Entries that tabulate_count can need."""
    sd = math.sqrt(max(mean, 1.0) * max(dispersion, 1.0))
    return int(24.0 * sd + 90.0 * max(dispersion, 1.0)) + 64


@inner
def binomial_quantile(u, n, p):
    """Smallest k with P(Bin(n, p) <= k) >= u: grows with u, n and p, with n by at most one per one.

    The same function of (u, n, p) by either route: from zero upwards where few are expected, from
    the incomplete beta near the answer where many are.
    """
    if n <= 0 or p <= 0.0:
        return 0
    if p >= 1.0:
        return n
    if p > 0.5:
        return n - _binomial_low(1.0 - u, n, 1.0 - p)
    return _binomial_low(u, n, p)


@inner
def _binomial_low(u, n, p):
    mean = n * p
    odds = p / (1.0 - p)
    if mean < 25.0:
        term = math.exp(n * math.log1p(-p))
        total = term
        k = 0
        while total < u and k < n:
            term *= (n - k) / (k + 1.0) * odds
            k += 1
            total += term
            if term < 1e-18 and k > mean:
                break
        return k
    q = 1.0 - p
    sd = math.sqrt(mean * q)
    z = norm_ppf(u)
    k = math.floor(mean + sd * z + (q - p) * (z * z - 1.0) / 6.0)  # Cornish & Fisher (1937)
    k = min(max(k, 0), n - 1)
    total = beta_tails(float(n - k), k + 1.0, q, p)[0]
    term = binomial_term(float(k), float(n), p, q)
    if total >= u:
        while k > 0 and total - term >= u:
            total -= term
            term *= k / ((n - k + 1.0) * odds)
            k -= 1
        return k
    while total < u and k < n:
        term *= (n - k) / (k + 1.0) * odds
        k += 1
        total += term
        if term < 1e-18 and k > mean:
            break
    return k
