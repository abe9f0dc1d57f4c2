"""Sums of known amounts, the open deals': where no drawn value comes in, the law of an amount has a step at each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.exact.parts import Parts

Floats = NDArray[np.float64]

MOST_SUMS = 1 << 12
NOTHING = 1e-14
"""A sum that is less likely at every point is left out."""
UNIT = 1e-4
"""Amounts are told apart to a hundredth of a cent: sums of many then meet exactly where they are the same."""
PRIME = 16_381
ROWS = 8


def split(parts: Parts) -> tuple[Parts, Parts]:
    """Individuals of known amounts, and all others."""
    known = [s for s in parts.single if s.chance and s.chance[0][0].amount is not None]
    return Parts(single=known), Parts(parts.poisson, parts.lumpy, [s for s in parts.single if s not in known])


def sums(known: Parts) -> tuple[Floats, Floats] | None:
    """The different sums of known amounts (sum,), ascending, and their chances (1 or point, sum); None for too many."""
    values, chances = np.zeros(1, np.int64), np.ones((1, 1))
    for moves in _moves(known):
        stays = 1 - sum((p for _, p in moves), np.zeros(1))
        every = [(0, stays), *moves]
        found, place = np.unique(np.concatenate([values + more for more, _ in every]), return_inverse=True)
        rows = max(chances.shape[0], *(p.shape[0] for _, p in every))
        total = np.zeros((rows, found.size))
        for (_, p), where in zip(every, place.reshape(len(every), -1), strict=True):
            total[:, where] += chances * p[:, None]
        some = total.max(axis=0) > NOTHING
        values, chances = found[some], total[:, some]
        if values.size > MOST_SUMS:
            return None
    return np.asarray(values * UNIT, np.float64), chances


def likeliest(known: Parts, points: int) -> float:
    """No less than the chance of the likeliest sum, in the mean of a few points.

    It is that of the likeliest remainder when sums are divided by a prime, which many different sums share.
    """
    chosen = np.unique(np.linspace(0, points - 1, ROWS).astype(np.int64))
    chances = np.zeros((chosen.size, PRIME))
    chances[:, 0] = 1.0
    for moves in _moves(known):
        some = [(more, (p if p.shape[0] == 1 else p[chosen])[:, None]) for more, p in moves]
        total = chances * (1 - sum((p for _, p in some), np.zeros((1, 1))))
        for more, p in some:
            total += np.roll(chances, more % PRIME, axis=1) * p
        chances = total
    return float(chances.max(axis=1).mean())


def _moves(known: Parts) -> list[list[tuple[int, Floats]]]:
    """Of each individual the amounts it may add, in units, with their chances (1 or point,)."""
    found = []
    for single in known.single:
        moves = [(round(j.times * (j.amount or 0.0) / UNIT), p) for j, p in single.chance if p.max(initial=0.0) > 0]
        found += [moves] * (single.copies if moves else 0)
    return found
