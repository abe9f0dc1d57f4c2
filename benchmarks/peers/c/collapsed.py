"""C by gcc -O3 -march=native: path classes collapsed, all counts from alias tables."""

from __future__ import annotations

import ctypes

import numpy as np

from ...funnel import Funnel
from ..classes import classes
from .library import Tables, library, poisson

NAME = "C, path classes collapsed"
OFTEN = 0.1


def prepare(funnel: Funnel):
    """Enumerate the classes and build the tables once; then one call."""
    means, adds = classes(funnel)
    width = len(funnel.metrics)
    flat = adds.reshape(len(means), -1)
    common = int((means > OFTEN).sum())
    tables = Tables()
    counts = tables.make(*(poisson(mean) for mean in means[:common]))
    others = tables.make(poisson(means[common:].sum()))
    which = tables.make(np.concatenate([np.zeros(common), means[common:]]))
    cells = [np.repeat(np.arange(flat.shape[1]), row.astype(int)) for row in flat]
    first = np.concatenate([[0], np.cumsum([len(each) for each in cells])]).astype(np.int32)
    listed = np.concatenate(cells).astype(np.int32)
    mu, sigma = (ctypes.c_double(each) for each in funnel.lognormal)
    run = library().play_collapsed

    def address(array: np.ndarray) -> ctypes.c_void_p:
        return ctypes.c_void_p(array.ctypes.data)

    def play(trials: int, seed: int, *, keep=tables) -> np.ndarray:
        outputs = np.empty((trials, funnel.quarters, width))
        key, number = ctypes.c_uint64(seed), ctypes.c_int64(trials)
        lists = (address(first), address(listed))
        shape = (funnel.quarters, width)
        run(counts, common, others, which, *lists, *shape, mu, sigma, key, number, address(outputs))
        return outputs

    return play
