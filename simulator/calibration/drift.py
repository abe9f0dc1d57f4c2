"""Do rates drift? Conversions of each calendar week against what the fit expects of those who were there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.calibration.cure import Cure
from simulator.calibration.dates import day_of
from simulator.calibration.lags import Lag
from simulator.calibration.levels import Level, follow, negative_binomial
from simulator.calibration.pooling import between
from simulator.calibration.spells import LOST, OPEN, WON, Spells
from simulator.calibration.transition import Transition

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Drift:
    """Observed and expected conversions, float64 (segment, week), the last week ends on the as-of date.

    ``level`` of all segments together; ``sd`` and ``persistence`` of quarters beyond chance (on the log odds), from
    ``blocks`` stretches of the history and a usual value that counts as four; ``flat`` : segments that win at a flat
    rate however full their pipeline is. ``rhythm`` : float64 (3,), factors of the three months of a quarter.
    ``pace`` and ``shock`` : what weighing the funnel against run rates made of its odds, and of the standard deviation
    of a window's rates; 1 and None unless that was asked for.
    """

    observed: Floats
    expected: Floats
    level: Level
    sd: float
    persistence: float
    flat: tuple[int, ...]
    blocks: int
    rhythm: Floats
    pace: float = 1.0
    shock: float | None = None

    @property
    def ratio(self) -> float:
        """Today's conversions over those expected; pulled to 1 as far as drift is not clearly better than none."""
        return float(self.level.mean[0] ** special.expit(self.level.gain - 1))

    @property
    def factor(self) -> float:
        """What the fitted odds are to be multiplied by today."""
        return self.ratio * self.pace

    def spread(self, weeks: float) -> float:
        """Standard deviation of the log odds of a window of so many weeks, around what they are today."""
        if self.shock is not None:
            return self.shock
        ahead = float(1 / np.sqrt(self.level.ahead(weeks)[0][0])) if self.level.gain > 2 else 0.0
        return max(self.sd, ahead)


def hazards(fit: Cure, weeks: int) -> Floats:
    """float64 (weeks,): chance that one that entered k weeks ago, and is still there, goes on in this week."""
    f = fit.p * _by_end_of_week(fit.lag, weeks)
    gone = f + ((1 - fit.p) * fit.r * _by_end_of_week(fit.loss_lag, weeks) if fit.loss_lag is not None else 0.0)
    return np.diff(f) / np.maximum(1 - gone[:-1], 1e-9)


def _by_end_of_week(lag: Lag, weeks: int) -> Floats:
    """float64 (weeks + 1,): 0, then the chance of being through by the end of the week of entry, the next, …

    Averaged over the days of the week of entry: a lag of three days ends in that week or the next, about half and half.
    """
    days = (np.arange(7 * weeks) + 0.5) / 7
    return np.r_[0.0, lag.cdf(days).reshape(weeks, 7).mean(axis=1)]


