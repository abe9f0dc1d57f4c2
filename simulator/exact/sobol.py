"""Sobol' points, scrambled: even cover of many dimensions, with honest errors from several scrambles.

Plain points equal those of scipy.stats.qmc.Sobol bit for bit. Scrambling is Matoušek's: a random lower
triangular matrix on the digits of each dimension and a random shift (Matoušek 1998, "On the L2-discrepancy
for anchored boxes"). Dimensions beyond the table are plain random numbers.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from simulator.exact.directions import TABLE

Floats = NDArray[np.float64]
Words = NDArray[np.uint64]

BITS = 30


@cache
def _directions() -> Words:
    """uint64 (dimension, bit): the direction numbers, the first in the highest of 30 bits."""
    words = TABLE.split()
    found = np.zeros((len(words) + 1, BITS), np.uint64)
    found[0] = [1 << (BITS - 1 - k) for k in range(BITS)]
    for d, word in enumerate(words, 1):
        polynomial, initial = word.split(":")
        degree = int(polynomial).bit_length() - 1
        m = [int(x) for x in initial.split(",")]
        for k in range(degree, BITS):  # Bratley & Fox (1988), eq. 5
            new = m[k - degree] ^ (m[k - degree] << degree)
            for j in range(1, degree):
                if int(polynomial) >> (degree - j) & 1:
                    new ^= m[k - j] << j
            m.append(new)
        found[d] = [m[k] << (BITS - 1 - k) for k in range(BITS)]
    return found


def dimensions() -> int:
    """How many dimensions the table has."""
    return _directions().shape[0]


def _digits(count: int, directions: Words) -> Words:
    """The first ``count`` points as words, in Gray code order: uint64 (point, dimension)."""
    found = np.zeros((count, directions.shape[0]), np.uint64)
    filled = 1
    for k in range(max(count - 1, 0).bit_length()):
        # the points of 2ᵏ … 2ᵏ⁺¹ − 1 mirror those before them, the bit's direction added
        more = min(filled, count - filled)
        found[filled : filled + more] = found[filled - 1 :: -1][:more] ^ directions[:, k]
        filled += more
    return found


def plain(count: int, dimension: int) -> Floats:
    """The unscrambled points from 0 on: float64 (point, dimension).

    >>> plain(4, 2).tolist()
    [[0.0, 0.0], [0.5, 0.5], [0.75, 0.25], [0.25, 0.75]]
    """
    found: Floats = _digits(count, _directions()[:dimension]).astype(np.float64) * 2.0**-BITS
    return found


def scrambled(count: int, dimension: int, rng: np.random.Generator) -> Floats:
    """One scramble of the first ``count`` points, inside (0, 1): float64 (point, dimension)."""
    own = min(dimension, dimensions())
    directions = _directions()[:own]
    # rows of the matrix as words over the digits: digit i of the result is a sum of digits j <= i
    turned = np.zeros_like(directions)
    lower = rng.integers(0, 1 << BITS, size=(own, BITS), dtype=np.uint64)
    for i in range(BITS):
        at = np.uint64(BITS - 1 - i)
        above = np.uint64(((1 << i) - 1) << (BITS - i))  # digits before digit i
        row = (lower[:, i] & above) | (np.uint64(1) << at)
        word = directions & row[:, None]
        for half in (16, 8, 4, 2, 1):
            word = word ^ (word >> np.uint64(half))
        turned |= (word & np.uint64(1)) << at
    shift = rng.integers(0, 1 << BITS, size=own, dtype=np.uint64)
    found = np.empty((count, dimension))
    found[:, :own] = ((_digits(count, turned) ^ shift) + 0.5) * 2.0**-BITS
    found[:, own:] = rng.uniform(2.0**-BITS, 1 - 2.0**-BITS, size=(count, dimension - own))
    return found
