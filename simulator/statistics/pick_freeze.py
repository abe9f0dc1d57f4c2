"""Shares of a variance by pick-freeze: which group of independent inputs makes how much of the spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.statistics.intervals import Z95

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ChainShares:
    """Arrays (group,), in the order of the chain.

    ``share`` sums to 1; ``total`` is what goes when the group alone is held fixed, and does not.
    """

    share: Floats
    standard_error: Floats
    total: Floats
    total_standard_error: Floats

    @property
    def low(self) -> Floats:
        """Lower ends of the 95% intervals of the shares."""
        return self.share - Z95 * self.standard_error

    @property
    def high(self) -> Floats:
        """Upper ends of the 95% intervals of the shares."""
        return self.share + Z95 * self.standard_error


def chain_shares(steps: Sequence[NDArray[np.floating] | NDArray[np.integer]]) -> ChainShares:
    """Split Var Y among k groups in a fixed order.

    With A and B two independent draws of all groups, step j holds Y where groups 1..j come from A
    and the rest from B: step 0 is Y(B), step k is Y(A). As Cov(Y(A), step j) = Var E[Y | groups 1..j],

        share_j = Cov(Y(A), step j − step j−1) / Cov(Y(A), Y(A) − Y(B)),

    the pick-freeze estimator (Sobol' 1993) with B subtracted (Sobol' et al. 2007, eq. 8): the numerators
    telescope to the denominator, so the shares sum to 1, a group that changes nothing has exactly 0,
    and small shares have small errors. Consecutive steps differ in one group only, which gives its
    total effect E[(step j − step j−1)²] / 2 Var Y (Jansen 1999, eq. 5) from the same runs.

    Parameters
    ----------
    steps : k + 1 arrays (trial,), all over the same trials.

    Returns
    -------
    ChainShares : (k,) arrays; standard errors by the delta method. All 0 where Y does not vary.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> a, b = rng.normal(size=(2, 2, 40_000))
    >>> y = lambda first, second: first + 2 * second
    >>> chain_shares([y(*b), y(a[0], b[1]), y(*a)]).share.round(1)
    array([0.2, 0.8])
    """
    values = np.stack([np.asarray(step, float) for step in steps])
    groups, n = len(values) - 1, values.shape[1]
    nothing = np.zeros(groups)
    centred = values[-1] - values[-1].mean()
    moves = np.diff(values, axis=0)
    denominator = centred * (values[-1] - values[0])
    whole = float(denominator.mean())
    variance = (float(values[0].var()) + float(values[-1].var())) / 2
    if variance == 0.0 or whole <= 0.0 or n < 3:
        return ChainShares(nothing, nothing, nothing, nothing)
    products = centred * moves
    share = products.mean(axis=1) / whole
    error = _ratio_error(products, share, denominator, whole)
    squares = moves**2 / 2
    spread = (centred**2 + (values[0] - values[0].mean()) ** 2) / 2
    total = squares.mean(axis=1) / variance
    return ChainShares(share, error, total, _ratio_error(squares, total, spread, variance))


def _ratio_error(tops: Floats, ratio: Floats, bottom: Floats, whole: float) -> Floats:
    """Standard errors of ratios of means; tops (group, trial), bottom (trial,)."""
    rest = tops - ratio[:, None] * bottom
    return rest.std(axis=1, ddof=1) / (np.sqrt(tops.shape[1]) * whole)
