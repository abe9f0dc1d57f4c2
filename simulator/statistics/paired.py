"""Differences between two runs in the same luck: trial by trial, so that common luck cancels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.statistics.intervals import Z95, Estimate


def paired_mean(first: NDArray[Any], second: NDArray[Any]) -> Estimate:
    """Mean of ``second − first`` with the standard error of the differences, which is what pairing is for.

    Parameters
    ----------
    first, second : (trial,), the same trials in the same order; those undefined (NaN) in either are left out.

    Examples
    --------
    >>> paired_mean(np.array([1, 5, 9]), np.array([2, 6, 10]))
    Estimate(value=1.0, standard_error=0.0, low=1.0, high=1.0)
    """
    difference = np.asarray(second, np.float64) - np.asarray(first, np.float64)
    difference = difference[~np.isnan(difference)]
    n = difference.size
    if not n:
        return Estimate(math.nan, math.nan, math.nan, math.nan)
    centre = float(difference.mean())
    error = float(difference.std(ddof=1)) / math.sqrt(n) if n > 1 else 0.0
    return Estimate(centre, error, centre - Z95 * error, centre + Z95 * error)


def paired_proportion(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> Estimate:
    """Difference of two probabilities over the same trials.

    The interval is that of Bonett and Price (2012, "Adjusted Wald confidence interval for a difference of binomial
    proportions based on paired data", J. Educational and Behavioral Statistics 37, 479-488): a trial is added to
    those that change sides, each way, so that it has a width even when none does. The standard error is the plain one.

    Parameters
    ----------
    first, second : bool (trial,), the same trials in the same order.
    """
    n = first.size
    gained = int(np.count_nonzero(second & ~first))
    lost = int(np.count_nonzero(first & ~second))
    value = (gained - lost) / n
    error = math.sqrt(max(0.0, gained + lost - (gained - lost) ** 2 / n)) / n
    m, up, down = n + 2, gained + 1.0, lost + 1.0
    centre = (up - down) / m
    half = Z95 * math.sqrt(up + down - (up - down) ** 2 / m) / m
    return Estimate(value, error, max(-1.0, min(value, centre - half)), min(1.0, max(value, centre + half)))


@dataclass(frozen=True)
class Race:
    """How often the second of two runs has more than, as much as and less than the first, in the same luck."""

    ahead: float
    level: float
    behind: float


def race(first: NDArray[Any], second: NDArray[Any]) -> Race:
    """Shares of trials in which ``second`` is larger, equal and smaller.

    >>> race(np.array([1, 2, 3, 4]), np.array([2, 2, 2, 9]))
    Race(ahead=0.5, level=0.25, behind=0.25)
    """
    n = int(np.count_nonzero(~np.isnan(first) & ~np.isnan(second)))
    if not n:
        return Race(0.0, 0.0, 0.0)
    ahead, level = int(np.count_nonzero(second > first)), int(np.count_nonzero(second == first))
    return Race(ahead / n, level / n, (n - ahead - level) / n)
