"""Whether an analysis is worked out or played, and what is said of that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from simulator.analysis.goal import Goal
from simulator.errors import UsageError
from simulator.exact.family import Family
from simulator.exact.forecast import Engine, check_engine
from simulator.exact.laws import OutOfReachError
from simulator.scenario.model import Scenario, Target


@dataclass(frozen=True)
class Answering:
    """How an analysis is answered.

    ``family`` works it out; None where it is played. ``engine`` is ``exact``, ``conditional`` (exact answers
    averaged over what is uncertain) or ``simulate``; ``answered`` says over how many points was averaged, and
    ``note`` why the plan is played although nobody asked for that.
    """

    family: Family | None = None
    engine: str = "simulate"
    answered: str = ""
    note: str | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        return () if self.note is None else (self.note,)


PLAYED = Answering()


class Answered:
    """A result that knows how it was come by, and says so."""

    how: Answering

    @property
    def engine(self) -> str:
        """``exact``, ``conditional`` or ``simulate``."""
        return self.how.engine

    @property
    def answered(self) -> str:
        """Over how many points was averaged, in words."""
        return self.how.answered


def answering(
    scenario: Scenario,
    goal: Goal,
    targets: Sequence[Target],
    engine: Engine,
    trials: int | None,
    seed: int,
    per_set: int | None = None,
) -> Answering:
    """Work it out where the plan and its targets allow it, and nobody asked for trials.

    Parameters
    ----------
    targets : those whose probability is wanted; the first is the one that matters most
    per_set : points of each scramble

    Raises
    ------
    UsageError : ``exact`` was asked for, and something is beyond it.
    """
    check_engine(engine, trials)
    if engine == "simulate" or (engine == "auto" and trials is not None):
        return PLAYED
    try:
        if goal.kpi is not None:
            raise OutOfReachError(f"{goal.name}: what a segment is judged on is counted trial by trial")
        if goal.name is not None and goal.index is None:
            raise OutOfReachError("all targets together hang together")
        if scenario.kpis:
            raise OutOfReachError("kpi: has no closed form")
        family = Family(scenario, targets[:1], seed, per_set)
        plan = family.variant()
        for target in targets:
            plan.probability(target)
    except OutOfReachError as reason:
        return not_exact(scenario, engine, str(reason))
    return Answering(family, plan.engine, family.answered)


def not_exact(scenario: Scenario, engine: Engine, reason: str) -> Answering:
    """Play it after all, in words; or refuse, where exact was asked for.

    Raises
    ------
    UsageError : ``exact`` was asked for.
    """
    if engine == "exact":
        raise UsageError(f"no exact answer for {scenario.name}: {reason}. --engine simulate plays it")
    return Answering(note=f"played, as there is no exact answer: {reason}")


def target_of(scenario: Scenario, goal: Goal) -> list[Target]:
    """The goal's target, where it is one."""
    return [] if goal.index is None else [scenario.targets[goal.index]]


BeforePlaying = Callable[[], None] | None
"""Called once before anything is played, which may take a while the first time."""
