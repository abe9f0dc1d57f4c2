"""Every number of a scenario with its path, and what a path is called in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from simulator.scenario.nodes import BAD
from simulator.scenario.spreads import Spread
from simulator.scenario.uncertain import Number, Numbers, WinProbability

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario
    from simulator.scenario.part import Part
    from simulator.scenario.spend import Spend


def numbers(scenario: Scenario, labels: tuple[str, ...]) -> Iterator[tuple[str, Number]]:
    """All numbers that may be uncertain, each with its path; items of lists by their quarter.

    What is certain by definition (``market.*.sd``, limits, explicit weeks) is not among them, nor
    are event multipliers left at 1.
    """
    for path, values in _all(scenario):
        if values is BAD or BAD in values:
            continue
        if len(values) == 1:
            yield path, values[0]
        else:
            for label, number in zip(labels, values, strict=False):
                yield f"{path}.{label}", number


def _all(scenario: Scenario) -> Iterator[tuple[str, Numbers]]:
    for name, segment in scenario.segments.items():
        start = f"segments.{name}"
        yield f"{start}.volume", segment.volume.per_quarter
        yield f"{start}.volume.growth", segment.volume.growth
        yield f"{start}.volume.dispersion", segment.volume.dispersion
        for stage, rate in segment.conversion.items():
            yield f"{start}.conversion.{stage}", rate
        for stage, spread in segment.lag_weeks.items():
            yield from _inside(f"{start}.lag_weeks.{stage}", spread)
        if segment.deal_size is not None:
            yield from _inside(f"{start}.deal_size", segment.deal_size)
        yield f"{start}.slips.probability", segment.slips.probability
        yield from _inside(f"{start}.slips.delay_weeks", segment.slips.delay_weeks)
        yield f"{start}.slips.win_rate_factor", segment.slips.win_rate_factor
        for stage, follow in segment.follow_up.items():
            yield from _part(f"{start}.follow_up.{stage}", follow)
        if segment.spend is not None:
            yield from _spend(f"{start}.spend", segment.spend)
    for name, team in scenario.capacity.items():
        yield from _part(f"capacity.{name}", team)
    if any(segment.spend is not None for segment in scenario.segments.values()):
        yield "payback.gross_margin", (scenario.payback.gross_margin,)
        yield "payback.deal_months", (scenario.payback.deal_months,)
    own = scenario.opening.win_probability
    if own is not None and not isinstance(own, WinProbability):
        yield "opening.win_probability", (own,)
    for event in scenario.market.events:
        start = f"market.events.{event.name}"
        for key in ("slip_probability", "volume", "deal_size"):
            number: Number = getattr(event, key)
            if not number.certain or number.median() != 1.0:
                yield f"{start}.{key}", (number,)
        for stage, number in event.rates.items():
            yield f"{start}.{stage}", (number,)


def _part(path: str, part: Part) -> Iterator[tuple[str, Numbers]]:
    """Every number and spread of a part that is given."""
    for key, value in part:
        if isinstance(value, Number):
            yield f"{path}.{key}", (value,)
        elif isinstance(value, Spread):
            yield from _inside(f"{path}.{key}", value)
        elif isinstance(value, tuple) and value and isinstance(value[0], Number):
            yield f"{path}.{key}", value


def _spend(path: str, spend: Spend) -> Iterator[tuple[str, Numbers]]:
    yield path, spend.per_quarter
    yield f"{path}.per_arrival", spend.per_arrival
    if spend.response is not None and spend.response is not BAD:
        for key in ("most", "half_at", "steepness"):
            yield f"{path}.response.{key}", getattr(spend.response, key)
        yield from _inside(f"{path}.lag_weeks", spend.lag_weeks)


def _inside(path: str, spread: Spread) -> Iterator[tuple[str, Numbers]]:
    for key, values in spread.parts():
        yield (f"{path}.{key}" if key else path), values
