"""Metalog distributions of any number of terms: quantiles, least-squares fits, feasibility.

Keelin (2016), "The Metalog Distributions", Decision Analysis 13(4), 243-277.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def basis(y: Floats, terms: int) -> Floats:
    """The basis functions at probabilities ``y``.

    With L = ln(y/(1−y)) and c = y − ½: 1, L, cL, c, then for k ≥ 5 c^⌊(k−1)/2⌋ (odd k) or that times L
    (even k); Keelin (2016), eq. 5.

    Returns
    -------
    float64 (len(y), terms)
    """
    y = np.atleast_1d(np.asarray(y, dtype=np.float64))
    logit, centred = np.log(y) - np.log1p(-y), y - 0.5
    first = [np.ones_like(y), logit, centred * logit, centred]
    for k in range(5, terms + 1):
        power = centred ** ((k - 1) // 2)
        first.append(power if k % 2 else power * logit)
    return np.stack(first[:terms], axis=1)


def quantile(coefficients: Floats, y: Floats, lower: float | None = None, upper: float | None = None) -> Floats:
    """Values at probabilities ``y``, 0 < y < 1; bounded below, above, both or not at all.

    Examples
    --------
    >>> float(quantile(np.array([10.0, 2.0]), np.array([0.5]))[0])
    10.0
    """
    plain: Floats = basis(y, len(coefficients)) @ np.asarray(coefficients, dtype=np.float64)
    if lower is None and upper is None:
        return plain
    if upper is None:
        return lower + np.exp(plain)
    if lower is None:
        return upper - np.exp(-plain)
    share: Floats = 1 / (1 + np.exp(-plain))
    return lower + (upper - lower) * share


def fit(x: Floats, y: Floats, weights: Floats, terms: int, lower: float | None = None) -> Floats:
    """Coefficients by weighted least squares through quantiles ``x`` at probabilities ``y`` (Keelin, eq. 7).

    ``x`` must lie above ``lower``.
    """
    return fits(x, y, weights, (terms,), lower)[0]


def fits(x: Floats, y: Floats, weights: Floats, terms: Sequence[int], lower: float | None = None) -> list[Floats]:
    """:func:`fit` for several numbers of terms at once: one QR factorisation holds them all."""
    scale = np.sqrt(weights)
    target = x if lower is None else np.log(x - lower)
    q, r = np.linalg.qr(basis(y, max(terms)) * scale[:, None])
    seen = q.T @ (target * scale)
    return [np.linalg.lstsq(r[:k, :k], seen[:k], rcond=None)[0] for k in terms]


@cache
def ladder(smallest: float, points: int) -> tuple[Floats, Floats]:
    """Probabilities evenly spaced on the logit scale, and the basis of 16 terms at them."""
    logit = np.linspace(np.log(smallest), -np.log(smallest), points)
    y = 1 / (1 + np.exp(-logit))
    return y, basis(y, 16)


def feasible(coefficients: Floats, smallest: float = 1e-7, points: int = 2001) -> bool:
    """Whether the quantile function of at most 16 terms rises everywhere between ``smallest`` and 1 − ``smallest``."""
    _, functions = ladder(smallest, points)
    values = functions[:, : len(coefficients)] @ coefficients
    return bool(np.all(np.isfinite(values)) and np.all(np.diff(values) > 0))
