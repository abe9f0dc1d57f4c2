"""Slips from close-date histories: how often, by how much, and what they do to the chance of winning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from simulator.calibration.history import History

Floats = NDArray[np.float64]
NEEDED = 20
"""Pushes below which nothing is said about slips."""
BLOCKS = 5
"""Quarters below which nothing is said about how the chance of slipping varies between them."""
CLEAR = 2.0
"""Log-likelihood by which varying chances must beat a constant one to be written down."""


@dataclass(frozen=True)
class Slips:
    """Slip behaviour of all segments.

    ``pushes`` moved to a later week, ``tests`` due dates met or pushed; ``delay`` mean weeks a push moves a deal;
    ``factor`` : (log mean, log sd) of the win-rate factor per push. ``delays`` : float64 (push,), weeks.
    ``concentration`` : how alike quarters are (Beta(p·c, (1 − p)·c)) and from how many of them, or None where
    they differ by no more than chance.
    """

    pushes: int
    tests: int
    delay: float
    delays: Floats
    factor: tuple[float, float]
    limit: int
    earlier: int
    by_record: Floats
    weeks_by_record: Floats
    concentration: tuple[float, int] | None = None

    @property
    def probability(self) -> float:
        """Chance that a deal slips on its due date (Jeffreys)."""
        return (self.pushes + 0.5) / (self.tests + 1)


def fit_slips(history: History) -> Slips | None:
    """Slips of a history with close-date changes; None where it has fewer than 20 pushes."""
    changes = history.pushes
    weeks = (changes.new - changes.old) / 7
    late = weeks > 0
    if late.sum() < NEEDED:
        return None
    n = len(history)
    count = np.bincount(changes.record[late], minlength=n).astype(np.float64)
    moved = np.bincount(changes.record[late], weights=weeks[late], minlength=n).astype(np.float64)
    won = ~np.isnan(history.won)
    decided = won | ~np.isnan(history.lost)
    delays = np.maximum(weeks[late], 1.0)
    limit = int(max(3, np.quantile(count[decided | (count > 0)], 0.995)))
    return Slips(
        int(late.sum()),
        int(late.sum() + decided.sum()),
        float(delays.mean()),
        delays,
        _factor(count[decided], won[decided]),
        limit,
        int((weeks < 0).sum()),
        count,
        moved,
        _concentration(history, changes.old[late], decided),
    )


def _concentration(history: History, pushed: Floats, decided: NDArray[np.bool_]) -> tuple[float, int] | None:
    """Beta-binomial likelihood of pushes among due dates, 13 weeks at a time back from the as-of date."""
    met = np.where(np.isfinite(history.won), history.won, history.lost)[decided]
    blocks = [
        np.floor((history.as_of - np.minimum(days, history.as_of)) / 91).astype(np.int64) for days in (pushed, met)
    ]
    length = 1 + max((int(b.max()) for b in blocks if len(b)), default=0)
    k, m = (np.bincount(b, minlength=length).astype(float) for b in blocks)
    n = k + m
    k, n = k[n >= 10], n[n >= 10]
    if len(n) < BLOCKS or not 0 < k.sum() < n.sum():
        return None
    p = k.sum() / n.sum()
    grid = np.exp(np.linspace(np.log(3), np.log(3000), 60))[:, None]
    a, b = p * grid, (1 - p) * grid
    logs = (special.betaln(k + a, n - k + b) - special.betaln(a, b)).sum(axis=1)
    constant = float((k * np.log(p) + (n - k) * np.log1p(-p)).sum())
    best = int(np.argmax(logs))
    return (float(grid[best, 0]), len(n)) if logs[best] - constant > CLEAR else None


def _factor(pushes: Floats, won: NDArray[np.bool_]) -> tuple[float, float]:
    """Win chance p·f^pushes by maximum likelihood under a prior f ~ lognormal(0, 0.3); log f and its error."""

    def objective(x: Floats) -> float:
        chance = np.clip(special.expit(x[0]) * np.exp(x[1] * pushes), 1e-9, 1 - 1e-9)
        return (
            -float(np.where(won, np.log(chance), np.log1p(-chance)).sum())
            + 0.5 * (x[1] / 0.3) ** 2
            + 0.5 * (x[0] / 3) ** 2
        )

    if len(won) < 20:
        return 0.0, 0.3
    found = optimize.minimize(objective, np.array([special.logit(np.clip(won.mean(), 0.02, 0.98)), 0.0]), method="BFGS")
    return float(found.x[1]), float(np.sqrt(max(found.hess_inv[1, 1], 1e-6)))
