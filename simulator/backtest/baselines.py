"""Forecasts that need no funnel; a forecast that cannot beat them is not worth its trouble.

Each takes weekly wins of one segment up to the origin (float64 (week,), the last week ends on it) and gives the
probabilities of the wins in the coming ``horizon`` weeks; None where the history does not allow it.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.calibration.drift import USUAL_SD, month_of_quarter, quarter_rhythm
from simulator.calibration.levels import follow

Floats = NDArray[np.float64]
WINDOW = 13


def count_pmf(mean: float, variance: float) -> Floats:
    """Poisson or negative binomial probabilities with a mean and a variance, up to where 1e-7 is left."""
    mean = max(mean, 1e-6)
    variance = max(variance, mean)
    top = int(mean + 8 * np.sqrt(variance) + 10)
    x = np.arange(top + 1)
    if variance <= mean * 1.0001:
        logs = x * np.log(mean) - mean - special.gammaln(x + 1)
    else:
        size = mean**2 / (variance - mean)
        logs = (
            special.gammaln(x + size)
            - special.gammaln(size)
            - special.gammaln(x + 1)
            + size * np.log(size / (size + mean))
            + x * np.log(mean / (size + mean))
        )
    pmf = np.exp(logs)
    return pmf / pmf.sum()


def rounded_pmf(mean: float, scale: float, df: float | None) -> Floats:
    """A t (or, without ``df``, normal) distribution rounded to counts; what lies below 0 counts as 0."""
    scale = max(scale, 0.3)
    top = int(max(mean + (8 if df is None else 14) * scale, 0) + 10)
    edges = (np.arange(top + 1) + 0.5 - mean) / scale
    cdf = special.ndtr(edges) if df is None else special.stdtr(df, edges)
    pmf = np.diff(np.r_[0.0, cdf])
    return pmf / pmf.sum()


def _recent(weekly: Floats) -> Floats:
    return weekly[-WINDOW:]


def poisson_run_rate(weekly: Floats, horizon: int) -> Floats | None:
    """Poisson at the pace of the last 13 weeks."""
    recent = _recent(weekly)
    return count_pmf((recent.sum() + 0.5) / len(recent) * horizon, 0.0)


def negative_binomial_run_rate(weekly: Floats, horizon: int) -> Floats | None:
    """The pace of the last 13 weeks, with the dispersion of those weeks and the error of their mean."""
    recent = _recent(weekly)
    mean = (recent.sum() + 0.5) / len(recent)
    dispersion = max(float(recent.var(ddof=1)) / mean, 1.0) if len(recent) > 1 else 1.0
    expected = mean * horizon
    return count_pmf(expected, dispersion * expected * (1 + horizon / len(recent)))


def mean_of_windows(weekly: Floats, horizon: int) -> Floats | None:
    """Mean of the last windows of this length (2 to 8 of them) with their spread: a t distribution."""
    number = min(len(weekly) // horizon, 8)
    if number < 2:
        return None
    windows = weekly[-number * horizon :].reshape(number, horizon).sum(axis=1)
    spread = float(np.sqrt(max(windows.var(ddof=1), windows.mean(), 0.25) * (1 + 1 / number)))
    return rounded_pmf(float(windows.mean()), spread, number - 1)


def seasonal_naive(weekly: Floats, horizon: int) -> Floats | None:
    """What the same weeks brought a year ago."""
    if len(weekly) < 52 + 1:
        return None
    begin = len(weekly) - 52
    year_ago = weekly[begin : begin + horizon]
    if len(year_ago) < horizon:
        return None
    past = weekly.reshape(-1)[len(weekly) % horizon :].reshape(-1, horizon).sum(axis=1)
    return count_pmf(
        float(year_ago.sum()) + 0.5,
        max(float(np.diff(past).var()) / 2 if len(past) > 3 else 0.0, float(year_ago.sum()) + 0.5),
    )


def drifting_level(weekly: Floats, horizon: int) -> Floats | None:
    """A drifting Poisson level (Harvey & Fernandes 1989): exponential smoothing for counts."""
    level = follow(weekly)
    a, b = level.ahead(horizon)
    mean = float(a[0] / b[0]) * horizon
    return count_pmf(mean, level.dispersion * mean + mean**2 / float(a[0]))


def exponential_smoothing(weekly: Floats, horizon: int) -> Floats | None:
    """Simple exponential smoothing, ETS(A,N,N), by statsmodels; None where that is not installed or too little is
    known."""
    if len(weekly) < 10 or weekly.sum() < 3:
        return None
    try:
        SimpleExpSmoothing = import_module("statsmodels.tsa.holtwinters").SimpleExpSmoothing
    except ImportError:
        return None
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # boundary solutions (alpha of 0 or 1) are fine here
        fitted = SimpleExpSmoothing(weekly, initialization_method="estimated").fit()
    alpha = float(fitted.params["smoothing_level"])
    sigma2 = float(np.mean(fitted.resid**2)) * len(weekly) / max(len(weekly) - 2, 1)
    # Variance of a sum of future values (Hyndman et al. 2008, eq. 6.11 with the errors' shared part).
    weights = 1 + alpha * np.arange(horizon)
    level = max(float(fitted.forecast(1)[0]), 0.0) * horizon
    return rounded_pmf(level, float(np.sqrt(sigma2 * (weights**2).sum())), None)


def pooled_pace(weekly: Floats, horizon: int, day: int) -> list[Floats]:
    """The pace of all segments together, split by each segment's share so far, with the rhythm of quarters.

    ``weekly`` : float64 (segment, week), ending on ``day``. Gives one forecast a segment, and the total's last. What
    segments share (a market, a quarter's end) is learned from all of them; a share is a Dirichlet posterior mean.
    """
    together = weekly.sum(axis=0)
    rhythm = quarter_rhythm(together, np.full(len(together), together.mean()), day)
    weeks = day - 3 - 7 * np.arange(len(together))[::-1]
    exposure = rhythm[month_of_quarter(weeks)]
    level = follow(together, exposure)
    ahead = rhythm[month_of_quarter(day + 1 + np.arange(7 * horizon))].mean()
    a, b = level.ahead(horizon)
    mean = float(a[0] / b[0]) * horizon * float(ahead)
    relative = 1 / float(a[0]) + USUAL_SD**2 / 4
    wins = weekly.sum(axis=1)
    fade = 0.985 ** np.arange(weekly.shape[1])[::-1]
    recent = weekly @ fade
    prior = max(float(wins.sum()), 1.0) / len(wins)
    share = (recent + 2 * prior / max(prior, 2)) / (recent.sum() + 2 * prior / max(prior, 2) * len(wins))
    sure = 1 / np.maximum(recent + 1, 1)
    spread = _dispersion(weekly)
    found = [
        count_pmf(mean * s, spread * mean * s + (mean * s) ** 2 * (relative + u))
        for s, u in zip(share, sure, strict=True)
    ]
    return [*found, count_pmf(mean, level.dispersion * mean + mean**2 * relative)]


def _dispersion(weekly: Floats) -> float:
    """Variance over mean of a segment's week, beyond what moves all segments together."""
    rows, columns = weekly.sum(axis=1, keepdims=True), weekly.sum(axis=0, keepdims=True)
    expected = rows * columns / max(float(weekly.sum()), 1.0)
    fine = expected > 0.2
    free = fine.sum() * (1 - 1 / weekly.shape[0]) * (1 - 1 / weekly.shape[1])
    return (
        max(float(((weekly - expected)[fine] ** 2 / expected[fine]).sum()) / max(free, 1.0), 1.0) if fine.any() else 1.0
    )


BASELINES: dict[str, Callable[[Floats, int], Floats | None]] = {
    "run rate, Poisson": poisson_run_rate,
    "run rate, negative binomial": negative_binomial_run_rate,
    "mean of windows, t": mean_of_windows,
    "seasonal naive": seasonal_naive,
    "drifting level": drifting_level,
    "exponential smoothing": exponential_smoothing,
}


def weighted_pipeline(still_open: int, rate: float) -> Floats:
    """Every open one at the average rate, whatever its age: what a CRM's weighted pipeline says."""
    rate = min(max(rate, 1e-4), 1 - 1e-4)
    return count_pmf(still_open * rate, 0.0) if still_open else np.array([1.0])


def ratio(wins: float, base: float, ahead: float) -> Floats:
    """Past wins over past arrivals (or past open ones), times what is there now: Poisson."""
    return count_pmf((wins + 0.5) / max(base + 1.0, 1.0) * ahead, 0.0)
