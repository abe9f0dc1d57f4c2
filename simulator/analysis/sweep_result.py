"""What a sweep found: a row per variant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.analysis.engine import PLAYED, Answered, Answering
from simulator.analysis.goal import Goal
from simulator.analysis.notebook import table_html
from simulator.analysis.vary import Design, Value, Vary
from simulator.scenario.model import Scenario
from simulator.statistics.intervals import as_percent


@dataclass(frozen=True)
class Sweep(Answered):
    """The rows of a sweep, in the order of the design.

    A row has a column per varied path, then ``target``, ``probability``, ``standard_error``, the
    probability of every other target (``probability: NAME``), ``in`` (the period of the means),
    ``mean: METRIC`` for every metric, and ``engine``: whether it was worked out (``exact``, ``conditional``) or
    played (``simulate``). ``trials`` is None where none was played. ``engine`` of the sweep is that of the plan
    itself.
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
