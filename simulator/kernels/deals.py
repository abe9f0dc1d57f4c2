"""Deals: one by one, from birth through slips to the decision, each with luck of its own.

A deal's words come from two streams of its birth week: *deals* (cycle, win uniform, value) and
*slips* (slip or not, delay), at counters made of its number, so that either can be re-drawn while
the other is held, and one deal more or less changes nothing for the rest.

Deals are played in passes over flat arrays: names, words, due weeks, values, then one loop that
settles them. Passes without branches run several deals at a time; and a compiled loop that calls no
function with arrays pays for no reference counts.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.jit import inner
from simulator.kernels.spreads import draw_lag, draw_lag_from, draw_size
from simulator.kernels.streams import GAMMA, WEEK_ZERO, mix64, substream, uniform, word

_WRAP = 2**64
_SLIP_STRIDE = np.uint64((1 << 24) * int(GAMMA) % _WRAP)  # room for the words of a deal's slips
_DEAL_STRIDE = np.uint64(4 * int(GAMMA) % _WRAP)
_CYCLE, _WIN, _VALUE = 0, 1, 2
_TWO = np.uint64(2)
# rows of the tally after the stages, and of its money
LOSSES, SLIPS, SLIPPED, OPEN = 0, 1, 2, 3
BOOKED, CREATED, SLIPPED_VALUE, OPEN_VALUE = 0, 1, 2, 3


class Cohort(NamedTuple):
    """Deals to settle, one row each. Weeks are counted from the first of the warm-up."""

    born: NDArray[np.int64]  # −1: before the warm-up
    due: NDArray[np.int64]  # first due week, replaced by the week of the decision
    key: NDArray[np.uint64]  # of its own words
    slip_key: NDArray[np.uint64]
    cycle_bits: NDArray[np.uint64]
    slip_bits: NDArray[np.uint64]  # of the first due week
    win: NDArray[np.float64]  # win uniform
    settled: NDArray[np.float64]  # with a lag of losses, the probability decided by at birth; else −1
    value: NDArray[np.float64]  # −1: not needed so far
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
    born, due, key, slip_key = cohort.born, cohort.due, cohort.key, cohort.slip_key
    cycle_bits, slip_bits, u, settled = cohort.cycle_bits, cohort.slip_bits, cohort.win, cohort.settled
    room = born.size
    count = 0
    number = place[1]
    week = place[0]
    while week < births.size:
        here = min(births[week] - number, room - count)
        if here > 0:
            name = week - start + WEEK_ZERO
            first_key = word(deals_stream, name) + np.uint64(number) * _DEAL_STRIDE
            first_slip = word(slips_stream, name) + np.uint64(number) * _SLIP_STRIDE
            for i in range(here):
                born[count + i] = week
                key[count + i] = first_key + np.uint64(i) * _DEAL_STRIDE
                slip_key[count + i] = first_slip + np.uint64(i) * _SLIP_STRIDE
            count += here
            number += here
        if number < births[week]:
            break
        number = 0
        week += 1
    place[0], place[1] = week, number
    for i in range(count):
        cycle_bits[i] = mix64(key[i])
        u[i] = uniform(mix64(key[i] + GAMMA))
        slip_bits[i] = mix64(slip_key[i])
        settled[i] = -1.0
        cohort.value[i] = -1.0
    for i in range(count):
        q = born[i] // 13
        spread = wins_lag[q]
        if loss_lag[q] >= 0:
            settled[i] = win[q]
            if u[i] >= win[q]:
                spread = loss_lag[q]
        due[i] = born[i] + draw_lag(words, guide, spread, cycle_bits[i])
    return count


@inner
def value_deals(cohort, count, start, size, size_kind, data, curves, quantiles):
    """Draw the values of the deals that any metric can need: born or due within the horizon."""
    born, due, value, key = cohort.born, cohort.due, cohort.value, cohort.key
    for i in range(count):
        if due[i] >= start or born[i] >= start:
            q = born[i] // 13
            value[i] = _value(size, size_kind, q, data, curves, quantiles, mix64(key[i] + _TWO * GAMMA))


@inner
def _value(size, size_kind, q, data, curves, quantiles, bits):
    """Value of a deal born in quarter q: that quarter's assumptions and events, in currency."""
    if size_kind[q, 0] < 0:
        return 0.0
    return size[q, 2] * draw_size(
        size_kind[q, 0], size[q, 0], size[q, 1], size_kind[q, 1], size_kind[q, 2], size_kind[q, 3], data, curves,
        quantiles, bits,
    )  # fmt: skip


@inner
def draw_opening_deals(cohort, opening, s, start, warm, cdf, words, guide, wins_lag, loss_lag, win, factor, own,
                       deals_stream, slips_stream, stale):  # fmt: skip
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
            due = draw_lag_from(cdf, words, guide, spread, word(deal_key, _CYCLE),
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
        cohort.slip_bits[i] = mix64(cohort.slip_key[i])
        cohort.pushes[i] = pushes
        i += 1
    return i


@inner
def settle(cohort, count, own, given, win, factor, slip_limit, delay, limit, size, size_kind, start, end, words,
           guide, data, curves, quantiles, counts, money, column, with_money):  # fmt: skip
    """Play deals from their first due week to their decision or the end of the horizon.

    own : (deal, QT) win probabilities of deals that have their own, else −1, if any are ``given``;
    win, factor, slip_limit, delay, size, size_kind : (QT, …) terms of the segment; limit : slips
    survived; counts, money : (metric, 1 + column) tallies, added to; column : (week,).
    """
    stages = counts.shape[0] - 4
    for i in range(count):
        born, due, u, value = cohort.born[i], cohort.due[i], cohort.win[i], cohort.value[i]
        first_column = column[born] if born >= 0 else 0
        pushes = cohort.pushes[i] if given else 0
        slips = 0
        outcome = 0
        stay = 1.0
        bits = cohort.slip_bits[i]
        while due < end:
            q = due // 13
            if bits < slip_limit[q]:
                if slips + pushes >= limit:
                    outcome = -1
                    break
                key = cohort.slip_key[i]
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
                bits = word(key, 2 * slips)
                if with_money and value < 0.0 and due >= start:  # slipped into the horizon
                    value = _value(size, size_kind, born // 13, data, curves, quantiles,
                                   mix64(cohort.key[i] + _TWO * GAMMA))  # fmt: skip
                continue
            p = win[q]
            more = slips + pushes
            if cohort.settled[i] >= 0.0:
                p, more = cohort.settled[i] * stay, 0
            elif given and own[i, q] >= 0.0:
                p, more = own[i, q], slips
            for _ in range(more):
                p *= factor[q]
            outcome = 1 if u < p else -1
            break
        counts[stages + OPEN, first_column] += 1
        if outcome != 0:
            at = column[due]
            counts[stages + OPEN, at] -= 1
            counts[stages - 1 if outcome == 1 else stages + LOSSES, at] += 1
        if with_money and value > 0.0:
            money[OPEN_VALUE, first_column] += value
            if born >= start:
                money[CREATED, first_column] += value
            if outcome != 0:
                at = column[due]
                money[OPEN_VALUE, at] -= value
                if outcome == 1:
                    money[BOOKED, at] += value
        if given:
            cohort.outcome[i], cohort.due[i], cohort.slips[i] = outcome, due, slips
