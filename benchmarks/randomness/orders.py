"""The keyed streams laid end to end in the orders in which the engine reads them.

A generator can be faultless along one stream and still fail here: these orders walk over trials, weeks,
deals, names and bit planes, a word or a few from each stream, as a simulation does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numba
import numpy as np

from simulator.kernels.streams import WEEK_ZERO, mix64, substream, word

WEEKS = 52
DEALS = 6
PLANES = 8
STAGES = 3
CYCLE, WIN, VALUE, DEAL_STRIDE, SLIP_STRIDE = 0, 1, 2, 4, 1 << 24

Words = np.ndarray
Fill = Callable[[np.uint64, Words, int, Words], None]


def names(count: int) -> Words:
    """Names of streams as the engine has them: 64 bits of a hash of readable text."""
    texts = [f"stream {index}" for index in range(count)]
    return np.array([int.from_bytes(hashlib.blake2b(t.encode(), digest_size=8).digest(), "little") for t in texts],
                    np.uint64)  # fmt: skip


@numba.njit(nogil=True)
def by_trial(seed, name, first, out):
    """The first word of one stream and week, trial after trial."""
    for i in range(out.size):
        out[i] = word(word(substream(word(seed, first + i), name[0]), WEEK_ZERO), 0)


@numba.njit(nogil=True)
def by_week(seed, name, first, out):
    """The first word of each week, trial after trial."""
    for i in range(out.size):
        trial, week = divmod(first + i, WEEKS)
        out[i] = word(word(substream(word(seed, trial), name[0]), week + WEEK_ZERO), 0)


@numba.njit(nogil=True)
def by_deal(seed, name, first, out):
    """Cycle, win and value of six deals a week, week after week, trial after trial."""
    for i in range(out.size):
        rest, what = divmod(first + i, 3)
        rest, deal = divmod(rest, DEALS)
        trial, week = divmod(rest, WEEKS)
        key = word(substream(word(seed, trial), name[0]), week + WEEK_ZERO)
        out[i] = word(key, deal * DEAL_STRIDE + what)


@numba.njit(nogil=True)
def by_slip(seed, name, first, out):
    """Slip and delay, first and second time, of six deals a week."""
    for i in range(out.size):
        rest, what = divmod(first + i, 4)
        rest, deal = divmod(rest, DEALS)
        trial, week = divmod(rest, WEEKS)
        key = word(substream(word(seed, trial), name[0]), week + WEEK_ZERO)
        out[i] = word(key, deal * SLIP_STRIDE + what)


@numba.njit(nogil=True)
def by_plane(seed, name, first, out):
    """Conversion: bit plane after bit plane over the weeks, stage after stage, trial after trial."""
    for i in range(out.size):
        rest, week = divmod(first + i, WEEKS)
        rest, plane = divmod(rest, PLANES)
        trial, stage = divmod(rest, STAGES)
        key = word(substream(word(seed, trial), name[stage]), week + WEEK_ZERO)
        out[i] = word(key, plane)


@numba.njit(nogil=True)
def by_name(seed, name, first, out):
    """Assumptions: one word of each of many names, trial after trial."""
    for i in range(out.size):
        trial, which = divmod(first + i, name.size)
        out[i] = word(substream(word(seed, trial), name[which]), 0)


@numba.njit(nogil=True)
def by_seed(seed, name, first, out):
    """The first word of one stream of the first trial, for one seed after another."""
    for i in range(out.size):
        group = mix64(name[1] ^ (seed + np.uint64(first + i)))
        out[i] = word(word(substream(word(group, 0), name[0]), WEEK_ZERO), 0)


@numba.njit(nogil=True)
def as_played(seed, name, first, out):
    """Whole trials: arrivals, planes and lags of every stage, then deals and their slips."""
    each = WEEKS * (1 + STAGES * (PLANES + 4) + DEALS * 5)
    i = 0
    trial = first // each
    while i < out.size:
        key = word(seed, trial)
        trial += 1
        arrivals = substream(key, name[0])
        for week in range(WEEKS):
            if i < out.size:
                out[i] = word(word(arrivals, week + WEEK_ZERO), 0)
                i += 1
        for stage in range(STAGES):
            conversion, lag = substream(key, name[1 + stage]), substream(key, name[4 + stage])
            for plane in range(PLANES):
                for week in range(WEEKS):
                    if i < out.size:
                        out[i] = word(word(conversion, week + WEEK_ZERO), plane)
                        i += 1
            for week in range(WEEKS):
                for individual in range(4):
                    if i < out.size:
                        out[i] = word(word(lag, week + WEEK_ZERO), individual)
                        i += 1
        deals, slips = substream(key, name[7]), substream(key, name[8])
        for week in range(WEEKS):
            deal_key, slip_key = word(deals, week + WEEK_ZERO), word(slips, week + WEEK_ZERO)
            for deal in range(DEALS):
                for what in range(5):
                    if i < out.size:
                        if what < 3:
                            out[i] = word(deal_key, deal * DEAL_STRIDE + what)
                        else:
                            out[i] = word(slip_key, deal * SLIP_STRIDE + what - 3)
                        i += 1


@dataclass(frozen=True)
class Order:
    """One way through the streams; ``period`` is how many words apart the same place of two trials is."""

    name: str
    fill: Fill
    period: int

    def chunks(self, seed: int, size: int) -> Iterator[Words]:
        """Arrays of ``size`` words without end; whole trials each where a trial is played as a whole."""
        labels = names(64)
        whole = size - size % self.period if self.fill is as_played else size
        first = 0
        while True:
            out = np.empty(size, np.uint64)
            self.fill(np.uint64(seed), labels, first, out)
            first += whole
            yield out[:whole]


ORDERS = (
    Order("by trial", by_trial, 1),
    Order("by week", by_week, WEEKS),
    Order("by deal", by_deal, WEEKS * DEALS * 3),
    Order("by slip", by_slip, WEEKS * DEALS * 4),
    Order("by bit plane", by_plane, WEEKS * PLANES * STAGES),
    Order("by assumption", by_name, 64),
    Order("by seed", by_seed, 1),
    Order("as played", as_played, WEEKS * (1 + STAGES * (PLANES + 4) + DEALS * 5)),
)
