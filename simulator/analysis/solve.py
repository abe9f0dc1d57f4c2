"""What would get us there: the value of a lever at which a target is as likely as wanted."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from statistics import NormalDist
from typing import Any, Protocol

import numpy as np

from simulator.analysis.bracket import Search, main_levers, search_of
from simulator.analysis.engine import PLAYED, Answering, BeforePlaying, answering, not_exact, target_of
from simulator.analysis.goal import Goal, goal_of
from simulator.analysis.notebook import table_html
from simulator.errors import UsageError
from simulator.exact.conditional import T95
from simulator.exact.family import Family
from simulator.exact.family import Found as Known
from simulator.exact.forecast import Engine
from simulator.exact.laws import OutOfReachError
from simulator.scenario.model import Scenario
from simulator.simulation.setup import Setup, check_arguments
from simulator.statistics.intervals import Z95, Estimate, as_percent, proportion

COARSE = 500
"""Trials of the first look: the same first trials as in the full run, so it looks in the right place."""


@dataclass(frozen=True)
class Answer:
    """One lever.

    ``value`` gets there (or is the best reachable, with ``reached`` False); ``low`` and ``high`` are
    the values at which the interval of the probability still holds what is wanted: how exactly the
    trials know the value. None where that lies outside the bracket. ``as_factor`` says that the lever
    has no one value: value, low, high and bracket are factors on what the plan has.
    """

    search: Search
    value: float
    low: float | None
    high: float | None
    relative: float | None
    probability: Estimate
    reached: bool
    note: str | None
    evaluations: int

    @property
    def path(self) -> str:
        return self.search.path

    @property
    def now(self) -> float:
        """The lever's value today."""
        return self.search.value(self.search.now)

    @property
    def as_factor(self) -> bool:
        return self.search.scaled and self.search.unit is None

    @property
    def why_not(self) -> str | None:
        """What is to be said of the answer; the note has what is to be said of the lever too."""
        return (self.note or "").removesuffix(self.search.why or "").removesuffix("; ") or None

    @property
    def bracket(self) -> tuple[float, float]:
        return self.search.value(self.search.low), self.search.value(self.search.high)

    def to_json(self) -> dict[str, Any]:
        return {
            "path": self.path, "value": self.value, "low": self.low, "high": self.high, "relative": self.relative,
            "probability": self.probability.value, "reached": self.reached, "bracket": list(self.bracket),
            "label": self.search.label, "now": self.now, "standard_error": self.probability.standard_error,
            "as_factor": self.as_factor, "scaled": self.search.scaled, "note": self.note,
        }  # fmt: skip


