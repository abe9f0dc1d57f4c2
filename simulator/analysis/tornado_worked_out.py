"""A tornado worked out: the plan at many points, what each move adds to it at the first of them."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.analysis.engine import Answering, target_of
from simulator.analysis.goal import Goal
from simulator.analysis.tornado_moves import Move, moved_plan
from simulator.analysis.tornado_result import Effect, Tornado, largest_first
from simulator.analysis.variants import Progress, play
from simulator.exact.family import Family, Found, Variant
from simulator.scenario.model import Scenario
from simulator.simulation.setup import Setup

MANY, FEW = 128, 32
"""Points of each scramble: for the plan as it is, and for what moving an assumption adds to that."""


def worked_out(
    scenario: Scenario,
    goal: Goal,
    chosen: Sequence[Move],
    setup: Setup,
    how: Answering,
    family: Family,
    progress: Progress | None,
) -> Tornado:
    """Without playing: the plan at many points, what each move adds to it at the first of them."""
    quarters = scenario.calendar.period(goal.period).quarters

    def measured(variant: Variant, plan: Scenario) -> tuple[Found | None, Found]:
        targets = target_of(plan, goal)
        p = variant.probability(targets[0]) if targets else None
        return p, variant.mean(goal.metric, quarters, goal.segment)

    own, own_mean = measured(family.variant(), scenario)
    few = family.thinned(FEW)
    start, start_mean = measured(few.variant(), scenario)

    def job(number: int, threads: int, tick: Progress) -> tuple[Found | None, Found]:
        plan, hold = moved_plan(scenario, chosen, number + 1)
        p, mean_of = measured(few.variant(None if plan is scenario else plan, hold), plan)
        tick(1, 1)
        moved = None if p is None or start is None or own is None else p.moved(start, own)
        return moved, mean_of.moved(start_mean, own_mean)

    found = dict(play(job, range(2 * len(chosen)), setup, progress))
    effects = []
    for i, move in enumerate(chosen):
        (low_p, low), (high_p, high) = found[2 * i], found[2 * i + 1]
        p = None if low_p is None or high_p is None else (_share(low_p.value), _share(high_p.value))
        change = None if low_p is None or high_p is None else high_p.less(low_p)
        effects.append(Effect(move, p, (low.value, high.value), change, high.less(low)))
    p_now = None if own is None else own.estimate
    return Tornado(scenario, goal, largest_first(effects), p_now, own_mean.estimate, None, setup.seed, how)


def _share(p: float) -> float:
    return min(max(p, 0.0), 1.0)
