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


@dataclass(frozen=True)
class Slips:
    """Slip behaviour of all segments.

    ``pushes`` moved to a later week, ``tests`` due dates met or pushed; ``delay`` mean weeks a push moves a deal;
    ``factor`` : (log mean, log sd) of the win-rate factor per push. ``delays`` : float64 (push,), weeks.
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
    )


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