def observed_and_expected(spells: Spells, fits: list[Cure]) -> tuple[Floats, Floats]:
    """Conversions per segment and calendar week, and how many the fits expect given who was there."""
    first = int(spells.entry.min())
    begin = first if spells.start is None else max(first, spells.start)
    weeks = max((spells.as_of - begin + 1) // 7, 1)
    reach = max((spells.as_of - first) // 7 + 1, weeks)
    entry = reach - 1 - (spells.as_of - spells.entry) // 7
    end = np.where(
        np.isin(spells.kind, (WON, LOST)), reach - 1 - (spells.as_of - spells.entry - spells.days) // 7, reach
    )
    # Ended on a day nobody wrote down: at risk for no known time, left out of this comparison.
    known = np.isin(spells.kind, (OPEN, WON, LOST))
    observed = np.zeros((len(fits), weeks))
    expected = np.zeros((len(fits), weeks))
    calendar = np.arange(reach - weeks, reach)
    for number, fit in enumerate(fits):
        mine = known & (spells.segment == number)
        won = mine & (spells.kind == WON) & (end >= calendar[0])
        np.add.at(observed[number], end[won] - calendar[0], 1)
        risk = np.zeros((reach, reach + 2))
        np.add.at(risk, (entry[mine], entry[mine]), 1)
        np.add.at(risk, (entry[mine], np.minimum(end[mine], reach) + 1), -1)
        there = np.cumsum(risk, axis=1)[:, :reach]
        hazard = hazards(fit, reach + 1)
        for column, week in enumerate(calendar):
            expected[number, column] = there[: week + 1, week] @ hazard[week::-1]
    return observed, expected


def measure(transition: Transition) -> Drift:
    """Compare and follow; see :class:`Drift`."""
    observed, expected = observed_and_expected(transition.spells, transition.segments)
    expected = np.maximum(expected, 1e-6)
    as_of = transition.spells.as_of
    rhythm = quarter_rhythm(observed.sum(axis=0), expected.sum(axis=0), as_of)
    weeks = as_of - 3 - 7 * np.arange(observed.shape[1])[::-1]
    # The end of a quarter is no drift: what its rhythm explains is left out.
    level = follow(observed.sum(axis=0), expected.sum(axis=0) * rhythm[month_of_quarter(weeks)], centre=1.0)
    count = np.array([fit.count for fit in transition.segments], dtype=float)
    rate = float(np.average([fit.p for fit in transition.segments], weights=count + 1e-9))
    sd, persistence, blocks = _between_blocks(observed.sum(axis=0), expected.sum(axis=0), rate)
    return Drift(observed, expected, level, sd, persistence, _flat(observed, expected), blocks, rhythm)


USUAL_SD, USUAL_WEIGHT = 0.2, 4
"""How much rates usually vary between quarters, and how many stretches of history that is worth."""


def _between_blocks(observed: Floats, expected: Floats, rate: float) -> tuple[float, float, int]:
    """Standard deviation and persistence of the log odds of 13-week (or, in short histories, 4-week) stretches beyond
    chance. Odds of a high ``rate`` vary more than the rate itself does."""
    size = 13 if len(observed) >= 6 * 13 else 4
    blocks = len(observed) // size
    o = observed[-blocks * size :].reshape(blocks, size).sum(axis=1) if blocks else np.empty(0)
    e = expected[-blocks * size :].reshape(blocks, size).sum(axis=1) if blocks else np.empty(0)
    o, e = o[e >= 2], e[e >= 2]
    n = len(e)
    usual = USUAL_WEIGHT * USUAL_SD**2
    if n < 3 or o.sum() == 0:
        return USUAL_SD, 0.0, n
    z = o / e * (e.sum() / o.sum()) - 1
    measured = max(float((z**2 - 1 / e).sum()) * n / (n - 1), 0.0) / max(1 - rate, 0.25) ** 2
    variance = (measured + usual) / (n + USUAL_WEIGHT)
    raw = float((z[1:] * z[:-1]).mean()) / (variance * max(1 - rate, 0.25) ** 2 + 1e-9)
    persistence = float(np.clip(raw * n / (n + 6), 0.0, 0.9))  # pulled to none: few stretches say little about it
    return float(np.sqrt(variance)), persistence if size == 13 else persistence**3, n


def month_of_quarter(days: NDArray[np.int64], fiscal_year_starts: int = 1) -> NDArray[np.int64]:
    """int64 (day,): 0, 1 or 2, the month of its quarter that a day number falls in."""
    months = np.asarray(days).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
    return (months - (fiscal_year_starts - 1)) % 3


def quarter_rhythm(observed: Floats, expected: Floats, as_of: int) -> Floats:
    """Factors of the three months of a quarter, float64 (3,), pulled to 1 as far as quarters disagree about them.

    ``observed`` and ``expected`` : float64 (week,), the last week ends on day ``as_of``.
    """
    weeks = len(observed)
    middle = as_of - 3 - 7 * np.arange(weeks)[::-1]
    part = month_of_quarter(middle)
    month = np.array([day_of(day).year * 12 + day_of(day).month for day in middle])
    if weeks < 14:
        return np.ones(3)  # hardly more than a quarter: a rhythm could as well be chance
    scale = observed.sum() / max(expected.sum(), 1e-9)
    names, sizes = np.unique(month, return_counts=True)
    whole = names[sizes >= 2]
    means, errors = np.ones(3), np.full(3, np.inf)
    residuals = []
    for index in range(3):
        own = np.intersect1d(month[part == index], whole)
        if not len(own):
            return np.ones(3)
        o = np.array([observed[month == m].sum() for m in own])
        e = np.maximum(np.array([expected[month == m].sum() for m in own]) * scale, 0.5)
        means[index] = o.sum() / e.sum()
        errors[index] = 1 / e.sum()
        residuals += list((o / e - means[index])[e > 1]) if len(own) > 1 else []
    if len(residuals) < 2:
        return np.ones(3)  # no month of a quarter was seen twice: a rhythm could as well be chance
    counts = np.array([len(np.intersect1d(month[part == index], whole)) for index in range(3)])
    repeat = float(np.square(residuals).sum()) / max(len(residuals) - len(np.unique(part)), 1)
    errors = errors + max(repeat, 0.1**2) / counts
    centre, spread = between(means, errors)
    factors = 1 + (means - centre) * spread**2 / (spread**2 + errors)
    return factors / factors.mean()


def _flat(observed: Floats, expected: Floats) -> tuple[int, ...]:
    """Segments whose weekly wins a constant explains clearly better than the pipeline does, though the pipeline
    varied."""
    found = []
    for number, (o, e) in enumerate(zip(observed, expected, strict=True)):
        use = e > 1e-3
        o, e = o[use], e[use]
        if len(o) < 12 or o.sum() < 25 or e.std() < 0.25 * e.mean():
            continue
        mean = np.full(len(o), o.mean())
        scaled = e * o.sum() / e.sum()
        noise = max(float(((o - mean) ** 2 / mean).mean()), 1.0)
        gain = (
            negative_binomial(o, mean, noise * mean * 1.0001) - negative_binomial(o, scaled, noise * scaled * 1.0001)
        ).sum()
        if gain > 3:
            found.append(number)
    return tuple(found)
