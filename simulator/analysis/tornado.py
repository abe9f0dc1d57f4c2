"""One assumption at a time: each moved to its own P10 and P90, all else and all luck the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from simulator.analysis.engine import PLAYED, Answering, BeforePlaying, answering, not_exact, target_of
from simulator.analysis.goal import Goal, goal_of
from simulator.analysis.notebook import table_html
from simulator.analysis.variants import Progress, play
from simulator.exact.family import Family, Found, Variant
from simulator.exact.forecast import Engine
from simulator.exact.laws import OutOfReachError
from simulator.scenario.labels import label
from simulator.scenario.levers import Lever, levers
from simulator.scenario.model import Scenario
from simulator.scenario.uncertain import Number
from simulator.simulation.result import Result
from simulator.simulation.setup import Setup, check_arguments
from simulator.statistics.intervals import Estimate, as_percent, mean, proportion
from simulator.statistics.paired import paired_mean, paired_proportion

MANY, FEW = 128, 32
"""Points of each scramble: for the plan as it is, and for what moving an assumption adds to that."""
STEP = 0.1
"""Certain assumptions are moved by this share either way: they have no P10 and P90."""


@dataclass(frozen=True)
class Move:
    """An assumption and where it is moved: uncertain numbers that share a draw by name are one."""

    paths: tuple[str, ...]
    label: str
    certain: bool
    low: Any
    high: Any
    hold: tuple[dict[str, float], dict[str, float]] | None = None
    changes: tuple[dict[str, Any], dict[str, Any]] | None = None

    @property
    def path(self) -> str:
        return self.paths[0]


@dataclass(frozen=True)
class Effect:
    """What moving one assumption does.

    ``probabilities`` and ``means`` are at the low and at the high value; the ``_change`` ones are
    the paired differences between the two, high less low. Probabilities are None without a target.
    """

    move: Move
    probabilities: tuple[float, float] | None
    means: tuple[float, float]
    probability_change: Estimate | None
    mean_change: Estimate

    @property
    def size(self) -> tuple[float, float]:
        """What rows are sorted by: how far apart the probabilities are, then the means."""
        p = self.probabilities
        return (0.0 if p is None else abs(p[1] - p[0]), abs(self.means[1] - self.means[0]))

    def to_json(self) -> dict[str, Any]:
        p, d = self.probabilities, self.probability_change
        return {
            "path": self.move.path, "label": self.move.label, "low_value": self.move.low, "high_value": self.move.high,
            "probability_low": None if p is None else p[0], "probability_high": None if p is None else p[1],
            "mean_low": self.means[0], "mean_high": self.means[1], "certain": self.move.certain,
            "paths": list(self.move.paths),
            "probability_change": None if d is None else d.value,
            "probability_change_standard_error": None if d is None else d.standard_error,
            "mean_change": self.mean_change.value, "mean_change_standard_error": self.mean_change.standard_error,
        }  # fmt: skip


@dataclass(frozen=True)
class Tornado:
    """Effects of all assumptions, the largest first; ``probability`` and ``mean`` are the plan's own.

    ``how`` says whether they were worked out or played; ``trials`` is None where nothing was sampled.
    """

    scenario: Scenario
    goal: Goal
    effects: tuple[Effect, ...]
    probability: Estimate | None
    mean: Estimate
    trials: int | None
    seed: int
    how: Answering = PLAYED
    method = "tornado"

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
        """What a reader should know before trusting the picture."""
        p = self.probability
        if p is None:
            return ("the plan has no targets: only the effect on the mean is shown", *self.how.notes)
        if p.value in (0.0, 1.0) or not 1e-9 < p.value < 1 - 1e-9:
            never = "never" if p.value < 0.5 else "always"
            where = "" if self.trials is None else f" in {self.trials:,} trials"
            return (f"the target is {never} met{where}: look at the effect on the mean", *self.how.notes)
        return self.how.notes

    def summary(self) -> list[dict[str, Any]]:
        """Tidy rows, the largest effect first, as in the JSON."""
        return self.to_json()

    def to_json(self) -> list[dict[str, Any]]:
        """The documented JSON form: a list of rows."""
        about = {
            "target": self.goal.name, "mean_of": self.goal.subject,
            "probability": None if self.probability is None else self.probability.value, "mean": self.mean.value,
            "trials": self.trials, "seed": self.seed, "engine": self.engine,
        }  # fmt: skip
        return [effect.to_json() | about for effect in self.effects]

    def __repr__(self) -> str:
        first = f", largest: {self.effects[0].move.label}" if self.effects else ""
        return f"<Tornado of {self.scenario.name!r}: {len(self.effects)} assumptions{first}>"

    def _repr_html_(self) -> str:
        rows = [
            [e.move.label + (" (certain, ±10%)" if e.move.certain else ""), _short(e.move.low), _short(e.move.high),
             *(("–", "–") if e.probabilities is None else map(as_percent, e.probabilities)),
             *(f"{x:,.4g}" for x in e.means)]
            for e in self.effects
        ]  # fmt: skip
        head = ["assumption", "low", "high", "P at low", "P at high", "mean at low", "mean at high"]
        return table_html(f"{self.goal.name or self.goal.subject}: what drives it", head, rows, "; ".join(self.notes))


def _short(value: Any) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else str(value)


def moves(scenario: Scenario) -> list[Move]:
    """Every assumption the plan states, and where it goes.

    Uncertain ones go to their own P10 and P90; those of one name go together. Certain ones go 10%
    down and up (a list by quarter as a whole), shares and other bounded numbers no further than
    they may. What a plan does not say, or where both ways lead nowhere, is left out.
    """
    found: dict[str, list[tuple[str, Number]]] = {}
    certain: dict[str, None] = {}
    labels = set(scenario.calendar.labels)
    for path, number in scenario.numbers():
        if not number.certain and number.quantile(0.1) != number.quantile(0.9):
            found.setdefault(number.name or path, []).append((path, number))
        else:
            base, _, last = path.rpartition(".")
            certain[base if last in labels else path] = None
    uncertain = [_uncertain(name, group, scenario) for name, group in found.items()]
    plain = ["opening.win_probability"] if scenario.opening.deals else []
    market = scenario.market
    plain += [f"market.{part}.sd" for part in ("conversion", "volume") if getattr(market, part).sd]
    plain += ["market.slip_concentration"] if market.slip_concentration else []
    plain += [f"market.events.{event.name}.probability" for event in market.events]
    own = {move.path for move in uncertain}
    steps = [_certain(path, scenario) for path in [*certain, *_whole_spreads(scenario), *plain] if path not in own]
    return uncertain + [step for step in steps if step is not None]


def _whole_spreads(scenario: Scenario) -> list[str]:
    """Spreads without a number inside (explicit weeks, real ones from a file): scaled as they are."""
    from simulator.scenario.spreads import Sample, WeeksTable

    found = []
    for name, segment in scenario.segments.items():
        inside = [(f"lag_weeks.{stage}", spread) for stage, spread in segment.lag_weeks.items()]
        inside += [("slips.delay_weeks", segment.slips.delay_weeks)]
        inside += [("deal_size", segment.deal_size)] if segment.deal_size is not None else []
        found += [f"segments.{name}.{key}" for key, spread in inside if isinstance(spread, (Sample, WeeksTable))]
    return found


def _uncertain(name: str, group: list[tuple[str, Number]], scenario: Scenario) -> Move:
    paths = tuple(path for path, _ in group)
    hold = tuple({path: float(number.quantile(u)) for path, number in group} for u in (0.1, 0.9))
    words = label(paths[0], scenario.stages)
    if len(paths) > 1:
        shared = group[0][1].name or name
        own_path = any(shared == path or path.startswith(f"{shared}.") for path in paths)
        words = label(shared, scenario.stages) if own_path else f"{shared} ({_where(paths, scenario)})"
    return Move(paths, words, False, hold[0][paths[0]], hold[1][paths[0]], (hold[0], hold[1]))


def _where(paths: tuple[str, ...], scenario: Scenario) -> str:
    """What uses a shared name: what it is, where that is one thing in several segments."""
    things = {label(path, scenario.stages).partition(": ")[2] for path in paths}
    return things.pop() if len(things) == 1 and all(p.startswith("segments.") for p in paths) else (
        f"in {len(paths)} places"
    )  # fmt: skip


def _certain(path: str, scenario: Scenario) -> Move | None:
    """10% down and up, within what is allowed; None where the plan says nothing, or nothing would move."""
    lever = levers(scenario, path)[0]
    name = label(path, scenario.stages)
    value = lever.number
    if value is None:
        written = lever.kind == "own" or lever.value not in (None, 0)
        steps = (f"-{STEP:.0%}", f"+{STEP:.0%}")
        if not written or _impossible(scenario, path, steps[1]):
            return None
        return Move((path,), name, True, *steps, changes=({path: steps[0]}, {path: steps[1]}))
    if value == 0 or not _stated(scenario, path):
        return None
    low, high = (_inside(lever, float(f"{value * (1 + step):.12g}")) for step in (-STEP, STEP))
    if low == high:
        return None
    return Move((path,), name, True, low, high, changes=({path: low}, {path: high}))


def _inside(lever: Lever, value: float) -> float:
    if lever.whole:
        value = float(round(value))
    return float(min(max(value, lever.low), lever.high))


def _stated(scenario: Scenario, path: str) -> bool:
    """Whether the plan says something there, or leaves it to the default."""
    from simulator.scenario.paths import find

    slots, _ = find(scenario._tree, path)
    return any(slot.node is not None for slot in slots)


def _impossible(scenario: Scenario, path: str, change: str) -> bool:
    from simulator.errors import ScenarioError

    try:
        scenario.with_changes({path: change})
    except ScenarioError:
        return True
    return False


def tornado(
    scenario: Scenario,
    *,
    target: str | None = None,
    engine: Engine = "auto",
    trials: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    before_simulating: BeforePlaying = None,
    only: Sequence[Move] | None = None,
) -> Tornado:
    """Move each assumption to its P10 and its P90, the others drawn as ever; see :func:`sensitivity`.

    ``only`` : some of :func:`moves`, in place of all.
    """
    goal = goal_of(scenario, target)
    setup = check_arguments(scenario, trials, seed, threads)
    chosen = moves(scenario) if only is None else list(only)
    how = answering(scenario, goal, target_of(scenario, goal), engine, trials, setup.seed, MANY)
    if how.family is not None:
        try:
            return _worked_out(scenario, goal, chosen, setup, how, how.family, progress)
        except OutOfReachError as reason:  # of an assumption that is moved
            how = not_exact(scenario, engine, str(reason))
    if before_simulating is not None:
        before_simulating()
    from simulator.simulation.adjust import Adjustment
    from simulator.simulation.simulate import simulate

    def job(number: int, threads: int, tick: Progress) -> tuple[np.ndarray | None, np.ndarray]:
        plan, hold = _moved(scenario, chosen, number)
        adjust = None if hold is None else Adjustment(hold=hold)
        result = simulate(plan, trials=setup.trials, seed=setup.seed, threads=threads, adjust=adjust, progress=tick)
        return _measure(goal, result)

    found = dict(play(job, range(1 + 2 * len(chosen)), setup, progress))
    effects = [_effect(move, found[2 * i + 1], found[2 * i + 2]) for i, move in enumerate(chosen)]
    effects.sort(key=lambda effect: effect.size, reverse=True)
    hits, values = found[0]
    own = None if hits is None else proportion(hits)
    return Tornado(scenario, goal, tuple(effects), own, mean(values), setup.trials, setup.seed, how)


def _moved(scenario: Scenario, chosen: Sequence[Move], number: int) -> tuple[Scenario, dict[str, float] | None]:
    """The plan of a run and the numbers it holds: 0 is the plan itself, then two for every move."""
    if number == 0:
        return scenario, None
    move, end = chosen[(number - 1) // 2], (number - 1) % 2
    if move.hold is not None:
        return scenario, move.hold[end]
    assert move.changes is not None
    return scenario.with_changes(move.changes[end]), None


def _measure(goal: Goal, result: Result) -> tuple[np.ndarray | None, np.ndarray]:
    return goal.hits(result), goal.values(result)


def _effect(move: Move, low: Any, high: Any) -> Effect:
    (low_hits, low_values), (high_hits, high_values) = low, high
    means = (mean(low_values).value, mean(high_values).value)
    if low_hits is None:
        return Effect(move, None, means, None, paired_mean(low_values, high_values))
    probabilities = (float(low_hits.mean()), float(high_hits.mean()))
    change = paired_proportion(low_hits, high_hits)
    return Effect(move, probabilities, means, change, paired_mean(low_values, high_values))


def _worked_out(
    scenario: Scenario,
    goal: Goal,
    chosen: Sequence[Move],
    setup: Setup,
    how: Answering,
    family: Family,
    progress: Progress | None,
) -> Tornado:
    """The same without playing: the plan at many points, what each move adds to it at the first of them."""
    quarters = scenario.calendar.period(goal.period).quarters

    def measured(variant: Variant, plan: Scenario) -> tuple[Found | None, Found]:
        targets = target_of(plan, goal)
        p = variant.probability(targets[0]) if targets else None
        return p, variant.mean(goal.metric, quarters, goal.segment)

    own, own_mean = measured(family.variant(), scenario)
    few = family.thinned(FEW)
    start, start_mean = measured(few.variant(), scenario)

    def job(number: int, threads: int, tick: Progress) -> tuple[Found | None, Found]:
        plan, hold = _moved(scenario, chosen, number + 1)
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
    effects.sort(key=lambda effect: effect.size, reverse=True)
    p_now = None if own is None else own.estimate
    return Tornado(scenario, goal, tuple(effects), p_now, own_mean.estimate, None, setup.seed, how)


def _share(p: float) -> float:
    return min(max(p, 0.0), 1.0)
