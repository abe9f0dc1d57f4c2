"""How long each lead or deal has been in a stage, and how that ended: the data of the censored fit."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simulator.calibration.history import Floats, History, Ints

OPEN, WON, LOST, WON_UNDATED, LOST_UNDATED = range(5)


@dataclass(frozen=True)
class Spells:
    """One row per individual that entered a stage.

    Attributes
    ----------
    record : int64 (spell,), row of the history. ``segment`` : int64 (spell,).
    entry : int64 (spell,), day number. ``days`` : int64 (spell,), days to the end, or to ``as_of`` if open.
    kind : int8 (spell,), OPEN, WON (went on), LOST, or one of the last two whose day is missing.
    start : first day on which endings were recorded, or None.
    absent : what ended before ``start`` is not in the data (left truncation); else it looks open.
    """

    stage: str
    into: str
    record: Ints
    segment: Ints
    entry: Ints
    days: Ints
    kind: NDArray[np.int8]
    as_of: int
    start: int | None = None
    absent: bool = False

    def __len__(self) -> int:
        return len(self.entry)

    @property
    def age_at_start(self) -> Floats:
        """float64 (spell,), age in weeks when recording began; 0 for those that entered later."""
        if self.start is None:
            return np.zeros(len(self))
        return np.maximum(self.start - self.entry - 0.5, 0) / 7

    @property
    def follow_up(self) -> float:
        """Longest age in weeks at which individuals could be watched (99th percentile)."""
        return float(np.quantile(self.as_of - self.entry, 0.99)) / 7 if len(self) else 0.0

    def where(self, keep: NDArray[np.bool_]) -> Spells:
        """The spells that ``keep`` marks."""
        return replace(
            self,
            record=self.record[keep],
            segment=self.segment[keep],
            entry=self.entry[keep],
            days=self.days[keep],
            kind=self.kind[keep],
        )


def spells_of(history: History, stage: int, dates: Floats | None = None) -> Spells:
    """Spells in stage number ``stage`` of a history; with the start of recording, given or found."""
    dates = history.ordered() if dates is None else dates
    entry, following = dates[:, stage], dates[:, stage + 1]
    in_it = ~np.isnan(entry)
    lost = np.where(np.isnan(following), np.floor(history.lost), np.nan)
    kind = np.where(~np.isnan(following), WON, np.where(~np.isnan(lost), LOST, OPEN))
    if stage == dates.shape[1] - 2:
        kind = np.where(history.undated > 0, WON_UNDATED, kind)
    here = np.isnan(following) & (history.undated < 0)
    kind = np.where(here, LOST_UNDATED, kind).astype(np.int8)
    end = np.where(kind == WON, following, np.where(kind == LOST, lost, history.as_of))
    days = np.maximum(end - entry, 0)
    found = Spells(
        history.stages[stage],
        history.stages[stage + 1],
        np.flatnonzero(in_it),
        history.segment[in_it],
        entry[in_it].astype(np.int64),
        days[in_it].astype(np.int64),
        kind[in_it],
        history.as_of,
    )
    start = history.history_starts if history.history_starts is not None else find_start(found)
    if start is None or not (found.entry < start).any():
        return found
    early = np.isin(found.kind, (WON, LOST)) & (found.entry + found.days < start)
    absent = history.before_history == "absent" if history.before_history else looks_absent(found, start)
    # Endings before the start are left out; where there are many of them, what is left of the early entries is what
    # lasted.
    absent = absent or bool(early.sum() > 0.2 * (found.entry < start).sum())
    return replace(found, start=start, absent=absent).where(~early)


def find_start(spells: Spells) -> int | None:
    """First day on which endings were recorded, when much entered too early to have been watched.

    Endings that began long after entries did are a recording that began late, not a slow funnel, when those that
    entered since then end sooner.
    """
    ended = np.isin(spells.kind, (WON, LOST))
    if ended.sum() < 10:
        return None
    ends = np.sort(spells.entry[ended] + spells.days[ended])
    weekly = np.bincount((ends - ends[0]) // 7)
    usual = np.median(weekly[weekly > 0])
    # The first ending of the first week that is no mere trickle: a stray early date is a typing error.
    begin = int(np.argmax(weekly >= 0.2 * usual))
    quiet = np.flatnonzero((weekly[:-1] < 0.2 * usual) & (weekly[1:] < 0.2 * usual))
    for week in quiet[quiet >= begin]:  # two quiet weeks after a handful of endings: those were not yet the records
        if weekly[:week].sum() < max(5, 0.05 * weekly.sum()):
            begin = int(week) + int(np.argmax(weekly[week:] >= 0.2 * usual))
    start = int(ends[np.searchsorted(ends, ends[0] + 7 * begin)])
    before = spells.entry < start
    since = ended & ~before
    if since.sum() < 5 or before.sum() < 20:
        return None
    typical = np.quantile(spells.days[since], 0.25)
    share = since.sum() / max((~before).sum(), 1)
    missed = ((start - spells.entry[before]) > typical).sum() * share * 0.25
    trickle = (ends < start).sum()
    return start if missed >= 5 and trickle < missed else None


def looks_absent(spells: Spells, start: int) -> bool:
    """Whether what ended before ``start`` is missing altogether, or is in the data and looks open.

    If absent, the early entries still there were open at the start, and end later about as often as any; if they
    merely look open, most of the oldest never show an ending.
    """
    typical = max(float(np.median(spells.days[np.isin(spells.kind, (WON, LOST))])), 7.0)
    old = spells.entry < start - typical
    fresh = (spells.entry >= start) & (spells.entry < spells.as_of - 2 * typical)
    if old.sum() < 10:
        return False
    ended = spells.kind != OPEN
    usual = ended[fresh].mean() if fresh.sum() >= 10 else ended[~old].mean()
    return bool(ended[old].mean() > 0.5 * usual)
