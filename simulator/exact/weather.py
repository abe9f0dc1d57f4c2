"""What all segments share in a quarter, at many points: shocks, events, slip weather.

Every random part of the market is a function of independent standard normals, one per part and
quarter, so that a point of the market is a row of normal scores.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.exact import normal
from simulator.exact.assumptions import Value
from simulator.exact.outline import Outline

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Weather:
    """Arrays over (point, …, quarter from the first of the warm-up); 1 point where nothing is random."""

    rate_shift: dict[int, Floats]  # stage -> (point, quarter) added to a rate's log odds
    rate_factor: dict[int, Floats]
    volume_factor: Floats
    slip_factor: Floats
    slip_score: Floats | None
    size_pattern: NDArray[np.int64]  # which of the events that change deal sizes are active, as bits
    active: dict[int, NDArray[np.bool_]]


def market_dimensions(outline: Outline) -> list[tuple[str, int, int]]:
    """The normals of the market: (part, stage or event, quarter), the last quarters first."""
    market = outline.scenario.market
    found: list[tuple[str, int, int]] = []
    stages = sorted({t for segment in outline.segments for t in segment.rate})
    shared = (market.conversion.sd and market.conversion.common) or (market.volume.sd and market.volume.common)
    for q in range(outline.all_quarters - 1, -1, -1):
        if shared:
            found.append(("level", 0, q))
        if market.conversion.sd and market.conversion.common < 1:
            found += [("stage", t, q) for t in stages]
        if market.volume.sd and market.volume.common < 1:
            found.append(("volume", 0, q))
        if market.slip_concentration:
            found.append(("slip", 0, q))
        found += [("event", e, q) for e, event in enumerate(outline.events) if 0 < event.probability < 1]
    return found


def draw(outline: Outline, z: Floats, values: list[Value]) -> Weather:
    """The market at normal scores z (point, dimension of :func:`market_dimensions`)."""
    market, quarters = outline.scenario.market, outline.all_quarters
    points = max(1, z.shape[0])
    place = {part: column for column, part in enumerate(market_dimensions(outline))}

    def scores(part: str, index: int) -> Floats:
        columns = [place.get((part, index, q)) for q in range(quarters)]
        if columns[0] is None:
            return np.zeros((1, quarters))
        return z[:, [column for column in columns if column is not None]]

    level = scores("level", 0).copy()
    phi = market.conversion.persistence
    for q in range(1, quarters):
        level[:, q] = phi * level[:, q - 1] + math.sqrt(1 - phi * phi) * level[:, q]
    rates, volume = market.conversion, market.volume
    stages = sorted({t for segment in outline.segments for t in segment.rate})
    shift = {
        t: rates.sd * (math.sqrt(rates.common) * level + math.sqrt(1 - rates.common) * scores("stage", t))
        for t in (stages if rates.sd else ())
    }
    volume_factor = np.ones((1, quarters))
    if volume.sd:
        shock = math.sqrt(volume.common) * level + math.sqrt(1 - volume.common) * scores("volume", 0)
        volume_factor = np.exp(volume.sd * shock - 0.5 * volume.sd**2)
    slip_factor = np.ones((1, quarters))
    rate_factor: dict[int, Floats] = {}
    pattern, active, bit = np.zeros((1, quarters), np.int64), {}, 1
    for e, event in enumerate(outline.events):
        if event.probability <= 0:
            continue
        on = np.ones((points, quarters), bool)
        if event.probability < 1:
            struck = scores("event", e) < normal.ppf(np.array([event.probability]))
            on = struck.copy()
            for late in range(1, min(event.quarters, quarters)):
                on[:, late:] |= struck[:, :-late]
        active[e] = on
        volume_factor = volume_factor * np.where(on, _column(values[event.volume]), 1.0)
        slip_factor = slip_factor * np.where(on, _column(values[event.slip]), 1.0)
        for t, slot in event.rate.items():
            rate_factor[t] = rate_factor.get(t, np.ones((1, quarters))) * np.where(on, _column(values[slot]), 1.0)
        if event.resizes:
            pattern = pattern + bit * on
            bit *= 2
    score = scores("slip", 0) if market.slip_concentration else None
    return Weather(shift, rate_factor, volume_factor, slip_factor, score, pattern, active)


def _column(value: Value) -> Floats:
    return np.atleast_1d(np.asarray(value, np.float64))[:, None]


def shocked(rate: Floats, shift: Floats | None, factor: Floats | None) -> Floats:
    """A rate in a quarter: odds shock, then event multipliers, then never above 1."""
    if shift is not None:
        odds = rate * np.exp(shift)
        rate = odds / (1 - rate + odds)
    return rate if factor is None else np.minimum(rate * factor, 1.0)
