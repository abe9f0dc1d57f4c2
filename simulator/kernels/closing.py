"""Deals that close in more detail: bunched due dates, pull-ins, what pushes and size change; and who is won.

Here are the rules; :mod:`simulator.kernels.closing_deals` plays a cohort by them, and
:mod:`simulator.kernels.closing_opening` deals that were open at the start. Only plans that need it come here; for all
others none of this is compiled.

- *Linearity*: a due date at some place x of its quarter (0 to 1) moves to the week in which the
  shares first add up to more than x. It stays in its quarter, and after the deal's birth or the
  slip it comes from.
- *Pull-ins*: before anything slips, a deal may move forward by some weeks, with the probability of
  the quarter it would move into; won on that day it is worth its value times a factor. It can still
  slip; then it is a deal like any other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.deals import CYCLE
from simulator.kernels.jit import inner
from simulator.kernels.plan import Flags, Floats, Ints
from simulator.kernels.spreads import draw_lag
from simulator.kernels.streams import threshold, uniform, word

_TWO64 = 18446744073709551616.0
# counters: of a deal's own words, where its due date lies in its week; of its slips' words, the same
# after each slip, and whether and by how much it is pulled in
PLACE, PLACES, _PULLED, _PULL = 3, 1 << 20, 1 << 21, (1 << 21) + 1


class Closing(NamedTuple):
    """What the plan says of closing. S segments, Q quarters; arrays of ints without comment hold slots."""

    bunched: Flags  # (S,)
    linear: Floats  # (S, 13) cumulated shares of a quarter's due dates
    pulls: Flags  # (S,)
    pull: Ints  # (S, Q)
    pull_value: Ints  # (S, Q)
    pull_lag: Ints  # (S, QT) spreads
    pushes: Ints  # (S, row) from how many slips on; a large number: no such row
    pushes_slip: Ints  # (S, row)
    pushes_win: Ints  # (S, row)
    above: Floats  # (S, row) for values above; infinite: no such row
    above_slip: Ints  # (S, row)
    above_win: Ints  # (S, row)


class Details(NamedTuple):
    """Room for what a cohort's deals have of their own."""

    worth: NDArray[np.float64]  # what its value is multiplied by when it is won on its next due date
    slip: NDArray[np.float64]  # multipliers by size
    win: NDArray[np.float64]


def make_details(size: int) -> Details:
    """Room for a cohort of so many."""
    return Details(np.ones(size), np.ones(size), np.ones(size))


@inner
def by_pushes(rows, slots, pushes, v):
    """The multiplier after so many pushes: that of the last row that holds."""
    found = 1.0
    for row in range(rows.size):
        if pushes >= rows[row]:
            found = v[slots[row]]
    return found


@inner
def by_size(rows, slots, value, v):
    """The multiplier of a deal of this value: that of the last row that holds."""
    found = 1.0
    for row in range(rows.size):
        if value > rows[row]:
            found = v[slots[row]]
    return found


@inner
def bunch(linear, week, u):
    """The week of its quarter to which a due date moves."""
    first = week // 13 * 13
    x = (week - first + u) / 13.0
    k = 0
    while k < 12 and linear[k] <= x:
        k += 1
    return first + k


@inner
def slip_word(limit, times):
    """The threshold of a slip probability times a multiplier; itself where that is 1."""
    if times == 1.0:
        return limit
    return threshold(np.float64(limit) / _TWO64 * times)


@inner
def ratio(after, before):
    """What a multiplier changes by, nought where there was nothing left to change."""
    return after / before if before > 0.0 else 0.0


@inner
def pull_in(closing, s, v, warm, words, guide, slip_key, earliest, due, end):
    """(due week, factor on the value): moved forward or as they were.

    Due dates beyond all lags the plan knows are not moved: nobody knows where they are.
    """
    last = closing.pull_lag.shape[1] - 1
    early = due - draw_lag(words, guide, closing.pull_lag[s, min(due // 13, last)], word(slip_key, _PULL))
    early = max(earliest, early)
    if early < due and early < end:
        q = max(early // 13 - warm, 0)
        if uniform(word(slip_key, _PULLED)) < v[closing.pull[s, q]]:
            return early, v[closing.pull_value[s, q]]
    return due, 1.0


@inner
def first_due(closing, s, week, spread, key, slip_key, warm, end, v, words, guide):
    """(due week, what its value is multiplied by then) of a deal whose cycle of this spread begins in a week."""
    lag = draw_lag(words, guide, spread, word(key, CYCLE))
    due = week + lag
    if closing.bunched[s]:
        due = max(week, bunch(closing.linear[s], due, uniform(word(key, PLACE))))
    if closing.pulls[s] and lag < words.shape[1] - 1:
        return pull_in(closing, s, v, warm, words, guide, slip_key, week, due, end)
    return due, 1.0
