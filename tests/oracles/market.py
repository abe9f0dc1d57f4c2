"""What all segments of one trial share: the common factor, the stages' shocks, slip luck, named events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass
class MarketState:
    """One trial's shared luck; by ``quarter + warm_up``."""

    rate_z: dict[str, list[float]]
    """Z of the rate into each stage."""
    volume_z: list[float]
    slip_uniform: list[float]
    active: list[set[str]]
    """Names of the active events."""


def market(scenario: Any, normal: Callable[..., float], uniform: Callable[..., float]) -> MarketState:
    """The market of one trial from its independent parts.

    ``normal("M", q)`` is the innovation of the common factor, ``normal("E", stage, q)`` a stage's own,
    ``normal("V", q)`` the volume's own; ``uniform("slips", q)`` the slip Beta's, ``uniform("event", name, q)``
    an event's. Quarters count from the first warm-up quarter, 0.
    """
    given, every = scenario.market, range(scenario.quarters + scenario.opening.warm_up_quarters)
    persistence, m = given.conversion.persistence, [0.0 for _ in every]
    for q in every:
        m[q] = normal("M", q) if q == 0 else persistence * m[q - 1] + np.sqrt(1 - persistence**2) * normal("M", q)

    def mixed(common: float, *own: str) -> list[float]:
        return [np.sqrt(common) * m[q] + np.sqrt(1 - common) * normal(*own, q) for q in every]

    struck = {
        event.name: np.array([uniform("event", event.name, q) < event.probability for q in every])
        for event in given.events
    }
    active = [
        {event.name for event in given.events if struck[event.name][max(0, q - event.quarters + 1) : q + 1].any()}
        for q in every
    ]
    return MarketState(
        rate_z={stage: mixed(given.conversion.common, "E", stage) for stage in scenario.stages},
        volume_z=mixed(given.volume.common, "V"),
        slip_uniform=[uniform("slips", q) for q in every],
        active=active,
    )


def draw_market(scenario: Any, rng: np.random.Generator) -> MarketState:
    return market(scenario, lambda *key: float(rng.normal()), lambda *key: float(rng.random()))


def market_at(scenario: Any, values: dict[tuple, float]) -> MarketState:
    """The market where its parts have these values; a part that is left out stands at its middle, no event."""
    return market(scenario, lambda *key: values.get(key, 0.0),
                  lambda *key: values.get(key, 1.0 if key[0] == "event" else 0.5))  # fmt: skip
