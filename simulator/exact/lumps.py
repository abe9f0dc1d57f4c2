"""Dispersed arrivals as Poisson ones of a mean that is drawn week by week."""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.exact import leads
from simulator.exact.outline import Outline
from simulator.exact.terms import Points
from simulator.quarters import WEEKS

Floats = NDArray[np.float64]


def dispersed(outline: Outline, segment: int | None = None) -> bool:
    """Whether arrivals of a segment (of any) can be dispersed."""
    chosen = outline.segments if segment is None else outline.segments[segment : segment + 1]
    numbers = outline.numbers
    return any(numbers.varies(slot) or float(numbers.slots[slot]) > 1 for s in chosen for slot in set(s.dispersion))


class Drawn(NamedTuple):
    """Arrivals to expect (point, week), and a fingerprint of them."""

    mean: Floats
    mark: Hashable


def draw_lumps(points: Points, *key: int) -> dict[int, Drawn]:
    """Segment -> arrivals to expect in each week (point, week), where they are dispersed.

    A negative binomial is Poisson given a gamma of the same mean (Greenwood & Yule 1920). The gammas follow the
    same random numbers in every variant of a plan, so that variants differ by what was varied.

    Parameters
    ----------
    key : seed of the random numbers
    """
    found = {}
    for index in range(len(points.outline.segments)):
        if not dispersed(points.outline, index):
            continue
        terms = points.terms(index)
        shape = (points.count, points.outline.weeks)
        whole = "lumps", key, index, shape, points.outline.first_week, terms.of_leads
        found[index] = Drawn(points.memory.recall(whole, partial(_draw, points, index, key)), whole)
    return found


def _draw(points: Points, index: int, key: tuple[int, ...]) -> Floats:
    terms = points.terms(index)
    shape = (points.count, points.outline.weeks)
    mean = np.broadcast_to(leads.arrivals(points.outline, terms), shape)
    extra = np.broadcast_to(np.repeat(np.maximum(terms.dispersion, 1.0), WEEKS, axis=-1) - 1, shape)
    some = (extra > 0) & (mean > 0)
    safe = np.where(some, extra, 1.0)
    luck = points.memory.recall(("gammas", key, index, shape), partial(_Luck, shape, (*key, index)))
    return np.where(some, luck.gamma(np.where(some, mean / safe, 1.0)) * safe, mean)


class _Luck:
    """Gammas of any shape from one set of random numbers (Marsaglia & Tsang 2000), near each other for near shapes.

    Of four candidates the first that is accepted counts; that none is happens less often than once in 100,000
    times, and then it is the last.
    """

    TRIES = 4

    def __init__(self, shape: tuple[int, int], key: tuple[int, ...]):
        rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(list(key))))
        self.normals = rng.standard_normal((self.TRIES, *shape))
        self.levels = np.log1p(-rng.random((self.TRIES, *shape)))  # of uniforms in (0, 1]
        self.boost = np.log1p(-rng.random(shape))

    def gamma(self, shape: Floats) -> Floats:
        """Gammas of these shapes, of scale 1."""
        d = np.where(shape < 1, shape + 1, shape) - 1 / 3
        found = np.zeros_like(d)
        left = np.ones(d.shape, bool)
        for last, (z, level) in enumerate(zip(self.normals, self.levels, strict=True), 1):
            v = np.maximum(1 + z / np.sqrt(9 * d), 1e-9) ** 3
            good = (v > 1e-20) & (level < 0.5 * z * z + d - d * v + d * np.log(v))
            take = left if last == self.TRIES else left & good
            found = np.where(take, d * v, found)
            left &= ~good
            if not left.any():
                break
        return np.where(shape < 1, found * np.exp(self.boost / np.minimum(shape, 1.0)), found)
