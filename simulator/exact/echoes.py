"""Waves that die and come back: of amounts that are nearly alike, and of counts of two or more at a time.

The sum of many deals of nearly 10,000 has nearly a step at every 10,000. At the first frequencies its characteristic
function dies as if there were none; at 2π/10,000 it is back. How large it can be from a frequency on follows from how
large it is for a single deal, whatever its angle there.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simulator.exact.parts import Jump, Parts
from simulator.exact.values import mean_and_square

Floats = NDArray[np.float64]

ROWS = 8
"""Points looked at."""
SOME = 0.01
"""Individuals to expect, of those whose waves may come first."""
EVEN = 0.5
"""Amounts as uneven as that (standard deviation over mean) have no waves that come back."""


class Echoes:
    """How large the characteristic function of a sum of parts can be from a frequency on.

    Amounts known beforehand are looked at in :mod:`simulator.exact.steps`, and count for nothing here.

    Parameters
    ----------
    unit : what counts are multiples of
    """

    def __init__(self, parts: Parts, points: int, *, counts: bool, unit: float = 1.0):
        self.rows = np.unique(np.linspace(0, points - 1, ROWS).astype(np.int64))
        self.parts, self.counts, self.unit = parts, counts, unit
        masses = list(parts.poisson)
        masses += [(jump, (lumpy.mean * p).sum(axis=1)) for lumpy in parts.lumpy for jump, p in lumpy.chance]
        masses += [(jump, s.copies * p) for s in parts.single for jump, p in s.chance if counts or jump.amount is None]
        sizes = [self._mean(jump).max() for jump, mass in masses if mass.max(initial=0.0) > SOME]
        largest = float(max(sizes, default=0.0))
        self.first = 1.5 * math.pi / largest if largest > 0 else math.inf
        """The frequency from which on waves may come back."""
        self.any = bool(math.isfinite(self.first)) and not (counts and largest < 1.5)

    def _mean(self, jump: Jump) -> Floats:
        found = mean_and_square(jump)[0]
        return found if found.shape[0] == 1 else found[self.rows]

    def _size(self, jump: Jump, t: float) -> Floats:
        """How large E[exp(i·t·X)] of a jump can be from t on: (1 or row,); of counts its real part, up to t = π."""
        mean, square = (x if x.shape[0] == 1 else x[self.rows] for x in mean_and_square(jump))
        if self.counts:
            return np.where(mean < 1.5 * self.unit, math.cos(min(t * self.unit, math.pi)), 1.0)
        if jump.amount is not None:
            return np.ones(1)
        uneven = np.clip(square / np.maximum(mean * mean, 1e-300) - 1, 1e-12, EVEN**2)
        return np.asarray((1 + (t * mean * uneven) ** 2) ** (-0.5 / uneven), np.float64)

    def size(self, t: float, silent: Floats | None = None) -> float:
        """The mean over some points; ``silent`` (point,) is P(nothing at all), where that is left out."""
        total = np.zeros(1)
        for jump, mass in self.parts.poisson:
            total = total + self._of(mass) * (self._size(jump, t) - 1)
        for lumpy in self.parts.lumpy:
            c = self._of(lumpy.dispersion) - 1
            less = sum((self._of(p) * (1 - self._size(jump, t))[:, None] for jump, p in lumpy.chance), np.zeros((1, 1)))
            safe = np.where(c > 0, c, 1.0)
            rates = np.where(c > 0, np.log1p(safe * less) / safe, less)
            total = total - (self._of(lumpy.mean) * rates).sum(axis=1)
        for single in self.parts.single:
            gone = sum((self._of(p) * (1 - self._size(jump, t)) for jump, p in single.chance), np.zeros(1))
            total = total + single.copies * np.log(np.maximum(np.abs(1 - gone), 1e-30))
        found = np.exp(total)
        return float((found if silent is None else np.maximum(found - self._of(silent), 0.0)).mean())

    def _of(self, found: Floats) -> Floats:
        return found if found.shape[0] == 1 else found[self.rows]
