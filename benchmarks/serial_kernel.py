"""As ``cached_kernel``, but serial: numba's parallel runtime does not start."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True)
def add_up(values):
    """A sum."""
    total = 0.0
    for index in range(len(values)):
        total += values[index]
    return total


if __name__ == "__main__":
    add_up(np.ones(1000))
