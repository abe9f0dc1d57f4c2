"""Teams and follow-up as the kernels see them: flat arrays and indices, as :mod:`simulator.kernels.plan`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FIFO, NEWEST, LISTED = range(3)
FOR_EVER = 1 << 40  # weeks
REACHED, DISQUALIFIED, NURTURED, RETURNS, AGAIN = range(
    5
)  # rates of follow-up; the last is that of those who came back


class Teams(NamedTuple):
    """Teams of a plan: N of them. Ints without comment hold slots by quarter, (N, Q)."""

    stage: NDArray[np.int64]  # (N,)
    order: NDArray[np.int64]  # (N,)
    turn: NDArray[np.int64]  # (N, S) their segments in the order of their turns, −1 after the last
    of: NDArray[np.int64]  # (S, T) the team that works a segment at a stage, −1: none, nothing waits
    people: NDArray[np.int64]
    each: NDArray[np.int64]  # leads per week, or open deals
    patience: NDArray[np.int64]  # −1: for ever
    factor: NDArray[np.int64]  # of the rate, per week of waiting
    attrition: NDArray[np.int64]
    ramp_weeks: NDArray[np.int64]  # (N,)
    ramp: NDArray[np.float64]  # all teams' steps
    ramp_start: NDArray[np.int64]  # (N,)
    ramp_size: NDArray[np.int64]  # (N,)
    starts: NDArray[np.int64]  # (N, Q) spreads
    replaced: NDArray[np.int64]  # (N, Q) spreads, −1: never
    place_name: NDArray[np.uint64]  # (N,) streams of their places, and of who is first among equals
    turn_name: NDArray[np.uint64]


class Follow(NamedTuple):
    """What becomes of leads, by segment and the stage they are in."""

    given: NDArray[np.bool_]  # (S, T)
    slot: NDArray[np.int64]  # (5, S, T, Q) of the rates; −1: see fill_people
    good: NDArray[np.int64]  # (S, T, Q) slots, −1: disqualified is given
    auc: NDArray[np.int64]  # (S, T, Q)
    back: NDArray[np.int64]  # (S, T, QT) spreads of the weeks until they come back
    limit: NDArray[np.int64]  # (S, T) how often they can
    name: NDArray[np.uint64]  # (6, S, T) streams of the first four rates, of those weeks, and of who a bar turns away


class PeopleTerms(NamedTuple):
    """One trial's numbers, by quarter from the first of the warm-up."""

    staff: NDArray[np.float64]  # (N, week) people, those who ramp up by what they can do
    each: NDArray[np.float64]  # (N, QT)
    patience: NDArray[np.int64]  # (N, QT) weeks
    factor: NDArray[np.float64]  # (N, QT)
    rate: NDArray[np.float64]  # (5, S, T, QT)
    good: NDArray[np.float64]  # (S, T, QT) share of good ones before the bar of a stage, −1: it has none
