"""The characteristic function, moments and atom at nothing of a sum of parts, at many points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.exact.lumpy import log_of_lumpy
from simulator.exact.parts import Jump, Lumpy, Parts
from simulator.exact.values import mean_and_square, transform

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]


def characteristic(parts: Parts, t: Floats, points: int) -> Complexes:
    """E[exp(i·t·X)] of each point: complex128 (point, frequency)."""
    known: dict[int, Complexes] = {}

    def excess(jump: Jump) -> Complexes:
        if id(jump) not in known:
            known[id(jump)] = transform(jump, t) - 1
        return known[id(jump)]

    total = np.zeros((1, t.size), np.complex128)
    for jump, mass in parts.poisson:
        if mass.max(initial=0.0) > 0:
            total = total + mass[:, None] * excess(jump)
    for lumpy in parts.lumpy:
        total = total + lumpy.memory.recall(
            ("log", lumpy.mark, float(t[0]), float(t[-1]), t.size),
            lambda lumpy=lumpy: log_of_lumpy(lumpy, [excess(jump) for jump, _ in lumpy.chance]),  # type: ignore[misc]
        )
    found = np.exp(total)
    for single in parts.single:
        one: Complexes | float = 1.0
        for jump, chance in single.chance:
            if chance.max(initial=0.0) > 0:
                one = one + chance[:, None] * excess(jump)
        if not isinstance(one, float):
            found = found * one**single.copies
    return np.broadcast_to(found, (points, t.size))


def nothing(parts: Parts, points: int) -> Floats:
    """P(no jump at all) at each point."""
    total = np.zeros(1)
    for _, mass in parts.poisson:
        total = total - mass
    for lumpy in parts.lumpy:
        chance = sum((p for _, p in lumpy.chance), np.zeros((1, 1)))
        c = lumpy.dispersion - 1
        safe = np.where(c > 0, c, 1.0)
        total = total - (lumpy.mean * np.where(c > 0, np.log1p(safe * chance) / safe, chance)).sum(axis=1)
    found = np.exp(total)
    for single in parts.single:
        left = 1 - sum((chance for _, chance in single.chance), np.zeros(1))
        found = found * np.maximum(left, 0.0) ** single.copies
    return np.broadcast_to(found, (points,))


def moments(parts: Parts, points: int) -> tuple[Floats, Floats]:
    """Mean and variance at each point."""
    mean, variance = np.zeros(1), np.zeros(1)
    for jump, mass in parts.poisson:
        first, second = mean_and_square(jump)
        mean, variance = mean + mass * first, variance + mass * second
    for lumpy in parts.lumpy:
        more = lumpy.memory.recall(("moments", lumpy.mark), lambda lumpy=lumpy: _of_weeks(lumpy))  # type: ignore[misc]
        mean, variance = mean + more[0], variance + more[1]
    for single in parts.single:
        if single.chance:
            rows = [(p[:, None], *mean_and_square(jump)) for jump, p in single.chance]
            first, second = _of_one(rows)
            mean = mean + single.copies * first[:, 0]
            variance = variance + single.copies * (second - first**2)[:, 0]
    return np.broadcast_to(mean, (points,)), np.broadcast_to(variance, (points,))


def _of_weeks(lumpy: Lumpy) -> tuple[Floats, Floats]:
    """Mean and variance of what dispersed weeks add."""
    first, second = _of_one([(p, *mean_and_square(jump)) for jump, p in lumpy.chance])
    spread = second + (lumpy.dispersion - 1) * first**2
    return (lumpy.mean * first).sum(axis=1), (lumpy.mean * spread).sum(axis=1)


def _of_one(rows: list[tuple[Floats, Floats, Floats]]) -> tuple[Floats, Floats]:
    """E[X] and E[X²] of one individual: (point, week)."""
    first, second = np.zeros((1, 1)), np.zeros((1, 1))
    for chance, mean, square in rows:
        first, second = first + chance * mean[:, None], second + chance * square[:, None]
    return first, second


def largest_lump(parts: Parts) -> float:
    """Largest dispersion less 1: how heavy the tail of a count is."""
    return max((float(lumpy.dispersion.max()) - 1 for lumpy in parts.lumpy), default=0.0)
