"""The incomplete gamma function and what follows from it, on arrays, without SciPy."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def log_gamma(a: Floats) -> Floats:
    """log Γ(a), a > 0."""
    a = np.asarray(a, np.float64)
    values, back = np.unique(a, return_inverse=True)
    return np.array([math.lgamma(x) for x in values])[back].reshape(a.shape)


def lower(a: Floats | float, x: Floats | float) -> Floats:
    """P(a, x) = ∫₀ˣ tᵃ⁻¹ e⁻ᵗ dt / Γ(a), the distribution function of a gamma of shape a > 0.

    Series below a + 1, Legendre's continued fraction by Lentz's method above (DLMF 8.11.4, 8.9.2).
    Also P(N >= n) of a Poisson count N of mean x, at a = n.

    >>> round(float(lower(25, 24.265799)), 6)  # P(N >= 25)
    0.467558
    """
    a, x = np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(x, np.float64))
    shape = a.shape
    a, x = a.ravel(), x.ravel()
    found = np.zeros(a.size)
    some = x > 0
    below = some & (x < a + 1)
    above = some & ~below
    if below.any():
        found[below] = _series(a[below], x[below])
    if above.any():
        found[above] = 1 - _fraction(a[above], x[above])
    return np.clip(found, 0.0, 1.0).reshape(shape)


def _front(a: Floats, x: Floats) -> Floats:
    """xᵃ e⁻ˣ / Γ(a + 1)."""
    found: Floats = np.exp(a * np.log(x) - x - log_gamma(a + 1))
    return found


def _series(a: Floats, x: Floats) -> Floats:
    total, term, n = np.ones(a.size), np.ones(a.size), 0
    while n < 100_000:
        n += 1
        term *= x / (a + n)
        total += term
        if n % 8 == 0 and (term < total * 1e-17).all():
            break
    return total * _front(a, x)


def _fraction(a: Floats, x: Floats) -> Floats:
    b = x + 1 - a
    c = np.full(a.size, 1e300)
    d = 1 / b
    h = d.copy()
    for i in range(1, 100_000):
        an = -i * (i - a)
        b = b + 2
        d = an * d + b
        c = b + an / c
        d = np.where(np.abs(d) < 1e-300, 1e-300, d)
        c = np.where(np.abs(c) < 1e-300, 1e-300, c)
        d = 1 / d
        step = d * c
        h *= step
        if i % 4 == 0 and (np.abs(step - 1) < 1e-15).all():
            break
    return h * a * _front(a, x)


def weibull_shape(cv: float) -> float:
    """Shape of the Weibull with this coefficient of variation, by bisection on its logarithm."""
    goal, low, high = math.log1p(cv * cv), -4.0, 9.0
    for _ in range(80):
        middle = 0.5 * (low + high)
        k = math.exp(middle)
        if math.lgamma(1 + 2 / k) - 2 * math.lgamma(1 + 1 / k) > goal:
            low = middle
        else:
            high = middle
    return math.exp(0.5 * (low + high))
