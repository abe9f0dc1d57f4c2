"""Walker's alias tables: a draw from any short list of weights with one uniform and one comparison.

A. J. Walker (1977), An efficient method for generating discrete random variables, ACM TOMS 3(3);
set up as in M. D. Vose (1991), IEEE Trans. Software Engineering 17(9).
"""

from __future__ import annotations

import numpy as np


def table(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``threshold`` (float64) and ``alias`` (int64), each of the length of ``weights``."""
    size = len(weights)
    scaled = np.asarray(weights, dtype=float) / np.sum(weights) * size
    threshold, alias = np.ones(size), np.arange(size)
    small = [i for i in range(size) if scaled[i] < 1]
    large = [i for i in range(size) if scaled[i] >= 1]
    while small and large:
        less, more = small.pop(), large.pop()
        threshold[less], alias[less] = scaled[less], more
        scaled[more] -= 1 - scaled[less]
        (small if scaled[more] < 1 else large).append(more)
    return threshold, alias


def draw(rng: np.random.Generator, tables: tuple[np.ndarray, np.ndarray], size: int) -> np.ndarray:
    """``size`` draws, int64."""
    threshold, alias = tables
    if len(alias) == 1:
        return np.zeros(size, dtype=np.int64)
    place = rng.random(size) * len(alias)
    cell = place.astype(np.int64)
    place -= cell
    return np.where(place < threshold[cell], cell, alias[cell])
