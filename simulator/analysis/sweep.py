"""Many variants of a plan in the same luck: how a target depends on what is varied."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from simulator import __version__
from simulator.analysis.checkpoint import Checkpoint
from simulator.analysis.engine import PLAYED, Answering, BeforePlaying, answering
from simulator.analysis.goal import Goal, goal_of
from simulator.analysis.notebook import table_html
from simulator.analysis.variants import play
from simulator.analysis.vary import Design, Value, Vary, points_of, varied
from simulator.errors import ScenarioError, UsageError
from simulator.exact.family import Family, Variant
from simulator.exact.forecast import Engine
from simulator.exact.laws import OutOfReachError
from simulator.scenario.model import Scenario, Target
from simulator.simulation.provenance import library_versions
from simulator.simulation.result import Result
from simulator.simulation.setup import Setup, check_arguments
from simulator.statistics.intervals import as_percent, mean, proportion


@dataclass(frozen=True)
class Sweep:
    """The rows of a sweep, in the order of the design.

    A row has a column per varied path, then ``target``, ``probability``, ``standard_error``, the
    probability of every other target (``probability: NAME``), ``in`` (the period of the means),
    ``mean: METRIC`` for every metric, and ``engine``: whether it was worked out (``exact``, ``conditional``) or
    played (``simulate``). ``trials`` is None where none was played.
    """

    scenario: Scenario
    goal: Goal
    varies: tuple[Vary, ...]
    variants: tuple[tuple[Value, ...], ...]
    rows: tuple[dict[str, Any], ...]
    trials: int | None
    seed: int
    design: Design = "grid"
    how: Answering = PLAYED

    @property
    def engine(self) -> str:
        """``exact``, ``conditional`` or ``simulate``: how the plan itself is answered; each row has its own."""
        return self.how.engine

    @property
    def answered(self) -> str:
        """Over how many points was averaged, in words."""
        return self.how.answered

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of how it was answered."""
        played = sum(row["engine"] == "simulate" for row in self.rows)
        if self.engine != "simulate" and played:
            return (*self.how.notes, f"{played:,} of {len(self.rows):,} variants were played: no exact answer there")
        return self.how.notes

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(vary.path for vary in self.varies)

    def summary(self) -> list[dict[str, Any]]:
        """The rows; ``pandas.DataFrame(rows)`` or ``polars.DataFrame(rows)`` makes a table of them."""
        return list(self.rows)

    def to_json(self) -> list[dict[str, Any]]:
        """The documented JSON form: a list of rows."""
        return list(self.rows)

    def column(self, name: str) -> np.ndarray:
        """One column of the rows."""
        return np.array([row[name] for row in self.rows])

    def __repr__(self) -> str:
        return f"<Sweep of {self.scenario.name!r}: {len(self.rows):,} variants of {', '.join(self.paths)}>"

    def _repr_html_(self) -> str:
        rows = [
            [*(row[path] for path in self.paths), "–" if row["probability"] is None else as_percent(row["probability"])]
            for row in self.rows[:200]
        ]
        more = "" if len(self.rows) <= 200 else f"the first 200 of {len(self.rows):,} variants"
        return table_html(f"{self.goal.name or self.goal.subject}", [*self.paths, "probability"], rows, more)


