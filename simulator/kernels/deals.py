"""Deals: one by one, from birth through slips to the decision, each with luck of its own.

A deal's words come from two streams of its birth week: *deals* (cycle, win uniform, value) and
*slips* (slip or not, delay), at counters made of its number, so that either can be re-drawn while
the other is held, and one deal more or less changes nothing for the rest.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.jit import inner
from simulator.kernels.spreads import draw_lag, draw_lag_from, draw_size
from simulator.kernels.streams import WEEK_ZERO, substream, uniform, word

_SLIP_STRIDE = 1 << 24  # words a deal's slips may use
_DEAL_STRIDE = 4
_CYCLE, _WIN, _VALUE = 0, 1, 2
# rows of the tally after the stages, and of its money
LOSSES, SLIPS, SLIPPED, OPEN = 0, 1, 2, 3
BOOKED, CREATED, SLIPPED_VALUE, OPEN_VALUE = 0, 1, 2, 3


class Rules(NamedTuple):
    """One segment's terms for its deals, by quarter from the first of the warm-up."""

    win: NDArray[np.float64]  # (QT,)
    factor: NDArray[np.float64]  # (QT,)
    slip_limit: NDArray[np.uint64]  # (QT,)
    delay: NDArray[np.int64]  # (QT,) spread
    size: NDArray[np.float64]  # (QT, 3)
    size_kind: NDArray[np.int64]  # (QT, 4)
    limit: int
    start: int  # first week of the horizon, counted from the first of the warm-up
    end: int
    money: bool


@inner
def power(base, exponent):
    """base ** exponent for a small whole exponent, by repeated multiplication."""
    x = 1.0
    for _ in range(exponent):
        x *= base
    return x


@inner
def value_of(rules, born, bits, data, curves):
    """Value of a deal born in week ``born``: the assumptions of that quarter, in currency."""
    q = born // 13
    kind = rules.size_kind[q, 0]
    if kind < 0:
        return 0.0
    value = draw_size(kind, rules.size[q, 0], rules.size[q, 1], rules.size_kind[q, 1], rules.size_kind[q, 2],
                      rules.size_kind[q, 3], data, curves, bits)  # fmt: skip
    return value * rules.size[q, 2]


@inner
def follow(rules, words, guide, data, curves, counts, money, column, born, due, slip_key, number, u, own, pushes,
           settled, value, size_bits):  # fmt: skip
    """Play one deal from its first due week to its decision or the end of the horizon.

    counts (metric, 1 + column), money (metric, 1 + column) : what is tallied; column (week,)
    born : week of birth, −1 before the warm-up; due : its due week; number : its own in its cohort
    own : (QT,) its own win probability by quarter, or empty; pushes : slips before the start
    settled : with a lag of losses, the probability it was decided by at birth; else −1
    value : its value, or −1 to draw it with ``size_bits`` when it is first needed

    Returns (outcome, week, slips): outcome 1 won, −1 lost, 0 still open.
    """
    stages = counts.shape[0] - 4
    first_column = column[born] if born >= 0 else 0
    counts[stages + OPEN, first_column] += 1
    if rules.money and value < 0.0 and (due >= rules.start or born >= rules.start):
        value = value_of(rules, born, size_bits, data, curves)
    if rules.money and born >= rules.start:
        money[CREATED, first_column] += value
    slips = 0
    stay = 1.0
    outcome = 0
    while due < rules.end:
        q = due // 13
        counter = number * _SLIP_STRIDE + 2 * slips
        if word(slip_key, counter) < rules.slip_limit[q]:
            if slips + pushes >= rules.limit:
                outcome = -1
                break
            later = due + draw_lag(words, guide, rules.delay[q], word(slip_key, counter + 1))
            counts[stages + SLIPS, column[due]] += 1
            if rules.money and value < 0.0 and later >= rules.start:
                value = value_of(rules, born, size_bits, data, curves)
            if later >= 13 * (q + 1):
                counts[stages + SLIPPED, column[due]] += 1
                if rules.money:
                    money[SLIPPED_VALUE, column[due]] += value
            stay *= min(1.0, rules.factor[q])
            slips += 1
            due = later
        else:
            if settled >= 0.0:
                p = settled * stay
            elif own.size > 0:
                p = own[q] * power(rules.factor[q], slips)
            else:
                p = rules.win[q] * power(rules.factor[q], slips + pushes)
            outcome = 1 if u < p else -1
            break
    if outcome != 0:
        counts[stages + OPEN, column[due]] -= 1
        counts[stages - 1 if outcome == 1 else stages + LOSSES, column[due]] += 1
    if rules.money and value > 0.0:
        money[OPEN_VALUE, first_column] += value
        if outcome != 0:
            money[OPEN_VALUE, column[due]] -= value
            if outcome == 1:
                money[BOOKED, column[due]] += value
    return outcome, due, slips


@inner
def play_deals(rules, words, guide, data, curves, counts, money, column, births, first_week, wins_lag, loss_lag,
               deals_stream, slips_stream, nothing):  # fmt: skip
    """Play all deals of one segment and trial.

    births : int64 (week,) deals born; wins_lag, loss_lag : (QT,) spreads, −1 for no lag of losses;
    nothing : an empty array. The rest as in :func:`follow`.
    """
    for week in range(first_week, rules.end):
        if births[week] == 0:
            continue
        q = week // 13
        name = week - rules.start + WEEK_ZERO
        deal_key, slip_key = word(deals_stream, name), word(slips_stream, name)
        settled = rules.win[q] if loss_lag[q] >= 0 else -1.0
        for number in range(births[week]):
            base = number * _DEAL_STRIDE
            u = uniform(word(deal_key, base + _WIN))
            spread = loss_lag[q] if loss_lag[q] >= 0 and u >= settled else wins_lag[q]
            due = week + draw_lag(words, guide, spread, word(deal_key, base + _CYCLE))
            follow(rules, words, guide, data, curves, counts, money, column, week, due, slip_key, number, u,
                   nothing, 0, settled, -1.0, word(deal_key, base + _VALUE))  # fmt: skip


@inner
def play_opening_deal(rules, tables, data, curves, counts, money, column, wins_lag, loss_lag, deals_stream,
                      slips_stream, name, due, age, pushes, value, own, warm):  # fmt: skip
    """Play an open deal of the opening position.

    due : week from the start, or −1 to draw it from the cycle given the ``age``; own : (QT,) its own
    win probability by quarter, or empty. Returns (outcome, week from the start, slips, stale): stale
    says that its age is beyond the longest cycle the plan knows.
    """
    deal_key, slip_key = substream(deals_stream, name), substream(slips_stream, name)
    u = uniform(word(deal_key, _WIN))
    settled = -1.0
    if loss_lag[warm] >= 0:
        settled = own[warm] if own.size > 0 else rules.win[warm] * power(rules.factor[warm], pushes)
    stale = 0
    if due < 0:
        spread = loss_lag[warm] if loss_lag[warm] >= 0 and u >= settled else wins_lag[warm]
        due = draw_lag_from(tables.cdf, tables.words, tables.guide, spread, word(deal_key, _CYCLE), age)
        if due < 0:
            due, stale = 0, 1
    outcome, week, slips = follow(
        rules, tables.words, tables.guide, data, curves, counts, money, column, -1, rules.start + due, slip_key, 0,
        u, own, pushes, settled, value, np.uint64(0),
    )  # fmt: skip
    return outcome, week - rules.start, slips, stale
