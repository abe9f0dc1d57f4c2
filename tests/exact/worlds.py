"""The same points of assumptions and market for the exact answers and for the tests' own oracles."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from simulator.exact.outline import Outline
from simulator.exact.terms import dimensions
from simulator.exact.weather import market_dimensions
from tests.oracles.exact import Exact
from tests.oracles.world import World, given_world


def draw_points(outline: Outline, points: int, seed: int) -> np.ndarray:
    """float64 (point, dimension) of independent normals."""
    return np.random.default_rng(seed).normal(size=(points, dimensions(outline)))


def world_at(outline: Outline, row: np.ndarray) -> World:
    """The oracle's world where these normals put it."""
    own = len(outline.numbers.normals)
    z = row[:own].copy()
    tied = outline.numbers.tied
    if tied:
        z[tied] = outline.numbers.factor @ z[tied]
    normals = {number.name or path: 0.0 for path, number in outline.scenario.numbers()}  # those of no width
    normals |= {name: float(z[i]) for name, i in outline.numbers.normals.items()}
    parts: dict[tuple[Any, ...], float] = {}
    stages, events = outline.scenario.stages, outline.scenario.market.events
    for (part, index, q), value in zip(market_dimensions(outline), row[own:], strict=True):
        if part == "level":
            parts["M", q] = float(value)
        elif part == "stage":
            parts["E", stages[index], q] = float(value)
        elif part == "volume":
            parts["V", q] = float(value)
        elif part == "slip":
            parts["slips", q] = float(special.ndtr(value))
        else:
            parts["event", events[index].name, q] = float(special.ndtr(value))
    for event in events:
        if event.probability >= 1:
            parts |= {("event", event.name, q): 0.0 for q in range(outline.all_quarters)}
    return given_world(outline.scenario, normals, parts)


def exact_at(outline: Outline, row: np.ndarray) -> Exact:
    return Exact(world_at(outline, row))
