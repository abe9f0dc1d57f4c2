"""How good probability forecasts of counts and amounts have been: CRPS, randomised PIT, coverage, Brier, skill.

A forecast of a count is its probabilities, float64 (count,): P(0), P(1), … up to where nothing is left.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def pmf_of(sample: NDArray[np.int64]) -> Floats:
    """Probabilities of 0, 1, … from trials of a count.

    >>> pmf_of(np.array([0, 2, 2, 3])).tolist()
    [0.25, 0.0, 0.5, 0.25]
    """
    return np.bincount(sample) / len(sample)


def cdf_on(pmf: Floats, size: int) -> Floats:
    """P(X <= x) for x = 0 … size - 1."""
    out = np.ones(size)
    use = min(size, len(pmf))
    out[:use] = np.minimum(np.cumsum(pmf[:use]), 1.0)
    return out


def crps_count(pmf: Floats, actual: int) -> float:
    """Continuous ranked probability score of a count, in counts; smaller is better (Matheson & Winkler 1976).

    >>> crps_count(np.array([0.0, 1.0]), 3)
    2.0
    """
    size = max(len(pmf), actual + 1)
    step = np.arange(size) >= actual
    return float(((cdf_on(pmf, size) - step) ** 2).sum())


def crps_sample(sample: Floats, actual: float) -> float:
    """CRPS of equally likely values, in their unit: E|X - y| - E|X - X'|/2.

    >>> crps_sample(np.array([1.0, 3.0]), 2.0)
    0.5
    """
    x = np.sort(sample)
    n = len(x)
    spread = 2 * float((x * (np.arange(n) * 2 - n + 1)).sum()) / n**2
    return float(np.abs(x - actual).mean()) - spread / 2


def randomised_pit(pmf: Floats, actual: int, uniform: float) -> float:
    """F(y - 1) + v·P(y): uniform when the forecast is right, also for counts (Czado, Gneiting & Held 2009).

    >>> randomised_pit(np.array([0.5, 0.5]), 1, 0.5)
    0.75
    """
    cumulated = cdf_on(pmf, actual + 1)
    below = cumulated[actual - 1] if actual else 0.0
    return float(below + uniform * (cumulated[actual] - below))


def quantile_count(pmf: Floats, share: float) -> int:
    """The smallest x with P(X <= x) >= share."""
    return int(np.searchsorted(np.cumsum(pmf), share - 1e-12))


def brier(probability: Floats, hit: NDArray[np.bool_]) -> float:
    """Mean squared error of probabilities (Brier 1950).

    >>> brier(np.array([0.8, 0.3]), np.array([True, False]))
    0.065
    """
    return float(np.round(((probability - hit) ** 2).mean(), 12))


def skill(score: Floats, reference: Floats, block: Sequence[int] | NDArray[np.int64]) -> tuple[float, float, int]:
    """1 - score / reference over all cells, its standard error, and the number of blocks.

    ``score`` and ``reference`` : float64 (cell,). ``block`` : int (cell,); cells of one block may depend on each
    other (same origin, overlapping windows). The error is a delete-one-block jackknife (Künsch 1989); NaN under 2
    blocks.
    """
    total, base = float(score.sum()), float(reference.sum())
    if base == 0:
        return float("nan"), float("nan"), 0
    value = 1 - total / base
    labels = np.unique(block)
    n = len(labels)
    if n < 2:
        return value, float("nan"), n
    left = np.array(
        [1 - (total - score[block == b].sum()) / max(base - reference[block == b].sum(), 1e-12) for b in labels]
    )
    return value, float(np.sqrt((n - 1) / n * ((left - left.mean()) ** 2).sum())), n
