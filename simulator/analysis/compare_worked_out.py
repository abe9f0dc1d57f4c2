"""Targets of several plans worked out at the same points."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.analysis.compare_pairs import Pairs
from simulator.analysis.engine import PLAYED, Answering, not_exact
from simulator.exact.family import Family, Found
from simulator.exact.forecast import Engine, check_engine
from simulator.exact.laws import OutOfReachError
from simulator.scenario.model import Scenario

Known = dict[str, tuple[Found | None, ...]]
"""Name of a target -> how likely it is in each plan, None where a plan has no such target."""


def worked_out(
    plans: Sequence[Scenario], pairs: Pairs, engine: Engine, trials: int | None, seed: int
) -> tuple[Answering, Known]:
    """Every target of every plan at the same points, or none of them.

    Raises
    ------
    UsageError : ``exact`` was asked for, and something is beyond it.
    """
    check_engine(engine, trials)
    if engine == "simulate" or (engine == "auto" and trials is not None) or not pairs:
        return PLAYED, {}
    family, plan = None, plans[0]
    known: dict[str, list[Found | None]] = {name: [] for name, _ in pairs}
    engines = []
    try:
        family = Family(plan, plan.targets[:1], seed)
        for number, plan in enumerate(plans):
            variant = family.variant(plan)
            engines.append(variant.engine)
            for name, places in pairs:
                place = places[number]
                known[name].append(None if place is None else variant.probability(plan.targets[place]))
    except OutOfReachError as reason:
        return not_exact(plan, engine, str(reason)), {}
    worked = "conditional" if "conditional" in engines else "exact"
    answered = family.answered or "exact, nothing sampled"
    return Answering(family, worked, answered), {name: tuple(found) for name, found in known.items()}
