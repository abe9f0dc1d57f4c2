"""Do rates drift? Conversions of each calendar week against what the fit expects of those who were there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.calibration.cure import Cure
from simulator.calibration.levels import Level, follow, negative_binomial
from simulator.calibration.spells import LOST, OPEN, WON, Spells
from simulator.calibration.transition import Transition

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Drift:
    """Observed and expected conversions, float64 (segment, week), the last week ends on the as-of date.

    ``level`` of all segments together; ``sd`` and ``persistence`` of quarters beyond chance (on the log rate), or None
    where the history is too short; ``flat`` : segments that win at a flat rate however full their pipeline is.
    """

    observed: Floats
    expected: Floats
    level: Level
    sd: float | None
    persistence: float
    flat: tuple[int, ...]
    blocks: int

    @property
    def factor(self) -> float:
        """Today's rates over the fitted ones; 1 unless drift is clearly better than none."""
        return float(self.level.mean[0]) if self.level.gain > 2 else 1.0


def hazards(fit: Cure, weeks: int) -> Floats:
    """float64 (weeks,): chance that one that entered k weeks ago, and is still there, goes on in this week."""
    edge = np.maximum(np.arange(weeks + 1) - 0.5, 0.0)
    f = fit.p * fit.lag.cdf(edge)
    gone = f + ((1 - fit.p) * fit.r * fit.loss_lag.cdf(edge) if fit.loss_lag is not None else 0.0)
    return np.diff(f) / np.maximum(1 - gone[:-1], 1e-9)


def observed_and_expected(spells: Spells, fits: list[Cure]) -> tuple[Floats, Floats]:
    """Conversions per segment and calendar week, and how many the fits expect given who was there."""
    first = int(spells.entry.min())
    begin = first if spells.start is None else max(first, spells.start)
    weeks = max((spells.as_of - begin + 1) // 7, 1)
    reach = max((spells.as_of - first) // 7 + 1, weeks)
    entry = reach - 1 - (spells.as_of - spells.entry) // 7
    end = np.where(np.isin(spells.kind, (WON, LOST)), reach - 1 - (spells.as_of - spells.entry - spells.days) // 7, reach)
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
    level = follow(observed.sum(axis=0), expected.sum(axis=0), centre=1.0)
    sd, persistence, blocks = _between_blocks(observed.sum(axis=0), expected.sum(axis=0))
    return Drift(observed, expected, level, sd, persistence, _flat(observed, expected), blocks)


def _between_blocks(observed: Floats, expected: Floats) -> tuple[float | None, float, int]:
    """Standard deviation and persistence of 13-week (or, in short histories, 4-week) rates beyond chance."""
    size = 13 if len(observed) >= 6 * 13 else 4
    blocks = len(observed) // size
    if blocks < 4:
        return None, 0.0, blocks
    o = observed[-blocks * size :].reshape(blocks, size).sum(axis=1)
    e = expected[-blocks * size :].reshape(blocks, size).sum(axis=1)
    fine = e >= 2
    if fine.sum() < 4:
        return None, 0.0, int(fine.sum())
    z = o[fine] / e[fine] * (e[fine].sum() / o[fine].sum()) - 1
    noise = 1 / e[fine]
    variance = max(float((z**2 - noise).mean()) * fine.sum() / (fine.sum() - 1), 0.0)
    if variance == 0:
        return 0.0, 0.0, int(fine.sum())
    raw = float((z[1:] * z[:-1]).mean()) / (variance + 1e-9)
    count = len(z) - 1
    persistence = float(np.clip(raw * count / (count + 6), 0.0, 0.9))  # pulled to none: few blocks say little about it
    if size == 4:
        persistence = persistence**3
    return float(np.sqrt(variance)), persistence, int(fine.sum())


def _flat(observed: Floats, expected: Floats) -> tuple[int, ...]:
    """Segments whose weekly wins a constant explains clearly better than the pipeline does, though the pipeline varied."""
    found = []
    for number, (o, e) in enumerate(zip(observed, expected, strict=True)):
        use = e > 1e-3
        o, e = o[use], e[use]
        if len(o) < 12 or o.sum() < 25 or e.std() < 0.25 * e.mean():
            continue
        mean = np.full(len(o), o.mean())
        scaled = e * o.sum() / e.sum()
        noise = max(float(((o - mean) ** 2 / mean).mean()), 1.0)
        gain = (negative_binomial(o, mean, noise * mean * 1.0001) - negative_binomial(o, scaled, noise * scaled * 1.0001)).sum()
        if gain > 3:
            found.append(number)
    return tuple(found)
