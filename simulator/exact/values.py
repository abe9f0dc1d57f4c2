"""Characteristic functions of what one individual adds: a count, a known amount, a drawn deal value."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simulator.exact import gamma
from simulator.exact.lags import log_normal
from simulator.exact.memory import Memory
from simulator.exact.parts import Jump
from simulator.exact.terms import Size

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

_STEP = 0.012  # between nodes of a table, in units of 1 / mean: error of interpolation below 1e-9 · E[(V/EV)⁴]
_MOST_NODES = 6000
_DIRECT = 1500  # as many arguments are worked out one by one


def transform(jump: Jump, t: Floats) -> Complexes:
    """E[exp(i·t·X)] of a jump X at frequencies t (frequency,): complex128 (1 or point, frequency)."""
    if jump.amount is not None:
        return np.exp(1j * t * (jump.times * jump.amount))[None, :]
    if jump.size is None:
        return np.exp(1j * t * jump.times)[None, :]
    key = ("values", jump.size.mark, jump.times, float(t[0]), float(t[-1]), t.size)
    size = jump.size  # several questions are asked at the same frequencies
    return size.known.recall(key, lambda: _of_size(size, t * jump.times))


def excess(jump: Jump, t: Floats) -> tuple[Floats, Floats]:
    """E[exp(i·t·X)] − 1 at even frequencies t: real and imaginary part, (1 or point, frequency) each."""

    def work_out() -> tuple[Floats, Floats]:
        found = transform(jump, t)
        return found.real - 1, np.ascontiguousarray(found.imag)

    if jump.size is None or jump.amount is not None:
        return work_out()
    key = ("excess", jump.size.mark, jump.times, float(t[0]), float(t[-1]), t.size)
    return jump.size.known.recall(key, work_out)


def discrete(size: Size) -> bool:
    """Whether a law of values has atoms only."""
    return size.form.kind in ("fixed", "points") or (
        size.form.kind not in ("median", "exponential") and bool(np.all(np.asarray(size.b) <= 0))
    )


def mean_and_square(jump: Jump) -> tuple[Floats, Floats]:
    """E[X] and E[X²] of a jump, (1 or point,) each."""
    if jump.amount is not None or jump.size is None:
        value = np.array([float(jump.times if jump.amount is None else jump.times * jump.amount)])
        return value, value * value
    size = jump.size
    a, b, scale = (np.atleast_1d(np.asarray(x, np.float64)) for x in (size.a, size.b, size.factor))
    scale = scale * size.form.times * jump.times
    kind = size.form.kind
    if kind == "points":
        values, shares = np.array(size.form.points), np.array(size.form.shares)
        return scale * (shares @ values), scale**2 * (shares @ values**2)
    if kind == "median":
        mu, sigma = log_normal(kind, a, b)
        mean = scale * np.exp(mu + sigma**2 / 2)
        return mean, mean**2 * np.exp(sigma**2)
    mean = scale * a
    cv = {"fixed": 0.0, "exponential": 1.0}.get(kind)
    return mean, mean**2 * (1 + (b if cv is None else cv) ** 2)


def exceeded(jump: Jump, chance: Floats) -> Floats:
    """A value that a jump exceeds with no more than this chance, (point,) or broadcast to it."""
    if jump.amount is not None or jump.size is None:
        return np.array([float(jump.times * (1.0 if jump.amount is None else jump.amount))])
    size, rare = jump.size, -np.log(chance)
    a, b, scale = (np.atleast_1d(np.asarray(x, np.float64)) for x in (size.a, size.b, size.factor))
    scale = scale * size.form.times * jump.times
    kind = size.form.kind
    if kind == "points":
        return scale * max(size.form.points)
    if kind == "fixed":
        return scale * a
    if kind == "exponential":
        return np.asarray(scale * a * rare, np.float64)
    if kind == "gamma":  # of shape k: no more than k + √(2·k·r) + r (Boucheron, Lugosi & Massart 2013, section 2.4)
        shape = 1 / np.maximum(b, 1e-8) ** 2
        return np.asarray(scale * a * (1 + np.sqrt(2 * rare / shape) + rare / shape), np.float64)
    if kind == "weibull":
        inverse = np.array([1 / gamma.weibull_shape(max(float(cv), 1e-6)) for cv in np.unique(b)])
        power = inverse[np.unique(b, return_inverse=True)[1]]
        return np.asarray(scale * a * rare**power / np.exp(gamma.log_gamma(1 + power)), np.float64)
    mu, sigma = log_normal(kind, a, b)
    return np.asarray(scale * np.exp(mu + sigma * np.sqrt(2 * rare)), np.float64)


def _of_size(size: Size, t: Floats) -> Complexes:
    a, b, scale = (np.atleast_1d(np.asarray(x, np.float64))[:, None] for x in (size.a, size.b, size.factor))
    scale = scale * size.form.times
    kind = size.form.kind
    if kind == "points":
        values, shares = np.array(size.form.points), np.array(size.form.shares)
        waves: Complexes = np.exp(1j * (t * scale)[..., None] * values)
        return np.asarray(waves @ shares, np.complex128)
    s = t[None, :] * scale * a
    if kind == "fixed" or (kind not in ("median", "exponential") and (b <= 0).all()):
        return np.exp(1j * s)
    if kind == "exponential":
        return np.asarray(1 / (1 - 1j * s), np.complex128)
    if kind == "gamma":
        shape = 1 / np.maximum(b, 1e-8) ** 2
        return np.asarray(np.exp(-shape * np.log1p(-1j * s / shape)), np.complex128)
    if kind == "weibull":
        parameter = np.array([1 / gamma.weibull_shape(cv) for cv in b[:, 0]])[:, None]
        return _read(_weibull, parameter, s, size.known)
    mu, sigma = log_normal(kind, a, b)
    return _read(_lognormal, np.maximum(sigma, 1e-6), t[None, :] * scale * np.exp(mu + sigma**2 / 2), size.known)


def _lognormal(sigma: float, s: Floats) -> Complexes:
    """Of the lognormal of mean 1, by the trapezoidal rule on a line turned into the complex plane.

    There the integrand dies instead of oscillating, and the rule's error falls exponentially
    (Trefethen & Weideman 2014, "The exponentially convergent trapezoidal rule").
    """
    turn = min(1.5, 2 * sigma)
    step = 0.2  # 2e-12 up to sigma 1.9
    z = np.arange(-7.8, 9.0, step)
    weight = step * np.exp(-0.5 * (z + 1j * turn / sigma) ** 2) / math.sqrt(2 * math.pi)
    value = np.exp(sigma * z - 0.5 * sigma * sigma + 1j * turn)
    return _sum(s, value, weight)


def _weibull(inverse_shape: float, s: Floats) -> Complexes:
    """Of the Weibull of mean 1, V = E^(1/k)/Γ(1 + 1/k): the same rule over log E."""
    turn = min(1.0, 1.5 / inverse_shape)
    step = 0.02
    u = np.arange(-36.0, 5.5, step) + 1j * turn
    weight = step * np.exp(u - np.exp(u))
    value = np.exp(u * inverse_shape - math.lgamma(1 + inverse_shape))
    return _sum(s, value, weight)


def _sum(s: Floats, value: Complexes, weight: Complexes) -> Complexes:
    found = np.empty(s.size, np.complex128)
    for first in range(0, s.size, 512):
        found[first : first + 512] = np.exp(1j * np.multiply.outer(s[first : first + 512], value)) @ weight
    return found


def _read(law: Callable[[float, Floats], Complexes], parameter: Floats, s: Floats, known: Memory) -> Complexes:
    """A law of mean 1 at s (row, frequency), its parameter (row, 1): through a table where there are many.

    Rows are multiples of each other.
    """
    parameter, s = np.broadcast_arrays(np.broadcast_to(parameter, (parameter.shape[0], s.shape[1])), s)
    different = np.unique(parameter[:, 0])
    if different.size == 1 and s.size <= _DIRECT:
        return np.asarray(law(float(different[0]), s.ravel())).reshape(s.shape)
    most = 2.0 ** (math.ceil(4 * math.log2(max(float(s.max()), 1e-12))) / 4)  # so that others may read it as well
    nodes = int(np.clip(math.ceil(most / _STEP), 8, _MOST_NODES)) + 3
    step = most / (nodes - 3)

    def table_of(value: float) -> Complexes:
        grid: Floats = step * (np.arange(nodes, dtype=np.float64) - 1.0)
        return known.recall(("table", law.__name__, value, most), lambda: _both_ways(law, value, grid))

    if different.size == 1:
        table = table_of(float(different[0]))[None, :]
        spread = _spread_over(s)
        if spread is None:
            return _pick(table, None, _cubic(s / step + 1, nodes))
        weights, few = spread
        found = _pick(table, None, _cubic(few / step + 1, nodes))
        return np.asarray(weights @ found.real + 1j * (weights @ found.imag), np.complex128)
    low, high = float(different[0]), float(different[-1])
    rows = 14
    width = (high - low) / (rows - 3)
    tables = np.stack([table_of(max(low + width * (i - 1), 1e-6)) for i in range(rows)])
    return _pick(tables, _cubic((parameter - low) / width + 1, rows), _cubic(s / step + 1, nodes))


def _spread_over(s: Floats) -> tuple[Floats, Floats] | None:
    """Many rows that are multiples of each other as mixtures of few: weights (row, few), the few (few, frequency).

    Interpolation at Chebyshev points of the logarithm of the multiple (Trefethen 2013, chapter 5): for waves of
    up to s turns over a width of w it converges as soon as there are more than s·w/2 points. None where these
    would not be few.
    """
    ends = np.log(s[:, -1])
    low, high = float(ends.min()), float(ends.max())
    half = (high - low) / 2
    count = 14 + math.ceil(0.9 * math.exp(high) * half)
    if s.shape[0] < 4 * count or count > 96:
        return None
    if half < 1e-12:
        return np.ones((s.shape[0], 1)), s[:1]
    angle = np.pi * (np.arange(count) + 0.5) / count
    x, at = np.cos(angle), np.clip((ends - low) / half - 1, -1.0, 1.0)
    away = at[:, None] - x
    on = np.abs(away) < 1e-14
    weights = (-1.0) ** np.arange(count) * np.sin(angle) / np.where(on, 1.0, away)
    weights = np.where(on.any(axis=1, keepdims=True), on, weights)
    nodes = np.exp(low + half * (x + 1))
    return weights / weights.sum(axis=1, keepdims=True), nodes[:, None] * (s[0] / s[0, -1])


def _both_ways(law: Callable[[float, Floats], Complexes], parameter: float, grid: Floats) -> Complexes:
    """The law over a grid whose first node is negative: there it is the conjugate."""
    found: Complexes = law(parameter, np.abs(grid))
    found[0] = found[0].conjugate()
    return found


Weighted = tuple[NDArray[np.int64], tuple[Floats, ...]]


def _cubic(x: Floats, nodes: int) -> Weighted:
    i = np.clip(np.floor(x).astype(np.int64), 1, nodes - 3)
    t = x - i
    return i - 1, (
        -t * (t - 1) * (t - 2) / 6, (t + 1) * (t - 1) * (t - 2) / 2, -(t + 1) * t * (t - 2) / 2,
        (t + 1) * t * (t - 1) / 6,
    )  # fmt: skip


def _pick(table: Complexes, across: Weighted | None, along: Weighted) -> Complexes:
    j, weights = along
    found = np.zeros(j.shape, np.complex128)
    for dj, wj in enumerate(weights):
        if across is None:
            found += wj * table[0, j + dj]
            continue
        i, more = across
        for di, wi in enumerate(more):
            found += wi * wj * table[i + di, j + dj]
    return found
