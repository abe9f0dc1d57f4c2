"""Lags as linear operators on weeks: who leaves in a week arrives some weeks later.

Lags that are the same at all points are one matrix; those that differ are convolved by FFT.
"""

from __future__ import annotations

from functools import cached_property
from itertools import count

import numpy as np
from numpy.typing import NDArray

from simulator.quarters import WEEKS

Floats = NDArray[np.float64]


def _length(least: int) -> int:
    """The next number of the form 2ᵃ3ᵇ5ᶜ: FFTs of such lengths are fast."""
    while True:
        n = least
        for prime in (2, 3, 5):
            while n % prime == 0:
                n //= prime
        if n == 1:
            return least
        least += 1


PANEL = 3 * WEEKS


def _times(x: Floats, matrix: Floats, first: int = 0, reach: tuple[int, int] | None = None) -> Floats:
    """x (…, week) by a matrix, as few products of two: NumPy takes the rows of deeper arrays one by one.

    Parameters
    ----------
    first : column of the matrix at which its first row has its diagonal
    reach : how far below and above its diagonal a column of the matrix has anything; by default everywhere
    """
    flat, width = x.reshape(-1, x.shape[-1]), matrix.shape[1]
    found = np.empty((flat.shape[0], width))
    if reach is None or width <= 2 * PANEL:
        np.matmul(flat, matrix, out=found)
        return found.reshape(*x.shape[:-1], width)
    for low in range(0, width, PANEL):
        high = min(low + PANEL, width)
        start, stop = max(0, low - first - reach[0]), min(matrix.shape[0], high - first + reach[1])
        if start < stop:
            np.matmul(flat[:, start:stop], matrix[start:stop, low:high], out=found[:, low:high])
        else:
            found[:, low:high] = 0.0
    return found.reshape(*x.shape[:-1], width)


_NUMBERS = count()