def sweep(
    scenario: Scenario,
    vary: Mapping[str, Any],
    *,
    design: Design = "grid",
    samples: int | None = None,
    target: str | None = None,
    engine: Engine = "auto",
    trials: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    restart: bool = False,
    cluster: str | None = None,
    progress: Callable[[int, int], None] | None = None,
    before_simulating: BeforePlaying = None,
) -> Sweep:
    """A plan in many variants: worked out where that can be done, else played, all in the same luck.

    Parameters
    ----------
    vary : path -> values: a sequence, ``"800:1200:9"`` (equally spaced, both ends included),
        ``"0.3,0.4"``, or ``"800:1200"`` for a design; relative too: ``"-20%:+20%:9"``.
    design : ``grid`` visits every combination; ``lhs`` (Latin hypercube) and ``sobol`` visit
        ``samples`` points of the ranges.
    target : name of the target, or ``all``; by default the first.
    engine : ``auto`` works variants out where the plan and its targets allow it and no trials are asked for, at the
        same points of what is uncertain; ``exact`` refuses to play, ``simulate`` always plays.
    checkpoint : file that keeps finished rows; a sweep that finds its own goes on there. It stays
        when the sweep is done; remove it once the rows are safe.
    restart : begin afresh, whatever the checkpoint holds.
    cluster : address of a Dask scheduler (``tcp://…``) whose workers play the variants.
    progress : called with (done, total).
    before_simulating : called once before anything is played, which may take a while the first time.

    Raises
    ------
    UsageError : impossible ranges, an unknown target, a checkpoint of another sweep.
    ScenarioError : an unknown path, or a value that is not allowed there.

    Examples
    --------
    >>> import simulator as sim
    >>> plan = sim.load("scenarios/twenty-five-customers.yaml")
    >>> found = sweep(plan, {"segments.inbound.volume": "800:1200:3"}, trials=500, seed=7)
    >>> [row["segments.inbound.volume"] for row in found.rows]
    [800, 1000, 1200]
    """
    goal = goal_of(scenario, target)
    if seed is None and checkpoint is not None and not restart and scenario.simulation.seed is None:
        seed = Checkpoint.seed_of(checkpoint)
    setup = check_arguments(scenario, trials, seed, threads)
    varies = varied(scenario, vary)
    variants = points_of(varies, design, samples, setup.seed)
    how = answering(scenario, goal, _first(scenario, goal), engine, trials, setup.seed)
    if how.family is None and before_simulating is not None:
        before_simulating()
    asked = "simulate" if how.family is None else engine
    work = _Work(scenario, goal, tuple(v.path for v in varies), tuple(variants), setup.trials, setup.seed, asked)
    found: dict[int, list[Any]] = {}
    kept = None
    if checkpoint is not None:
        kept = Checkpoint(checkpoint, work.about(design))
        if restart:
            kept.remove()
        found = kept.open().rows
    try:
        missing = [number for number in range(len(variants)) if number not in found]
        for number, row in _played(work, missing, setup, cluster, _after(len(found), len(variants), progress)):
            if kept is None:
                found[number] = row
            else:
                kept.add(number, row)
    finally:
        if kept is not None:
            kept.close()
    rows = tuple(work.row(number, found[number]) for number in range(len(variants)))
    trials = setup.trials if how.family is None else None
    return Sweep(scenario, goal, tuple(varies), tuple(variants), rows, trials, setup.seed, design, how)


def _first(scenario: Scenario, goal: Goal) -> list[Target]:
    """All targets, that of the goal before the others."""
    return sorted(scenario.targets, key=lambda target: target.name != goal.name)


def _after(done: int, total: int, progress: Callable[[int, int], None] | None) -> Callable[[int, int], None] | None:
    """Progress of all variants, where only those that are missing are played."""
    if progress is None or not total:
        return None
    share = (total - done) / total
    return lambda part, whole: progress(int(1_000_000 * (1 - share + share * part / whole)), 1_000_000)


def _played(
    work: _Work, missing: list[int], setup: Setup, cluster: str | None, progress: Callable[[int, int], None] | None
) -> Iterator[tuple[int, list[Any]]]:
    if not missing:
        return
    if cluster is not None:
        from simulator.analysis.cluster import play_on_cluster

        yield from play_on_cluster(cluster, work, missing, progress)
        return
    yield from play(work.play, missing, setup, progress)


