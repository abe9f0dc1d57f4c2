"""Deals: one by one, from birth through slips to the decision, each with luck of its own.

A deal's words come from two streams of its birth week: *deals* (cycle, win uniform, value) and
*slips* (slip or not, delay), at counters made of its number, so that either can be re-drawn while
the other is held, and one deal more or less changes nothing for the rest.

First all deals of a segment and trial are drawn into a :class:`Cohort`, then all are settled in one
loop: a compiled loop that calls no function with arrays pays for no reference counts.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.jit import inner
from simulator.kernels.spreads import draw_lag, draw_lag_from, draw_size
from simulator.kernels.streams import GAMMA, WEEK_ZERO, substream, uniform, word

_SLIP_STRIDE = 1 << 24  # words a deal's slips may use
_DEAL_STRIDE = 4
_CYCLE, _WIN, _VALUE = 0, 1, 2
# rows of the tally after the stages, and of its money
LOSSES, SLIPS, SLIPPED, OPEN = 0, 1, 2, 3
BOOKED, CREATED, SLIPPED_VALUE, OPEN_VALUE = 0, 1, 2, 3


class Cohort(NamedTuple):
    """Deals to settle, one row each. Weeks are counted from the first of the warm-up."""

    born: NDArray[np.int64]  # −1: before the warm-up
    due: NDArray[np.int64]  # first due week, replaced by the week of the decision
    win: NDArray[np.float64]  # win uniform
    settled: NDArray[np.float64]  # with a lag of losses, the probability decided by at birth; else −1
    value: NDArray[np.float64]  # −1: to be drawn with value_bits when it is first needed
    value_bits: NDArray[np.uint64]
    slip_key: NDArray[np.uint64]
    pushes: NDArray[np.int64]  # slips before the start
    outcome: NDArray[np.int64]  # filled: 1 won, −1 lost, 0 still open
    slips: NDArray[np.int64]  # filled


@inner
def draw_deals(cohort, births, place, start, words, guide, wins_lag, loss_lag, win, deals_stream, slips_stream):
    """Fill the cohort with deals born in a segment and trial, as many as it holds; returns how many.

    births : int64 (week,); place : int64 (2,) week and number to go on from, moved along;
    words, guide : lag tables; wins_lag, loss_lag, win : (QT,) spreads (−1: no lag of losses) and win
    rate of the quarter of birth.
    """
    i = 0
    number = place[1]
    for week in range(place[0], births.size):
        q = week // 13
        name = week - start + WEEK_ZERO
        deal_key, slip_key = word(deals_stream, name), word(slips_stream, name)
        spread = wins_lag[q]
        early = loss_lag[q] >= 0
        settled = win[q] if early else -1.0
        while number < births[week]:
            if i == cohort.born.size:
                place[0], place[1] = week, number
                return i
            base = number * _DEAL_STRIDE
            u = uniform(word(deal_key, base + _WIN))
            if early:
                spread = wins_lag[q] if u < settled else loss_lag[q]
            cohort.born[i] = week
            cohort.due[i] = week + draw_lag(words, guide, spread, word(deal_key, base + _CYCLE))
            cohort.win[i] = u
            cohort.settled[i] = settled
            cohort.value[i] = -1.0
            cohort.value_bits[i] = word(deal_key, base + _VALUE)
            cohort.slip_key[i] = slip_key + np.uint64(number * _SLIP_STRIDE) * GAMMA
            i += 1
            number += 1
        number = 0
    place[0], place[1] = births.size, 0
    return i


@inner
def draw_opening_deals(cohort, opening, s, start, warm, tables, wins_lag, loss_lag, win, factor, own, deals_stream,
                       slips_stream, stale):  # fmt: skip
    """Fill the cohort with the open deals of segment s; returns how many.

    own : (D, QT) win probabilities of the deals that have their own, else −1; stale (D,) : counts
    the trials in which a deal's age is beyond the longest cycle the plan knows.
    """
    i = 0
    for d in range(opening.deal_segment.size):
        if opening.deal_segment[d] != s:
            continue
        deal_key = substream(deals_stream, opening.deal_name[d])
        pushes = opening.deal_pushes[d]
        u = uniform(word(deal_key, _WIN))
        spread = wins_lag[warm]
        settled = -1.0
        if loss_lag[warm] >= 0:
            settled = own[d, warm]
            if settled < 0.0:
                settled = win[warm]
                for _ in range(pushes):
                    settled *= factor[warm]
            if u >= settled:
                spread = loss_lag[warm]
        due = opening.deal_due[d]
        if due < 0:
            due = draw_lag_from(tables.cdf, tables.words, tables.guide, spread, word(deal_key, _CYCLE),
                                opening.deal_age[d])  # fmt: skip
            if due < 0:
                due = 0
                stale[d] += 1
        cohort.born[i] = -1
        cohort.due[i] = start + due
        cohort.win[i] = u
        cohort.settled[i] = settled
        cohort.value[i] = opening.deal_value[d]
        cohort.slip_key[i] = substream(slips_stream, opening.deal_name[d])
        cohort.pushes[i] = pushes
        i += 1
    return i


@inner
def settle(cohort, count, own, given, win, factor, slip_limit, delay, limit, size, size_kind, start, end, words,
           guide, data, curves, counts, money, column, with_money):  # fmt: skip
    """Play deals from their first due week to their decision or the end of the horizon.

    own : (deal, QT) win probabilities of deals that have their own, else −1, if any are ``given``;
    win, factor, slip_limit, delay, size, size_kind : (QT, …) terms of the segment; limit : slips
    survived; counts, money : (metric, 1 + column) tallies, added to; column : (week,).
    """
    stages = counts.shape[0] - 4
    for i in range(count):
        born, due, u = cohort.born[i], cohort.due[i], cohort.win[i]
        settled, value, key = cohort.settled[i], cohort.value[i], cohort.slip_key[i]
        pushes = cohort.pushes[i] if given else 0
        first_column = column[born] if born >= 0 else 0
        birth = max(born, 0) // 13
        needed = with_money and (due >= start or born >= start)
        slips = 0
        stay = 1.0
        outcome = 0
        while True:
            if needed and value < 0.0:
                value = 0.0
                if size_kind[birth, 0] >= 0:
                    value = size[birth, 2] * draw_size(
                        size_kind[birth, 0], size[birth, 0], size[birth, 1], size_kind[birth, 1], size_kind[birth, 2],
                        size_kind[birth, 3], data, curves, cohort.value_bits[i],
                    )  # fmt: skip
            if due >= end:
                break
            q = due // 13
            if word(key, 2 * slips) < slip_limit[q]:
                if slips + pushes >= limit:
                    outcome = -1
                    break
                later = due + draw_lag(words, guide, delay[q], word(key, 2 * slips + 1))
                at = column[due]
                counts[stages + SLIPS, at] += 1
                if later >= 13 * (q + 1):
                    counts[stages + SLIPPED, at] += 1
                    if at > 0 and with_money:
                        money[SLIPPED_VALUE, at] += value
                stay *= min(1.0, factor[q])
                slips += 1
                due = later
                needed = with_money and due >= start
                continue
            p = win[q]
            more = slips + pushes
            if settled >= 0.0:
                p, more = settled * stay, 0
            elif given and own[i, q] >= 0.0:
                p, more = own[i, q], slips
            for _ in range(more):
                p *= factor[q]
            outcome = 1 if u < p else -1
            break
        counts[stages + OPEN, first_column] += 1
        if with_money and value > 0.0:
            money[OPEN_VALUE, first_column] += value
            if born >= start:
                money[CREATED, first_column] += value
        if outcome != 0:
            at = column[due]
            counts[stages + OPEN, at] -= 1
            counts[stages - 1 if outcome == 1 else stages + LOSSES, at] += 1
            if with_money and value > 0.0:
                money[OPEN_VALUE, at] -= value
                if outcome == 1:
                    money[BOOKED, at] += value
        if given:
            cohort.outcome[i], cohort.due[i], cohort.slips[i] = outcome, due, slips
