"""One origin: everything that was known then is fitted and foretold, and what came is looked up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simulator.backtest.baselines import BASELINES, WINDOW, pooled_pace, ratio, weighted_pipeline
from simulator.calibration.fit import fit_history
from simulator.calibration.fitted import Fit
from simulator.calibration.history import History
from simulator.statistics.scores import pmf_of

Floats = NDArray[np.float64]
MODES = ("all", "open", "given")
"""Everything; only what was open on the day; with the arrivals of the window given."""
TOTAL = -1


@dataclass
class Cell:
    """One forecast occasion. ``segment`` is TOTAL for all together. ``pmfs`` by forecaster; ``value`` trials of the
    funnel's bookings and ``actual_value``, where amounts are known; ``target`` a round goal near the run rate."""

    origin: int
    segment: int
    mode: str
    actual: int
    pmfs: dict[str, Floats]
    value: Floats | None = None
    actual_value: float | None = None
    past_values: Floats | None = None
    target: int = 1
    weights: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Truth:
    """Decision and entry days of the whole history, in the order of its records; the future of every origin."""

    entry: Floats
    won: Floats
    lost: Floats
    segment: NDArray[np.int64]
    amount: Floats

    @classmethod
    def of(cls, history: History) -> Truth:
        """From the fullest view there is."""
        dates = history.ordered()
        return cls(dates[:, 0], dates[:, -1], np.floor(history.lost), history.segment, history.amount)

    def open_at(self, day: int) -> NDArray[np.bool_]:
        """bool (record,): entered, and not decided, by the end of ``day``."""
        return (self.entry <= day) & ~(self.won <= day) & ~(self.lost <= day)

    def won_in(self, day: int, days: int) -> NDArray[np.bool_]:
        """bool (record,): won in the ``days`` after ``day``."""
        return (self.won > day) & (self.won <= day + days)


def weekly_wins(truth: Truth, begin: int, day: int, segments: int) -> Floats:
    """float64 (segment, week): wins of whole weeks up to ``day``, not before ``begin``."""
    weeks = max((day - begin + 1) // 7, 1)
    back = np.floor((day - truth.won) / 7)
    fine = (truth.won <= day) & (back < weeks)
    out = np.zeros((segments, weeks))
    np.add.at(out, (truth.segment[fine], weeks - 1 - back[fine].astype(np.int64)), 1)
    return out


def forecast(
    history: History,
    truth: Truth,
    day: int,
    horizon: int,
    *,
    draws: int,
    seed: int,
    families: Sequence[str] | None,
    modes: Sequence[str] = MODES,
) -> tuple[list[Cell], Fit]:
    """All cells of one origin.

    Raises
    ------
    FitError : too little was known on that day.
    """
    known = history.known_at(day)
    fitted = fit_history(known, families=families)
    seen = Truth.of(known)
    days, segments = 7 * horizon, len(history.segments)
    step = fitted.timed[-1].spells
    begin = int(np.nanmin(seen.entry)) if step.start is None else step.start
    weekly = weekly_wins(seen, begin, day, segments)
    came = truth.won_in(day, days)
    pace = pooled_pace(weekly, horizon, day)
    cells: list[Cell] = []
    for mode in modes:
        who = came if mode != "open" else came & truth.open_at(day)
        arrivals = None
        if mode == "given":
            arrivals = np.zeros((segments, days), dtype=np.int64)
            new = (truth.entry > day) & (truth.entry <= day + days)
            np.add.at(arrivals, (truth.segment[new], (truth.entry[new] - day - 1).astype(np.int64)), 1)
        funnel = fitted.predict(days, draws=draws, seed=seed, arrivals=arrivals, open_only=mode == "open")
        for segment in [*range(segments), TOTAL] if segments > 1 else [0]:
            mine = np.ones(len(truth.won), dtype=bool) if segment == TOTAL else truth.segment == segment
            wins = funnel.wins.sum(axis=1) if segment == TOTAL else funnel.wins[:, segment]
            series = weekly.sum(axis=0) if segment == TOTAL else weekly[segment]
            pmfs = {"funnel": pmf_of(wins)}
            pmfs |= _rivals(mode, seen, series, day, horizon, segment, arrivals)
            if mode == "all":
                pmfs["pooled pace"] = pace[segment]
            cell = Cell(day, segment, mode, int((who & mine).sum()), pmfs)
            cell.target = max(int(np.ceil(series[-WINDOW:].mean() * horizon)), 1)
            if funnel.value is not None:
                cell.value = funnel.value.sum(axis=1) if segment == TOTAL else funnel.value[:, segment]
                cell.actual_value = float(np.nansum(truth.amount[who & mine]))
                cell.past_values = _past_values(seen, day, days, begin, segment)
            cells.append(cell)
    return cells, fitted


def _rivals(
    mode: str, seen: Truth, series: Floats, day: int, horizon: int, segment: int, arrivals: NDArray[np.int64] | None
) -> dict[str, Floats]:
    days = 7 * horizon
    mine = np.ones(len(seen.won), dtype=bool) if segment == TOTAL else seen.segment == segment
    if mode == "all":
        found = {name: method(series, horizon) for name, method in BASELINES.items()}
        still = int((seen.open_at(day) & mine).sum())
        decided = (mine & (seen.won <= day)).sum() + (mine & (seen.lost <= day)).sum()
        entered = (mine & (seen.entry <= day)).sum()
        rate = (mine & (seen.won <= day)).sum() / max(decided if np.isfinite(seen.lost).any() else entered, 1)
        found["weighted pipeline"] = weighted_pipeline(still, float(rate))
        return {name: pmf for name, pmf in found.items() if pmf is not None}
    weeks = min(len(series), WINDOW)
    if mode == "given":
        assert arrivals is not None
        ahead = arrivals.sum() if segment == TOTAL else arrivals[segment].sum()
        came = (mine & (seen.entry > day - 7 * weeks) & (seen.entry <= day)).sum()
        return {"ratio": ratio(float(series[-weeks:].sum()), float(came), float(ahead))}
    wins = base = 0.0
    for back in range(1, max(weeks // horizon, 1) + 1):
        past = day - back * days
        was = seen.open_at(past) & mine
        wins += float((was & seen.won_in(past, days)).sum())
        base += float(was.sum())
    return {"ratio": ratio(wins, base, float((seen.open_at(day) & mine).sum()))}


def _past_values(seen: Truth, day: int, days: int, begin: int, segment: int) -> Floats:
    mine = np.ones(len(seen.won), dtype=bool) if segment == TOTAL else seen.segment == segment
    number = min((day - begin + 1) // days, 8)
    return np.array(
        [np.nansum(seen.amount[mine & seen.won_in(day - back * days, days)]) for back in range(1, number + 1)]
    )
