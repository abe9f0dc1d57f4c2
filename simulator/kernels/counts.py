"""Quantiles of counts: a count drawn by inversion grows with its rate under the same uniform."""

from __future__ import annotations

import math

from simulator.kernels.beta import beta_tails
from simulator.kernels.jit import inner
from simulator.kernels.masses import binomial_term, poisson_term
from simulator.kernels.normal import norm_ppf


@inner
def tabulate_count(mean, dispersion, table, row):
    """Distribution function of an arrival count, from the mode outwards.

    Poisson(mean), or for dispersion d > 1 the negative binomial of size mean/(d−1) and success
    probability 1/d (variance d·mean). Fills ``table[row, :n]`` with P(X <= low + i); returns (low, n).
    What is left out on either side is below 1e-17 of the mode's probability each.
    """
    if mean <= 0.0:
        table[row, 0] = 1.0
        return 0, 1
    size = 0.0
    fail = 0.0
    if dispersion > 1.0:
        size = mean / (dispersion - 1.0)
        fail = 1.0 - 1.0 / dispersion
        mode = math.floor((size - 1.0) * (dispersion - 1.0)) if size > 1.0 else 0
        top = math.exp(math.lgamma(mode + size) - math.lgamma(size) - math.lgamma(mode + 1.0)
                       - size * math.log(dispersion) + mode * math.log(fail))  # fmt: skip
    else:
        mode = math.floor(mean)
        top = poisson_term(float(mode), mean)
    tiny = top * 1e-17
    low = mode
    p = top
    each = 1.0 / mean
    while low > 0 and p > tiny:
        p *= low * each if dispersion <= 1.0 else low / ((low - 1.0 + size) * fail)
        low -= 1
    total = 0.0
    k = low
    n = 0
    while n < table.shape[1]:
        total += p
        table[row, n] = total
        n += 1
        if k > mode and p < tiny:
            break
        p *= mean / (k + 1.0) if dispersion <= 1.0 else (k + size) * fail / (k + 1.0)
        k += 1
    for i in range(n):
        table[row, i] *= 1.0 / total
    table[row, n - 1] = 1.0
    return low, n


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
