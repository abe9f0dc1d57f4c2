"""The exact answers mixed over what is uncertain or shared: by quadrature, or over sampled worlds."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import special, stats

from tests.oracles.exact import Exact, roots
from tests.oracles.world import World, correlated, given_world


class Mixture:
    """The answers over several worlds, each with its weight: uncertain numbers by quadrature, or a sampled market."""

    def __init__(self, worlds: Sequence[World], weights: Sequence[float] | None = None):
        self.weights = np.full(len(worlds), 1 / len(worlds)) if weights is None else np.array(weights, float)
        self.weights = self.weights / self.weights.sum()
        self.exact = [Exact(world) for world in worlds]
        self.quarters = worlds[0].quarters

    def conditional(self, metric: str, quarter, segment: str | None = None) -> np.ndarray:
        """(world, cumulant)"""
        return np.array([exact.cumulants(metric, quarter, segment) for exact in self.exact])

    def cumulants(self, metric: str, quarter, segment: str | None = None) -> np.ndarray:
        """Cumulants 1 to 4 of the mixture."""
        k1, k2, k3, k4 = self.conditional(metric, quarter, segment).T
        mean = self.weights @ k1
        d = k1 - mean
        c2 = self.weights @ (k2 + d**2)
        c3 = self.weights @ (k3 + 3 * d * k2 + d**3)
        c4 = self.weights @ (k4 + 3 * k2**2 + 4 * d * k3 + 6 * d**2 * k2 + d**4)
        return np.array([mean, c2, c3, c4 - 3 * c2**2])

    def pmf(self, metric: str, quarter, segment: str | None = None) -> np.ndarray:
        angle = roots(max(exact.size(metric, quarter, segment) for exact in self.exact))
        total = np.zeros(len(angle), complex)
        for weight, exact in zip(self.weights, self.exact, strict=True):
            total += weight * exact.transform(metric, quarter, segment, angle)
        return np.maximum(0.0, np.fft.ifft(total).real)


Grid = Sequence[tuple[float, float]]
"""Points with weights."""


def normals(count: int) -> Grid:
    """Gauss–Hermite: exact for polynomials of a standard normal up to degree 2 count − 1."""
    x, w = special.roots_hermitenorm(count)
    return list(zip(x, w / w.sum(), strict=True))


def uniforms(count: int) -> Grid:
    """Gauss–Legendre on (0, 1)."""
    x, w = special.roots_legendre(count)
    return list(zip((x + 1) / 2, w / 2, strict=True))


def happens(probability: float) -> Grid:
    """An event's uniform: below its probability, or not."""
    return [(0.0, probability), (1.0, 1 - probability)]


def choices(count: int) -> Grid:
    """Normals in the middle of ``count`` equally likely stretches, for ``values:`` of that length."""
    return [(float(z), 1 / count) for z in stats.norm.ppf((np.arange(count) + 0.5) / count)]


def slices(count: int) -> Grid:
    """Normals in the middle of many equal slices, for what has a kink (a share capped at 1)."""
    return choices(count)


def together(scenario: Any, independent: dict[str, float]) -> dict[str, float]:
    """Independent normals turned into the correlated ones of the plan's ``correlations``."""
    links = correlated(scenario)
    keys = sorted({key for first, second, _ in links for key in (first, second)})
    if not keys:
        return independent
    matrix = np.eye(len(keys))
    for first, second, rank in links:
        i, j = keys.index(first), keys.index(second)
        matrix[i, j] = matrix[j, i] = 2 * np.sin(np.pi * rank / 6)
    drawn = np.linalg.cholesky(matrix) @ np.array([independent[key] for key in keys])
    return independent | {key: float(z) for key, z in zip(keys, drawn, strict=True)}


def by_quadrature(
    scenario: Any, numbers: dict[str, Grid] | None = None, parts: dict[tuple, Grid] | None = None
) -> Mixture:
    """Mix over uncertain numbers (path or shared name -> grid of normals) and parts of the market (see `market`)."""
    axes = [(None, key, grid) for key, grid in (parts or {}).items()]
    axes += [(key, None, grid) for key, grid in (numbers or {}).items()]
    worlds, weights = [], []
    for points in itertools.product(*(grid for *_, grid in axes)):
        at = list(zip(axes, points, strict=True))
        worlds.append(
            given_world(
                scenario,
                together(scenario, {number: float(x) for (number, _, _), (x, _) in at if number is not None}),
                {part: float(x) for (_, part, _), (x, _) in at if part is not None},
            )
        )
        weights.append(float(np.prod([weight for _, weight in points])))
    return Mixture(worlds, weights)
