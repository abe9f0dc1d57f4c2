"""The inner loops of the tests: words in, counts of cells out."""

from __future__ import annotations

import numba
import numpy as np

_B1, _B2 = np.uint64(0x5555555555555555), np.uint64(0x3333333333333333)
_B4, _B8 = np.uint64(0x0F0F0F0F0F0F0F0F), np.uint64(0x0101010101010101)
_S1, _S2, _S4, _S8, _S16, _S32, _S56 = (np.uint64(s) for s in (1, 2, 4, 8, 16, 32, 56))
_H8, _H16 = np.uint64(0x00FF00FF00FF00FF), np.uint64(0x0000FFFF0000FFFF)
_ONE = np.uint64(1)


@numba.njit(nogil=True)
def _ones(v):
    v = v - ((v >> _S1) & _B1)
    v = (v & _B2) + ((v >> _S2) & _B2)
    v = (v + (v >> _S4)) & _B4
    return np.int64((v * _B8) >> _S56)


@numba.njit(nogil=True)
def ones(words):
    """Number of ones of each word, int64."""
    out = np.empty(words.size, np.int64)
    for i in range(words.size):
        out[i] = _ones(words[i])
    return out


@numba.njit(nogil=True)
def reversed_bits(words):
    """Each word read from its other end."""
    out = np.empty_like(words)
    for i in range(words.size):
        v = words[i]
        v = ((v >> _S1) & _B1) | ((v & _B1) << _S1)
        v = ((v >> _S2) & _B2) | ((v & _B2) << _S2)
        v = ((v >> _S4) & _B4) | ((v & _B4) << _S4)
        v = ((v >> _S8) & _H8) | ((v & _H8) << _S8)
        v = ((v >> _S16) & _H16) | ((v & _H16) << _S16)
        out[i] = (v >> _S32) | (v << _S32)
    return out


@numba.njit(nogil=True)
def gaps(values, longest):
    """Lengths of the gaps between zeros: cells 0 … longest − 1 and "longer"; an unfinished one is left out."""
    counts = np.zeros(longest + 1, np.int64)
    length = 0
    for value in values:
        if value == 0:
            counts[min(length, longest)] += 1
            length = 0
        else:
            length += 1
    return counts


@numba.njit(nogil=True)
def poker(values, hand):
    """Number of different values (below 64) in hands of ``hand``: counts by number."""
    counts = np.zeros(hand + 1, np.int64)
    for start in range(0, values.size - hand + 1, hand):
        seen = np.uint64(0)
        for i in range(start, start + hand):
            seen |= _ONE << np.uint64(values[i])
        counts[_ones(seen)] += 1
    return counts


@numba.njit(nogil=True)
def coupons(values, kinds, longest):
    """Draws until all kinds (at most 64) were seen: counts by number, the last cell is "longer"."""
    counts = np.zeros(longest + 2, np.int64)
    full = (_ONE << np.uint64(kinds)) - _ONE
    seen, length = np.uint64(0), 0
    for value in values:
        seen |= _ONE << np.uint64(value)
        length += 1
        if seen == full:
            counts[min(length, longest + 1)] += 1
            seen, length = np.uint64(0), 0
    return counts


@numba.njit(nogil=True)
def deficiencies(words, size):
    """Rank deficiencies of square binary matrices of ``size`` rows, each of whole words: 0 … 5, "more"."""
    counts = np.zeros(7, np.int64)
    width = size // 64
    matrix = np.empty((size, width), np.uint64)
    for start in range(0, words.size - size * width + 1, size * width):
        for row in range(size):
            for column in range(width):
                matrix[row, column] = words[start + row * width + column]
        rank = 0
        for column in range(size):
            place, bit = column >> 6, _ONE << np.uint64(column & 63)
            pivot = rank
            while pivot < size and matrix[pivot, place] & bit == 0:
                pivot += 1
            if pivot == size:
                continue
            for k in range(place, width):
                swap = matrix[rank, k]
                matrix[rank, k] = matrix[pivot, k]
                matrix[pivot, k] = swap
            for row in range(rank + 1, size):
                if matrix[row, place] & bit:
                    for k in range(place, width):
                        matrix[row, k] ^= matrix[rank, k]
            rank += 1
        counts[min(size - rank, 6)] += 1
    return counts


@numba.njit(nogil=True)
def walks(words):
    """Walks of 128 steps: counts of ups, highest points, pairs of steps above, returns, sign changes."""
    end, highest = np.zeros(129, np.int64), np.zeros(129, np.int64)
    above, returns, changes = np.zeros(65, np.int64), np.zeros(65, np.int64), np.zeros(65, np.int64)
    for start in range(0, words.size - 1, 2):
        at, top, over, zeros, crossed, side = 0, 0, 0, 0, 0, 0
        for step in range(128):
            before = at
            at += 2 * np.int64((words[start + (step >> 6)] >> np.uint64(step & 63)) & _ONE) - 1
            top = max(top, at)
            over += at > 0 or before > 0
            if at == 0:
                zeros += 1
            else:
                now = 1 if at > 0 else -1
                crossed += side == -now
                side = now
        end[(at + 128) // 2] += 1
        highest[top] += 1
        above[over // 2] += 1
        returns[zeros] += 1
        changes[crossed] += 1
    return end, highest, above, returns, changes


@numba.njit(nogil=True)
def agreements(first, second):
    """int64 (64, 64): how often bit a of ``first`` equals bit (a + r) mod 64 of ``second``, by (r, a)."""
    counts = np.zeros((64, 64), np.int64)
    for i in range(first.size):
        for r in range(64):
            turned = second[i] >> np.uint64(r)
            if r:
                turned |= second[i] << np.uint64(64 - r)
            same = ~(first[i] ^ turned)
            for a in range(64):
                counts[r, a] += np.int64((same >> np.uint64(a)) & _ONE)
    return counts
