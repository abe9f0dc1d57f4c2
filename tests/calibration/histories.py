"""Made-up CRM histories with a known truth: the naive twin of the fit, one lead at a time in continuous time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.calibration.history import History, Pushes


@dataclass(frozen=True)
class Truth:
    """What a history is made from; weeks."""

    rate: float = 0.3
    mean: float = 5.0
    cv: float = 0.8
    loss_share: float = 0.0
    loss_mean: float = 7.0
    weeks: int = 60
    leads: int = 600
    recorded_from: int = 0
    absent: bool = False


def lags(rng: np.random.Generator, mean: float, cv: float, size: int) -> np.ndarray:
    shape = 1 / cv**2
    return rng.gamma(shape, mean / shape, size)


def make(truth: Truth, rng: np.random.Generator, segments: int = 1, rates: list[float] | None = None) -> History:
    """Leads at uniform times; times are written down as days, as a CRM does."""
    n, first = truth.leads, 17_000
    end = 7 * truth.weeks
    entered = np.sort(rng.uniform(0, end, n))
    segment = rng.integers(0, segments, n)
    rate = np.array(rates)[segment] if rates else np.full(n, truth.rate)
    wins = rng.random(n) < rate
    loses = ~wins & (rng.random(n) < truth.loss_share)
    closed = entered + 7 * np.where(wins, lags(rng, truth.mean, truth.cv, n), lags(rng, truth.loss_mean, 1.0, n))
    won = np.where(wins & (closed < end), np.floor(closed), np.nan)
    lost = np.where(loses & (closed < end), np.floor(closed), np.nan)
    start = 7 * truth.recorded_from
    early = (won < start) | (lost < start)
    keep = ~early if truth.absent else np.ones(n, dtype=bool)
    won, lost = np.where(early, np.nan, won), np.where(early, np.nan, lost)
    dates = np.column_stack([np.floor(entered), won])[keep] + first
    count = int(keep.sum())
    return History(
        stages=("mqls", "wins"),
        segments=tuple(f"s{i}" for i in range(segments)),
        ids=np.array([f"L{i}" for i in range(count)], dtype=object),
        segment=segment[keep],
        dates=dates,
        lost=lost[keep] + first,
        undated=np.zeros(count, dtype=np.int8),
        amount=np.full(count, np.nan),
        expected_close=np.full(count, np.nan),
        pushes=Pushes.none(),
        as_of=first + end - 1,
        history_starts=first + start if start else None,
        before_history=("absent" if truth.absent else "unrecorded") if start else None,
        has_losses=truth.loss_share > 0,
    )
