"""A CRM history on plain arrays, and what of it was known on a day."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from simulator.calibration.quality import Quality

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Pushes:
    """Changes of expected close dates. ``record`` int64, ``day`` the change was made, ``old`` and ``new`` dates."""

    record: Ints
    day: Floats
    old: Floats
    new: Floats

    @classmethod
    def none(cls) -> Pushes:
        """No history of close dates."""
        empty = np.empty(0)
        return cls(np.empty(0, dtype=np.int64), empty, empty, empty)

    def where(self, keep: NDArray[np.bool_]) -> Pushes:
        """The changes that ``keep`` marks."""
        return Pushes(self.record[keep], self.day[keep], self.old[keep], self.new[keep])


@dataclass(frozen=True)
class History:
    """Leads and deals, one row each.

    Attributes
    ----------
    stages : names in funnel order, the last is the win.
    segment : int64 (record,), index into ``segments``.
    dates : float64 (record, stage), day number on which the stage was entered, NaN where it was not (yet).
    lost : float64 (record,), day it was lost, NaN.
    undated : int8 (record,), 1 won and -1 lost on a day nobody wrote down.
    amount : float64 (record,), currency, NaN where missing.
    expected_close : float64 (record,), as it stands on ``as_of``, NaN.
    as_of : the last day of which anything is known.
    open_amounts : whether open deals carry amounts (else amounts are known only once a deal is closed).
    """

    stages: tuple[str, ...]
    segments: tuple[str, ...]
    ids: NDArray[np.object_]
    segment: Ints
    dates: Floats
    lost: Floats
    undated: NDArray[np.int8]
    amount: Floats
    expected_close: Floats
    pushes: Pushes
    as_of: int
    history_starts: int | None = None
    before_history: str | None = None
    open_amounts: bool = True
    has_losses: bool = False
    quality: Quality = field(default_factory=Quality)

    def __len__(self) -> int:
        return len(self.segment)

    @property
    def won(self) -> Floats:
        """float64 (record,), day of the win, NaN."""
        return self.dates[:, -1]

    @property
    def open(self) -> NDArray[np.bool_]:
        """bool (record,), not decided by ``as_of``."""
        return np.isnan(self.won) & np.isnan(self.lost) & (self.undated == 0)

    def known_at(self, day: int) -> History:
        """What was known at the end of ``day``: nothing that is dated later is left.

        Amounts of deals that were open then are kept only where open deals carry amounts at all; expected close
        dates are rebuilt from the change history, and left out where there is none and the deal closed since.
        """
        if day > self.as_of:
            raise ValueError(f"day {day} is after the last known day {self.as_of}")
        if day == self.as_of:
            return self
        dates = np.where(self.dates < day + 1, self.dates, np.nan)
        there = np.asarray(np.isfinite(dates).any(axis=1), dtype=np.bool_)
        lost = np.where(self.lost < day + 1, self.lost, np.nan)
        decided = ~np.isnan(dates[:, -1]) | ~np.isnan(lost)
        amount = self.amount if self.open_amounts else np.where(decided, self.amount, np.nan)
        expected = np.where(decided | self.open, self.expected_close, np.nan)
        early: NDArray[np.bool_] = np.less(self.pushes.day, day + 1)
        late = self.pushes.where(~early)
        order = np.argsort(-late.day, kind="stable")  # the earliest later change is written last, and stays
        expected = expected.copy()
        expected[late.record[order]] = late.old[order]
        number = np.cumsum(there) - 1
        pushes = self.pushes.where(early & there[self.pushes.record]) if len(self.pushes.record) else self.pushes
        return replace(
            self,
            ids=self.ids[there],
            segment=self.segment[there],
            dates=dates[there],
            lost=lost[there],
            undated=np.zeros(int(there.sum()), dtype=np.int8),
            amount=amount[there],
            expected_close=expected[there],
            pushes=replace(pushes, record=number[pushes.record]) if len(pushes.record) else pushes,
            as_of=day,
            has_losses=bool(np.isfinite(lost).any()),
            history_starts=self.history_starts if (self.history_starts or 0) <= day else None,
            quality=Quality(),
        )

    def ordered(self, quality: Quality | None = None) -> Floats:
        """Stage dates made consistent: float64 (record, stage).

        A skipped stage counts as entered with the next one; a date before the previous stage is moved up to it
        (a lag of zero). Both are counted.
        """
        dates = np.floor(self.dates)
        later = dates[:, -1]
        skipped = np.zeros(len(dates), dtype=bool)
        for column in range(dates.shape[1] - 2, -1, -1):
            gap = np.isnan(dates[:, column]) & ~np.isnan(later)
            skipped |= gap
            dates[gap, column] = later[gap]
            later = dates[:, column]
        back = np.zeros(len(dates), dtype=bool)
        for column in range(1, dates.shape[1]):
            early = dates[:, column] < dates[:, column - 1]
            back |= early
            dates[early, column] = dates[early, column - 1]
        if quality is not None:
            quality.add(
                "skipped stage",
                int(skipped.sum()),
                len(dates),
                "records reach a stage without a date for an earlier one",
                "The earlier stage counts as entered on the same day",
                self.ids[skipped],
            )
            wrong = bool(back.sum() > 0.1 * len(dates))
            quality.add(
                "dates out of order",
                int(back.sum()),
                len(dates),
                "records enter a stage before the previous one",
                "Counted as the same day"
                + ("; if these are most, two columns of the mapping are in the wrong order" if wrong else ""),
                self.ids[back],
                serious=wrong,
            )
        return dates