@dataclass(frozen=True)
class _Work:
    """All that a row depends on, and how to make one; the same on every machine."""

    scenario: Scenario
    goal: Goal
    paths: tuple[str, ...]
    variants: tuple[tuple[Value, ...], ...]
    trials: int
    seed: int
    engine: Engine = "simulate"

    @cached_property
    def family(self) -> Family:
        """What works variants out; made where it is used first, and not sent anywhere."""
        return Family(self.scenario, _first(self.scenario, self.goal)[:1], self.seed)

    def about(self, design: str) -> dict[str, Any]:
        """What a checkpoint must agree with; plain values, in the order in which a person asks."""
        modules: tuple[Any, ...] = (np,)
        if self.engine == "simulate":
            import numba

            modules = (np, numba)
        points = hashlib.sha256(json.dumps(self.variants).encode()).hexdigest()
        return {
            "version": __version__, "plan": self.scenario.sha256, "target": self.goal.name, "paths": list(self.paths),
            "design": design, "seed": self.seed, "engine": self.engine,
            "trials": self.trials, "variants": points, "libraries": library_versions(*modules),
        }  # fmt: skip

    def play(self, number: int, threads: int, progress: Callable[[int, int], None] | None) -> list[Any]:
        """Play one variant: what :meth:`measure` keeps of it."""
        return self.play_at(self.variants[number], number, threads, progress)

    def play_at(
        self, values: tuple[Value, ...], number: int, threads: int, progress: Callable[[int, int], None] | None
    ) -> list[Any]:
        """Play the variant with these values; ``number`` is for messages."""
        changes = dict(zip(self.paths, values, strict=True))
        try:
            plan = self.scenario.with_changes(changes)
        except ScenarioError as error:
            words = ", ".join(f"{path}={value}" for path, value in changes.items())
            raise ScenarioError(f"variant {number + 1} ({words}): {error}") from None
        if self.engine != "simulate":
            try:
                found = self.work_out(plan)
            except OutOfReachError as reason:
                if self.engine == "exact":
                    words = ", ".join(f"{path}={value}" for path, value in changes.items())
                    raise UsageError(f"variant {number + 1} ({words}): no exact answer: {reason}") from None
            else:
                if progress is not None:
                    progress(1, 1)
                return found
        from simulator.simulation.simulate import simulate

        result = simulate(plan, trials=self.trials, seed=self.seed, threads=threads, progress=progress)
        return self.measure(result)

    def work_out(self, plan: Scenario) -> list[Any]:
        """[probability and error of the chosen target, of each target, …], [means], engine; twelve digits of each.

        Raises
        ------
        OutOfReachError : this variant has no exact answer.
        """
        variant: Variant = self.family.variant(plan)
        each = []
        for target in plan.targets:
            found = variant.probability(target).estimate
            each.append([_digits(found.value), _digits(found.standard_error)])
        own = None if self.goal.index is None else each[self.goal.index]
        means = variant.means(plan.calendar.period(self.goal.period).quarters, self.goal.segment)
        return [[own, *each], {name: _digits(mean) for name, mean in means.items()}, variant.engine]

    def measure(self, result: Result) -> list[Any]:
        """[number of trials met by the chosen target, by each target, …], [means]."""
        hit = self.goal.hits(result)
        met = [None if hit is None else int(np.count_nonzero(hit))]
        met += [int(np.count_nonzero(result.target_hits[:, i])) for i in range(len(self.scenario.targets))]
        values = [result.values(m.name, self.goal.period, self.goal.segment) for m in result.metrics]
        means = [None if np.isnan(found := mean(each).value) else found for each in values]
        return [met, {m.name: mean for m, mean in zip(result.metrics, means, strict=True)}]

    def row(self, number: int, measured: list[Any]) -> dict[str, Any]:
        """A row for people and programs."""
        (met, *each), means, *rest = measured
        engine = rest[0] if rest else "simulate"
        row: dict[str, Any] = dict(zip(self.paths, self.variants[number], strict=True))
        if met is None:
            row |= {"target": None, "probability": None, "standard_error": None}
        else:
            p, error = met if rest else _of_hits(met, self.trials)
            row |= {"target": self.goal.name, "probability": p, "standard_error": error}
        for target, found in zip(self.scenario.targets, each, strict=True):
            if target.name != self.goal.name:
                row[f"probability: {target.name}"] = found[0] if rest else found / self.trials
        row["in"] = self.goal.period
        return row | {f"mean: {name}": mean for name, mean in means.items()} | {"engine": engine}


def _of_hits(met: int, trials: int) -> tuple[float, float]:
    found = proportion(np.arange(trials) < met)
    return found.value, found.standard_error


def _digits(x: float) -> float:
    """Twelve digits: what follows depends on how a library adds up."""
    return float(f"{x:.12g}")
