"""The characteristic function, moments and atom at nothing of a sum of parts, at many points."""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from simulator.exact.lumpy import log_of_lumpy
from simulator.exact.parts import Jump, Lumpy, Parts
from simulator.exact.values import exceeded, excess, mean_and_square, transform
from simulator.exact.waves import wave

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]


def characteristic(parts: Parts, t: Floats, points: int) -> Complexes:
    """E[exp(i·t·X)] of each point at even frequencies t: complex128 (point, frequency)."""
    found = wave(*logarithm(parts, t))
    single = of_single(parts, t)
    return np.broadcast_to(found if single is None else found * single, (points, t.size))


def logarithm(parts: Parts, t: Floats) -> tuple[Floats, Floats]:
    """log E[exp(i·t·X)] of what arrives at random, real and imaginary part: float64 (1 or point, frequency) each."""
    real, imaginary = np.zeros((1, t.size)), np.zeros((1, t.size))
    alike: list[tuple[Floats, tuple[Floats, Floats]]] = []
    own: list[tuple[Floats, tuple[Floats, Floats]]] = []
    for jump, mass in merged(parts):
        found = excess(jump, t)
        (alike if found[0].shape[0] == 1 else own).append((mass, found))
    if alike:  # what is the same at all points: one product of matrices
        masses = np.stack(np.broadcast_arrays(*(mass for mass, _ in alike)), axis=1)
        real, imaginary = (masses @ np.concatenate([found[side] for _, found in alike]) for side in (0, 1))
    for mass, (one, two) in own:
        if real.shape[0] < max(mass.shape[0], one.shape[0]):
            real, imaginary = real + mass[:, None] * one, imaginary + mass[:, None] * two
        else:
            real += mass[:, None] * one
            imaginary += mass[:, None] * two
    for lumpy in parts.lumpy:
        one, two = _of_lumpy(lumpy, t)
        real, imaginary = real + one, imaginary + two
    return real, imaginary


def merged(parts: Parts) -> list[tuple[Jump, Floats]]:
    """Jumps of Poisson numbers with their masses, those of one law together."""
    found: dict[Hashable, tuple[Jump, Floats]] = {}
    for jump, mass in parts.poisson:
        if mass.max(initial=0.0) > 0:
            own = None if jump.size is None else jump.size.mark or id(jump.size)
            key = jump.times, jump.amount, own
            found[key] = (jump, mass if key not in found else found[key][1] + mass)
    return list(found.values())


def of_single(parts: Parts, t: Floats) -> Complexes | None:
    """E[exp(i·t·X)] of leads and deals known at the start: (1 or point, frequency); None without any."""
    found: Complexes | None = None
    for single in parts.single:
        one: Complexes | None = None
        for jump, chance in single.chance:
            if chance.max(initial=0.0) > 0:
                more = chance[:, None] * (transform(jump, t) - 1)
                one = more + 1 if one is None else one + more
        if one is not None:
            one = one**single.copies if single.copies != 1 else one
            found = one if found is None else found * one
    return found


def _of_lumpy(lumpy: Lumpy, t: Floats) -> tuple[Floats, Floats]:
    def work_out() -> tuple[Floats, Floats]:
        found = log_of_lumpy(lumpy, [transform(jump, t) - 1 for jump, _ in lumpy.chance])
        return np.ascontiguousarray(found.real), np.ascontiguousarray(found.imag)

    return lumpy.memory.recall(("log", lumpy.mark, float(t[0]), float(t[-1]), t.size), work_out)


def nothing(parts: Parts, points: int) -> Floats:
    """P(no jump at all) at each point."""
    total = np.zeros(1)
    for _, mass in parts.poisson:
        total = total - mass
    for lumpy in parts.lumpy:
        total = total - lumpy.memory.recall(("nothing", lumpy.mark), partial(_none_of_weeks, lumpy))
    found = np.exp(total)
    for single in parts.single:
        left = 1 - sum((chance for _, chance in single.chance), np.zeros(1))
        found = found * np.maximum(left, 0.0) ** single.copies
    return np.broadcast_to(found, (points,))


def _none_of_weeks(lumpy: Lumpy) -> Floats:
    """−log P(no jump in dispersed weeks): (1 or point,)."""
    chance = sum((p for _, p in lumpy.chance), np.zeros((1, 1)))
    c = lumpy.dispersion - 1
    safe = np.where(c > 0, c, 1.0)
    return np.asarray((lumpy.mean * np.where(c > 0, np.log1p(safe * chance) / safe, chance)).sum(axis=1), np.float64)


def moments(parts: Parts, points: int) -> tuple[Floats, Floats]:
    """Mean and variance at each point."""
    mean, variance = np.zeros(1), np.zeros(1)
    for jump, mass in parts.poisson:
        first, second = mean_and_square(jump)
        mean, variance = mean + mass * first, variance + mass * second
    for lumpy in parts.lumpy:
        more = lumpy.memory.recall(("moments", lumpy.mark), partial(_of_weeks, lumpy))
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


def slowest(parts: Parts) -> float:
    """Money over which the tail of dispersed arrivals falls to about a third: a lump of them, and half a large deal."""
    found = (lumpy.memory.recall(("slowest", lumpy.mark), partial(_lump_of_money, lumpy)) for lumpy in parts.lumpy)
    return max(found, default=0.0)


def _lump_of_money(lumpy: Lumpy) -> float:
    """At some of the points: where it matters it is nowhere near the end of the window."""
    each = [(p, *mean_and_square(jump)) for jump, p in lumpy.chance]
    first, second = _of_one([(p[::16], mean[::16], square[::16]) for p, mean, square in each])
    deal = np.divide(second, first, out=np.zeros_like(second), where=first > 0)
    return float(((lumpy.dispersion[::16] - 1) * first + deal / 2).max())


def largest(parts: Parts, rare: float) -> Floats:
    """An amount that any single individual exceeds with no more than this chance, at each point: (1 or point,)."""
    found = np.zeros(1)
    masses = list(parts.poisson)
    masses += [(jump, (lumpy.mean * chance).sum(axis=1)) for lumpy in parts.lumpy for jump, chance in lumpy.chance]
    masses += [(jump, single.copies * chance) for single in parts.single for jump, chance in single.chance]
    for jump, mass in masses:
        if mass.max(initial=0.0) > rare:
            found = np.maximum(found, exceeded(jump, rare / np.maximum(mass, rare)))
    return found
