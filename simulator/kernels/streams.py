"""Keyed, counter-based random draws: every draw has a name, none depends on how many came before.

A *word* is 64 random bits, a pure function of a key and a counter: ``mix64(key + n·γ)``, which is
SplitMix64 (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators"; mixer:
Stafford's variant 13) started at ``key`` and moved to its n-th output. Keys are made the same way
down a tree: seed and group → trial → (purpose, segment, stage) → week; below a week the counter is
the individual's number and what is drawn for it.

All integers here are uint64 and wrap around, as the method wants.
"""

from __future__ import annotations

import numpy as np

from simulator.kernels.jit import inner

GAMMA = np.uint64(0x9E3779B97F4A7C15)
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)
_30, _27, _31, _12 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(12)
_TWO64 = 18446744073709551616.0
ALWAYS = np.uint64(0xFFFFFFFFFFFFFFFF)
WEEK_ZERO = 1 << 20  # added to weeks and quarters, so that those before the start are positive too


@inner
def mix64(z):
    """Scramble 64 bits, one to one."""
    z = (z ^ (z >> _30)) * _M1
    z = (z ^ (z >> _27)) * _M2
    return z ^ (z >> _31)


@inner
def word(key, n):
    """The n-th word of the stream ``key``; n a non-negative integer below 2**63."""
    return mix64(key + np.uint64(n) * GAMMA)


@inner
def substream(key, name):
    """The stream called ``name`` (a 64-bit hash) below ``key``."""
    return mix64((key ^ name) + GAMMA)


@inner
def name_weeks(stream, start, keys):
    """Fill keys (week,) with the streams of the weeks, named from the start, below ``stream``."""
    first = np.uint64(WEEK_ZERO - start)
    for w in range(keys.size):
        keys[w] = mix64(stream + (first + np.uint64(w)) * GAMMA)


@inner
def uniform(bits):
    """A word as a number strictly between 0 and 1: the middle of one of 2**52 cells (of 2**53, the last
    would round to 1)."""
    return (np.float64(bits >> _12) + 0.5) * 2.220446049250313e-16


@inner
def threshold(p):
    """The word below which an event of probability p happens (resolution 2**-64)."""
    if p <= 0.0:
        return np.uint64(0)
    if p >= 1.0:
        return ALWAYS
    return np.uint64(p * _TWO64)
