"""What the exact answers cover, and the part of a plan that is why they do not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulator.exact.classes import kind_of
from simulator.exact.memory import Memory
from simulator.exact.outline import Outline
from simulator.exact.parts import Jump
from simulator.exact.terms import Points, dimensions
from simulator.exact.values import mean_and_square
from simulator.scenario.model import Scenario, Target
from simulator.scenario.part import Part
from simulator.simulation.metrics import (
    LOSSES,
    OPEN_DEALS,
    OPEN_PIPELINE,
    SLIPPED_DEALS,
    SLIPPED_VALUE,
    SLIPS,
    metrics_of,
)

MOST_DEALS = 400
"""Open deals beyond which simulation is the quicker way."""
MOST_UNEVEN = 6.0
"""Standard deviation of deal sizes over their mean."""


# What this room knows of a plan. A part that was added to the format later is not here: a plan that uses
# it is simulated until its law has been worked out too.
KNOWN = {
    "Scenario": {"format", "name", "description", "start", "quarters", "fiscal_year_starts", "currency", "stages",
                 "segments", "opening", "market", "correlations", "targets", "simulation"},
    "Segment": {"volume", "conversion", "lag_weeks", "deal_size", "slips"},
    "Volume": {"stage", "per_quarter", "growth", "dispersion", "weekly_profile"},
    "Slips": {"probability", "delay_weeks", "limit", "win_rate_factor"},
    "Opening": {"warm_up_quarters", "deals", "leads", "win_probability"},
    "Market": {"conversion", "volume", "slip_concentration", "events"},
    "RateShock": {"sd", "common", "persistence"},
    "VolumeShock": {"sd", "common"},
    "Event": {"name", "probability", "quarters", "slip_probability", "volume", "deal_size", "rates"},
}  # fmt: skip


def _unknown(part: Part, path: str) -> str | None:
    """The first part of a plan that is said and that this room does not know."""
    known = KNOWN.get(type(part).__name__, set())
    for name, field in type(part).model_fields.items():
        value = getattr(part, name)
        if name not in known and value != field.get_default(call_default_factory=True):
            return f"{path}{name}: has no closed form"
    return None


def _beyond(scenario: Scenario) -> str | None:
    parts: list[tuple[Part, str]] = [(scenario, ""), (scenario.opening, "opening."), (scenario.market, "market.")]
    market = scenario.market
    parts += [(market.conversion, "market.conversion."), (market.volume, "market.volume.")]
    parts += [(event, f"market.events.{event.name}.") for event in market.events]
    for name, segment in scenario.segments.items():
        path = f"segments.{name}."
        parts += [(segment, path), (segment.volume, f"{path}volume."), (segment.slips, f"{path}slips.")]
    return next((why for part, path in parts if (why := _unknown(part, path)) is not None), None)


def why_not(outline: Outline, memory: Memory | None = None) -> str | None:
    """Why a plan as such is beyond the exact answers; None where it is not. ``memory`` is of its variants."""
    beyond = _beyond(outline.scenario)
    if beyond is not None:
        return beyond
    if len(outline.deals) > MOST_DEALS:
        return f"opening.deals: {len(outline.deals):,} open deals, each followed by itself, are more than {MOST_DEALS}"
    if sum(event.resizes for event in outline.events) > 3:
        return "market.events: more than three events that change deal sizes"
    for segment in outline.segments:
        path = f"segments.{segment.name}.deal_size"
        forms = set(segment.size or ())
        if any(form.kind in ("fixed", "points") for form in forms) and not outline.certain:
            return f"{path}: a few amounts and no spread, while other numbers of the plan are uncertain"
        if any(form.kind == "points" for form in forms):
            return f"{path}: drawn from real amounts, which have gaps that no closed form follows"
        if any(form.kind == "fixed" for form in forms) and not _in_cents(outline):
            return f"{path}: the same for all, and no common unit with the other amounts of the plan"
    return _uneven(outline, Memory() if memory is None else memory)


def _uneven(outline: Outline, memory: Memory) -> str | None:
    """A segment whose deals differ so much that one of them is most of the money: no window holds such sums."""
    count = dimensions(outline)
    points = Points(outline, memory.recall(("middle", count), lambda: np.zeros((1, count))), None, memory)
    for segment in outline.segments:
        for size in points.sizes(segment)[0]:
            mean, square = (float(x[0]) for x in mean_and_square(Jump(1, size)))
            if square > (1 + MOST_UNEVEN**2) * mean**2:
                return f"segments.{segment.name}.deal_size: so uneven that a rare deal outweighs all others"
    return None


def _in_cents(outline: Outline) -> bool:
    """Whether all amounts of money are fixed: multiples of something, then."""
    return all(form.kind == "fixed" for s in outline.segments for form in s.size or ())


def why_no_product(outline: Outline, target: Target) -> str | None:
    """Why a target for each quarter is not the product of its quarters; None where it is.

    What one deal or lead does in different quarters hangs together, so the quarters of a metric are
    independent only where each counts individuals of its own, out of Poisson arrivals.
    """
    if target.metric in (OPEN_DEALS, OPEN_PIPELINE, SLIPS, SLIPPED_DEALS, SLIPPED_VALUE):
        return f"{target.metric} of different quarters count the same deals"
    wanted = _segments(outline.scenario, target.segment)
    last = outline.scenario.stages[-1]
    of_deals = target.metric in (last, LOSSES) or kind_of(target.metric, outline.scenario.stages) == -1
    if of_deals and any(deal.segment in wanted for deal in outline.deals):
        return "an open deal is won in one quarter or another"
    if any(lead.segment in wanted for lead in outline.leads):
        return "a lead in flight arrives in one quarter or another"
    if outline.certain and any(
        any(outline.numbers.slots[slot] > 1 for slot in outline.segments[i].dispersion) for i in wanted
    ):
        return f"segments.{outline.segments[min(wanted)].name}.volume.dispersion ties the quarters together"
    return None


def _segments(scenario: Scenario, segment: str | Sequence[str] | None) -> set[int]:
    names = list(scenario.segments)
    if segment is None:
        return set(range(len(names)))
    chosen = (segment,) if isinstance(segment, str) else segment
    return {names.index(name) for name in chosen}


def indices(scenario: Scenario, segment: str | Sequence[str] | None) -> list[int]:
    """Numbers of the segments that a question is about."""
    return sorted(_segments(scenario, segment))


def money_metrics(scenario: Scenario) -> set[str]:
    return {m.name for m in metrics_of(scenario.stages, True) if m.kind == "money"}


def drawn_together(scenario: Scenario) -> bool:
    """Whether all targets of a plan can be drawn together by classes."""
    return all(kind_of(target.metric, scenario.stages) is not None for target in scenario.targets)
