"""Quantiles of a beta, one at a time: a table of assumptions asks for a few, and SciPy takes longer to load."""

from __future__ import annotations

import math

_TINY = 1e-300


def quantile(a: float, b: float, u: float) -> float:
    """The value below which a Beta(a, b) falls with probability u.

    Newton's method on the logit, kept within a bracket that bisection narrows.

    >>> round(quantile(35.5, 125.5, 0.9), 9)
    0.263007249
    """
    if not 0 < u < 1:
        return 0.0 if u <= 0 else 1.0
    low, high = -745.0, 745.0
    t = math.log(a / b)
    for _ in range(200):
        x, rest = _both(t)
        below, above = _shares(a, b, x, rest)
        off = below - u if u < 0.5 else (1 - u) - above
        low, high = (low, t) if off > 0 else (t, high)
        density = math.exp(_front(a, b, x, rest))  # of the logit
        new = t - off / density if density > _TINY else math.nan
        if not low < new < high:
            new = (low + high) / 2
        if abs(new - t) < 1e-15 * max(1.0, abs(t)):
            break
        t = new
    return _both(t)[0]


def _both(t: float) -> tuple[float, float]:
    """x and 1 − x of a logit."""
    small = math.exp(-abs(t)) / (1 + math.exp(-abs(t)))
    return (small, 1 - small) if t < 0 else (1 - small, small)


def _front(a: float, b: float, x: float, rest: float) -> float:
    """log of xᵃ(1 − x)ᵇ / B(a, b)."""
    if x <= 0 or rest <= 0:
        return -math.inf
    return a * math.log(x) + b * math.log(rest) + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)


def _shares(a: float, b: float, x: float, rest: float) -> tuple[float, float]:
    """P(X <= x) and P(X > x), both without cancellation."""
    front = math.exp(_front(a, b, x, rest))
    if x < (a + 1) / (a + b + 2):
        below = front * _fraction(a, b, x) / a
        return below, 1 - below
    above = front * _fraction(b, a, rest) / b
    return 1 - above, above


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function, by Lentz's method (DLMF 8.17.22)."""
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > _TINY else _TINY)
    found = d
    for m in range(1, 10_000):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d, c = 1 + step * d, 1 + step / c
            d = 1 / (d if abs(d) > _TINY else _TINY)
            c = c if abs(c) > _TINY else _TINY
            found *= d * c
        if abs(d * c - 1) < 1e-16:
            break
    return found