@dataclass(frozen=True)
class Solution:
    """An answer per lever, for one target and one wanted probability; ``probability`` is the plan's own.

    ``how`` says whether it was worked out or played; ``trials`` is None where nothing was sampled.
    """

    scenario: Scenario
    goal: Goal
    wanted: float
    probability: Estimate
    answers: tuple[Answer, ...]
    trials: int | None
    seed: int
    how: Answering = PLAYED

    @property
    def engine(self) -> str:
        """``exact``, ``conditional`` or ``simulate``."""
        return self.how.engine

    @property
    def answered(self) -> str:
        """Over how many points was averaged, in words."""
        return self.how.answered

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of the target as such."""
        if self.probability.value in (0.0, 1.0):
            how = "never met" if self.probability.value == 0 else "always met"
            where = "" if self.trials is None else f" in {self.trials:,} trials"
            return (f"as planned, the target is {how}{where}", *self.how.notes)
        return self.how.notes

    def summary(self) -> list[dict[str, Any]]:
        """Tidy rows, as in the JSON."""
        return self.to_json()

    def to_json(self) -> list[dict[str, Any]]:
        """The documented JSON form: a row per lever."""
        about = {
            "target": self.goal.name, "wanted": self.wanted, "probability_now": self.probability.value,
            "trials": self.trials, "seed": self.seed, "engine": self.engine,
        }  # fmt: skip
        return [answer.to_json() | about for answer in self.answers]

    def __repr__(self) -> str:
        found = ", ".join(f"{a.path} {_amount(a)}" for a in self.answers[:3])
        return f"<Solution for {as_percent(self.wanted)} of {self.goal.name!r}: {found}>"

    def _repr_html_(self) -> str:
        rows = [
            [a.search.label, f"{a.now:,.4g}", f"{a.value:,.4g}", _amount(a),
             "–" if a.low is None else f"{a.low:,.4g}", "–" if a.high is None else f"{a.high:,.4g}",
             as_percent(a.probability.value) + ("" if a.reached else ", not enough")]
            for a in self.answers
        ]  # fmt: skip
        head = ["lever", "now", "needed", "change", "from", "to", "probability"]
        title = f"To get to {as_percent(self.wanted)} of {self.goal.name} (now {as_percent(self.probability.value)})"
        return table_html(title, head, rows, "; ".join(self.notes))


def _amount(answer: Answer) -> str:
    return "–" if answer.relative is None else f"{100 * answer.relative:+.1f}%"


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
            return _answered(_Knower(scenario, goal, how.family, len(searches), progress), searches, probability,
                             setup, how, not chosen)  # fmt: skip
        except OutOfReachError as reason:  # of a value of a lever
            how = not_exact(scenario, engine, str(reason))
    if before_simulating is not None:
        before_simulating()
    player = _Player(scenario, goal, setup, len(searches), progress)
    return _answered(player, searches, probability, setup, how, not chosen)


def _answered(
    asked: _Asked, searches: Sequence[Search], wanted: float, setup: Setup, how: Answering, sort: bool
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


class _Asked(Protocol):
    """What gives the probability at a value of a lever.

    ``fine`` and ``coarse`` are how exactly it may be asked for (a number of trials): probabilities are known to
    steps of 1 / fine.
    """

    scenario: Scenario
    goal: Goal
    fine: int
    coarse: int
    runs: int

    def at(self, search: Search | None, x: float | None, trials: int) -> float: ...
    def estimate(self, search: Search | None, x: float | None) -> Estimate: ...
    def half(self, search: Search, x: float, wanted: float) -> float:
        """Half the width of the 95% interval of a probability near the wanted one."""
        ...

    def next_lever(self) -> None: ...
    def finish(self) -> None: ...


class _Knower:
    """The probability at a value of a lever, worked out; every value once."""

    EXPECTED = 9.0
    """Values that a lever takes, for the progress bar."""

    def __init__(self, scenario: Scenario, goal: Goal, family: Family, levers: int, progress: Any):
        self.scenario, self.goal, self.family, self.progress = scenario, goal, family, progress
        self.fine = self.coarse = 1_000_000
        self.runs, self.levers, self.lever = 0, levers, 0
        self._known: dict[tuple[str | None, float | None], Known] = {}

    def found(self, search: Search | None, x: float | None) -> Known:
        key = (None if search is None else search.path, x)
        if key not in self._known:
            plan = None if search is None else self.scenario.with_changes(search.change(float(x or 0.0)))
            (target,) = target_of(plan or self.scenario, self.goal)
            self._known[key] = self.family.variant(plan).probability(target)
            self.runs += 1
            if self.progress is not None:
                share = min(self.runs / (1 + self.EXPECTED * max(1, self.levers)), 1.0)
                self.progress(int(1000 * share), 1000)
        return self._known[key]

    def at(self, search: Search | None, x: float | None, trials: int) -> float:
        return self.found(search, x).value

    def estimate(self, search: Search | None, x: float | None) -> Estimate:
        return self.found(search, x).estimate

    def half(self, search: Search, x: float, wanted: float) -> float:
        return T95 * self.estimate(search, x).standard_error

    def next_lever(self) -> None:
        pass

    def finish(self) -> None:
        if self.progress is not None:
            self.progress(1000, 1000)


class _Player:
    """The share of trials at a value of a lever; every value is played once."""

    EXPECTED = 4.0
    """Full runs that a lever takes, for the progress bar."""

    def __init__(self, scenario: Scenario, goal: Goal, setup: Setup, levers: int, progress: Any):
        self.scenario, self.goal, self.setup, self.progress = scenario, goal, setup, progress
        self.fine, self.coarse = setup.trials, min(COARSE, setup.trials)
        self.total = 1 + self.EXPECTED * levers
        self.spent, self.ceiling, self.runs = 0.0, 1.0, 0
        self._known: dict[tuple[str | None, float | None, int], float] = {}

    def at(self, search: Search | None, x: float | None, trials: int) -> float:
        key = (None if search is None else search.path, x, trials)
        if key not in self._known:
            assert search is None or x is not None
            plan = self.scenario if search is None else self.scenario.with_changes(search.change(float(x or 0.0)))
            cost = trials / self.setup.trials
            from simulator.simulation.simulate import simulate

            result = simulate(
                plan, trials=trials, seed=self.setup.seed, threads=self.setup.threads,
                progress=lambda done, total: self._tell(cost * done / total),
            )  # fmt: skip
            hits = self.goal.hits(result)
            assert hits is not None
            self._known[key] = float(np.count_nonzero(hits)) / trials
            self.spent = min(self.spent + cost, self.ceiling)
            self.runs += 1
        return self._known[key]

    def estimate(self, search: Search | None, x: float | None) -> Estimate:
        p = self.at(search, x, self.fine)
        return proportion(np.arange(self.fine) < round(p * self.fine))

    def half(self, search: Search, x: float, wanted: float) -> float:
        # the Wilson interval of p holds w if and only if |p − w| <= z √(w(1 − w)/n)
        return Z95 * math.sqrt(wanted * (1 - wanted) / self.fine)

    def _tell(self, part: float) -> None:
        if self.progress is not None:
            self.progress(int(1000 * min(self.spent + part, self.ceiling)), int(1000 * self.total))

    def next_lever(self) -> None:
        """The share of the bar that this lever may fill."""
        self.spent = self.ceiling
        self.ceiling += self.EXPECTED

    def finish(self) -> None:
        self.spent = self.ceiling = self.total
        self._tell(0.0)


def _score(p: float, trials: int) -> float:
    """A probability on the probit scale, on which it is nearly straight in a lever; never infinite."""
    return NormalDist().inv_cdf(min(max(p, 0.25 / trials), 1 - 0.25 / trials))


def _solve_one(player: _Asked, search: Search, wanted: float, own: float) -> Answer:
    player.next_lever()
    before = player.runs
    found = _whole(player, search, wanted, own) if search.whole else _real(player, search, wanted, own)
    x, reached, ends, note = found
    p = player.estimate(None, None) if x == search.now else player.estimate(search, x)
    low, high = (None if end is None else search.value(end) for end in ends)
    notes = "; ".join(part for part in (note, search.why) if part) or None
    return Answer(search, search.value(x), low, high, search.relative(x), p, reached, notes, player.runs - before)


Found = tuple[float, bool, tuple[float | None, float | None], str | None]
_NOTHING = (None, None)


def _real(player: _Asked, search: Search, wanted: float, own: float) -> Found:
    """Root of p(x) − wanted next to today's value, or the best reachable."""
    n = player.fine
    now = min(max(search.now, search.low), search.high)
    first_look = _FirstLook(player, search, wanted, now, own)
    segment = first_look.crossing()
    if segment is None:
        best = first_look.best()
        chance = player.at(search, best, n) if best != search.now else own
        there = own if now == search.now else player.at(search, now, n)
        if (chance >= wanted) == (there >= wanted):
            return _out_of_reach({now: there, best: chance}, search, wanted, now)
        segment = (_distance(search, now), _distance(search, best))
    return _fine(player, search, wanted, first_look, segment, own)


