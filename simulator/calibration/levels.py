"""A rate that may drift, followed week by week: the power-steady gamma-Poisson filter (Smith 1979; Harvey & Fernandes
1989).

Counts y_t of exposure e_t have mean e_t·λ_t and variance d·e_t·λ_t. What is known of λ is a gamma(a, b); from week to
week both are discounted by ω, so old weeks count less. ω = 1 means no drift.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
DISCOUNTS = (1.0, 0.985, 0.97, 0.95, 0.92, 0.88, 0.83, 0.75)
DISPERSIONS = (1.0, 1.3, 1.7, 2.2, 3.0, 4.5, 7.0, 11.0, 18.0)
PENALTY = 0.5
"""Log-likelihood that each step to a faster drift must win: most rates drift slowly."""
FLOOR = 4.0
"""Least effective number of counts a forecast level rests on (a coefficient of variation of 50%)."""


@dataclass(frozen=True)
class Level:
    """Where the rates stand after the last week: gamma(``a``, ``b``), each float64 (series,).

    ``gain`` : log-likelihood won by letting the rate drift, over the best fit without drift.
    """

    a: Floats
    b: Floats
    discount: float
    dispersion: float
    gain: float
    weeks: int

    @property
    def mean(self) -> Floats:
        """float64 (series,), the level now, per unit of exposure and week."""
        return self.a / self.b

    def ahead(self, weeks: float) -> tuple[Floats, Floats]:
        """Gamma parameters of the average level over the coming ``weeks``: the same mean, wider."""
        fade = self.discount ** ((weeks + 1) / 3)  # the mean of a random walk over n steps has n/3 of its last variance
        a = np.maximum(self.a * fade, np.minimum(self.a, FLOOR))
        return a, self.b * a / self.a

    def weekly_drift(self) -> float:
        """Standard deviation of the log level's change in a week, for all series together."""
        return float(np.sqrt((1 / self.discount - 1) / max(self.a.sum(), FLOOR)))


def negative_binomial(y: Floats, mean: Floats, variance: Floats) -> Floats:
    """Log probabilities of counts with a mean and a variance (Poisson where the variance is not larger)."""
    mean = np.maximum(mean, 1e-9)
    size = mean**2 / np.maximum(variance - mean, 1e-9 * mean)
    size = np.minimum(size, 1e9)
    return (
        special.gammaln(y + size)
        - special.gammaln(size)
        - special.gammaln(y + 1)
        + size * np.log(size / (size + mean))
        + special.xlogy(y, mean / (size + mean))
    )


def _run(
    y: Floats, e: Floats, a: Floats, b: Floats, discount: Floats, dispersion: Floats
) -> tuple[Floats, Floats, Floats]:
    """Log-likelihood (setting,), and the last a and b (setting, series), for settings of discount and dispersion at
    once."""
    omega, d = discount[:, None], dispersion[:, None]
    a, b = np.tile(a, (len(omega), 1)), np.tile(b, (len(omega), 1))
    total = np.zeros(len(omega))
    for week in range(y.shape[1]):
        if week:
            kept = np.maximum(a * omega, np.minimum(a, 0.5))
            a, b = kept, b * kept / np.maximum(a, 1e-12)
        mean = e[:, week] * a / b
        total += negative_binomial(y[:, week], mean, d * mean + (e[:, week] / b) ** 2 * a).sum(axis=1)
        a = a + y[:, week] / d
        b = b + e[:, week] / d
    return total, a, b


def _start(y: Floats, e: Floats, centre: float | None) -> tuple[Floats, Floats]:
    rate = (y.sum(axis=1) + 0.5) / np.maximum(e.sum(axis=1), 1e-9) if centre is None else np.full(len(y), centre)
    a = np.full(len(y), 1.0 if centre is None else 8.0)
    return a, a / rate


def follow(counts: Floats, exposure: Floats | None = None, *, centre: float | None = None) -> Level:
    """Follow the level of one or more series.

    Discount and dispersion are chosen by likelihood, the discount on the sum of the series: what moves all of them
    together is one piece of evidence, not many.

    Parameters
    ----------
    counts : float64 (series, week).  exposure : same shape; default 1.
    centre : the level expected beforehand (1 for observed over expected); default: each series' own mean.
    """
    y = np.atleast_2d(np.asarray(counts, dtype=float))
    e = np.ones_like(y) if exposure is None else np.atleast_2d(np.asarray(exposure, dtype=float))
    together = y.sum(axis=0, keepdims=True)
    base = e.sum(axis=0, keepdims=True) if centre is not None else e.mean(axis=0, keepdims=True)
    omegas, spreads = np.array(DISCOUNTS), np.array(DISPERSIONS)
    a, b = _start(together, base, centre)
    grid, _, _ = _run(together, base, a, b, np.repeat(omegas, len(spreads)), np.tile(spreads, len(omegas)))
    best = grid.reshape(len(omegas), len(spreads)).max(axis=1)
    chosen = int(np.argmax(best - PENALTY * np.arange(len(omegas))))
    a, b = _start(y, e, centre)
    runs, last_a, last_b = _run(y, e, a, b, np.full(len(spreads), omegas[chosen]), spreads)
    at = int(np.argmax(runs))
    return Level(
        last_a[at], last_b[at], float(omegas[chosen]), float(spreads[at]), float(best[chosen] - best[0]), y.shape[1]
    )
