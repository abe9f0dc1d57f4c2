"""How many enter the funnel each week: level, drift, trend, season and dispersion, per segment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.calibration.dates import day_of
from simulator.calibration.levels import Level, follow
from simulator.calibration.pooling import between
from simulator.calibration.spells import Spells

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Volumes:
    """Weekly entries, float64 (segment, week), the last week ends on the as-of date.

    ``growth`` : (mean, sd) per quarter, all segments together, or None where the history is shorter than a year.
    ``season`` : float64 (4,), factor of each calendar quarter, or None where there are no two years.
    """

    counts: Floats
    level: Level
    growth: tuple[float, float] | None
    season: Floats | None
    first_day: int


def weekly_counts(spells: Spells, segments: int) -> tuple[Floats, int]:
    """Entries per segment and whole week before the as-of date, and the first day of the first week."""
    begin = int(spells.entry.min())
    if spells.start is not None and spells.absent:
        begin = max(begin, spells.start)  # earlier entries are only those that lasted
    weeks = max((spells.as_of - begin + 1) // 7, 1)
    back = (spells.as_of - spells.entry) // 7
    inside = back < weeks
    counts = np.zeros((segments, weeks))
    np.add.at(counts, (spells.segment[inside], weeks - 1 - back[inside]), 1)
    return counts, spells.as_of + 1 - 7 * weeks


def fit_volumes(spells: Spells, segments: int) -> Volumes:
    """Level, trend and season of what enters the stage of ``spells``."""
    counts, first_day = weekly_counts(spells, segments)
    used = _without_start(counts)
    first_day += 7 * (counts.shape[1] - used.shape[1])
    season = _season(used.sum(axis=0), first_day)
    exposure = None
    if season is not None:
        quarter = [(day_of(first_day + 7 * week + 3).month - 1) // 3 for week in range(used.shape[1])]
        exposure = np.tile(season[quarter], (segments, 1))
    level = follow(used, exposure)
    if level.weeks < 8:
        # A level that rests on a few weeks is less sure than its counts alone would say.
        level = level.at_most(4.0 * level.weeks)
    return Volumes(used, level, _growth(used.sum(axis=0)), season, first_day)


def _without_start(counts: Floats) -> Floats:
    """Drop the thin weeks in which a system was being filled: those before it first reaches a fifth of its usual
    week."""
    total = counts.sum(axis=0)
    usual = np.median(total[total > 0]) if (total > 0).any() else 0.0
    begin = int(np.argmax(total >= 0.2 * usual)) if usual else 0
    return counts[:, begin:] if counts.shape[1] - begin >= 8 else counts


def _growth(total: Floats) -> tuple[float, float] | None:
    """Growth a quarter: the log-linear slope over 13-week blocks, pulled to none by a prior of 5% a quarter."""
    blocks = len(total) // 13
    if blocks < 4:
        return None
    y = np.log(total[-13 * blocks :].reshape(blocks, 13).sum(axis=1) + 0.5)
    x = np.arange(blocks) - (blocks - 1) / 2
    slope = float(x @ y / (x @ x))
    residual = y - y.mean() - slope * x
    error2 = float(residual @ residual) / max(blocks - 2, 1) / float(x @ x) + 1e-6
    weight = 0.05**2 / (0.05**2 + error2)
    return slope * weight, float(np.sqrt(weight * error2))


def _season(total: Floats, first_day: int) -> Floats | None:
    """Factors of the four calendar quarters, each pulled towards 1 as far as years disagree about it."""
    if len(total) < 104:
        return None
    quarter = np.array([(day_of(first_day + 7 * week + 3).month - 1) // 3 for week in range(len(total))])
    trend = np.convolve(
        np.r_[np.full(26, total[:26].mean()), total, np.full(26, total[-26:].mean())], np.full(53, 1 / 53), "valid"
    )
    ratio = total / np.maximum(trend, 1e-9)
    means, errors = np.empty(4), np.empty(4)
    for index in range(4):
        own = ratio[quarter == index]
        means[index] = own.mean()
        errors[index] = max(own.var(ddof=1) / max(len(own) / 6.5, 1), 1e-5)  # weeks of one quarter move together
    centre, spread = between(means, errors)
    if spread < 0.03:
        return None
    factors = 1 + (means - centre) * spread**2 / (spread**2 + errors)
    return factors / factors.mean()
