"""What would get us there: the value of a lever at which a target is as likely as wanted."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from simulator.analysis.bracket import Search, main_levers, search_of
from simulator.analysis.engine import Answering, BeforePlaying, answering, not_exact, target_of
from simulator.analysis.goal import goal_of
from simulator.analysis.solve_asked import Asked
from simulator.analysis.solve_crossing import crossing
from simulator.analysis.solve_played import Played
from simulator.analysis.solve_result import Answer, Solution
from simulator.analysis.solve_worked_out import WorkedOut
from simulator.errors import UsageError
from simulator.exact.forecast import Engine
from simulator.exact.laws import OutOfReachError
from simulator.scenario.model import Scenario
from simulator.simulation.setup import Setup, check_arguments


def solve(
    scenario: Scenario,
    vary: str | Sequence[str] | Mapping[str, str | tuple[float, float] | None] = (),
    *,
    target: str | None = None,
    probability: float = 0.8,
    engine: Engine = "auto",
    trials: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    before_simulating: BeforePlaying = None,
) -> Solution:
    """For each lever in turn: which value makes a target as likely as wanted?

    The probability is worked out at every value where the plan and the target allow it, at the same points of
    what is uncertain, so that it moves smoothly with the lever; else every value is played in the same luck.
    Then a first look at the first 500 trials finds the neighbourhood, secants on all trials the value.
    Numbers that are uncertain stay so: their whole range is scaled.

    Parameters
    ----------
    vary : paths, each with the ends to look between if you like: ``"segments.inbound.volume"``,
        ``{"segments.inbound.volume": "500:5000"}``. By default the main levers of the plan; of
        several segments all are moved together.
    target : name of the target, or ``all``; by default the first.
    probability : what is wanted, between 0 and 1.
    engine : ``auto`` works it out where that can be done and no trials are asked for; ``exact`` refuses to play,
        ``simulate`` always plays.
    progress : called with (done, total).
    before_simulating : called once before anything is played, which may take a while the first time.

    Raises
    ------
    UsageError : no target, or nothing to vary there. ScenarioError : an unknown path.

    Examples
    --------
    >>> import simulator as sim
    >>> plan = sim.load("scenarios/twenty-five-customers.yaml")
    >>> found = solve(plan, "segments.inbound.volume", probability=0.8, trials=2000, seed=7)
    >>> found.answers[0].reached, 1100 < found.answers[0].value < 1300
    (True, True)
    """
    if not 0 < probability < 1:
        raise UsageError(f"probability: {probability:g} is not between 0 and 1; certainty cannot be planned for")
    goal = goal_of(scenario, target, needed=True)
    setup = check_arguments(scenario, trials, seed, threads)
    paths: Mapping[str, Any]
    if isinstance(vary, Mapping):
        paths = vary
    else:
        paths = dict.fromkeys([vary] if isinstance(vary, str) else vary)
    chosen = bool(paths)
    if not chosen:
        paths = dict.fromkeys(main_levers(scenario, goal.metric))
    searches = [search_of(scenario, path, _ends(ends)) for path, ends in paths.items()]
    how = answering(scenario, goal, target_of(scenario, goal), engine, trials, setup.seed)
    if how.family is not None:
        try:
            known = WorkedOut(scenario, goal, how.family, len(searches), progress)
            return _answered(known, searches, probability, setup, how, not chosen)
        except OutOfReachError as reason:  # of a value of a lever
            how = not_exact(scenario, engine, str(reason))
    if before_simulating is not None:
        before_simulating()
    played = Played(scenario, goal, setup, len(searches), progress)
    return _answered(played, searches, probability, setup, how, not chosen)


def _answered(
    asked: Asked, searches: Sequence[Search], wanted: float, setup: Setup, how: Answering, sort: bool
) -> Solution:
    own = asked.at(None, None, asked.fine)
    answers = [_solve_one(asked, search, wanted, own) for search in searches]
    if sort:
        # levers that are equally far, to a tenth of a percent, stay in the order of the plan
        answers.sort(key=lambda answer: (not answer.reached, round(abs(answer.relative or math.inf), 3)))
    asked.finish()
    trials = setup.trials if how.family is None else None
    return Solution(
        asked.scenario, asked.goal, wanted, asked.estimate(None, None), tuple(answers), trials, setup.seed, how
    )


def _ends(ends: str | tuple[float, float] | None) -> str | None:
    return f"{ends[0]!r}:{ends[1]!r}" if isinstance(ends, (tuple, list)) else ends


def _solve_one(asked: Asked, search: Search, wanted: float, own: float) -> Answer:
    asked.next_lever()
    before = asked.runs
    x, reached, ends, note = crossing(asked, search, wanted, own)
    p = asked.estimate(None, None) if x == search.now else asked.estimate(search, x)
    low, high = (None if end is None else search.value(end) for end in ends)
    notes = "; ".join(part for part in (note, search.why) if part) or None
    return Answer(search, search.value(x), low, high, search.relative(x), p, reached, notes, asked.runs - before)
