"""What was played, gathered into a result."""

from __future__ import annotations

from collections.abc import Callable

import numba
import numpy as np

from simulator import __version__
from simulator.kernels.uncertain import draw_assumptions
from simulator.scenario.model import Scenario
from simulator.simulation.desk import Arrays
from simulator.simulation.flags import Flags, capped_leaves
from simulator.simulation.lower import Lowered
from simulator.simulation.metrics import BOOKINGS, MONTHLY_MARGIN, SPEND
from simulator.simulation.provenance import Provenance, library_versions
from simulator.simulation.result import DealFates, Result
from simulator.simulation.setup import Setup
from simulator.simulation.spend import Slots, fill_spend, monthly_margin
from simulator.simulation.warm_up import warm_up_note
from simulator.simulation.weekly import named_parts


def add_spend(lowered: Lowered, seeds: np.ndarray, arrays: Arrays, setup: Setup, first_trial: int) -> None:
    """What was spent in the trials that were played."""
    assert lowered.spend is not None
    slots = Slots(lowered.plan, seeds, first_trial, setup.trials)
    fill_spend(lowered.spend, slots, lowered.plan.segments.entry, arrays.counts, arrays.cents[:, arrays.money[SPEND]])
    if BOOKINGS in arrays.money:
        bookings = arrays.cents[:, arrays.money[BOOKINGS]]
        spend = lowered.spend
        arrays.money_parts[MONTHLY_MARGIN] = lambda: bookings / 100.0 * monthly_margin(spend, slots, setup.trials)


def result_of(
    scenario: Scenario,
    lowered: Lowered,
    arrays: Arrays,
    setup: Setup,
    seeds: np.ndarray,
    by: str,
    first_trial: int,
) -> tuple[Result, Flags]:
    def assumptions() -> dict[str, np.ndarray]:
        drawn = np.empty((setup.trials, len(lowered.leaves)))
        shape = lowered.plan.shape
        numbers = lowered.plan.numbers
        draw_assumptions(numbers, shape.at_median, seeds, first_trial, np.empty(numbers.normal_name.size), drawn)
        return {path: np.ascontiguousarray(drawn[:, i]) for i, path in enumerate(lowered.leaves)}

    deals = None
    if lowered.deal_ids:
        deals = DealFates(lowered.deal_ids, arrays.outcome, arrays.week, arrays.slips,
                          lowered.plan.opening.deal_value)  # fmt: skip
    capped = capped_leaves(lowered)
    drawn_now = assumptions() if capped else {}
    flags = Flags(setup.trials, arrays.stale, np.array([np.count_nonzero(drawn_now[p] >= 1.0) for p in capped], int))
    result = Result(
        scenario, metrics=lowered.metrics, counts=arrays.counts, cents=arrays.cents,
        provenance=provenance_of(scenario, setup),
        columns=by, deals=deals,
        parts={**named_parts(lowered, arrays.parts, by), **arrays.money_parts, **_parts(lowered, arrays, by)},
        assumptions=assumptions, notes=flags.notes(scenario, lowered),
        late_note=(lambda: warm_up_note(scenario)) if first_trial == 0 else None,
    )  # fmt: skip
    return result, flags


def provenance_of(scenario: Scenario, setup: Setup) -> Provenance:
    """Where a result of these trials comes from."""
    return Provenance(
        name=scenario.name, file=scenario.file, sha256=scenario.sha256, version=__version__, engine=Result.engine,
        trials=setup.trials, seed=setup.seed, libraries=library_versions(np, numba),
    )  # fmt: skip


def _parts(lowered: Lowered, arrays: Arrays, by: str) -> dict[str, Callable[[], np.ndarray]]:
    """Numerators and denominators of ratios that are no metrics themselves, worked out when they are read."""
    if lowered.customers is None:
        return {}
    from simulator.simulation.follow import retention_parts

    return retention_parts(lowered.metrics, arrays.counts, arrays.cents, by == "week")
