"""What the data show without any model: Kaplan-Meier's estimate for competing ends (Aalen & Johansen 1978)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.calibration.spells import LOST, WON, Spells

Floats = NDArray[np.float64]


def incidence(spells: Spells, *, least: int = 10) -> tuple[Floats, Floats, Floats]:
    """Cumulative share gone on, and lost, by age.

    Returns ``weeks``, ``gone_on``, ``lost``: float64 (day,), up to the age at which fewer than ``least`` are watched.
    Those who entered before recording began join at the age they had then (left truncation); where earlier endings look
    open, only later entries are used.
    """
    if spells.start is not None and not spells.absent:
        spells = spells.where(spells.entry >= spells.start)
    if not len(spells):
        return np.zeros(1), np.zeros(1), np.zeros(1)
    top = int(spells.days.max()) + 1
    joined = np.floor(spells.age_at_start * 7).astype(np.int64)
    joined = np.minimum(joined, spells.days)
    # One whose age is d on the last day has been watched on days joined … d.
    watched = np.cumsum(np.bincount(joined, minlength=top + 1) - np.r_[0, np.bincount(spells.days, minlength=top)])[
        :top
    ]
    won = np.bincount(spells.days[spells.kind == WON], minlength=top)
    lost = np.bincount(spells.days[spells.kind == LOST], minlength=top)
    end = int(np.argmax(np.r_[watched < least, True] & (np.arange(top + 1) > np.argmax(watched))))
    n = np.maximum(watched[:end], 1)
    still = np.cumprod(1 - (won[:end] + lost[:end]) / n)
    before = np.r_[1.0, still[:-1]]
    return (np.arange(end) + 0.5) / 7, np.cumsum(before * won[:end] / n), np.cumsum(before * lost[:end] / n)
