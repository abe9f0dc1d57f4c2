"""Monte Carlo error of probabilities and means, and the words people use for odds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Z95 = 1.959964
"""Two-sided 95% quantile of the normal distribution."""


@dataclass(frozen=True)
class Estimate:
    """A number known up to Monte Carlo error.

    ``low`` and ``high`` are the ends of a 95% interval of that error alone: how well the
    simulation knows the number, not how uncertain the plan is.
    """

    value: float
    standard_error: float
    low: float
    high: float

    def __float__(self) -> float:
        return self.value


def wilson(successes: int, trials: int, z: float = Z95) -> tuple[float, float]:
    """Interval of a proportion after Wilson (1927), eq. 1.

    >>> low, high = wilson(0, 10_000)
    >>> low, round(high, 6)
    (0.0, 0.000384)
    """
    p = successes / trials
    centre = p + z * z / (2 * trials)
    half = z * math.sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    low = 0.0 if successes == 0 else max(0.0, (centre - half) / scale)
    high = 1.0 if successes == trials else min(1.0, (centre + half) / scale)
    return low, high


def proportion(hits: NDArray[np.bool_]) -> Estimate:
    """Share of trials in which something happened.

    Parameters
    ----------
    hits : bool (trial,)

    Returns
    -------
    Estimate with standard error √(p(1−p)/n) and the Wilson interval.
    """
    return share_of(int(np.count_nonzero(hits)), int(hits.size))


def share_of(successes: int, trials: int) -> Estimate:
    """As :func:`proportion`, from the number of trials in which it happened.

    >>> share_of(25, 100).value
    0.25
    """
    p = successes / trials
    low, high = wilson(successes, trials)
    return Estimate(p, math.sqrt(p * (1 - p) / trials), low, high)


def mean(values: NDArray[np.floating] | NDArray[np.integer]) -> Estimate:
    """Mean over trials with its standard error and normal interval; values (trial,), undefined ones (NaN) left out."""
    values = values[~np.isnan(values)]
    n = values.size
    if not n:
        return Estimate(math.nan, math.nan, math.nan, math.nan)
    centre = float(np.mean(values, dtype=np.float64))
    error = float(np.std(values, ddof=1, dtype=np.float64)) / math.sqrt(n) if n > 1 else 0.0
    return Estimate(centre, error, centre - Z95 * error, centre + Z95 * error)


def percentiles(values: NDArray[Any], levels: Sequence[float]) -> NDArray[np.float64]:
    """Percentiles of each column, undefined values (NaN) left out; NaN where a column has nothing else.

    Parameters
    ----------
    values : (trial, column)

    Returns
    -------
    float64 (level, column)

    >>> percentiles(np.array([[1.0, np.nan], [3.0, np.nan]]), (50,)).tolist()
    [[2.0, nan]]
    """
    if not np.isnan(values).any():
        return np.asarray(np.percentile(values, levels, axis=0))
    columns = [column[~np.isnan(column)] for column in values.T]
    found = [np.percentile(c, levels) if c.size else np.full(len(levels), np.nan) for c in columns]
    return np.stack(found, axis=1)


def as_percent(probability: float, digits: int = 0) -> str:
    """A probability for people, who must never read 0% or 100% where luck is involved.

    >>> as_percent(0.4678), as_percent(0.0), as_percent(0.9999), as_percent(0.004)
    ('47%', '<0.1%', '>99.9%', '0.4%')
    """
    if probability < 0.001:
        return "<0.1%"
    if probability > 0.999:
        return ">99.9%"
    if probability < 0.01 or probability > 0.99:
        digits = max(digits, 1)
    return f"{100 * probability:.{digits}f}%"


_RARE = (
    (0.001, "less than 1 in 1,000"), (0.0015, "about 1 in 1,000"), (0.0035, "about 1 in 500"),
    (0.0075, "about 1 in 200"), (0.0145, "about 1 in 100"), (0.0245, "about 1 in 50"), (0.0415, "about 1 in 30"),
    (0.075, "about 1 in 20"),
)  # fmt: skip
_ODDS = (
    (0.125, "about 1 in 10"), (0.155, "about 1 in 7"), (0.185, "about 1 in 6"), (0.225, "about 1 in 5"),
    (0.295, "about 1 in 4"), (0.365, "about 1 in 3"), (0.445, "about 2 in 5"), (0.555, "about 1 in 2"),
    (0.635, "about 3 in 5"), (0.715, "about 2 in 3"), (0.775, "about 3 in 4"), (0.855, "about 4 in 5"),
)  # fmt: skip


def in_words(probability: float) -> str:
    """A probability as odds a person pictures; near certainty, the odds against.

    >>> in_words(0.4678), in_words(0.82), in_words(0.02)
    ('about 1 in 2', 'about 4 in 5', 'about 1 in 50')
    >>> in_words(0.97), in_words(0.0001), in_words(0.9999)
    ('all but 1 in 30', 'less than 1 in 1,000', 'more than 999 in 1,000')
    """
    if 0.01 <= probability <= 0.99:
        probability = round(probability, 2)  # as it is printed: one percentage has one wording
    for limit, words in (*_RARE, *_ODDS):
        if probability < limit:
            return words
    for limit, words in _RARE:
        if 1.0 - probability < limit:
            return "more than 999 in 1,000" if limit == _RARE[0][0] else words.replace("about", "all but")
    return "about 9 in 10"
