"""Rules between parts that need the whole plan: sizes that multiply up, open deals' own probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.scenario import accounts
from simulator.scenario.customers import METRICS
from simulator.scenario.faults import Faults
from simulator.scenario.nodes import BAD
from simulator.scenario.part import MOST_VOLUME
from simulator.scenario.uncertain import Certain, Number, WinProbability, at_quarter

if TYPE_CHECKING:
    from simulator.scenario.model import OpenDeal, Scenario
    from simulator.scenario.nodes import Node
    from simulator.scenario.reading import Reading


def check_rules(scenario: Scenario, tree: Node, reading: Reading) -> None:
    """Note what breaks a rule between parts; parts that could not be read are left out."""
    _check_growth(scenario, tree, reading)
    _check_own_probabilities(scenario, tree, reading.faults)
    _check_stage_names(scenario, tree, reading)
    _check_people(scenario, tree, reading)


def _check_growth(scenario: Scenario, tree: Node, reading: Reading) -> None:
    """Volumes must stay countable to the end of the horizon."""
    for name, segment in scenario.segments.items():
        factor = 1.0
        if reading.calendar is None or BAD in (segment.volume.per_quarter, segment.volume.growth):
            continue
        for quarter in range(reading.calendar.quarters):
            if quarter:
                factor *= max(0.0, 1 + at_quarter(segment.volume.growth, quarter).median())
            per_quarter = at_quarter(segment.volume.per_quarter, quarter)
            size = per_quarter.median() * factor
            if size > MOST_VOLUME:
                node = tree.get("segments")
                for key in (name, "volume"):
                    node = node.get(key) if node is not None and node.mapping else None
                label = reading.calendar.label(quarter)
                reading.faults.add(
                    node or tree,
                    f"segments.{name}.volume",
                    f"grows to {size:.3g} in {label}; allowed: up to {MOST_VOLUME:,.0f}",
                )
                break


def _check_own_probabilities(scenario: Scenario, tree: Node, faults: Faults) -> None:
    opening = scenario.opening
    if opening is BAD or opening.win_probability in (None, BAD) or opening.deals is BAD:
        return
    node = tree.get("opening")
    inside = node.get("win_probability") if node is not None and node.mapping else None
    if not any(deal.win_probability is not None for deal in opening.deals or ()):
        faults.add(
            inside or tree,
            "opening.win_probability",
            "there are no open deals with a win_probability of "
            "their own in opening.deals; the others follow conversion",
        )


def _check_stage_names(scenario: Scenario, tree: Node, reading: Reading) -> None:
    """Where customers or accounts are followed, no stage can have the name of what is counted of them."""
    stages = tree.get("stages")
    if stages is None or not stages.list:
        return
    for key, metrics in (("customers", METRICS), ("accounts", accounts.METRICS)):
        if not any(s is not BAD and getattr(s, key) is not None for s in scenario.segments.values()):
            continue
        for index, item in enumerate(stages.value):
            if item.value in metrics:
                what = f"{item.value!r} cannot name a stage in a plan with {key}; it is a metric there"
                reading.faults.add(item, f"stages.{index + 1}", what)


def _check_people(scenario: Scenario, tree: Node, reading: Reading) -> None:
    """Plans with people or follow-up are played week by week, accounts one by one: not yet together."""
    if BAD in (scenario.capacity, *scenario.segments.values()) or not scenario.has_people:
        return
    for name, segment in scenario.segments.items():
        if segment.accounts is not None:
            node: Node | None = tree
            for step in ("segments", name, "accounts"):
                node = node.get(step) if node is not None and node.mapping else None
            wrong = "accounts cannot be combined with capacity or follow_up"
            reading.faults.add(node or tree, f"segments.{name}.accounts", wrong)


def apply_own_probability(deals: tuple[OpenDeal, ...], number: Number | None, faults: Faults) -> tuple[OpenDeal, ...]:
    """The deals with ``opening.win_probability`` applied where it is certain."""
    if number is None or not number.certain:
        return deals
    changed, capped = [], 0
    for deal in deals:
        own = deal.win_probability
        if own is not None:
            if isinstance(number, WinProbability):
                capped += own * number.times > 1
                own = min(1.0, round(own * number.times, 15))
            elif isinstance(number, Certain):
                own = number.value
            deal = deal.model_copy(update={"win_probability": own})
        changed.append(deal)
    if capped:
        faults.warn(f"opening.win_probability: {capped} open deals are capped at a probability of 1")
    return tuple(changed)
