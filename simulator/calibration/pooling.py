"""Segments pulled towards the whole by as much as the data say they are alike (partial pooling, empirical Bayes)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simulator.calibration.cure import Cure, Grouped, Prior, fit_cure, fit_shares, log_likelihoods, weak_prior
from simulator.calibration.empirical import fit_empirical

Floats = NDArray[np.float64]
OWN_LAG = 30
"""Conversions from which on a segment gets a lag of its own (pulled towards the common one)."""


def between(values: Floats, variances: Floats) -> tuple[float, float]:
    """Mean and sd of what differs between groups, beyond the error of each (DerSimonian & Laird 1986).

    >>> between(np.array([0.0, 2.0]), np.array([1.0, 1.0]))
    (1.0, 1.0)
    """
    weight = 1 / variances
    mean = float((weight * values).sum() / weight.sum())
    spread = float((weight * (values - mean) ** 2).sum())
    scale = float(weight.sum() - (weight**2).sum() / weight.sum())
    tau2 = max(0.0, (spread - (len(values) - 1)) / scale) if scale > 0 else 0.0
    weight = 1 / (variances + tau2)
    return float((weight * values).sum() / weight.sum()), float(np.sqrt(tau2))


def fit_whole(data: Grouped, family: str, *, losses: bool) -> Cure:
    """All segments as one."""
    return fit_empirical(data, losses=losses) if family == "empirical" else fit_cure(data, family, losses=losses)


def _default(whole: Cure, index: int) -> float:
    return 0.5 if index < whole.lag_index else 0.25


def _one(data: Grouped, whole: Cure, prior: Prior, losses: bool) -> Cure:
    """One segment under a prior on all parameters of ``whole``."""
    shares = whole.lag_index
    if whole.lag.family == "empirical":
        lags = whole
        if data.events >= OWN_LAG:
            lags = fit_empirical(data, losses=losses, like=whole)
        return fit_shares(data, lags.lag, lags.loss_lag, Prior(prior.mean[:shares], prior.sd[:shares]))
    if data.events >= OWN_LAG:
        return fit_cure(data, whole.lag.family, losses=losses, prior=prior, begin=prior.mean.copy())
    found = fit_shares(data, whole.lag, whole.loss_lag, Prior(prior.mean[:shares], prior.sd[:shares]))
    return _with_common_lag(found, whole)


def _with_common_lag(found: Cure, whole: Cure) -> Cure:
    """Give shares that were fitted under the common lag that lag's uncertainty, and its pull on them."""
    shares = whole.lag_index
    lag_part = whole.covariance[shares:, shares:]
    pull = np.linalg.lstsq(lag_part, whole.covariance[shares:, :shares], rcond=None)[0].T
    covariance = np.zeros_like(whole.covariance)
    covariance[:shares, :shares] = found.covariance + pull @ lag_part @ pull.T
    covariance[:shares, shares:] = pull @ lag_part
    covariance[shares:, :shares] = covariance[:shares, shares:].T
    covariance[shares:, shares:] = lag_part
    return replace(found, x=np.r_[found.x, whole.x[shares:]], covariance=covariance)


def fit_segments(groups: list[Grouped], whole: Cure, *, losses: bool, quick: bool = False) -> tuple[list[Cure], Floats]:
    """A fit for every segment, and how much segments differ: float64 (parameter,), sd on the scale of ``Cure.x``.

    Each is first fitted nearly alone, the spread between segments is estimated from those with 20 records or more (not
    from those with many conversions, which would make all others look better than they are), and each is fitted again
    with that spread as its prior. ``quick`` skips the first pass and takes a usual spread.
    """
    width = len(whole.x)
    centre, tau = whole.x.copy(), np.array([_default(whole, i) for i in range(width)])
    if len(groups) == 1:
        return [whole], np.zeros(width)
    if not quick:
        wide = Prior(whole.x, np.maximum(3 * tau, 1.0))
        rich = [i for i, data in enumerate(groups) if data.count.sum() >= 20]
        first = {i: _one(groups[i], whole, wide, losses) for i in rich}
        for index in range(width):
            use = [i for i in rich if index < whole.lag_index or groups[i].events >= OWN_LAG]
            if len(use) >= 3:
                values = np.array([first[i].x[index] for i in use])
                variances = np.array([max(first[i].covariance[index, index], 1e-6) for i in use])
                centre[index], found = between(values, variances)
                # With few segments the spread is itself uncertain: never trust it to be exactly none.
                tau[index] = max(found, _default(whole, index) / (2 * np.sqrt(len(use))), 0.02)
    prior = Prior(centre, tau)
    return [_one(data, whole, prior, losses) for data in groups], tau


def held_out(groups: list[Grouped], fits: list[Cure]) -> tuple[list[Floats], list[Floats]]:
    """Log-likelihood of each group member that the fits have not seen, and how many there are of each."""
    scores, counts = [], []
    for data, fit in zip(groups, fits, strict=True):
        g = fit.loss_lag.cdf(data.grid) if fit.loss_lag is not None else None
        scores.append(log_likelihoods(data, fit.p, fit.r, fit.lag.cdf(data.grid), g))
        counts.append(data.count)
    return scores, counts


__all__ = ["OWN_LAG", "between", "fit_segments", "fit_whole", "held_out", "weak_prior"]
