"""Laws of metrics over periods at one set of points, each worked out once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy

import numpy as np
from numpy.typing import NDArray

from simulator.exact import transforms
from simulator.exact.expected import Rows, expected
from simulator.exact.inversion import count_law, money_law
from simulator.exact.laws import WORST, CountLaw, MoneyLaw, OutOfReachError
from simulator.exact.lumps import Drawn
from simulator.exact.memory import Memory
from simulator.exact.outline import Outline
from simulator.exact.parts import Parts
from simulator.exact.reach import indices, money_metrics
from simulator.exact.segments import STOCKS, Quarters, Segments
from simulator.exact.terms import Points
from simulator.simulation.metrics import SLIPPED_DEALS, SLIPPED_VALUE, SLIPS

Floats = NDArray[np.float64]
Law = CountLaw | MoneyLaw


class Answers:
    """What follows at some points of the assumptions and the market (one, where nothing is uncertain).

    Parameters
    ----------
    z : float64 (point, dimension) normal scores
    hold : path -> value of uncertain numbers to hold
    memory : of variants of the plan at the same points
    """

    def __init__(
        self, outline: Outline, z: Floats, hold: Mapping[str, float] | None = None, memory: Memory | None = None
    ):
        self.outline, self.points = outline, Points(outline, z, hold, memory)
        self.segments = Segments(self.points)
        self._parts: dict[tuple[str, int, Quarters], Parts] = {}
        self._laws: dict[tuple[str, Quarters, tuple[int, ...]], Law] = {}
        self.money = money_metrics(outline.scenario)

    def given(self, lumps: Mapping[int, Drawn]) -> Answers:
        """The same points with these arrivals in dispersed weeks, see :class:`Segments`."""
        other = copy(self)
        other.segments = Segments(self.points, lumps)
        other._parts, other._laws = {}, {}
        return other

    @property
    def count(self) -> int:
        return self.points.count

    def quarters_of(self, metric: str, quarters: Quarters) -> Quarters:
        """The quarters that count: of a stock the last."""
        return quarters[-1:] if metric in STOCKS else tuple(quarters)

    def ask(self, metric: str, periods: Sequence[Quarters], segments: Sequence[int]) -> None:
        """Work out several periods at once, which is quicker than one by one."""
        for segment in segments:
            missing = [p for p in periods if (metric, segment, p) not in self._parts]
            if missing:
                for period, found in zip(missing, self.segments.parts(metric, missing, segment), strict=True):
                    self._parts[metric, segment, period] = found

    def ask_all(self, metric: str, periods: Sequence[Quarters], segment: str | Sequence[str] | None = None) -> None:
        """:meth:`ask` for all segments of a question."""
        self.ask(metric, periods, indices(self.outline.scenario, segment))

    def parts(self, metric: str, quarters: Quarters, segment: str | Sequence[str] | None = None) -> Parts:
        """What a metric over a period is a sum of."""
        chosen = indices(self.outline.scenario, segment)
        quarters = self.quarters_of(metric, quarters)
        once = metric not in (SLIPS, SLIPPED_DEALS, SLIPPED_VALUE)
        known = all((metric, i, (q,)) in self._parts for i in chosen for q in quarters)
        total = Parts()
        if len(quarters) > 1 and once and known and not self.outline.deals and not self.outline.leads:
            for i in chosen:  # what different quarters count are different individuals
                pieces = [self._parts[metric, i, (q,)] for q in quarters]
                if any(piece.lumpy for piece in pieces):
                    self.ask(metric, [quarters], [i])
                    pieces = [self._parts[metric, i, quarters]]
                for piece in pieces:
                    total = total + piece
            return total
        self.ask(metric, [quarters], chosen)
        for i in chosen:
            total = total + self._parts[metric, i, quarters]
        return total

    def law(self, metric: str, quarters: Quarters, segment: str | Sequence[str] | None = None) -> Law:
        """The law of a metric over a period, averaged over the points."""
        key = (metric, self.quarters_of(metric, quarters), tuple(indices(self.outline.scenario, segment)))
        if key not in self._laws:
            parts = self.parts(metric, quarters, segment)
            if metric not in self.money:
                self._laws[key] = count_law(parts, self.count)
            elif self.count == 1:
                self._laws[key] = money_law(parts, 1)
            else:
                self._laws[key] = money_law(parts, self.count, most=1 << 9, enough=3e-5)
        return self._laws[key]

    def moments(
        self, metric: str, quarters: Quarters, segment: str | Sequence[str] | None = None
    ) -> tuple[float, float]:
        """Mean and standard deviation."""
        mean, variance = transforms.moments(self.parts(metric, quarters, segment), self.count)
        return float(mean.mean()), float(np.sqrt(max(0.0, variance.mean() + mean.var())))

    def mean_error(self, metric: str, quarters: Quarters, segment: str | Sequence[str] | None = None) -> float:
        """Standard error of the mean over the points, were they drawn one by one; even points do better."""
        if self.count == 1:
            return 0.0
        return float(self.means(metric, quarters, segment).std(ddof=1)) / self.count**0.5

    def expected(self, segment: int, rows: Rows) -> dict[str, Floats]:
        """Means of all metrics of a segment by quarter, at some of the points; see :mod:`simulator.exact.expected`."""
        key = "expected", None if isinstance(rows, slice) else rows.tobytes(), *self.segments.mark_of(segment)
        return self.points.memory.recall(key, lambda: expected(self.segments, segment, rows))

    def by_point(self, metric: str, quarters: Quarters, segment: str | Sequence[str] | None = None) -> Law:
        """The law of a metric at each point: as many sets as points."""
        parts = self.parts(metric, quarters, segment)
        if metric in self.money:
            return money_law(parts, self.count, self.count, most=1 << 9, enough=3e-5)
        return count_law(parts, self.count, self.count)

    def means(self, metric: str, quarters: Quarters, segment: str | Sequence[str] | None = None) -> Floats:
        """Mean at each point: float64 (point,)."""
        return transforms.moments(self.parts(metric, quarters, segment), self.count)[0]

    def probability(
        self, metric: str, quarters: Quarters, segment: str | Sequence[str] | None, at_least: float | None,
        at_most: float | None,
    ) -> tuple[float, float]:  # fmt: skip
        """P(at least, or at most) over the points, and the bound on its numerical error."""
        law = self.law(metric, quarters, segment)
        if law.error_bound > WORST:
            raise OutOfReachError(f"{metric}: too few and too uneven amounts for a law without gaps")
        missed = law.below(at_least) if at_least is not None else law.above(float(at_most or 0.0))
        return float(np.clip(1 - missed[0], 0.0, 1.0)), law.error_bound
