"""Histograms that grow as values come, and what can be read from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def bin_edges(places: Ints, bits: int) -> tuple[Ints, Ints]:
    """The lowest whole number in each bin, and how many there are in it; bins as in ``kernels/tallies.py``.

    >>> [edge.tolist() for edge in bin_edges(np.array([-9, 3, 7, 8, 12]), 2)]
    [[-11, 3, 7, 8, 16], [2, 1, 1, 2, 4]]
    """
    size = np.abs(places)
    shift = np.maximum((size >> bits) - 1, 0)
    least = (size - (shift << bits)) << shift
    width = np.left_shift(1, shift)
    return np.where(places >= 0, least, -(least + width - 1)), width


class Rows:
    """Histograms side by side in one array, each as long as what it has seen.

    A row starts with the number of zeros, which may lie far from everything else: the sales of a quiet quarter.

    Parameters
    ----------
    rows : how many
    bits : fineness; see :func:`bin_edges`
    """

    def __init__(self, rows: int, bits: int):
        self.bits = bits
        self.low = np.zeros(rows, np.int64)
        self.size = np.zeros(rows, np.int64)  # without the zeros
        self.zeros = np.arange(rows)
        """int64 (row,): where in ``bins`` zeros are counted."""
        self.bins = np.zeros(rows, np.int64)

    @property
    def origin(self) -> Ints:
        """int64 (row,): where in ``bins`` the bin of 0 would be, were it among the others."""
        return self.zeros + 1 - self.low

    def reach(self, lowest: Ints, highest: Ints) -> None:
        """Make room for these bins in each row (both 0: for none); what was counted stays."""
        some = (lowest != 0) | (highest != 0)
        fresh = some & (self.size == 0)
        short = fresh | (some & ((lowest < self.low) | (highest >= self.low + self.size)))
        if not short.any():
            return
        low = np.where(fresh, lowest, np.minimum(self.low, lowest))
        high = np.where(fresh, highest, np.maximum(self.low + self.size - 1, highest))
        spare = (high - low) // np.where(fresh, 2, 4) + 8  # the next blocks will reach further, by less and less
        low, size = np.where(short, low - spare, self.low), np.where(short, high - low + 1 + 2 * spare, self.size)
        zeros = np.cumsum(size + 1) - (size + 1)
        bins = np.zeros(int((size + 1).sum()), np.int64)
        bins[zeros] = self.bins[self.zeros]
        moves = zip(zeros + 1 + self.low - low, self.zeros + 1, self.size, strict=True)
        for to, here, length in moves:
            bins[to : to + length] = self.bins[here : here + length]
        self.low, self.size, self.zeros, self.bins = low, size, zeros, bins

    def row(self, row: int) -> tuple[Ints, Ints]:
        """The bins of a row that hold any, in order, and how many each holds."""
        start = self.zeros[row]
        counts = self.bins[start + 1 : start + 1 + self.size[row]]
        used = np.flatnonzero(counts)
        places, counts, none = used + self.low[row], counts[used], self.bins[start]
        if none:
            at = int(np.searchsorted(places, 0))
            places, counts = np.insert(places, at, 0), np.insert(counts, at, none)
        return places, counts


def percentiles_of(places: Ints, counts: Ints, bits: int, levels: Sequence[float]) -> Floats:
    """Percentiles of binned whole numbers, linear between neighbours like NumPy's default.

    Exact where every bin holds one number only; else right within the width of a bin, whose values are
    taken to lie evenly in it.

    >>> values = np.array([3, 3, 5, 9])
    >>> percentiles_of(*np.unique(values, return_counts=True), 4, (25, 50, 75)).tolist()
    [3.0, 4.0, 6.0]
    """
    least, width = bin_edges(places, bits)
    upto = np.cumsum(counts)

    def at(rank: Ints) -> Floats:
        cell = np.searchsorted(upto, rank, side="right")
        inside = (rank - (upto[cell] - counts[cell]) + 0.5) / counts[cell]
        return np.asarray(least[cell] + np.where(width[cell] == 1, 0.0, inside * width[cell] - 0.5))

    return _between_ranks(at, int(upto[-1]), levels)


def percentiles_counted(values: NDArray[Any], counts: Ints, levels: Sequence[float]) -> Floats:
    """Percentiles of values of which there are so many each: those of NumPy for the values written out.

    >>> percentiles_counted(np.array([9.0, 3.0, 5.0]), np.array([1, 2, 1]), (25, 50, 75)).tolist()
    [3.0, 4.0, 6.0]
    """
    order = np.argsort(values, kind="stable")
    ordered, upto = np.asarray(values, np.float64)[order], np.cumsum(counts[order])
    return _between_ranks(lambda rank: ordered[np.searchsorted(upto, rank, side="right")], int(upto[-1]), levels)


def _between_ranks(at: Callable[[Ints], Floats], number: int, levels: Sequence[float]) -> Floats:
    """Linear between the values at two neighbouring ranks, to the last digit as NumPy does."""
    position = np.asarray(levels, np.float64) / 100 * (number - 1)
    below = np.floor(position).astype(np.int64)
    lower, upper = at(below), at(np.minimum(below + 1, number - 1))
    share, step = position - below, upper - lower
    return np.where(share < 0.5, lower + step * share, upper - step * (1 - share))
