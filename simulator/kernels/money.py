"""Money that adds up to the same in any order."""

from __future__ import annotations

import numpy as np

from simulator.kernels.jit import inner

_GRAINS = 65536.0  # to a unit of currency: sums are exact up to 10**11 units


@inner
def in_grains(value):
    """``value`` rounded to 2**-16 of a unit of currency, so that sums of values know no order."""
    return np.rint(value * _GRAINS) * (1.0 / _GRAINS)
