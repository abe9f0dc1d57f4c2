"""Laws of counts and of money: what is below a threshold, what is above, and the percentiles.

A law may be an average over several sets of points at once: arrays have a leading axis ``set``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.exact import gamma

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

SMALL = 1e-13
HALF_A_CENT = 0.005

WORST = 2e-3
"""An error beyond this is not called an answer."""


class OutOfReachError(Exception):
    """A law that cannot be worked out well enough; the message says of what."""


@dataclass(frozen=True)
class CountLaw:
    """P(X = start), P(X = start + 1), … times ``unit``: pmf (set, value)."""

    start: int
    pmf: Floats
    unit: float = 1.0
    error_bound: float = 1e-11

    def below(self, x: float) -> Floats:
        """P(X < x) of each set."""
        places = np.ceil((x - (HALF_A_CENT if self.unit != 1.0 else 1e-9)) / self.unit) - self.start
        return np.clip(self.pmf[:, : int(max(0, min(places, self.pmf.shape[1])))].sum(axis=1), 0.0, 1.0)

    def above(self, x: float) -> Floats:
        """P(X > x) of each set."""
        places = np.floor((x + (HALF_A_CENT if self.unit != 1.0 else 1e-9)) / self.unit) - self.start + 1
        return np.clip(self.pmf[:, int(max(0, min(places, self.pmf.shape[1]))) :].sum(axis=1), 0.0, 1.0)

    def quantiles(self, levels: Floats) -> Floats:
        """The smallest x with P(X <= x) >= level, in the average over sets."""
        cdf = np.cumsum(self.pmf.mean(axis=0))
        places = np.minimum(np.searchsorted(cdf, levels - 1e-12), cdf.size - 1)
        return np.asarray((self.start + places) * self.unit, np.float64)


@dataclass(frozen=True)
class PoissonLaw:
    """A Poisson count at each point, averaged within sets: mean (point,)."""

    mean: Floats
    sets: int
    error_bound: float = 1e-11

    def below(self, x: float) -> Floats:
        """P(X < x) of each set."""
        return self._less(math.ceil(x - 1e-9))

    def above(self, x: float) -> Floats:
        """P(X > x) of each set."""
        return 1 - self._less(math.floor(x + 1e-9) + 1)

    def _less(self, n: int) -> Floats:
        if n <= 0:
            return np.zeros(self.sets)
        return np.asarray(1 - gamma.lower(float(n), self.mean).reshape(self.sets, -1).mean(axis=1))


@dataclass(frozen=True)
class MoneyLaw:
    """Atoms and a smooth rest, the latter as a Fourier series over a window [low, low + width).

    Feller & Orey's inversion on a grid of frequencies (Abate & Whitt 1992, "The Fourier-series method
    for inverting transforms of probability distributions"): exact but for what lies outside the
    window and for frequencies left out.

    Parameters
    ----------
    atoms : values (atom,), ascending; chances (set, atom)
    rest : (set, frequency) of the frequencies 2π/width·1, 2, …; mass (set,)
    """

    atoms: Floats
    chances: Floats
    rest: Complexes
    mass: Floats
    low: float
    width: float
    error_bound: float

    def _smooth(self, x: Floats) -> Floats:
        """P(rest <= x): (set, x)."""
        t = 2 * np.pi / self.width * np.arange(1, self.rest.shape[1] + 1)
        inside = np.clip(np.asarray(x, np.float64), self.low, self.low + self.width)
        waves = (np.exp(-1j * t * self.low)[:, None] - np.exp(-1j * np.multiply.outer(t, inside))) / (1j * t)[:, None]
        found = self.mass[:, None] * (inside - self.low) / self.width + 2 / self.width * (self.rest @ waves).real
        return np.clip(found, 0.0, self.mass[:, None])

    def below(self, x: float) -> Floats:
        """P(X < x) of each set; amounts are rounded to cents, so half a cent less than x is not below it."""
        return self._smooth(np.array([x]))[:, 0] + self.chances[:, self.atoms < x - HALF_A_CENT].sum(axis=1)

    def above(self, x: float) -> Floats:
        """P(X > x) of each set."""
        at_most = self._smooth(np.array([x]))[:, 0] + self.chances[:, self.atoms <= x + HALF_A_CENT].sum(axis=1)
        return np.clip(1 - at_most, 0.0, 1.0)

    def quantiles(self, levels: Floats) -> Floats:
        """The smallest x with P(X <= x) >= level, in the average over sets, to a cent."""
        mean = MoneyLaw(
            self.atoms, self.chances.mean(axis=0, keepdims=True), self.rest.mean(axis=0, keepdims=True),
            self.mass.mean(keepdims=True), self.low, self.width, self.error_bound,
        )  # fmt: skip
        grid, smooth = mean._on_grid()
        steps = np.concatenate([[0.0], np.cumsum(mean.chances[0])])
        cdf = np.maximum.accumulate(smooth + steps[np.searchsorted(self.atoms, grid + 1e-9)])
        right = np.clip(np.searchsorted(cdf, levels), 1, grid.size - 1)
        left, far = grid[right - 1].copy(), grid[right].copy()
        if not self.atoms.size or (np.searchsorted(self.atoms, left - 1e-9) == np.searchsorted(self.atoms, far)).all():
            share = (levels - cdf[right - 1]) / np.maximum(cdf[right] - cdf[right - 1], 1e-300)
            x = left + (far - left) * np.clip(share, 0.0, 1.0)
            slope = np.maximum((cdf[right] - cdf[right - 1]) / (far - left), 1e-300)
            x = np.clip(x + (levels - mean._at_most(x)) / slope, left, far)  # Newton, from a cell of the grid
            return np.asarray(np.round(np.maximum(x, 0.0), 2), np.float64)
        for _ in range(40):  # an atom near by: the law jumps
            middle = 0.5 * (left + far)
            enough = mean._at_most(middle) >= levels
            left, far = np.where(enough, left, middle), np.where(enough, middle, far)
            if (far - left).max() < 0.004:
                break
        return np.asarray(np.round(np.maximum(far, 0.0), 2), np.float64)

    def _on_grid(self) -> tuple[Floats, Floats]:
        """The rest's distribution function over an even grid of the window, by one FFT: (x,) of the first set."""
        k = np.arange(1, self.rest.shape[1] + 1)
        t = 2 * np.pi / self.width * k
        size = max(1024, 1 << int(np.ceil(np.log2(4 * k.size))))
        wave = np.zeros(size // 2 + 1, np.complex128)
        wave[1 : k.size + 1] = self.rest[0] * np.exp(-1j * t * self.low) / (1j * t)
        start = 2 / self.width * wave.sum().real
        grid = self.low + self.width * np.arange(size) / size
        found = self.mass[0] * np.arange(size) / size + start - np.fft.irfft(wave.conj(), size) * size / self.width
        return grid, np.clip(found, 0.0, self.mass[0])

    def _at_most(self, x: Floats) -> Floats:
        steps = (self.atoms[None, :] <= x[:, None] + 1e-9) @ self.chances[0] if self.atoms.size else 0.0
        found: Floats = self._smooth(x)[0] + steps
        return found
