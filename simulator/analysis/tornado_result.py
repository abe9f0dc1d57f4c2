"""What a tornado found: the effect of moving each assumption."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from simulator.analysis.engine import PLAYED, Answered, Answering
from simulator.analysis.goal import Goal
from simulator.analysis.notebook import table_html
from simulator.analysis.tornado_moves import Move
from simulator.scenario.model import Scenario
from simulator.statistics.intervals import Estimate, as_percent


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


def largest_first(effects: Iterable[Effect]) -> tuple[Effect, ...]:
    """In the order in which a tornado shows them; effects of one size, to nine digits, in the order of the plan."""

    def size(effect: Effect) -> tuple[float, float]:
        points, mean = effect.size
        return round(points, 9), float(f"{mean:.9g}")

    return tuple(sorted(effects, key=size, reverse=True))


@dataclass(frozen=True)
class Tornado(Answered):
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