class Shift:
    """A lag, by the quarter of entry.

    Parameters
    ----------
    laws : per quarter float64 (1 or point, week): P(K = 0), P(K = 1), …
    weeks : length of time
    cut : who leaves before this week and would arrive at or after it does not (0: no cut)

    ``mark`` tells one lag from another: a number of its own.
    """

    kept_by_itself = True
    """In a memory; what else has it there does not count its bytes again."""

    def __init__(self, laws: list[Floats], weeks: int, cut: int = 0):
        self.laws, self.weeks, self.cut = laws, weeks, cut
        self.mark = next(_NUMBERS)
        self.shared = all(law.shape[0] == 1 for law in laws)

    @cached_property
    def matrix(self) -> Floats:
        """float64 (week left, week arrived)"""
        found = np.empty((self.weeks, self.weeks))
        for q, law in enumerate(self.laws):
            padded = np.concatenate([np.zeros(self.weeks), law[0, : self.weeks]])
            rows = np.lib.stride_tricks.sliding_window_view(padded, self.weeks)
            for w in range(WEEKS * q, WEEKS * (q + 1)):
                found[w] = rows[self.weeks - w]
        found[: self.cut, self.cut :] = 0.0
        return found

    @cached_property
    def _inside(self) -> Floats:
        """The matrix within quarters alone: who leaves in a quarter and arrives in the same."""
        quarter = np.arange(self.weeks) // WEEKS
        return np.where(quarter[:, None] == quarter[None, :], self.matrix, 0.0)

    @cached_property
    def beyond(self) -> Floats:
        """(point, week): P(arrives in a later quarter), the horizon's end included."""
        left = WEEKS - 1 - np.arange(WEEKS)  # weeks of the quarter still to come
        parts = [1.0 - np.cumsum(law[:, :WEEKS], axis=1)[:, left] for law in self.laws]
        rows = max(part.shape[0] for part in parts)
        return np.maximum(0.0, np.concatenate([np.broadcast_to(p, (rows, WEEKS)) for p in parts], axis=1))

    def of(self, rows: slice | NDArray[np.int64]) -> Shift:
        """The lag at some of the points."""
        if self.shared:
            return self
        laws = {id(law): law if law.shape[0] == 1 else law[rows] for law in self.laws}
        return Shift([laws[id(law)] for law in self.laws], self.weeks, self.cut)

    def forward(self, leaving: Floats) -> Floats:
        """Arrivals (point, …, week) of those who leave (point, …, week)."""
        if self.shared:
            return _times(leaving, self.matrix, 0, (self.reach, 0))
        deeper = (1,) * (leaving.ndim - 2)
        total = np.zeros(np.broadcast_shapes(leaving.shape, (self.rows, *deeper, self.weeks)))
        for law, quarters in self._distinct:
            for part, low, high in self._pieces(leaving, quarters):
                spread = self._convolve(part, law.reshape(law.shape[0], *deeper, -1), conjugate=False)
                total[..., low:high] += spread[..., low:high]
        return np.maximum(total, 0.0)

    @cached_property
    def reach(self) -> int:
        """Weeks after which nobody arrives any more."""
        return max(int(np.flatnonzero(law.any(axis=0)).max(initial=0)) for law in self.laws)

    def back(self, after: Floats, begun: int = 0, start: int = 0, stop: int | None = None) -> Floats:
        """Σ P(K = k)·after[week + k]: expected ``after`` (point, channel, week) of one who leaves in a week.

        ``after`` may be of some weeks from ``begun`` on, 0 elsewhere; the answer is of weeks ``start`` to ``stop``.
        """
        end = begun + after.shape[-1]
        if self.shared:
            return _times(after, self.matrix.T[begun:end, start:stop], begun - start, (0, self.reach))
        if after.shape[-1] < self.weeks:
            whole = np.zeros((*after.shape[:-1], self.weeks))
            whole[..., begun:end] = after
            after = whole
        return self._back(after)[..., start:stop]

    def _back(self, after: Floats) -> Floats:
        rows = np.broadcast_shapes(after.shape, (self.rows, 1, self.weeks))
        found = np.zeros(rows)
        for law, quarters in self._distinct:
            if self.cut:
                early, late = after.copy(), after
                early[..., self.cut :] = 0.0
                whole = np.concatenate(
                    [self._convolve(early, law[:, None, :], conjugate=True)[..., : self.cut],
                     self._convolve(late, law[:, None, :], conjugate=True)[..., self.cut :]], axis=-1,
                )  # fmt: skip
            else:
                whole = self._convolve(after, law[:, None, :], conjugate=True)
            for q in quarters:
                found[..., WEEKS * q : WEEKS * (q + 1)] = whole[..., WEEKS * q : WEEKS * (q + 1)]
        return found

    def back_inside(self, after: Floats) -> Floats:
        """:meth:`back` for those alone who arrive in the quarter in which they leave."""
        if self.shared:
            return _times(after, self._inside.T)
        quarters = len(self.laws)
        rows = np.broadcast_shapes(after.shape, (self.rows, 1, self.weeks))
        blocks = np.broadcast_to(after, rows).reshape(*rows[:-1], quarters, WEEKS)
        found = np.zeros_like(blocks)
        stack = np.stack([np.broadcast_to(law, (self.rows, law.shape[1])) for law in self.laws], axis=1)
        for k in range(WEEKS):
            found[..., : WEEKS - k] += stack[:, None, :, k, None] * blocks[..., k:]
        return found.reshape(rows)

    @property
    def rows(self) -> int:
        """Points whose lags differ; 1 where all are the same."""
        return max(law.shape[0] for law in self.laws)

    @cached_property
    def _distinct(self) -> list[tuple[Floats, list[int]]]:
        found: dict[int, tuple[Floats, list[int]]] = {}
        for q, law in enumerate(self.laws):
            found.setdefault(id(law), (law, []))[1].append(q)
        return list(found.values())

    def _pieces(self, leaving: Floats, quarters: list[int]) -> list[tuple[Floats, int, int]]:
        """Those who leave in these quarters, and the weeks in which they may arrive."""
        mine = np.repeat(np.isin(np.arange(len(self.laws)), quarters), WEEKS)
        part = np.where(mine, leaving, 0.0)
        if not self.cut:
            return [(part, 0, self.weeks)]
        early = np.arange(self.weeks) < self.cut
        return [(np.where(early, part, 0.0), 0, self.cut), (np.where(early, 0.0, part), 0, self.weeks)]

    def _convolve(self, x: Floats, law: Floats, *, conjugate: bool) -> Floats:
        n = _length(2 * self.weeks)
        kernel = np.fft.rfft(law[..., : self.weeks], n)
        found: Floats = np.fft.irfft(np.fft.rfft(x, n) * (kernel.conj() if conjugate else kernel), n)
        return found[..., : self.weeks]
