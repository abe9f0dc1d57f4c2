"""Rolling origins: stand at past dates, know only what was known, foretell, and compare with what came."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import numpy as np

from simulator.backtest.cells import MODES, TOTAL, Cell, Truth, forecast
from simulator.backtest.origins import horizon_weeks, origins
from simulator.backtest.pool import FADE, average, best_weights, quadratic
from simulator.backtest.result import Backtest
from simulator.calibration.dates import day_number, day_of
from simulator.calibration.history import History
from simulator.calibration.read import read_history
from simulator.calibration.source import mapping_of
from simulator.errors import DataError, FitError

START = {
    "funnel": 0.45,
    "pooled pace": 0.25,
    "run rate, negative binomial": 0.20,
    "drifting level": 0.05,
    "mean of windows, t": 0.05,
}
"""Weights of the pool before it has a record; chosen on made-up companies, see docs/explanation/backtest.md."""


def backtest(
    source: Any,
    *,
    mapping: Any = None,
    as_of: date | str | None = None,
    every: str = "weekly",
    horizon: str = "13w",
    since: date | str | None = None,
    draws: int = 2000,
    seed: int = 1,
    modes: Sequence[str] = MODES,
    progress: Callable[[int, int], None] | None = None,
) -> Backtest:
    """Forecast from past dates and score.

    Parameters
    ----------
    source, mapping, as_of : as for :func:`simulator.calibration.fit.fit`; what happened up to ``as_of`` is the truth.
    every : ``"weekly"`` or ``"monthly"`` origins.
    horizon : ``"4w"``, ``"13w"``, ``"1q"``.
    since : first origin that is scored; earlier ones only train the pool. Default: the first with enough data.
    progress : called with (done, all).

    Raises
    ------
    DataError : no origin has enough history before it and a full window after it.
    """
    history = source if isinstance(source, History) else read_history(mapping_of(source, mapping), as_of=as_of)
    weeks = horizon_weeks(horizon)
    cells, skipped, first = rolling(history, weeks, every=every, draws=draws, seed=seed, modes=modes, progress=progress)
    begin = first if since is None else day_number(date.fromisoformat(str(since)))
    pool(cells, weeks)
    scored = [cell for cell in cells if cell.origin >= begin]
    if not scored:
        raise DataError(f"no origin on or after {day_of(begin)} has enough history and {weeks} weeks after it")
    return Backtest(scored, history.segments, weeks, every, day_of(history.as_of), skipped)


def rolling(
    history: History,
    weeks: int,
    *,
    every: str,
    draws: int,
    seed: int,
    modes: Sequence[str],
    progress: Callable[[int, int], None] | None,
) -> tuple[list[Cell], dict[str, int], int]:
    """Every forecast with its outcome, origins left out by reason, and the first day on which one could stand.

    Raises
    ------
    DataError : there is none.
    """
    truth = Truth.of(history)
    first = int(np.nanmin(truth.entry)) + 28
    days = origins(every, first, history.as_of, weeks)
    cells: list[Cell] = []
    skipped: dict[str, int] = {}
    families: list[str] | None = None
    for number, day in enumerate(days):
        if progress is not None:
            progress(number, len(days))
        try:
            # Families are chosen anew about once a month, always from what was known then.
            chosen = None if families is None or number % 4 == 0 or every == "monthly" else families
            found, fitted = forecast(history, truth, day, weeks, draws=draws, seed=seed, families=chosen, modes=modes)
        except FitError as error:
            reason = str(error).split(":")[0]
            skipped[reason] = skipped.get(reason, 0) + 1
            families = None
            continue
        families = [t.family for t in fitted.timed]
        cells += found
    if progress is not None:
        progress(len(days), len(days))
    if not cells:
        raise DataError(
            f"no origin between {day_of(first)} and {day_of(history.as_of - 7 * weeks)} has enough history: a "
            f"backtest needs "
            f"conversions before the origin and {weeks} weeks after it; try a shorter --horizon"
        )
    return cells, skipped, first


def pool(cells: list[Cell], weeks: int) -> None:
    """Add the adaptive pool to every cell of mode ``all``: its weights come from cells whose outcome was known by
    then."""
    names = list(START)
    start = np.array([START[name] for name in names])
    days = sorted({cell.origin for cell in cells if cell.mode == "all"})
    # Overlapping windows say the same thing several times: together they count once a window.
    overlap = min(float(np.median(np.diff(days))) / (7 * weeks), 1.0) if len(days) > 1 else 1.0
    for total in (False, True):
        mine = [cell for cell in cells if cell.mode == "all" and (cell.segment == TOTAL) == total]
        parts = [[cell.pmfs.get(name, cell.pmfs["run rate, negative binomial"]) for name in names] for cell in mine]
        forms = [quadratic(pmfs, cell.actual) for pmfs, cell in zip(parts, mine, strict=True)]
        for day in days:
            ages = [(day - 7 * weeks - cell.origin) / 7 for cell in mine]
            counts = [overlap * FADE**age if age >= 0 else 0.0 for age in ages]
            past = sum((c * form for c, form in zip(counts, forms, strict=True) if c), np.zeros((len(names),) * 2))
            weights = best_weights(past, start, cells=sum(counts))
            for cell, pmfs in zip(mine, parts, strict=True):
                if cell.origin == day:
                    cell.pmfs["pool"] = average(pmfs, weights)
                    cell.weights = dict(zip(names, weights.tolist(), strict=True))
