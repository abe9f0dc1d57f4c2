"""Deal sizes: lognormal where that fits, drawn from the real ones where it does not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.calibration.history import History
from simulator.calibration.pooling import between

Floats = NDArray[np.float64]
REAL = 30
"""Wins from which on real amounts may stand for themselves."""


@dataclass(frozen=True)
class Sizes:
    """Sizes of one segment's won deals.

    ``log_mean``, ``log_sd`` : of the lognormal (partially pooled); ``error`` : sd of the log of its mean.
    ``values`` : the real amounts where they are to be drawn from, else None. ``count`` : wins with an amount.
    """

    log_mean: float
    log_sd: float
    error: float
    values: Floats | None
    count: int
    top_share: float

    @property
    def mean(self) -> float:
        """Mean size, currency."""
        return (
            float(self.values.mean()) if self.values is not None else float(np.exp(self.log_mean + self.log_sd**2 / 2))
        )

    @property
    def cv(self) -> float:
        """Coefficient of variation."""
        if self.values is not None:
            return float(self.values.std() / self.values.mean())
        return float(np.sqrt(np.expm1(self.log_sd**2)))

    def draw(self, count: int, rng: np.random.Generator) -> Floats:
        """Sizes of ``count`` deals."""
        if self.values is not None:
            return rng.choice(self.values, count)
        return rng.lognormal(self.log_mean, self.log_sd, count)


def _is_lognormal(logs: Floats) -> bool:
    """Kolmogorov-Smirnov distance with estimated parameters (Lilliefors' 1% point), and not a price list."""
    n = len(logs)
    if len(np.unique(logs)) < 0.3 * n:
        return False
    z = np.sort((logs - logs.mean()) / max(logs.std(ddof=1), 1e-9))
    f = special.ndtr(z)
    distance = max((np.arange(1, n + 1) / n - f).max(), (f - np.arange(n) / n).max())
    return bool(distance < 1.035 / (np.sqrt(n) - 0.01 + 0.83 / np.sqrt(n)))


def fit_sizes(history: History) -> list[Sizes] | None:
    """Sizes of each segment's won deals; None where the history has no amounts worth the name."""
    won = ~np.isnan(history.won) & (history.amount > 0)
    if won.sum() < 5 or won.sum() < 0.05 * (~np.isnan(history.won)).sum():
        return None
    logs, segment = np.log(history.amount[won]), history.segment[won]
    spread = max(float(logs.std(ddof=1)), 1e-6)
    groups = [logs[segment == i] for i in range(len(history.segments))]
    rich = [g for g in groups if len(g) >= 5]
    centre, tau = float(logs.mean()), 0.5 * spread
    if len(rich) >= 3:
        variances = np.array([max(g.var(ddof=1), 0.01 * spread**2) / len(g) for g in rich])
        centre, tau = between(np.array([g.mean() for g in rich]), variances)
        tau = max(tau, 0.05 * spread)
    found = []
    for g in groups:
        n = len(g)
        within = (
            float(np.sqrt(((g - g.mean()) @ (g - g.mean()) + 10 * _within(groups)) / (n + 9)))
            if n
            else float(np.sqrt(_within(groups)))
        )
        weight = tau**2 / (tau**2 + within**2 / n) if n else 0.0
        mean = weight * float(g.mean() if n else 0) + (1 - weight) * centre
        error = np.sqrt((1 - weight) * tau**2 + within**4 / (2 * (n + 10))) if n else np.sqrt(tau**2 + within**4 / 20)
        amounts = np.round(np.exp(g), 2)
        real = amounts if n >= REAL and not _is_lognormal(g) else None
        top = np.sort(amounts)[::-1][: max(1, round(0.02 * n))].sum() / amounts.sum() if n else 0.0
        if n >= REAL:
            error = float(amounts.std(ddof=1) / amounts.mean() / np.sqrt(n)) if real is not None else error
        found.append(Sizes(mean, max(within, 1e-3), float(error), real, n, float(top)))
    return found


def _within(groups: list[Floats]) -> float:
    """Variance of logs inside segments."""
    total = sum(float(((g - g.mean()) ** 2).sum()) for g in groups if len(g) > 1)
    return max(total / max(sum(len(g) - 1 for g in groups if len(g) > 1), 1), 1e-6)
