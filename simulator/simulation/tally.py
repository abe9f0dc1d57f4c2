"""Summing up trials block by block: histograms, means and spreads of every metric that is reported."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.tallies import MISSING, fill, measure
from simulator.quarters import Period
from simulator.simulation.result import Result, Segments, TargetEstimate
from simulator.statistics.bins import Rows

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

COUNT_BITS = 16
"""Counts below 2**17 = 131,072 have a bin each."""
MOST_MONEY_BITS = 13
ROOM_FOR_MONEY = 2**28
"""Bytes that the histograms of money may take, roughly; more segments and quarters make their bins wider."""
UNITS = {"count": 1, "money": 100, "ratio": 1_000_000}
"""What values are counted in: ones, cents, millionths."""


def money_bits(rows: int) -> int:
    """Fineness of the bins of money (and ratios) where so many rows are kept: bins are 2**−bits of their values
    wide. Depends on the plan only.

    >>> money_bits(100), money_bits(20_000)
    (13, 7)
    """
    cells = ROOM_FOR_MONEY // (8 * 8 * max(rows, 1))  # some eight doublings between the least and the most
    return min(max(cells.bit_length() - 1, 6), MOST_MONEY_BITS)


@dataclass(frozen=True)
class Subject:
    """What is summed up together: a metric, for several segments and periods.

    ``segments`` are the rows: None is the total, a tuple the sum of some. ``values_of`` a target instead: its
    value in the trials that meet it and in those that miss it.
    """

    metric: str
    segments: tuple[Segments, ...]
    periods: tuple[Period, ...]
    values_of: TargetEstimate | None = None


@dataclass(frozen=True)
class Moments:
    """Number, sum (in units) and Σ (value − mean)² of the values of a block; arrays (period, row)."""

    number: Ints
    total: Ints
    squares: Floats


@dataclass
class Tally:
    """The trials of one subject, as far as they have come. Histograms take blocks in any order, from any thread;
    moments are added in the order of the trials."""

    subject: Subject
    kind: str
    combine: str
    bits: int
    rows: Rows = field(init=False)
    number: Ints = field(init=False)
    total: list[int] = field(init=False)
    mean: Floats = field(init=False)
    squares: Floats = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        shape = self.shape
        self.rows = Rows(shape[0] * shape[1], self.bits)
        self.number, self.mean, self.squares = np.zeros(shape, np.int64), np.zeros(shape), np.zeros(shape)
        self._high, self._low = np.zeros(shape, np.int64), np.zeros(shape, np.int64)  # of exact sums, in two halves

    @property
    def shape(self) -> tuple[int, int]:
        """(period, row)"""
        return len(self.subject.periods), 2 if self.subject.values_of is not None else len(self.subject.segments)

    def count(self, block: Result) -> Moments:
        """Put a block's trials into the bins; its moments are for :meth:`add`, in order."""
        sums, first, last = self._sums(block)
        shape = self.shape
        number, total, lowest, highest = (np.empty(shape, np.int64) for _ in range(4))
        squares = np.empty(shape)
        measure(sums, first, last, self.bits, number, total, squares, lowest, highest)
        with self._lock:
            self.rows.reach(lowest.ravel(), highest.ravel())
            zeros, origin = self.rows.zeros.reshape(shape), self.rows.origin.reshape(shape)
            fill(sums, first, last, self.bits, zeros, origin, self.rows.bins)
        return Moments(number, total, squares)

    def add(self, block: Moments) -> None:
        """Add a block's moments: pairwise, after Chan, Golub & LeVeque (1979); sums stay whole numbers."""
        both = self.number + block.number
        some = np.maximum(both, 1)
        gap = block.total / np.maximum(block.number, 1) - self.mean
        self.squares += block.squares + gap**2 * (self.number * (block.number / some))
        self.number = both
        self._high += block.total >> 32
        self._low += block.total & 0xFFFFFFFF
        self._high += self._low >> 32
        self._low &= 0xFFFFFFFF
        self.mean = (self._high * 2.0**32 + self._low) / some

    def _sums(self, block: Result) -> tuple[Ints, Ints, Ints]:
        """Running sums, and which two make each period; see kernels/tallies.py."""
        subject, unit = self.subject, UNITS[self.kind]
        if subject.values_of is not None:
            values, met = block.compared(subject.values_of)
            whole = _whole(values, unit)
            rows = np.stack([np.where(met, whole, MISSING), np.where(met, MISSING, whole)])
            return _alone([rows])
        if self.kind == "ratio" or self.combine not in ("sum", "end"):
            return _alone([
                np.stack([_whole(block.values(subject.metric, period, who), unit) for who in subject.segments])
                for period in subject.periods
            ])  # fmt: skip
        quarterly = block.in_units(subject.metric, subject.segments)
        sums = np.zeros((quarterly.shape[0] + 1, *quarterly.shape[1:]), np.int64)
        np.cumsum(quarterly, axis=0, out=sums[1:])
        last = np.array([period.quarters[-1] + 1 for period in subject.periods], np.int64)
        flow = self.combine == "sum"
        first = np.array([period.quarters[0] for period in subject.periods], np.int64) if flow else last - 1
        return sums, first, last


def _whole(values: NDArray[np.generic], unit: int) -> Ints:
    """Values in whole units, MISSING where they are undefined."""
    scaled = np.rint(np.asarray(values, np.float64) * unit)
    known = np.isfinite(scaled) & (np.abs(scaled) < 2.0**62)
    return np.where(known, scaled, 0.0).astype(np.int64) + np.where(known, 0, MISSING)


def _alone(periods: list[Ints]) -> tuple[Ints, Ints, Ints]:
    """Values of periods as if they were running sums from zero."""
    sums = np.stack([np.zeros_like(periods[0]), *periods])
    return sums, np.zeros(len(periods), np.int64), np.arange(1, len(periods) + 1)
