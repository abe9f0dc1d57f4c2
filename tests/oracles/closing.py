"""How deals close in detail, for the naive twin: bunched due dates, pull-ins, what pushes and size change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.oracles import laws

WEEKS = 13


@dataclass
class Details:
    """One segment's, everything certain. Lists are by ``quarter + warm_up``."""

    linearity: tuple[float, ...] | None
    pull: list[float] | None
    pull_by: list[laws.Law] | None
    pull_value: list[float] | None
    pushes: list[tuple[float, float, float]]
    """From how many pushes on, times slip probability, times win rate."""
    sizes: list[tuple[float, float, float]]

    def slip(self, pushes: int, value: float) -> float:
        return self._last(self.pushes, pushes, 1) * self._last(self.sizes, value, 1, above=True)

    def win(self, pushes: int, value: float | None) -> float:
        """``value`` None: size does not matter for this deal."""
        size = 1.0 if value is None else self._last(self.sizes, value, 2, above=True)
        return self._last(self.pushes, pushes, 2) * size

    @staticmethod
    def _last(rows: list[tuple[float, float, float]], x: float, place: int, *, above: bool = False) -> float:
        holding = [row for row in rows if (x > row[0] if above else x >= row[0])]
        return max(holding)[place] if holding else 1.0

    def bunched(self, week: int, rng: Any) -> int:
        """Where in its quarter a due date comes to lie."""
        if self.linearity is None:
            return week
        x = (week % WEEKS + rng.random()) / WEEKS
        for k, share in enumerate(self.linearity):
            x -= share
            if x < 0:
                return week // WEEKS * WEEKS + k
        return week // WEEKS * WEEKS + WEEKS - 1

    def pulled_in(self, world: Any, week: int, earliest: int, rng: Any) -> tuple[int, float]:
        """The week in which it is due instead, and what its value is multiplied by."""
        if self.pull is None or self.pull_by is None or self.pull_value is None:
            return week, 1.0
        lag = self.pull_by[min(world.quarter(week), len(self.pull_by) - 1)]
        early = max(earliest, week - max(1, laws.draw_weeks(lag, rng)))
        if early < week and early < world.end and rng.random() < self.pull[world.quarter(early)]:
            return early, self.pull_value[world.quarter(early)]
        return week, 1.0


def details_of(segment: Any, draw: Any, by_quarter: Callable[..., list[float]], spread: Any, path: str) -> Details:
    """A segment's details with every number drawn."""

    def rows(name: str, start: str) -> list[tuple[float, float, float]]:
        found = []
        for row in getattr(segment.slips, name):
            where = f"{path}.slips.{name}.{row.key}"
            slip = draw.value(row.slip_probability, f"{where}.slip_probability")
            found.append((float(getattr(row, start)), slip, draw.value(row.win_rate, f"{where}.win_rate")))
        return found

    pulled = segment.pull_ins
    return Details(
        linearity=segment.linearity,
        pull=None if pulled is None else by_quarter(pulled.probability, f"{path}.pull_ins.probability"),
        pull_by=None if pulled is None else spread(pulled.by_weeks, f"{path}.pull_ins.by_weeks"),
        pull_value=None if pulled is None else by_quarter(pulled.value_factor, f"{path}.pull_ins.value_factor"),
        pushes=rows("by_pushes", "pushes"), sizes=rows("by_size", "above"),
    )  # fmt: skip