class _FirstLook:
    """The first trials, from today's value outwards: where is the wanted probability crossed?

    Their difference to all trials today is taken off, which makes a few trials as good as many.
    """

    OUTWARDS = (0.03, 0.08, 0.2, 0.45, 1.0)
    """Shares of the way from today's value to an end of the bracket."""

    def __init__(self, player: _Asked, search: Search, wanted: float, now: float, own: float):
        self.player, self.search, self.wanted = player, search, wanted
        self.few = player.coarse
        self.start = _distance(search, now)
        self.seen: dict[float, float] = {}
        here = player.at(search, now, self.few) if now != search.now else player.at(None, None, self.few)
        known = now == search.now and 0.01 < here < 0.99 and 0.01 < own < 0.99
        self.shift = _score(own, player.fine) - _score(here, self.few) if known else 0.0
        self.seen[self.start] = self._off(here)

    def _off(self, p: float) -> float:
        return _score(p, self.few) + self.shift - _score(self.wanted, self.player.fine)

    def off(self, t: float) -> float:
        """How far above what is wanted, on the probit scale; t on the scale of the search."""
        if t not in self.seen:
            self.seen[t] = self._off(self.player.at(self.search, _back(self.search, t), self.few))
        return self.seen[t]

    def crossing(self) -> tuple[float, float] | None:
        """Two neighbouring points, the first nearer to today's value, between which it is crossed."""
        above = self.off(self.start) >= 0
        sides = [
            [self.start, *(self.start + share * (end - self.start) for share in self.OUTWARDS)]
            for end in (_distance(self.search, self.search.low), _distance(self.search, self.search.high))
            if end != self.start
        ]
        sides.sort(key=lambda side: self.off(side[1]), reverse=not above)
        for side in sides:
            for near, far in pairwise(side):
                if (self.off(far) >= 0) != above:
                    return near, far
        return None

    def best(self) -> float:
        """The value that comes nearest to the other side of what is wanted."""
        choose = min if self.off(self.start) >= 0 else max
        top = choose(self.seen.values())
        t = min((t for t in self.seen if self.seen[t] == top), key=lambda t: abs(t - self.start))
        return _back(self.search, t)

    def root(self, near: float, far: float) -> tuple[float, float]:
        """Where the first trials cross, and the slope there."""
        from scipy.optimize import brentq

        slope = (self.off(far) - self.off(near)) / (far - near)
        if (self.off(near) >= 0) == (self.off(far) >= 0):  # the first trials alone do not cross
            return (near if abs(self.off(near)) < abs(self.off(far)) else far), slope
        low, high = sorted((near, far))
        t = float(brentq(self.off, low, high, xtol=0.05 * (high - low), rtol=1e-9, maxiter=40))
        return t, slope


