"""The groups of streams of luck, and the key of each."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from simulator.kernels.plan import ASSUMPTIONS, CUSTOMERS, DEALS, DEMAND, MARKET, SLIPS
from simulator.simulation.lower import stream_name

GROUPS = {
    "assumptions": ASSUMPTIONS, "market": MARKET, "demand": DEMAND, "deals": DEALS, "slips": SLIPS,
    "customers": CUSTOMERS,
}  # fmt: skip
"""The groups of streams that can be re-drawn while the others are held."""


_M1, _M2 = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_MASK = 2**64 - 1


def group_seeds(seed: int, redraw: Collection[str] = (), replicate: int = 1) -> np.ndarray:
    """uint64 (6,): the key of each group of streams; ``redraw`` names those that get fresh luck."""
    seeds = np.empty(len(GROUPS), np.uint64)
    for name, index in GROUPS.items():
        parts = ("redrawn", name, str(replicate)) if name in redraw else ("seed",)
        z = (int(stream_name(*parts)) ^ seed) & _MASK
        z = ((z ^ (z >> 30)) * _M1) & _MASK  # the mixer of kernels/streams.py
        z = ((z ^ (z >> 27)) * _M2) & _MASK
        seeds[index] = np.uint64(z ^ (z >> 31))
    return seeds
