"""All that a row of a sweep depends on, and how one is made; the same on every machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from simulator import __version__
from simulator.analysis.goal import Goal
from simulator.analysis.sweep_played import counted, of_hits
from simulator.analysis.sweep_worked_out import worked_out
from simulator.analysis.vary import Value
from simulator.errors import ScenarioError, UsageError
from simulator.exact.family import Family
from simulator.exact.forecast import Engine
from simulator.exact.laws import OutOfReachError
from simulator.scenario.model import Scenario, Target
from simulator.simulation.provenance import library_versions


def by_weight(scenario: Scenario, goal: Goal) -> list[Target]:
    """All targets, that of the goal before the others."""
    return sorted(scenario.targets, key=lambda target: target.name != goal.name)


@dataclass(frozen=True)
class Work:
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
        return Family(self.scenario, by_weight(self.scenario, self.goal)[:1], self.seed)

    def knows(self, family: Family) -> None:
        """Go on with what has worked the plan itself out."""
        self.__dict__["family"] = family

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "family"}

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
        """One variant, worked out or played: what :meth:`row` makes a row of."""
        return self.play_at(self.variants[number], number, threads, progress)

    def play_at(
        self, values: tuple[Value, ...], number: int, threads: int, progress: Callable[[int, int], None] | None
    ) -> list[Any]:
        """The variant with these values; ``number`` is for messages."""
        changes = dict(zip(self.paths, values, strict=True))
        try:
            plan = self.scenario.with_changes(changes)
        except ScenarioError as error:
            words = ", ".join(f"{path}={value}" for path, value in changes.items())
            raise ScenarioError(f"variant {number + 1} ({words}): {error}") from None
        if self.engine != "simulate":
            try:
                found = worked_out(self.family, self.goal, plan)
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
        return counted(self.goal, result)

    def row(self, number: int, measured: list[Any]) -> dict[str, Any]:
        """A row for people and programs."""
        (met, *each), means, *rest = measured
        engine = rest[0] if rest else "simulate"
        row: dict[str, Any] = dict(zip(self.paths, self.variants[number], strict=True))
        if met is None:
            row |= {"target": None, "probability": None, "standard_error": None}
        else:
            p, error = met if rest else of_hits(met, self.trials)
            row |= {"target": self.goal.name, "probability": p, "standard_error": error}
        for target, found in zip(self.scenario.targets, each, strict=True):
            if target.name != self.goal.name:
                row[f"probability: {target.name}"] = found[0] if rest else found / self.trials
        row["in"] = self.goal.period
        return row | {f"mean: {name}": mean for name, mean in means.items()} | {"engine": engine}
