"""A plan as the kernels see it: flat arrays and indices, nothing human.

Dimensions: S segments, T stages (the last is the win, the one before it the birth of a deal),
Q quarters, W warm-up quarters, QT = W + Q. A *slot* is a number of the plan, certain or drawn; a
*leaf* is an uncertain one. Arrays of ints without comment hold slots.

The parts are small on purpose: a compiled function that takes a tuple is handed every array in it,
one by one, at every call.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Words = NDArray[np.uint64]
Flags = NDArray[np.bool_]

# kinds of uncertain numbers: a function of a standard normal each
NORMAL, LOGNORMAL, LOGIT_NORMAL, METALOG_REAL, METALOG_POSITIVE, METALOG_SHARE, BETA, VALUES = range(8)
# kinds of spreads
FIXED, GAMMA, LOGNORMAL_SPREAD, LOGNORMAL_P90, WEIBULL, EXPONENTIAL, GEOMETRIC, TABLE, SAMPLE = range(9)
# groups of streams that can be re-drawn while the others are held
ASSUMPTIONS, MARKET, DEMAND, DEALS, SLIPS, CUSTOMERS = range(6)


class Shape(NamedTuple):
    """Dimensions and switches."""

    segments: int
    stages: int
    quarters: int
    warm: int
    weeks_kept: int  # length of lag tables
    money: bool
    static: bool  # no uncertain number, no market: one set of terms for all trials
    play_warm_up: bool
    given_deals: bool  # opening deals replace those born in the warm-up
    given_leads: bool
    at_median: bool  # hold every assumption at its median
    market_off: bool
    slips_off: bool


class Numbers(NamedTuple):
    """Slots and leaves."""

    slot_value: Floats
    leaf_slot: Ints  # slot that a leaf fills
    kind: Ints
    normal: Ints  # which normal drives it
    p: Floats  # (leaf, 3) parameters of its kind
    times: Floats
    share: Flags  # capped at 1 after ``times``
    start: Ints  # into data, for VALUES
    size: Ints
    curve: Ints
    normal_name: Words
    tied: Ints  # normals that are correlated, in order
    tied_factor: Floats  # (tied, tied) lower Cholesky factor
    curves: Floats  # (curve, node) transformed quantiles over a grid of normal scores
    data: Floats


class Spreads(NamedTuple):
    """Lags, delays and deal sizes."""

    kind: Ints
    a: Ints  # slots: value, mean or median
    b: Ints  # slots: cv or p90
    times: Floats
    at_least_one: Flags  # a delay: max(1, K)
    weeks: Flags  # a lag or delay; else money
    varies: Flags  # its parameters differ between trials
    start: Ints  # into data, for TABLE and SAMPLE
    size: Ints
    curve: Ints  # row of curves (money, gamma) or integrals (weeks) where the shape is certain, else −1
    data: Floats
    curves: Floats
    integrals: Floats  # (row, node) of lags of mean 1


class Market(NamedTuple):
    """What all segments share."""

    rate_sd: float
    rate_common: float
    persistence: float
    volume_sd: float
    volume_common: float
    concentration: float  # of slips; 0: none
    slips: Floats  # (mean, score) table of that concentration's slip probabilities, (0, 0) without
    level_name: np.uint64
    volume_name: np.uint64
    slip_name: np.uint64
    stage_name: Words  # (T,) of each stage's own shock
    event_name: Words
    event_probability: Floats
    event_quarters: Ints
    event_slip: Ints  # (E,) slots
    event_volume: Ints
    event_size: Ints
    event_rate: Ints  # (E, T) slots


class Segments(NamedTuple):
    """Each segment's numbers by quarter, as slots and spreads."""

    entry: Ints  # (S,) index of the entry stage
    limit: Ints  # (S,) slips survived
    profile: Floats  # (S, 13) shares of the quarter's volume
    volume: Ints  # (S, Q) slots
    growth: Ints  # (S, Q) slots
    dispersion: Ints  # (S, Q) slots
    rate: Ints  # (S, T, Q) slots
    slip: Ints  # (S, Q) slots
    factor: Ints  # (S, Q) slots
    size: Ints  # (S, Q) spreads, −1 without deal sizes
    lag: Ints  # (S, T, QT) spreads
    loss_lag: Ints  # (S, QT) spreads, −1 where losses share the lag of wins
    delay: Ints  # (S, QT) spreads
    response: Ints  # (S, 5, Q) what spending brings, see response.py; (0, 5, 0) where none does


class Streams(NamedTuple):
    """Names of the streams."""

    arrivals: Words  # (S,)
    conversion: Words  # (S, T)
    lag: Words  # (S, T)
    deals: Words  # (S,)
    slips: Words  # (S,)


class Opening(NamedTuple):
    """Open deals and leads in flight at the start."""

    deal_name: Words  # (D,)
    deal_segment: Ints
    deal_value: Floats
    deal_due: Ints  # week, or −1: drawn from the cycle
    deal_age: Ints  # weeks
    deal_p: Ints  # slot of its own win probability, or −1
    deal_pushes: Ints
    lead_segment: Ints
    lead_stage: Ints
    lead_age: Ints
    lead_quarter: Ints  # index into QT
    lead_count: Ints


class Plan(NamedTuple):
    """Everything a kernel needs besides trial numbers and keys."""

    shape: Shape
    numbers: Numbers
    spreads: Spreads
    market: Market
    segments: Segments
    streams: Streams
    opening: Opening
