"""C by gcc -O3 -march=native: visitors by tables of counts, one table draw per lead, stage and deal."""

from __future__ import annotations

import ctypes

import numpy as np

from ...funnel import Funnel
from .library import library, lower

NAME = "C, table-driven"


def prepare(funnel: Funnel):
    """Compile when needed, build the tables once; then one call."""
    run = library().play_hybrid
    plan, tables = lower(funnel)

    def play(trials: int, seed: int, *, keep=tables) -> np.ndarray:
        outputs = np.empty((trials, funnel.quarters, len(funnel.metrics)))
        address = ctypes.c_void_p(outputs.ctypes.data)
        run(ctypes.byref(plan), ctypes.c_uint64(seed), ctypes.c_int64(trials), address)
        return outputs

    return play
