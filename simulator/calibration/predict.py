"""What the fitted funnel foretells: wins of those in flight and of those still to come, with all uncertainty.

The same model as the scenario that :mod:`simulator.calibration.plan` writes, on days instead of weeks; it serves the
backtest, where hundreds of forecasts are needed, and the comparison of given arrivals with forecast ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from simulator.calibration.cure import Cure
from simulator.calibration.drift import month_of_quarter
from simulator.calibration.lags import Lag
from simulator.calibration.spells import OPEN, Spells

if TYPE_CHECKING:
    from simulator.calibration.fitted import Fit

Floats = NDArray[np.float64]
SETS = 100
"""Draws of the parameters; each serves draws / SETS trials."""


@dataclass(frozen=True)
class Forecast:
    """Trials of what a window brings. ``wins`` : int64 (trial, segment); ``value`` : float64 (trial, segment) or None.
    ``total_wins`` and ``total_value`` are sums over segments of the same trials."""

    wins: NDArray[np.int64]
    value: Floats | None


def draw_parameters(fit: Cure, sets: int, rng: np.random.Generator) -> Floats:
    """float64 (set, parameter), from the Laplace approximation."""
    return rng.multivariate_normal(fit.x, fit.covariance, size=sets, method="svd")


def with_parameters(fit: Cure, x: Floats) -> Cure:
    """The fit with other parameters; lags that have none (empirical ones) stay."""
    shares = fit.lag_index
    lag, loss_lag = fit.lag, fit.loss_lag
    if fit.lag.family != "empirical" and len(x) > shares:
        width = len(fit.lag.theta)
        lag = Lag(fit.lag.family, tuple(x[shares : shares + width]))
        if loss_lag is not None:
            loss_lag = Lag(loss_lag.family, tuple(x[shares + width :]))
    return replace(fit, x=x, lag=lag, loss_lag=loss_lag)


def fresh(fit: Cure, days: int, factor: float, after: Floats) -> Floats:
    """float64 (days + 1,): chance that one that enters today has won within 0, 1, … days."""
    edge = np.maximum(np.arange(days + 2) - 0.5, 0) / 7
    steps = scaled(fit.p, factor) * np.diff(fit.lag.cdf(edge))
    return np.convolve(steps, after)[: days + 1]


@overload
def scaled(p: float, factor: float) -> float: ...


@overload
def scaled(p: Floats, factor: float) -> Floats: ...


def scaled(p: Any, factor: float) -> Any:
    """A rate whose odds are moved by a factor, as the market part of a plan does; it stays a rate.

    >>> round(scaled(0.1, 1.5), 3), round(scaled(0.9, 1.5), 3)
    (0.143, 0.931)
    """
    return p * factor / (1 - p + p * factor)


def in_flight(fit: Cure, ages: Floats, days: int, factor: float, after: Floats) -> Floats:
    """float64 (age,): chance that one of an age in days, still there, wins within ``days``."""
    whole = ages.astype(np.int64)
    grid = fit.lag.cdf((np.arange(whole.max() + days + 1) + 0.5) / 7)  # ages are whole days: one value a day serves all
    f = grid[whole[:, None] + np.arange(days + 1)]
    gone = fit.p * f[:, 0]
    if fit.loss_lag is not None:
        gone = gone + (1 - fit.p) * fit.r * fit.loss_lag.cdf((ages + 0.5) / 7)
    steps = fit.p * np.diff(f, axis=1) / np.maximum(1 - gone, 1e-6)[:, None]
    chance = steps @ after[days - np.arange(1, days + 1)]
    if factor != 1.0:
        # As in a plan, a market moves the odds that one still open is won some day, not when.
        left = np.maximum(fit.p * (1 - f[:, 0]) / np.maximum(1 - gone, 1e-6), 1e-9)
        chance = chance * scaled(np.minimum(left, 1.0), factor) / left
    return np.clip(chance, 0.0, 1.0)


def open_groups(spells: Spells, segment: int) -> tuple[Floats, NDArray[np.int64]]:
    """Ages in days of what is still in a stage, and how many there are of each."""
    mine = (spells.segment == segment) & (spells.kind == OPEN)
    ages, count = np.unique(spells.days[mine], return_counts=True)
    return ages.astype(float), count


def predict(
    fit: Fit, days: int, *, draws: int = 4000, seed: int = 1, arrivals: NDArray[np.int64] | None = None,
    open_only: bool = False, shock: bool = True,
) -> Forecast:  # fmt: skip
    """Wins and value in the ``days`` after the as-of date.

    Parameters
    ----------
    arrivals : int64 (segment, day), who enters on each day of the window, where that is given.
    open_only : only what is in flight on the as-of date.
    shock : let rates and volumes vary as quarters did.
    """
    rng = np.random.default_rng([seed, fit.history.as_of])
    segments = len(fit.history.segments)
    sets = min(SETS, draws)
    per_set = -(-draws // sets)
    common = _factors(fit, days, sets, rng) if shock else np.ones((len(fit.timed), sets))
    wins = np.zeros((sets * per_set, segments), dtype=np.int64)
    if arrivals is None and not open_only:
        a, b = fit.volumes.level.ahead(days / 7)
        rates = rng.gamma(a, 1 / b, size=(sets * per_set, segments)) * fit.season_ahead(days)
        number = _arrive(rates * days / 7, fit.volumes.level.dispersion, rng)
    for segment in range(segments):
        drawn = [draw_parameters(t.segments[segment], sets, rng) for t in fit.timed]
        groups = [open_groups(t.spells, segment) for t in fit.timed]
        for one in range(sets):
            rows = slice(one * per_set, (one + 1) * per_set)
            after = np.ones(days + 1)
            total = np.zeros(per_set, dtype=np.int64)
            for step in range(len(fit.timed) - 1, -1, -1):
                cure = with_parameters(fit.timed[step].segments[segment], drawn[step][one])
                ages, count = groups[step]
                if len(ages):
                    chance = in_flight(cure, ages, days, common[step, one], after)
                    total += rng.binomial(count, chance, size=(per_set, len(ages))).sum(axis=1)
                if step or not open_only:
                    after = fresh(cure, days, common[step, one], after)
            if arrivals is not None:
                # One that enters during day i of the window has days - i - ½ left of it, on average.
                left = np.r_[after[days - 1 :: -1]][:days]
                total += rng.binomial(arrivals[segment], left, size=(per_set, days)).sum(axis=1)
            elif not open_only:
                total += rng.binomial(number[rows, segment], min(float(after[:days].mean()), 1.0))
            wins[rows, segment] = total
    wins = wins[rng.permutation(len(wins))][:draws]
    return Forecast(wins, _value(fit, wins, rng))


def _arrive(mean: Floats, dispersion: float, rng: np.random.Generator) -> NDArray[np.int64]:
    if dispersion <= 1.01:
        return rng.poisson(mean)
    return rng.negative_binomial(np.maximum(mean, 1e-9) / (dispersion - 1), 1 / dispersion)


def _factors(fit: Fit, days: int, sets: int, rng: np.random.Generator) -> Floats:
    """float64 (transition, set): today's rates over the fitted ones, and how far the window's may be from them."""
    out = np.ones((len(fit.timed), sets))
    for index, drift in enumerate(fit.drifts):
        sd = drift.spread(days / 7)
        beat = drift.rhythm[month_of_quarter(fit.history.as_of + 1 + np.arange(days))].mean()
        out[index] = drift.factor * beat * np.exp(rng.normal(-(sd**2) / 2, sd, sets))
    return out


def _value(fit: Fit, wins: NDArray[np.int64], rng: np.random.Generator) -> Floats | None:
    if fit.sizes is None:
        return None
    value = np.zeros(wins.shape)
    for segment, size in enumerate(fit.sizes):
        counts = wins[:, segment]
        total = int(counts.sum())
        if not total:
            continue
        owner = np.repeat(np.arange(len(counts)), counts)
        scale = np.exp(rng.normal(0, size.error, len(counts)))
        value[:, segment] = np.bincount(owner, weights=size.draw(total, rng), minlength=len(counts)) * scale
    return value
