"""The HDR generator of SIPmath: a uniform from integers and a trial number, the same in every tool.

Hubbard (2019), "A Multi-Dimensional, Counter-Based Pseudo Random Number Generator as a Standard for
Monte Carlo Simulations", Winter Simulation Conference. Integer arithmetic throughout.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PRIME = 999_999_999_999_989


def hdr(trials: int, entity: int, var_id: int, seed3: int = 0, seed4: int = 0) -> NDArray[np.float64]:
    """Uniforms of trials 1, 2, …, as ``HDR_2_0`` gives them.

    Returns
    -------
    float64 (trial,), inside (0, 1)

    Examples
    --------
    >>> [round(float(u), 8) for u in hdr(3, entity=1000, var_id=1)]
    [0.40187436, 0.96424616, 0.15085978]
    """
    i = np.arange(1, trials + 1, dtype=np.int64)
    first = (i * 2499997 + (var_id * 1800451 + entity * 2000371 + seed3 * 1796777 + seed4 * 2299603)) % 7450589
    second = (i * 2246527 + (var_id * 2399993 + entity * 2100869 + seed3 * 1918303 + seed4 * 1624729)) % 7450987
    a = (PRIME % (first * 4658 + 7450581)) * 383 % 99991
    b = (PRIME % (second * 7580 + 7560584)) * 17669 % 7440893
    whole = (a * 7440893 + b) * 1343 % 4294967296
    return (whole + 0.5) / 4294967296
