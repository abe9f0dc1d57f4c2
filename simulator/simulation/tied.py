"""Uncertain numbers that go together: their normals, and what ties them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from simulator.errors import RunError
from simulator.scenario.model import Correlation


def tied_normals(
    correlations: Sequence[Correlation], normal_of: Mapping[str, int]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Which normals are tied, and the lower Cholesky factor of their correlations.

    Parameters
    ----------
    normal_of : path of an uncertain number -> the normal that drives it; a number that turned out certain (a range
        of no width) is not there, and has nothing to tie.

    Returns
    -------
    int64 (tied,) and float64 (tied, tied): independent normals, times the factor transposed, are tied.
    """
    pairs = [
        (normal_of[one], normal_of[two], correlation.of_normals)
        for correlation in correlations
        for one, two in [correlation.between]
        if one in normal_of and two in normal_of
    ]
    tied = list(dict.fromkeys(normal for i, j, _ in pairs for normal in (i, j)))
    matrix = np.eye(len(tied))
    for i, j, r in pairs:
        a, b = tied.index(i), tied.index(j)
        matrix[a, b] = matrix[b, a] = r
    try:
        factor = np.asarray(np.linalg.cholesky(matrix), np.float64) if tied else np.zeros((0, 0))
    except np.linalg.LinAlgError:
        raise RunError("the correlations are not positive definite: no numbers can be related in this way") from None
    return np.array(tied, np.int64), factor