def _distance(search: Search, x: float) -> float:
    return math.log(x) if search.logarithmic else x


def _back(search: Search, t: float) -> float:
    return math.exp(t) if search.logarithmic else t


def _out_of_reach(p: Mapping[float, float], search: Search, wanted: float, now: float) -> Found:
    """Nothing between the ends gets there, or everything does."""
    if all(value >= wanted for value in p.values()):
        always = " in every trial" if min(p.values()) == 1.0 else ""
        words = f"nothing is needed: the target is met often enough{always} whatever it is in the bracket"
        return now, True, _NOTHING, words
    best = max(p, key=lambda x: (p[x], -abs(x - now)))
    if (
        best not in (search.low, search.high, now)
        and not math.isclose(best, search.high)
        and not math.isclose(best, search.low)
    ):
        words = "not enough alone: about the best in the bracket, more of it makes the target less likely"
        return best, False, _NOTHING, words
    if p[best] == 0:
        return now, False, _NOTHING, "the target is never met, whatever it is in the bracket"
    if p[best] <= p[now]:
        return now, False, _NOTHING, "no value in the bracket makes the target likelier than it is"
    return best, False, _NOTHING, "not enough alone: the best in the bracket"


def _fine(
    player: _Asked, search: Search, wanted: float, first_look: _FirstLook, segment: tuple[float, float], own: float
) -> Found:
    """The crossing in all trials, by secants, and where the interval still holds what is wanted.

    The value is on the side that gets there: one that is enough, by a fraction of the error at most.
    """
    n = player.fine
    goal = _score(wanted, n)
    tolerance = max(2 / n, 0.35 * math.sqrt(wanted * (1 - wanted) / n))
    enough = _score(wanted + min(tolerance, (1 - wanted) / 2), n) - goal
    seen: dict[float, float] = {}

    def off(t: float) -> float:
        if t not in seen:
            x = _back(search, t)
            seen[t] = _score(own if x == search.now else player.at(search, x, n), n) - goal
        return seen[t]

    low, high = sorted((first_look.start, segment[1]))
    if search.now == _back(search, first_look.start) and 0 < own < 1:
        off(first_look.start)
    t, slope = first_look.root(*segment)
    rising = 1 if slope > 0 else -1
    for _ in range(6):
        if 0 <= off(t) <= enough:
            break
        slope = _secant(seen, t, rising) or slope
        following = min(max(t - (off(t) - enough / 2) / slope, low), high) if slope else t
        if following in seen:
            break
        t = following
    if not 0 <= off(t) <= enough:
        t = _bracketed(off, seen, (low, high))
    local = _secant(seen, t, rising) or slope
    if seen[t] < 0 and abs(seen[t]) > enough:
        return _back(search, t), False, _NOTHING, "not enough alone: the best in the bracket"
    ends = _interval(t, seen[t], wanted, n, local, player.half(search, _back(search, t), wanted))
    return _back(search, t), True, (_edge(search, ends[0]), _edge(search, ends[1])), None


