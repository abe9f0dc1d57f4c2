"""Dispersed arrivals as Poisson ones of a mean that is drawn week by week."""

from __future__ import annotations

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


def draw_lumps(points: Points, rng: np.random.Generator) -> dict[int, Floats]:
    """Segment -> arrivals to expect in each week (point, week), where they are dispersed.

    A negative binomial is Poisson given a gamma of the same mean (Greenwood & Yule 1920).
    """
    found = {}
    for index in range(len(points.outline.segments)):
        if not dispersed(points.outline, index):
            continue
        terms = points.terms(index)
        shape = (points.count, points.outline.weeks)
        mean = np.broadcast_to(leads.arrivals(points.outline, terms), shape)
        extra = np.broadcast_to(np.repeat(np.maximum(terms.dispersion, 1.0), WEEKS, axis=-1) - 1, shape)
        safe = np.where(extra > 0, extra, 1.0)
        drawn = rng.standard_gamma(np.where(extra > 0, mean / safe, 0.0)) * safe
        found[index] = np.where(extra > 0, drawn, mean)
    return found
