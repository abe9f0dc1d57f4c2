"""What a start-up is measured against: a process that imports NumPy and numba and calls one cached kernel."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(parallel=True, cache=True)
def add_up(values):
    """A sum in parallel."""
    total = 0.0
    for index in numba.prange(len(values)):
        total += values[index]
    return total


if __name__ == "__main__":
    add_up(np.ones(1000))