def _secant(seen: Mapping[float, float], t: float, rising: int) -> float | None:
    """Slope to the nearest other point; None where it has the wrong sign or there is none."""
    others = [s for s in seen if s != t]
    if not others:
        return None
    other = min(others, key=lambda s: abs(s - t))
    slope = (seen[other] - seen[t]) / (other - t)
    return slope if slope * rising > 0 else None


def _bracketed(off: Callable[[float], float], seen: Mapping[float, float], ends: tuple[float, float]) -> float:
    """Where secants did not settle (steps, kinks): Brent's method, then the nearest point that is enough."""
    from scipy.optimize import brentq

    for end in ends:
        off(end)
    below, above = ([t for t in seen if (seen[t] >= 0) is side] for side in (False, True))
    if not above:
        return max(below, key=lambda t: seen[t])
    if below:
        one, two = min(((s, t) for s in below for t in above), key=lambda pair: abs(pair[0] - pair[1]))
        low, high = sorted((one, two))
        brentq(off, low, high, xtol=max(2e-3 * (high - low), 1e-12), rtol=1e-12, maxiter=40)
    return min((t for t in seen if seen[t] >= 0), key=lambda t: seen[t])


def _edge(search: Search, t: float) -> float | None:
    """A value beyond today's but inside the bracket; None outside."""
    x = _back(search, t)
    return x if search.low <= x <= search.high else None


def _interval(t: float, off: float, wanted: float, n: int, slope: float, half: float) -> tuple[float, float]:
    """Where probabilities whose interval just holds what is wanted are met, along the straight probit."""
    if slope == 0 or half == 0:
        return t, t
    centre = _score(wanted, n)
    found = [t + (_score(wanted + side * half, n) - centre - off) / slope for side in (-1, 1)]
    return min(*found, t), max(*found, t)


def _whole(player: _Asked, search: Search, wanted: float, own: float) -> Found:
    """Whole numbers, by bisection: the nearest to today's that gets there."""
    n = player.fine
    now = min(max(search.now, search.low), search.high)
    p = {x: player.at(search, x, n) for x in (search.low, now, search.high)}
    crossing = [x for x in (search.low, search.high) if x != now and (p[x] >= wanted) != (p[now] >= wanted)]
    if not crossing:
        return _out_of_reach(p, search, wanted, now)
    enough, short = (now, crossing[0]) if p[now] >= wanted else (crossing[0], now)
    while abs(enough - short) > 1:
        middle = float((enough + short) // 2)
        if player.at(search, middle, n) >= wanted:
            enough = middle
        else:
            short = middle
    return enough, True, _NOTHING, None
