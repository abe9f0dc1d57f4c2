"""How unusual is what happened? Tail probabilities under the plan, and the words for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.simulation.metrics import Metric


@dataclass(frozen=True)
class Unusual:
    """One metric's outcome against the plan.

    ``at_or_below`` and ``at_or_above`` are the shares of trials that come out so low, or so high.
    """

    metric: Metric
    value: float
    expected: float
    at_or_below: float
    at_or_above: float

    @property
    def low(self) -> bool:
        """Whether the outcome is on the low side."""
        return self.at_or_below <= self.at_or_above

    @property
    def tail(self) -> float:
        """Share of trials at least so far out on its side."""
        return min(self.at_or_below, self.at_or_above)


@dataclass(frozen=True)
class Together:
    """All outcomes at once.

    ``all_as_extreme`` : share of trials in which every metric is at least so far out, each on its side;
    ``as_far`` : share of trials at least so far from the middle in any direction (Mahalanobis distance).
    """

    all_as_extreme: float
    as_far: float


def how_unusual(metric: Metric, value: float, simulated: NDArray[Any]) -> Unusual:
    """Compare an outcome with the simulated ones, (trial,)."""
    return Unusual(
        metric, value, float(simulated.mean()), float((simulated <= value).mean()), float((simulated >= value).mean())
    )


def how_unusual_together(found: list[Unusual], simulated: NDArray[np.float64]) -> Together:
    """All metrics at once; simulated (trial, metric)."""
    extreme = np.ones(len(simulated), bool)
    for one, column in zip(found, simulated.T, strict=True):
        extreme &= column <= one.value if one.low else column >= one.value
    centre = simulated.mean(axis=0)
    inverse = np.linalg.pinv(np.atleast_2d(np.cov(simulated.T)))

    def square(offset: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.einsum("...i,ij,...j->...", offset, inverse, offset)

    reached = float(square(np.array([one.value for one in found]) - centre))
    return Together(float(extreme.mean()), float((square(simulated - centre) >= reached * (1 - 1e-12)).mean()))


def one_in(probability: float, what: str = "quarter", trials: int = 10_000) -> str:
    """A share of all quarters as people say it.

    >>> one_in(0.17), one_in(0.45), one_in(0.0321), one_in(0.8)
    ('1 quarter of 6', 'almost every second quarter', '1 quarter of 30', '8 quarters of 10')
    >>> one_in(0.0, trials=9000)
    'fewer than 1 quarter of 3,000'
    """
    if probability * trials < 3:
        return f"fewer than 1 {what} of {_round(trials / 3):,}"
    if probability > 0.95:
        return f"nearly every {what}"
    if probability > 0.55:
        return f"{min(9, round(10 * probability))} {what}s of 10"
    if probability > 0.4:
        return f"{'' if probability >= 0.48 else 'almost '}every second {what}"
    return f"1 {what} of {_round(1 / probability):,}"


def _round(count: float) -> int:
    """Two figures below a hundred in steps a person would use, one beyond."""
    if count < 12:
        return round(count)
    if count < 30:
        return 5 * round(count / 5)
    step = 10 ** (len(str(int(count))) - 1)
    return int(step * round(count / step))
