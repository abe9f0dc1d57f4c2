"""A variant of a sweep, worked out."""

from __future__ import annotations

from typing import Any

from simulator.analysis.goal import Goal
from simulator.exact.family import Family
from simulator.scenario.model import Scenario


def worked_out(family: Family, goal: Goal, plan: Scenario) -> list[Any]:
    """[probability and error of the chosen target, of each target, …], [means], engine; twelve digits of each.

    Raises
    ------
    OutOfReachError : this variant has no exact answer.
    """
    variant = family.variant(plan)
    each = []
    for target in plan.targets:
        found = variant.probability(target).estimate
        each.append([_digits(found.value), _digits(found.standard_error)])
    own = None if goal.index is None else each[goal.index]
    means = variant.means(plan.calendar.period(goal.period).quarters, goal.segment)
    return [[own, *each], {name: _digits(mean) for name, mean in means.items()}, variant.engine]


def _digits(x: float) -> float:
    """Twelve digits: what follows depends on how a library adds up."""
    return float(f"{x:.12g}")
