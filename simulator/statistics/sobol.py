"""Sobol' indices by pick-freeze, with intervals: which input's not being known makes the output spread.

Runs of the same trials: ``a`` with all inputs as drawn, ``b`` with all of them drawn afresh, ``ab``
as ``a`` but for one input, which is that of ``b``. Every estimate is a ratio of means over trials,
its standard error from the influence of each trial, so nothing depends on the order of the trials.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.statistics.intervals import Z95, Estimate

Floats = NDArray[np.float64]
Values = NDArray[Any]


def _ratio(above: Floats, below: Floats) -> Estimate:
    """mean(above) / mean(below), delta method."""
    n = above.size
    bottom = float(below.mean())
    if bottom <= 0:
        return Estimate(0.0, 0.0, 0.0, 0.0)
    value = float(above.mean()) / bottom
    error = float(np.std(above - value * below, ddof=1)) / (bottom * math.sqrt(n))
    return Estimate(value, error, value - Z95 * error, value + Z95 * error)


def _centred(*runs: Values) -> tuple[Floats, ...]:
    """Runs less the mean of the first two: indices do not change, their errors shrink."""
    middle = float(np.mean([np.mean(run, dtype=np.float64) for run in runs[:2]]))
    return tuple(np.asarray(run, np.float64) - middle for run in runs)


def first_order(a: Values, b: Values, ab: Values) -> Estimate:
    """Var E[Y | input] / Var Y: mean(b · (ab − a)) / Var (Saltelli et al. 2010, table 2, eq. b).

    Saltelli, Annoni, Azzini, Campolongo, Ratto, Tarantola (2010), "Variance based sensitivity analysis of
    model output", Computer Physics Communications 181, 259-270.
    """
    a, b, ab = _centred(a, b, ab)
    return _ratio(b * (ab - a), (a * a + b * b) / 2)


def total_effect(a: Values, b: Values, ab: Values) -> Estimate:
    """E Var(Y | all but the input) / Var Y: mean((a − ab)²) / 2 Var (Jansen 1999, eq. 14; never negative).

    Jansen (1999), "Analysis of variance designs for model output", Computer Physics Communications 117, 35-43.
    """
    a, b, ab = _centred(a, b, ab)
    return _ratio((a - ab) ** 2 / 2, (a * a + b * b) / 2)


def closed(a: Values, other: Values) -> Estimate:
    """Var E[Y | inputs that both runs share] / Var Y: their correlation."""
    a, other = _centred(a, other)
    return _ratio(a * other, (a * a + other * other) / 2)


def share_of(a: Values, b: Values, ab: Values, other: Values) -> Estimate:
    """First-order index in the variance of the expected outcome: of Var E[Y | what ``a`` and ``other`` share]."""
    a, b, ab, other = _centred(a, b, ab, other)
    return _ratio(b * (ab - a), a * other)


def total_share_of(a: Values, other: Values, without: Values) -> Estimate:
    """Total index in the variance of the expected outcome.

    ``other`` shares with ``a`` all inputs but luck; ``without`` neither the luck nor the input, its
    luck being that of ``other``: mean(a · (other − without)) / mean(a · other).
    """
    a, other, without = _centred(a, other, without)
    return _ratio(a * (other - without), a * other)
