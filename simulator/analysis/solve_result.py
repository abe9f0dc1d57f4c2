"""What solving for levers found: an answer per lever."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from simulator.analysis.bracket import Search
from simulator.analysis.engine import PLAYED, Answered, Answering
from simulator.analysis.goal import Goal
from simulator.analysis.notebook import table_html
from simulator.scenario.model import Scenario
from simulator.statistics.intervals import Estimate, as_percent


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
class Solution(Answered):
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
