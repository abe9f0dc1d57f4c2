"""Scores of a backtest: who was closer, by how much, how surely, and whether the ranges can be believed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.backtest.cells import TOTAL, Cell
from simulator.calibration.dates import day_of
from simulator.statistics.scores import brier, cdf_on, crps_count, crps_sample, quantile_count, randomised_pit, skill

Floats = NDArray[np.float64]
CLAIM = 8
"""Non-overlapping periods below which a skill is shown but not claimed."""


@dataclass(frozen=True)
class Score:
    """One forecaster over all cells of a kind. ``crps`` mean, in wins; ``skill`` against ``reference`` with its
    standard error; ``coverage`` of the central 50, 80 and 95%; ``pit80`` share of the randomised PIT in [0.1, 0.9];
    ``bias`` forecast over actual wins less 1."""

    name: str
    crps: float
    skill: float
    standard_error: float
    reference: str
    coverage: dict[int, float]
    brier: float
    bias: float


@dataclass(frozen=True)
class Backtest:
    """A backtest. ``cells`` every forecast with its outcome; ``skipped`` origins without enough data, by reason."""

    cells: list[Cell]
    segments: tuple[str, ...]
    weeks: int
    every: str
    as_of: date
    skipped: dict[str, int] = field(default_factory=dict)

    def select(self, mode: str, *, total: bool | None = None) -> list[Cell]:
        """Cells of a mode: of the segments, of the total, or (where there is one segment) all."""
        single = len(self.segments) == 1
        return [c for c in self.cells if c.mode == mode and (single or total is None or (c.segment == TOTAL) == total)]

    @cached_property
    def periods(self) -> int:
        """Windows that do not overlap, between the first origin and the end of the last window."""
        days = [cell.origin for cell in self.cells]
        return (max(days) - min(days)) // (7 * self.weeks) + 1

    def blocks(self, cells: list[Cell]) -> NDArray[np.int64]:
        """int64 (cell,): cells whose windows overlap share a block, all segments of an origin together."""
        first = min(cell.origin for cell in self.cells)
        return np.array([(cell.origin - first) // (7 * self.weeks) for cell in cells])

    def pit(self, name: str, cells: list[Cell], seed: int = 7) -> Floats:
        """float64 (cell,), randomised with a fixed seed."""
        uniforms = np.random.default_rng(seed).random(len(cells))
        return np.array([randomised_pit(c.pmfs[name], c.actual, u) for c, u in zip(cells, uniforms, strict=True)])

    def scores(self, mode: str = "all", *, total: bool = False, reference: str | None = None) -> list[Score]:
        """Every forecaster that speaks in all cells, best first; skill is against ``reference`` (default: the negative
        binomial run rate, or the ratio where arrivals are given or only open deals count)."""
        cells = self.select(mode, total=total)
        if not cells:
            return []
        names = [name for name in cells[0].pmfs if all(name in cell.pmfs for cell in cells)]
        base = reference or ("run rate, negative binomial" if mode == "all" else "ratio")
        points = {name: np.array([crps_count(c.pmfs[name], c.actual) for c in cells]) for name in names}
        actual = np.array([c.actual for c in cells])
        hit = actual >= np.array([c.target for c in cells])
        found = []
        for name in names:
            value, error, _ = skill(points[name], points[base], self.blocks(cells))
            pit = self.pit(name, cells)
            chance = np.array([1 - cdf_on(c.pmfs[name], c.target)[-1] for c in cells])
            mean = sum(float(c.pmfs[name] @ np.arange(len(c.pmfs[name]))) for c in cells)
            found.append(
                Score(
                    name,
                    float(points[name].mean()),
                    value,
                    error,
                    base,
                    {level: float((np.abs(pit - 0.5) <= level / 200).mean()) for level in (50, 80, 95)},
                    brier(chance, hit),
                    mean / max(float(actual.sum()), 1.0) - 1,
                )
            )
        return sorted(found, key=lambda score: score.crps)

    def values(self, mode: str = "all", *, total: bool = True) -> dict[str, float] | None:
        """Mean CRPS of bookings, funnel against the mean of past windows; None without amounts."""
        cells = [c for c in self.select(mode, total=total) if c.value is not None and c.actual_value is not None]
        cells = [c for c in cells if c.past_values is not None and len(c.past_values) >= 2]
        if not cells:
            return None
        funnel, naive, inside = [], [], []
        for c in cells:
            assert c.value is not None and c.actual_value is not None and c.past_values is not None
            funnel.append(crps_sample(c.value, c.actual_value))
            n = len(c.past_values)
            t = np.random.default_rng(3).standard_t(n - 1, 2000) * c.past_values.std(ddof=1) * np.sqrt(1 + 1 / n)
            naive.append(crps_sample(np.maximum(c.past_values.mean() + t, 0), c.actual_value))
            inside.append(np.quantile(c.value, 0.1) <= c.actual_value <= np.quantile(c.value, 0.9))
        value, error, _ = skill(np.array(funnel), np.array(naive), self.blocks(cells))
        return {
            "crps_funnel": float(np.mean(funnel)),
            "crps_mean_of_windows": float(np.mean(naive)),
            "skill": value,
            "standard_error": error,
            "inside_p10_p90": float(np.mean(inside)),
            "cells": len(cells),
        }

    def reliability(
        self, name: str = "funnel", mode: str = "all", *, total: bool = False, bins: int = 5
    ) -> list[tuple[float, float, int]]:
        """(mean probability said, share that happened, cells) for bins of the target's probability."""
        cells = self.select(mode, total=total)
        said = np.array([1 - cdf_on(c.pmfs[name], c.target)[-1] for c in cells])
        hit = np.array([c.actual >= c.target for c in cells])
        out = []
        for low in np.arange(bins) / bins:
            inside = (said >= low) & ((said < low + 1 / bins) | (low + 1 / bins >= 1))
            if inside.any():
                out.append((float(said[inside].mean()), float(hit[inside].mean()), int(inside.sum())))
        return out

    def table(self, mode: str = "all", *, total: bool = True, name: str = "pool") -> list[dict[str, Any]]:
        """P10, P50, P90 against what came, one row an origin (and segment)."""
        rows = []
        for cell in self.select(mode, total=total):
            pmf = cell.pmfs.get(name, cell.pmfs["funnel"])
            rows.append(
                {
                    "origin": day_of(cell.origin).isoformat(),
                    "segment": None if cell.segment == TOTAL else self.segments[cell.segment],
                    **{f"p{q}": quantile_count(pmf, q / 100) for q in (10, 50, 90)},
                    "actual": cell.actual,
                }
            )
        return rows

    @property
    def conclusion(self) -> str:
        """What to believe, in a sentence or two."""
        scores = {score.name: score for score in self.scores("all", total=False)}
        best = min((s for n, s in scores.items() if n not in ("pool", "funnel")), key=lambda s: s.crps)
        pool, funnel = scores["pool"], scores["funnel"]
        who = "the funnel" if funnel.crps <= best.crps else f"{best.name}"
        text = (
            f"Closest alone: {who}. The pool is {100 * abs(pool.skill):.0f}% "
            f"{'better' if pool.skill >= 0 else 'worse'} than the negative "
            f"binomial run rate ({_error(pool.standard_error)}) and "
            f"{100 * (pool.crps / best.crps - 1):+.0f}% from the best baseline in hindsight; "
            f"its 80% ranges held {100 * pool.coverage[80]:.0f}% of outcomes."
        )
        if self.periods < CLAIM:
            text += f" Periods that do not overlap: {self.periods}; shown, not claimed (at least {CLAIM} are needed)."
        return text

    def to_json(self) -> dict[str, Any]:
        """Scores, tables, weights and notes as plain data."""
        kinds = {}
        for mode in dict.fromkeys(cell.mode for cell in self.cells):
            kinds[mode] = {
                "segments": [_plain(vars(s)) for s in self.scores(mode, total=False)],
                "total": [_plain(vars(s)) for s in self.scores(mode, total=True)],
                "value": _plain(self.values(mode)),
            }
        last = max(cell.origin for cell in self.cells)
        return {
            "schema": 1,
            "as_of": self.as_of.isoformat(),
            "horizon_weeks": self.weeks,
            "origins": self.every,
            "cells": len(self.select("all", total=False)),
            "non_overlapping_periods": self.periods,
            "claimed": self.periods >= CLAIM,
            "conclusion": self.conclusion,
            "skipped": self.skipped,
            "scores": kinds,
            "total": self.table(total=True),
            "pool_weights": next(c.weights for c in self.cells if c.origin == last and c.mode == "all"),
            "reliability": [{"said": a, "happened": b, "cells": n} for a, b, n in self.reliability("pool")],
        }


def _plain(values: Any) -> Any:
    """The same with null where there is no number (a standard error of one period, say): JSON has no NaN."""
    if not isinstance(values, dict):
        return values
    return {
        key: None if isinstance(value, float) and not np.isfinite(value) else value for key, value in values.items()
    }


def _error(value: float) -> str:
    return f"standard error {100 * value:.0f}%" if np.isfinite(value) else "one period, no standard error"
