"""Beta distributions and their quantiles, on scalars.

The quantile works in the smaller tail by Newton's method on its logarithm, which is concave in the
logit of the argument, so that Newton cannot miss.
"""

from __future__ import annotations

import math

from simulator.kernels.jit import inner
from simulator.kernels.masses import binomial_term
from simulator.kernels.normal import norm_cdf


@inner
def _beta_fraction(a, b, x):
    """Continued fraction of the incomplete beta (Didonato & Morris 1992; Lentz's method)."""
    c = 1.0
    d = 1.0 - (a + b) * x / (a + 1.0)
    if abs(d) < 1e-300:
        d = 1e-300
    d = 1.0 / d
    h = d
    m = 1
    while m < 100000:
        even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
        d = 1.0 + even * d
        if abs(d) < 1e-300:
            d = 1e-300
        c = 1.0 + even / c
        if abs(c) < 1e-300:
            c = 1e-300
        d = 1.0 / d
        h *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
        d = 1.0 + odd * d
        if abs(d) < 1e-300:
            d = 1e-300
        c = 1.0 + odd / c
        if abs(c) < 1e-300:
            c = 1e-300
        d = 1.0 / d
        step = d * c
        h *= step
        if abs(step - 1.0) < 1e-16:
            break
        m += 1
    return h


@inner
def beta_tails(a, b, x, y):
    """(I, 1 − I): regularised incomplete beta at x, with y = 1 − x given for accuracy near 1."""
    if x <= 0.0:
        return 0.0, 1.0
    if y <= 0.0:
        return 1.0, 0.0
    term = binomial_term(a, a + b, x, y) / (a + b)  # x^a·y^b / (a·b·B(a, b))
    if x <= (a + 1.0) / (a + b + 2.0):
        lower = min(1.0, term * b * _beta_fraction(a, b, x))
        return lower, 1.0 - lower
    upper = min(1.0, term * a * _beta_fraction(b, a, y))
    return 1.0 - upper, upper


@inner
def beta_logit_quantile(a, b, z):
    """logit of the quantile of Beta(a, b) at probability Φ(z)."""
    if z > 0.0:
        return -_beta_lower_logit(b, a, -z)
    return _beta_lower_logit(a, b, z)


@inner
def _beta_lower_logit(a, b, z):
    """The same for z <= 0, where the lower tail is the smaller one."""
    log_u = math.log(norm_cdf(z))
    # far in the lower tail the distribution function is a power law, x^a / (a·B(a, b))
    power = (log_u + math.log(a) + math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)) / a
    if power < -37.0 - math.log(max(b, 1.0)):
        return power
    # start: the normal approximation on the logit scale, variance 1/a + 1/b to first order
    t = math.log(a / b) + z * math.sqrt(1.0 / a + 1.0 / b) - 0.5 * (1.0 / a - 1.0 / b)
    if a < 1.0 or t < power:
        t = power
    for _ in range(200):
        x = 1.0 / (1.0 + math.exp(-t))
        y = 1.0 / (1.0 + math.exp(t))
        lower, _upper = beta_tails(a, b, x, y)
        if lower <= 0.0:
            t += 1.0 / a
            continue
        density = binomial_term(a, a + b, x, y) * a * b / (a + b)
        slope = density / lower  # of log F, as a function of t
        step = (math.log(lower) - log_u) / slope
        bend = 0.5 * step * (a * y - b * x - slope)  # Halley: by its second derivative too
        if abs(bend) < 0.5:
            step /= 1.0 - bend
        if step > 4.0 / min(a, 1.0):
            step = 4.0 / min(a, 1.0)
        t -= step
        if abs(step) < 1e-5 * max(1.0, abs(t)):  # what is left is of the order of its cube
            break
    return t
