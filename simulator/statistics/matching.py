"""Learning from simulated trials that came out much like what was seen, where no likelihood is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.statistics.weighted import effective_size

Floats = NDArray[np.float64]
_FEW_VALUES = 50


@dataclass(frozen=True)
class Match:
    """Weights of trials by how near they came.

    Attributes
    ----------
    weights : float64 (trial,) summing to 1
    offsets : float64 (trial, metric) how far each trial is from what was seen, in standard deviations
    bandwidth : distance in standard deviations at which the weight reaches 0
    """

    weights: Floats
    offsets: Floats
    bandwidth: float


def rule_of_bandwidth(trials: int, metrics: int) -> float:
    """Distance that balances bias and noise: 2.34 n^(−1/(d+4)) for this kernel (Scott 1992, section 6.3).

    >>> round(rule_of_bandwidth(10_000, 1), 2), round(rule_of_bandwidth(10_000, 2), 2)
    (0.37, 0.5)
    """
    return float(2.34 * trials ** (-1.0 / (metrics + 4)))


def match(simulated: Floats, seen: Floats, bandwidth: float, enough: float = 0.0) -> Match:
    """Weigh trials by their distance from what was seen, with Epanechnikov's kernel.

    Parameters
    ----------
    simulated : (trial, metric) ; seen : (metric,)
    bandwidth : in standard deviations of the simulated values
    enough : widen the bandwidth until the trials are worth at least so many, if they can be
    """
    sd = simulated.std(axis=0)
    offsets = (simulated - seen) / np.where(sd > 0.0, sd, 1.0)
    square = np.sum(offsets**2, axis=1)

    def weigh(width: float) -> Floats:
        return np.maximum(0.0, 1.0 - square / width**2)

    weights = weigh(bandwidth)
    if effective_size(weights) < enough:
        low, high = bandwidth, 2.0 * float(np.sqrt(square.max())) + bandwidth
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if effective_size(weigh(middle)) < enough else (low, middle)
        bandwidth, weights = high, weigh(high)
    total = float(weights.sum())
    return Match(weights / total if total > 0.0 else weights, offsets, bandwidth)


def adjusted(values: Floats, found: Match) -> Floats:
    """Values moved to what they would be had each matched trial come out exactly as seen.

    A line is fitted, by weighted least squares, to the values' normal scores over the offsets, and
    its slope taken out (Beaumont, Zhang & Balding 2002); scores keep the result within the range of
    the values. Numbers that take only a few values stay as they are.

    Parameters
    ----------
    values : (trial,) an assumption; returns the same shape.
    """
    ordered = np.sort(values)
    n = len(values)
    if len(np.unique(values[: 4 * _FEW_VALUES])) < min(_FEW_VALUES, n):
        return values
    from scipy.special import ndtr, ndtri  # slow to import, and most outcomes need no matching

    scores = ndtri((np.searchsorted(ordered, values) + 0.5) / n)
    used = found.weights > 0.0
    root = np.sqrt(found.weights[used])
    design = np.column_stack([np.ones(int(used.sum())), found.offsets[used]]) * root[:, None]
    slope = np.linalg.lstsq(design, scores[used] * root, rcond=None)[0][1:]
    moved = scores - found.offsets @ slope
    place = np.clip(ndtr(moved) * n - 0.5, 0.0, n - 1.0)
    return np.interp(place, np.arange(n), ordered)
