"""Plans against each other in the same luck: what differs, and what it does."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simulator.analysis.compare_pairs import pair_targets
from simulator.analysis.compare_result import Comparison
from simulator.analysis.compare_worked_out import worked_out
from simulator.analysis.shared import what_is_not_shared
from simulator.analysis.variants import Steps
from simulator.errors import UsageError
from simulator.exact.forecast import Engine
from simulator.scenario.model import Scenario
from simulator.simulation.simulate import check_arguments, simulate


def compare(
    first: Scenario,
    *others: Scenario,
    engine: Engine = "auto",
    trials: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Play two or more plans in the same luck and set them against the first.

    All run with the same seed, so what the plans have in common happens alike in each trial: the
    difference is that of the plans, and its standard error that of the paired differences. The
    probabilities of targets are worked out instead where that can be done.

    Parameters
    ----------
    first, others : from :func:`simulator.load`, or of :func:`simulator.what_if`.
    engine : of the probabilities of targets. ``auto`` works them out, all plans at the same points of what is
        uncertain, where every plan and target allows it and no trials are asked for; ``exact`` refuses to count
        them in trials, ``simulate`` always does. Who ends ahead is known of trials alone.
    trials, seed : by default those of the first plan that says any.
    threads : by default one per processor; they change no number.
    progress : called with (done, total).

    Raises
    ------
    UsageError : one plan only, or impossible arguments.

    Examples
    --------
    >>> import simulator as sim
    >>> plan = sim.load("scenarios/twenty-five-customers.yaml")
    >>> better = sim.what_if(plan, {"segments.inbound.conversion.sqls": "+10%"})
    >>> found = compare(plan, better, trials=1000, seed=7)
    >>> found.differences
    ({'path': 'segments.inbound.conversion.sqls', 'values': [0.6, 0.66]},)
    >>> found.metric("wins", "2027").race.behind
    0.0
    """
    plans = (first, *others)
    if not others:
        raise UsageError("comparing takes two plans or more")
    setup = check_arguments(first, trials, seed if seed is not None else _first_seed(plans), threads)
    pairs, changed = pair_targets([plan.targets for plan in plans])
    how, known = worked_out(plans, pairs, engine, trials, setup.seed)
    steps = Steps(progress, len(plans))
    results = tuple(
        simulate(plan, trials=setup.trials, seed=setup.seed, threads=setup.threads, progress=steps.of(number))
        for number, plan in enumerate(plans)
    )
    kpis, more = pair_targets([plan.kpis for plan in plans], "KPI")
    changed += more
    notes = [note for other in others for note in what_is_not_shared(first, other)]
    notes += changed + _own_settings(plans, setup.trials, trials, setup.seed, seed)
    return Comparison(results, tuple(dict.fromkeys([*notes, *how.notes])), pairs, kpis, how, known)


def _first_seed(plans: Sequence[Scenario]) -> int | None:
    return next((plan.simulation.seed for plan in plans if plan.simulation.seed is not None), None)


def _own_settings(
    plans: Sequence[Scenario], trials: int, asked: int | None, seed: int, wanted: int | None
) -> list[str]:
    """A word where a plan's own trials or seed were not taken, because all must share them."""
    notes = []
    if asked is None and any(plan.simulation.trials != trials for plan in plans):
        notes.append(f"the plans ask for different numbers of trials: all were played {trials:,} times, as the first")
    if wanted is None and any(plan.simulation.seed not in (None, seed) for plan in plans):
        notes.append(f"the plans have different seeds: all were played with {seed}, so that they share their luck")
    return notes
