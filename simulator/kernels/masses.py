"""Probabilities of single counts, and their continuation between whole numbers.

Prefactors after C. Loader (2000), "Fast and accurate computation of binomial probabilities": no
large logarithms are subtracted, so relative errors stay near 1e-14 for counts of any size.
"""

from __future__ import annotations

import math

from simulator.kernels.jit import inner

_LOG_SQRT_2PI = 0.9189385332046727


@inner
def _stirling_error(n):
    """log n! minus Stirling's formula for it; n > 0, whole or not."""
    if n < 16.0:
        return math.lgamma(n + 1.0) - (n + 0.5) * math.log(n) + n - _LOG_SQRT_2PI
    nn = n * n
    return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / nn) / nn) / nn) / nn) / n


@inner
def _deviance(x, mean):
    """x·log(x/mean) + mean − x without cancellation near x = mean."""
    if abs(x - mean) < 0.1 * (x + mean):
        v = (x - mean) / (x + mean)
        s = (x - mean) * v
        term = 2.0 * x * v
        v *= v
        j = 1
        while j < 1000:
            term *= v
            more = s + term / (2 * j + 1)
            if more == s:
                return more
            s = more
            j += 1
    return x * math.log(x / mean) + mean - x


@inner
def poisson_term(x, mean):
    """mean**x·exp(−mean)/Γ(x+1); x >= 0 need not be whole."""
    if mean <= 0.0:
        return 1.0 if x == 0.0 else 0.0
    if x == 0.0:
        return math.exp(-mean)
    if x < 1e-290:
        return math.exp(-mean)
    return math.exp(-_stirling_error(x) - _deviance(x, mean)) / math.sqrt(6.283185307179586 * x)


@inner
def binomial_term(x, n, p, q):
    """Γ(n+1)/(Γ(x+1)Γ(n−x+1))·p**x·q**(n−x); x and n need not be whole; q = 1 − p."""
    if p <= 0.0:
        return 1.0 if x == 0.0 else 0.0
    if q <= 0.0:
        return 1.0 if x == n else 0.0
    if x <= 0.0:
        return math.exp(n * math.log1p(-p)) if p < 0.5 else math.exp(n * math.log(q))
    if x >= n:
        return math.exp(n * math.log(p)) if p < 0.5 else math.exp(n * math.log1p(-q))
    c = (_stirling_error(n) - _stirling_error(x) - _stirling_error(n - x)
         - _deviance(x, n * p) - _deviance(n - x, n * q))  # fmt: skip
    return math.exp(c - 0.5 * (1.8378770664093453 + math.log(x) + math.log1p(-x / n)))
