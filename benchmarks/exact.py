"""What the distribution is, without sampling: means by convolution, money by one FFT.

With Poisson arrivals and independent fates, counts of one metric are Poisson with convolved means and
bookings are compound Poisson. The simulator's own closed forms are not used.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from .funnel import WEEKS, Funnel


@dataclass(frozen=True)
class Exact:
    """mean, variance : float64 (quarter, metric); the probabilities are those of the plan's two targets.

    bookings_fourth : fourth cumulant of the bookings of all quarters.
    """

    mean: np.ndarray
    variance: np.ndarray
    wins_at_least: float
    wins_probability: float
    bookings_at_least: float
    bookings_probability: float
    bookings_fourth: float


def _shift(arriving: np.ndarray, weeks: np.ndarray) -> np.ndarray:
    return np.convolve(arriving, weeks)[: len(arriving)]


def solve(funnel: Funnel) -> Exact:
    """Exact moments per quarter, P(wins in the last quarter >= n), P(bookings of all quarters >= x)."""
    wins_at_least, bookings_at_least = funnel.wins_at_least, funnel.bookings_at_least
    count = funnel.weeks
    weekly: list[np.ndarray] = [funnel.arrivals]
    for rate, lag in zip(funnel.rates[:-1], funnel.lags[:-1], strict=True):
        weekly.append(_shift(weekly[-1] * rate, lag))
    due = _shift(weekly[-1], funnel.lags[-1])
    step = 1 / funnel.delay
    delay = np.concatenate([[0.0], step * (1 - step) ** np.arange(count)])
    wins, slips, again = np.zeros(count), np.zeros(count), np.zeros(count)
    quarter = np.arange(count) // WEEKS
    for slipped in range(funnel.limit + 1):
        wins += due * (1 - funnel.slip) * funnel.rates[-1] * funnel.factor**slipped
        if slipped < funnel.limit:
            moved = due * funnel.slip
            slips += moved
            again += moved * _slips_to_come(funnel, delay, slipped + 1, quarter)
            due = _shift(moved, delay)
    mean_value, cv = funnel.value
    counts = [*weekly, wins]
    first = [_by_quarter(funnel, each) for each in counts]
    mean = np.stack([*first, first[-1] * mean_value, _by_quarter(funnel, slips)], axis=1)
    variance = mean.copy()
    variance[:, -2] = first[-1] * mean_value**2 * (1 + cv * cv)
    variance[:, -1] += 2 * _by_quarter(funnel, again)  # a deal can slip twice in a quarter
    wins_by_quarter = mean[:, -3]
    return Exact(
        mean=mean,
        variance=variance,
        wins_at_least=wins_at_least,
        wins_probability=float(stats.poisson.sf(wins_at_least - 1, wins_by_quarter[-1])),
        bookings_at_least=bookings_at_least,
        bookings_probability=_compound(funnel, float(wins_by_quarter.sum()), bookings_at_least),
        bookings_fourth=float(wins_by_quarter.sum() * np.exp(4 * funnel.lognormal[0] + 8 * funnel.lognormal[1] ** 2)),
    )


def _by_quarter(funnel: Funnel, weekly: np.ndarray) -> np.ndarray:
    return weekly[funnel.start :].reshape(funnel.quarters, WEEKS).sum(axis=1)


def _slips_to_come(funnel: Funnel, delay: np.ndarray, slipped: int, quarter: np.ndarray) -> np.ndarray:
    """Expected further slips in the same quarter, by week of the slip that was number ``slipped``."""
    count = len(quarter)
    expected = np.zeros(count)
    for week in range(count):
        there = np.zeros(count)
        there[week] = 1.0
        for _ in range(slipped, funnel.limit):
            there = _shift(there, delay) * funnel.slip
            expected[week] += there[quarter == quarter[week]].sum()
    return expected


def _compound(funnel: Funnel, number: float, at_least: float, *, step: float = 50.0, size: int = 1 << 19) -> float:
    """P(sum of Poisson(number) lognormal values >= at_least); values on a grid, their mean kept."""
    mu, sigma = funnel.lognormal
    edges = np.arange(size + 1) * step
    share = stats.lognorm.cdf(edges, sigma, scale=np.exp(mu))
    part = funnel.value[0] * stats.norm.cdf((np.log(np.maximum(edges, 1e-300)) - mu) / sigma - sigma)
    mass, money = np.diff(share), np.diff(part) / step
    up = money - np.arange(size) * mass  # part of each cell's mass that goes to its upper edge
    grid = mass - up
    grid[1:] += up[:-1]
    law = np.fft.irfft(np.exp(number * (np.fft.rfft(grid) - 1)), size)
    cell = round(at_least / step)  # values near a grid point were put on it: half of its mass lies above
    return float(law[cell + 1 :].sum() + law[cell] / 2)
