"""Every number of a scenario with its path, and what a path is called in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from simulator.scenario.nodes import BAD
from simulator.scenario.spreads import Spread
from simulator.scenario.uncertain import Number, Numbers, WinProbability

if TYPE_CHECKING:
    from simulator.scenario.accounts import Accounts
    from simulator.scenario.customers import Customers
    from simulator.scenario.model import Scenario, Segment
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
        yield from _closing(start, segment)
        yield from _accounts(f"{start}.accounts", segment.accounts)
        yield from _customers(f"{start}.customers", segment.customers)
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


def _closing(path: str, segment: Segment) -> Iterator[tuple[str, Numbers]]:
    """Pull-ins, and what pushes and size change; multipliers left at 1 are not among them."""
    slips, pulled = segment.slips, segment.pull_ins
    if slips is not BAD:
        for name in ("by_pushes", "by_size"):
            for row in getattr(slips, name):
                for key in ("slip_probability", "win_rate") if row is not BAD else ():
                    number: Number = getattr(row, key)
                    if number is not BAD and (not number.certain or number.median() != 1.0):
                        yield f"{path}.slips.{name}.{row.key}.{key}", (number,)
    if pulled is None or pulled is BAD:
        return
    yield f"{path}.pull_ins.probability", pulled.probability
    if pulled.by_weeks is not BAD:
        yield from _inside(f"{path}.pull_ins.by_weeks", pulled.by_weeks)
    if pulled.value_factor != type(pulled).model_fields["value_factor"].default:
        yield f"{path}.pull_ins.value_factor", pulled.value_factor


def _accounts(path: str, accounts: Accounts | None) -> Iterator[tuple[str, Numbers]]:
    """What the plan says of accounts; multipliers left at 1, and win rates it does not state, are not among them."""
    if accounts is None or accounts is BAD:
        return
    for key, values in _part(path, accounts):
        if key != f"{path}.contacts_per_week" or values != type(accounts).model_fields["contacts_per_week"].default:
            yield key, values
    rates = accounts.win_rate
    if isinstance(rates, tuple) and not accounts.usual:
        for row in rates:
            yield f"{path}.win_rate.{row.key}.rate", (row.rate,)
    elif rates is not None and not isinstance(rates, tuple):
        yield from _part(f"{path}.win_rate", rates)
    for name, persona in accounts.personas.items():
        for key, values in _part(f"{path}.personas.{name}", persona):
            if key.endswith(".share") or not values[0].certain or values[0].median() != 1.0:
                yield key, values


def _customers(path: str, customers: Customers | None) -> Iterator[tuple[str, Numbers]]:
    """What becomes of won deals, as far as the plan speaks of it: what is left out has no number."""
    if customers is None or customers is BAD:
        return
    for key, info in type(customers).model_fields.items():
        values = getattr(customers, key)
        if isinstance(values, tuple) and values != info.default:
            yield f"{path}.{key}", values


def _inside(path: str, spread: Spread) -> Iterator[tuple[str, Numbers]]:
    for key, values in spread.parts():
        yield (f"{path}.{key}" if key else path), values
