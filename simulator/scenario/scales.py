"""The scales on which ranges are normal, and the few inverse distributions numbers need.

SciPy is imported when a distribution asks for it: reading a scenario needs none.
"""

from __future__ import annotations

import math
from typing import Any, Literal

Domain = Literal["share", "positive", "real"]

Z90 = 1.2815515655446004
"""The 90th percentile of the standard normal; P10 and P90 are 2 × this = 2.5631031 sd apart."""

LN9 = math.log(9.0)
"""logit(0.9)."""

METALOG_K = 0.5 * (1 - 1.66711 * (0.5 - 0.1))
"""Least asymmetry r = (g50 − g10)/(g90 − g10) of a feasible three-term metalog (Keelin 2016, SPT)."""


def forward(domain: Domain, value: float) -> float:
    """A value on the scale on which ranges are normal: logit, log or itself."""
    if domain == "share":
        return math.log(value) - math.log1p(-value)
    return math.log(value) if domain == "positive" else value


def inverse(domain: Domain, scaled: Any) -> Any:
    """Back from the scale of :func:`forward`; works on floats and arrays."""
    if domain == "real":
        return scaled
    if isinstance(scaled, float):
        if domain == "positive":
            return math.exp(min(scaled, 700.0))
        return 1 / (1 + math.exp(-scaled)) if scaled >= 0 else 1 - 1 / (1 + math.exp(min(scaled, 700.0)))
    import numpy as np

    if domain == "positive":
        return np.exp(np.minimum(scaled, 700.0))
    return 1 / (1 + np.exp(-np.clip(scaled, -700.0, 700.0)))


def normal_quantile(u: Any) -> Any:
    if isinstance(u, float):
        from statistics import NormalDist

        return NormalDist().inv_cdf(u) if 0 < u < 1 else math.copysign(math.inf, u - 0.5)
    from scipy.special import ndtri

    return ndtri(u)


def beta_quantile(a: float, b: float, u: Any) -> Any:
    if isinstance(u, float):
        from simulator.scenario.beta import quantile

        return quantile(a, b, u)
    from scipy.special import betaincinv

    return betaincinv(a, b, u)


def metalog_range(domain: Domain, p10: float, p90: float) -> tuple[float, float]:
    """The medians for which a three-term metalog through ``p10`` and ``p90`` exists.

    Keelin (2016), "The Metalog Distributions", Decision Analysis 13(4), symmetric-percentile triplets.
    """
    low, high = forward(domain, p10), forward(domain, p90)
    return (
        float(inverse(domain, low + METALOG_K * (high - low))),
        float(inverse(domain, high - METALOG_K * (high - low))),
    )


def format_number(value: float) -> str:
    """A number as a person writes it: ``25``, ``0.4``, ``3500000``; never ``25.0`` or ``3.5e+06``."""
    if float(value).is_integer() and abs(value) < 1e18:
        return str(int(value))
    return repr(float(value))
