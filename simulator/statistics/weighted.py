"""Weighted trials: what they say, and how many equal ones they are worth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def normalised(log_weights: Floats) -> Floats:
    """Weights that sum to 1 from their logarithms; all 0 where every one is −inf.

    >>> normalised(np.array([0.0, -np.inf, 0.0]))
    array([0.5, 0. , 0.5])
    """
    top = float(np.max(log_weights, initial=-np.inf))
    if not np.isfinite(top):
        return np.zeros_like(log_weights)
    weights: Floats = np.exp(log_weights - top)
    return weights / weights.sum()


def effective_size(weights: Floats) -> float:
    """How many equally weighted trials carry as much: (Σw)² / Σw² (Kish 1965, section 11.7).

    >>> round(effective_size(np.array([1.0, 1.0, 0.0, 2.0])), 3)
    2.667
    """
    squares = float(np.sum(weights**2))
    return float(np.sum(weights)) ** 2 / squares if squares > 0.0 else 0.0


def weighted_quantiles(values: Floats, weights: Floats, levels: Sequence[float]) -> Floats:
    """Quantiles of weighted values, linear between the middles of the weights.

    >>> weighted_quantiles(np.array([3.0, 1.0, 2.0]), np.ones(3), [0.5])
    array([2.])
    """
    order = np.argsort(values, kind="stable")
    values, weights = values[order], weights[order]
    used = weights > 0.0
    values, weights = values[used], weights[used]
    middles = (np.cumsum(weights) - weights / 2) / weights.sum()
    return np.interp(np.asarray(levels, float), middles, values)


def share_below(values: Floats, weights: Floats, bound: float) -> float:
    """Weighted share of values below a bound; those at the bound count half.

    >>> share_below(np.array([1.0, 2.0, 3.0]), np.ones(3), 2.0)
    0.5
    """
    total = float(weights.sum())
    return float(weights[values < bound].sum() + weights[values == bound].sum() / 2) / total
