"""Trials as metalogs tied by a Gaussian copula: a library of kilobytes, and what that costs in accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.export.series import Series
from simulator.export.sipmath.hdr import hdr
from simulator.statistics import metalog
from simulator.statistics.copula import score_correlation, tie

Floats = NDArray[np.float64]
TERMS = (3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16)
LOWER = -0.5
"""Below zero on purpose: one reader takes a bound of exactly 0 for absent."""
WORST = 0.02
"""A series whose distribution function would be off by more than this stays exact."""
ENTITY = 1000


@dataclass(frozen=True)
class Shape:
    """A series as a metalog.

    ``error`` is the largest distance of its distribution function from that of the trials.
    """

    series: Series
    coefficients: Floats
    lower: float | None
    error: float

    @property
    def whole(self) -> bool:
        """Whether values are rounded to whole numbers."""
        return self.series.kind == "count"

    def values(self, y: Floats) -> Floats:
        """Values at probabilities, rounded where the series is of whole numbers."""
        raw = metalog.quantile(self.coefficients, y, self.lower)
        return np.floor(raw + 0.5) if self.whole else raw

    def probability(self, threshold: float, least: bool) -> float:
        """P(value ≥ threshold), or ≤, by bisection of the quantile function."""
        edge = threshold
        if self.whole:
            edge = np.ceil(threshold) - 0.5 if least else np.floor(threshold) + 0.5
        low, high = 1e-12, 1 - 1e-12
        for _ in range(60):
            middle = (low + high) / 2
            if metalog.quantile(self.coefficients, np.array([middle]), self.lower)[0] < edge:
                low = middle
            else:
                high = middle
        return 1 - low if least else low


def shape_of(series: Series) -> Shape | None:
    """The best metalog of at most 16 terms; None where no feasible one is close enough."""
    values = np.asarray(series.values, dtype=np.float64)
    distinct, counts = np.unique(values, return_counts=True)
    if distinct.size < 8:
        return None
    lower = LOWER if series.kind in ("count", "money") and values.min() >= 0 else None
    below = np.cumsum(counts) / values.size
    if series.kind == "count":
        x, y, weights = distinct[:-1] + 0.5, below[:-1], (counts[:-1] + counts[1:]) / 2
    else:
        x, y, weights = distinct, below - counts / (2 * values.size), counts.astype(np.float64)
        if x.size > 2000:
            keep = np.unique(np.round(np.linspace(0, x.size - 1, 2000)).astype(int))
            x, y, weights = x[keep], y[keep], np.ones(keep.size)
    best: Shape | None = None
    possible = [terms for terms in TERMS if terms < x.size]
    for coefficients in metalog.fits(x, y, weights, possible, lower):
        if not metalog.feasible(coefficients):
            continue
        error = _distance(coefficients, lower, distinct, below, counts / values.size, series.kind == "count")
        if not _within(series, coefficients, lower):
            continue
        if best is None or error < 0.9 * best.error:
            best = Shape(series, coefficients, lower, error)
    return best if best is not None and best.error <= WORST else None


def _within(series: Series, coefficients: Floats, lower: float | None) -> bool:
    """Whether a million trials stay in a sane range: a share in 0..1, nothing beyond ten times what was seen."""
    ends = metalog.quantile(coefficients, np.array([1e-7, 1 - 1e-7]), lower)
    low, high = float(series.values.min()), float(series.values.max())
    width = high - low
    if series.kind == "number" and low >= 0 and high <= 1 and not (ends[0] >= 0 and ends[1] <= 1):
        return False
    return bool(ends[0] >= low - 3 * width and ends[1] <= high + 9 * width)


def _distance(
    coefficients: Floats, lower: float | None, distinct: Floats, below: Floats, shares: Floats, whole: bool
) -> float:
    """Largest gap between the two distribution functions (Kolmogorov), over all thresholds."""
    y, functions = metalog.ladder(1e-7, 4001)
    q = functions[:, : len(coefficients)] @ coefficients
    if lower is not None:
        q = lower + np.exp(q)
    if whole:
        return float(np.abs(np.interp(distinct + 0.5, q, y, left=0.0, right=1.0) - below).max())
    at = np.interp(distinct, q, y, left=0.0, right=1.0)
    return float(np.maximum(np.abs(at - below), np.abs(at - below + shares)).max())


def correlation(shapes: Sequence[Shape]) -> Floats:
    """The copula's matrix: float64 (series, series)."""
    return score_correlation(np.stack([np.asarray(s.series.values, dtype=np.float64) for s in shapes]))


def hydrate(shapes: Sequence[Shape], matrix: Floats, trials: int) -> Floats:
    """The trials that a reader makes of the library: HDR uniforms, copula, metalogs.

    Returns
    -------
    float64 (series, trial)
    """
    uniforms = np.stack([hdr(trials, ENTITY, number) for number in range(1, len(shapes) + 1)])
    return np.stack([shape.values(y) for shape, y in zip(shapes, tie(uniforms, matrix), strict=True)])
