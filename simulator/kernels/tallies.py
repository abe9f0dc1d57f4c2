"""Counting trials into bins as they are played, so that none needs to be kept."""

from __future__ import annotations

import numpy as np

from simulator.kernels.jit import inner, jit

MISSING = -(2**63)
"""Stands for a value that is undefined in a trial."""


@inner
def bin_of(value, bits):
    """Bin of a whole number: each its own below 2**(bits + 1), then 2**bits bins for every doubling.

    Bins do not depend on the data, so counts add up in any order; a bin is at most 2**−bits of its values
    wide (the layout of Tene's HdrHistogram). Negative numbers mirror positive ones.
    """
    size = value if value >= 0 else -value
    place = size
    if size >= 2 << bits:
        shift = 0
        top = size >> (bits + 1)
        while top >= 1 << 16:
            top >>= 16
            shift += 16
        while top > 0:
            top >>= 1
            shift += 1
        place = (shift << bits) + (size >> shift)
    return place if value >= 0 else -place


@jit
def measure(sums, first, last, bits, number, total, squares, lowest, highest):
    """What each row of a block holds: how many values, their sum and spread, and the bins they reach.

    Parameters
    ----------
    sums : int64 (column + 1, row, trial) running sums over columns; the value of a period is the difference of two.
        Where the later one is MISSING, the trial has no value.
    first, last : int64 (period,) the two
    bits : int64, fineness of the bins
    number, total : int64 (period, row), filled: values, and their sum
    squares : float64 (period, row), filled: Σ (value − mean)², in the order of the trials
    lowest, highest : int64 (period, row), filled: the outermost bins of values other than 0; both 0 where
        there are none
    """
    for p in range(first.size):
        a, b = first[p], last[p]
        for r in range(sums.shape[1]):
            n, added, least, most = 0, 0, 0, 0
            for i in range(sums.shape[2]):
                if sums[b, r, i] == MISSING:
                    continue
                value = sums[b, r, i] - sums[a, r, i]
                n += 1
                added += value
                if value != 0:
                    if least == 0:
                        least, most = value, value
                    least, most = min(least, value), max(most, value)
            mean = added / n if n > 0 else 0.0
            squared = 0.0
            for i in range(sums.shape[2]):
                if sums[b, r, i] != MISSING:
                    squared += (np.float64(sums[b, r, i] - sums[a, r, i]) - mean) ** 2
            number[p, r], total[p, r], squares[p, r] = n, added, squared
            lowest[p, r], highest[p, r] = bin_of(least, bits), bin_of(most, bits)


@jit
def fill(sums, first, last, bits, zeros, origin, bins):
    """Add each value to its bin.

    Parameters
    ----------
    sums, first, last, bits : as for :func:`measure`
    zeros : int64 (period, row) where in ``bins`` zeros are counted
    origin : int64 (period, row) where the bin of 0 would be, by its place among the others
    bins : int64 (bin,), added to
    """
    for p in range(first.size):
        a, b = first[p], last[p]
        for r in range(sums.shape[1]):
            none, start = zeros[p, r], origin[p, r]
            for i in range(sums.shape[2]):
                if sums[b, r, i] != MISSING:
                    value = sums[b, r, i] - sums[a, r, i]
                    bins[none if value == 0 else start + bin_of(value, bits)] += 1
