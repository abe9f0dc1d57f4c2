"""Gamma distributions and their quantiles, and the shape of a Weibull, on scalars.

The quantile works in the smaller tail by Newton's method on its logarithm, which is concave in the
logarithm of the argument, so that Newton cannot miss.
"""

from __future__ import annotations

import math

from simulator.kernels.jit import inner
from simulator.kernels.masses import poisson_term
from simulator.kernels.normal import norm_cdf


@inner
def gamma_tails(a, x):
    """(P, Q): regularised lower and upper incomplete gamma of shape a at x."""
    if x <= 0.0:
        return 0.0, 1.0
    front = poisson_term(a, x)
    if x < a + 1.0:
        total = 1.0
        term = 1.0
        n = 1
        while n < 100000:
            term *= x / (a + n)
            total += term
            if term < total * 1e-17:
                break
            n += 1
        p = min(1.0, front * total)
        return p, 1.0 - p
    # Lentz's method for the continued fraction (Abramowitz & Stegun 6.5.31)
    b = x + 1.0 - a
    c = 1e300
    d = 1.0 / b
    h = d
    i = 1
    while i < 100000:
        an = -i * (i - a)
        b += 2.0
        d = an * d + b
        if abs(d) < 1e-300:
            d = 1e-300
        c = b + an / c
        if abs(c) < 1e-300:
            c = 1e-300
        d = 1.0 / d
        step = d * c
        h *= step
        if abs(step - 1.0) < 1e-16:
            break
        i += 1
    q = min(1.0, front * a * h)
    return 1.0 - q, q


@inner
def gamma_log_quantile(a, z):
    """log of the quantile of the unit-scale gamma of shape a at probability Φ(z)."""
    lower_tail = z <= 0.0
    log_u = math.log(norm_cdf(-abs(z)))
    # far in the lower tail the distribution function is a power law, x^a / Γ(a + 1)
    power = (math.log(norm_cdf(z)) + math.lgamma(a + 1.0)) / a
    if power < -37.0:
        return power
    # Wilson & Hilferty (1931) to start
    root = 1.0 - 1.0 / (9.0 * a) + z / (3.0 * math.sqrt(a))
    t = math.log(a) + 3.0 * math.log(root) if root > 0.1 else power
    for _ in range(200):
        x = math.exp(t)
        p, q = gamma_tails(a, x)
        tail = p if lower_tail else q
        if tail <= 0.0:
            t += 1.0 / a if lower_tail else -0.5
            continue
        density = poisson_term(a, x) * a
        step = (math.log(tail) - log_u) * tail / density
        if not lower_tail:
            step = -step
        if step > 3.0 / min(a, 1.0):
            step = 3.0 / min(a, 1.0)
        if step < -2.0:
            step = -2.0
        t -= step
        if abs(step) < 1e-7 * max(1.0, abs(t)):  # Newton: what is left is of the order of its square
            break
    return t


@inner
def weibull_shape(cv):
    """Shape of the Weibull with this coefficient of variation, by bisection on log shape."""
    goal = math.log1p(cv * cv)
    low, high = -4.0, 9.0
    for _ in range(80):
        middle = 0.5 * (low + high)
        k = math.exp(middle)
        if math.lgamma(1.0 + 2.0 / k) - 2.0 * math.lgamma(1.0 + 1.0 / k) > goal:
            low = middle
        else:
            high = middle
    return math.exp(0.5 * (low + high))
