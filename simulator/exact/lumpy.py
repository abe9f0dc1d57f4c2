"""Logarithms of the characteristic function of dispersed arrivals: sums over weeks of negative binomials.

A week of mean μ and dispersion d adds −μ/(d − 1)·log(1 − (d − 1)·a), a the excess E[exp(i·t·X)] − 1 of
one individual. Where few individuals count, (d − 1)·a is small and a power series with one coefficient
for all weeks replaces a logarithm for each.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simulator.exact.parts import Lumpy

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

NOTHING = 1e-14
PRECISE = 1e-10
AVERAGED = 1e-8
"""Where answers are averaged over points, which they are known to a thousandth at best."""
MOST_TERMS = 40
BLOCK = 32


def log_of_lumpy(lumpy: Lumpy, excess: list[Complexes]) -> Complexes:
    """log E[exp(i·t·X)] of all weeks together: (point, frequency), from the excess of each jump."""
    if not excess:
        return np.zeros((1, 1), np.complex128)
    terms = _terms_needed(lumpy, excess)
    if terms is not None and len(excess) == 1:
        return _one_series(lumpy, excess[0], terms)
    if terms is not None and len(excess) == 2 and terms <= 20:
        return _two_series(lumpy, excess[0], excess[1], terms)
    return _week_by_week(lumpy, excess)


def _terms_needed(lumpy: Lumpy, excess: list[Complexes]) -> int | None:
    """Terms of the series for a remainder that does not matter; None where it converges too slowly."""
    size = sum(
        (chance * float(np.abs(one).max()) for (_, chance), one in zip(lumpy.chance, excess, strict=True)),
        np.zeros((1, 1)),
    )
    ratio = float(((lumpy.dispersion - 1) * size).max())
    whole = max(float((lumpy.mean * size).sum(axis=1).max()), 1e-300)
    precise = PRECISE if lumpy.mean.shape[0] == 1 and lumpy.chance[0][1].shape[0] == 1 else AVERAGED
    for terms in range(1, MOST_TERMS):
        if ratio < 0.8 and whole * ratio**terms / (terms + 1) / (1 - ratio) < precise:
            return terms
    return None


def _one_series(lumpy: Lumpy, excess: Complexes, terms: int) -> Complexes:
    rounded = terms + -terms % 4  # so that other frequencies may need as many
    sums = lumpy.memory.recall(("lumpy", lumpy.mark, rounded), lambda: _one_sums(lumpy, rounded))
    found = np.zeros((1, 1), np.complex128)
    for coefficient in reversed(sums[:terms]):
        found = (found + coefficient[:, None]) * excess
    return found


def _one_sums(lumpy: Lumpy, terms: int) -> list[Floats]:
    """Coefficients of x, x², …: (point,) each."""
    chance, c = lumpy.chance[0][1], lumpy.dispersion - 1
    weight, more = lumpy.mean * chance, c * chance
    sums = []
    for n in range(1, terms + 1):
        sums.append(weight.sum(axis=1) / n)
        weight = weight * more
    return sums


def _two_series(lumpy: Lumpy, first: Complexes, second: Complexes, terms: int) -> Complexes:
    """The same for (p·x + q·y)ⁿ, by the powers of x and of y."""
    rounded = terms + -terms % 3  # so that other frequencies may need as many
    sums = lumpy.memory.recall(("lumpy two", lumpy.mark, rounded), lambda: _two_sums(lumpy, rounded))
    if first.shape[0] == 1 and second.shape[0] == 1:  # the same at all points: a product of matrices
        power = np.arange(rounded + 1)[:, None]
        basis = first ** power[:, None] * second**power
        basis[(power + power.T) > terms] = 0.0
        flat, weights = basis.reshape(-1, first.shape[1]), sums.reshape(sums.shape[0], -1)
        found: Complexes = weights @ flat.real + 1j * (weights @ flat.imag)
        return found
    found = np.zeros((1, 1), np.complex128)
    raised: Complexes = np.ones((1, 1), np.complex128)
    for i in range(terms + 1):
        value = np.zeros((1, 1), np.complex128)
        for j in range(terms - i, -1, -1):
            value = value * second + sums[:, i, j, None]
        found = found + value * raised
        raised = raised * first
    return found


def _two_sums(lumpy: Lumpy, terms: int) -> Floats:
    """Coefficients of xⁱyʲ, i + j up to ``terms``: (point, i, j)."""
    (_, p), (_, q) = lumpy.chance
    points = max(lumpy.mean.shape[0], lumpy.dispersion.shape[0], p.shape[0], q.shape[0])
    whole = [np.broadcast_to(x, (points, p.shape[1])) for x in (lumpy.mean, lumpy.dispersion - 1, p, q)]
    found = np.empty((points, terms + 1, terms + 1))
    for first in range(0, points, BLOCK):  # few enough to stay in the processor's cache
        rows = slice(first, min(first + BLOCK, points))
        mean, c, one, two = (x[rows] for x in whole)
        left = np.divide(mean, c, out=np.zeros_like(mean), where=c > 0)  # μ·cⁿ⁻¹ = (μ/c)·cⁿ
        ones, twos = _powers(np.ones_like(left), c * one, terms), _powers(left, c * two, terms)
        np.matmul(ones, twos.transpose(0, 2, 1), out=found[rows])
        found[rows, 1, 0], found[rows, 0, 1] = (mean * one).sum(axis=1), (mean * two).sum(axis=1)
    scale = np.array([
        [math.comb(i + j, i) / (i + j) if 0 < i + j <= terms else 0.0 for j in range(terms + 1)]
        for i in range(terms + 1)
    ])  # fmt: skip
    found *= scale
    return found


def _powers(first: Floats, by: Floats, most: int) -> Floats:
    """first, first·by, first·by², …: (point, power, week)."""
    found = np.empty((by.shape[0], most + 1, by.shape[1]))
    found[:, 0] = first
    for n in range(most):
        np.multiply(found[:, n], by, out=found[:, n + 1])
    return found


def _week_by_week(lumpy: Lumpy, excess: list[Complexes]) -> Complexes:
    total = np.zeros((1, excess[0].shape[1]), np.complex128)
    for mean, c, chances in _alike(lumpy):
        a: Complexes = np.zeros((1, 1), np.complex128)
        for chance, more in zip(chances, excess, strict=True):
            a = a + chance[:, None] * more
        spread = c[:, None]
        safe = np.where(spread > 0, spread, 1.0)
        total = total + mean[:, None] * np.where(spread > 0, -np.log1p(-safe * a) / safe, a)
    return total


def _alike(lumpy: Lumpy) -> list[tuple[Floats, Floats, list[Floats]]]:
    """Weeks that differ in their mean alone, taken together: (mean, dispersion − 1, chance of each jump)."""
    found: dict[tuple[float, ...], tuple[Floats, Floats, list[Floats]]] = {}
    some = sum((chance.sum(axis=0) for _, chance in lumpy.chance), np.zeros(lumpy.mean.shape[1]))
    for w in np.flatnonzero((lumpy.mean.max(axis=0) > 0) & (some > NOTHING)):
        columns = [lumpy.dispersion[:, w] - 1, *(chance[:, w] for _, chance in lumpy.chance)]
        same = all(column.min() == column.max() for column in columns)
        key = tuple(float(column[0]) for column in columns) if same else (float(w), math.nan)
        if key in found:
            mean, c, chances = found[key]
            found[key] = (mean + lumpy.mean[:, w], c, chances)
        else:
            found[key] = (lumpy.mean[:, w], columns[0], columns[1:])
    return list(found.values())
