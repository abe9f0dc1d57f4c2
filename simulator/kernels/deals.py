"""Deals: each with luck of its own, from birth through slips to the decision.

A deal's words come from two streams of its birth week: *deals* (cycle, win uniform, value) and
*slips* (slip or not, delay), at counters made of its number, so that either can be re-drawn while
the other is held, and one deal more or less changes nothing for the rest.

Deals are played in passes over flat arrays: names, words, due weeks, values; then in rounds: every
deal that comes due is lost, won or slips, without a branch (the tally has a cell for each), and
those that slipped go into the next round. Passes without branches run several deals at a time, and
no processor has to guess what luck brings. Open deals of the plan are few, and each may have a
chance of its own: :mod:`simulator.kernels.open_deals` plays them one by one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.jit import hot, inner
from simulator.kernels.lognormal import CENTRE, WIDEST, lognormal_centre
from simulator.kernels.money import in_grains
from simulator.kernels.plan import LOGNORMAL_P90, LOGNORMAL_SPREAD
from simulator.kernels.spreads import draw_lag, draw_size
from simulator.kernels.streams import GAMMA, WEEK_ZERO, mix64, uniform, word

_WRAP = 2**64
_SLIP_STRIDE = np.uint64((1 << 24) * int(GAMMA) % _WRAP)  # room for the words of a deal's slips
_DEAL_STRIDE = np.uint64(4 * int(GAMMA) % _WRAP)
CYCLE, WIN, VALUE = 0, 1, 2  # counters of a deal's own words
_TWO, _EIGHT = np.uint64(2), np.uint64(8)
# rows of a book; a deal that comes due goes into one of the first three
LOST, WON, SLIPPED, PUSHED_OUT, BORN = 0, 1, 2, 3, 4
STRANDS = 4


class Cohort(NamedTuple):
    """Deals born in a segment and trial, one row each. Weeks are counted from the first of the warm-up."""

    born: NDArray[np.int64]
    due: NDArray[np.int64]  # the next due week; the horizon's length for all that is later
    key: NDArray[np.uint64]  # of its own words
    slip_key: NDArray[np.uint64]
    bits: NDArray[np.uint64]  # words drawn last
    win: NDArray[np.float64]  # win uniform
    chance: NDArray[np.float64]  # with a lag of losses: the probability that it wins when next due
    value: NDArray[np.float64]
    live: NDArray[np.int64]  # rows that are not decided
    far: NDArray[np.float64]  # scratch
    first: NDArray[np.int64]  # (QT + 1,) first row of a deal born in each quarter


class Weeks(NamedTuple):
    """A segment's terms by week from the first of the warm-up; one more entry for all that is later."""

    win: NDArray[np.float64]  # win rate of a deal after as many slips as there were rounds
    factor: NDArray[np.float64]
    slip: NDArray[np.uint64]  # threshold of the slip probability
    column: NDArray[np.int64]  # of the book: 0 before the start, the last after the end
    turn: NDArray[np.int64]  # first week of the next quarter
    delay: NDArray[np.int64]  # spread


class Book(NamedTuple):
    """What becomes of a segment's deals, by strand, row (see LOST …) and column.

    Deals are added in strands, so that neighbours do not wait for each other's sums.
    """

    tally: NDArray[np.int64]
    value: NDArray[np.float64]


@inner
def set_weeks(win, factor, slip_limit, delay, weeks):
    """Lay out a segment's win rate, factor of a slip, slip threshold and delay, (QT,) each, by week."""
    for q in range(win.size):
        for w in range(13 * q, 13 * q + 13):
            weeks.win[w], weeks.factor[w], weeks.slip[w], weeks.delay[w] = win[q], factor[q], slip_limit[q], delay[q]


@hot
def draw_deals(cohort, births, place, start, end, words, guide, wins_lag, loss_lag, win, deals_stream, slips_stream):
    """Fill the cohort with deals born in a segment and trial, as many as it holds; returns how many.

    births : int64 (week,); place : int64 (2,) week and number to go on from, moved along;
    words, guide : lag tables; wins_lag, loss_lag, win : (QT,) spreads (−1: no lag of losses) and win
    rate of the quarter of birth. Deals are named by eights: what is named too much, the next week
    overwrites.
    """
    born, due, key, slip_key, bits, u = cohort.born, cohort.due, cohort.key, cohort.slip_key, cohort.bits, cohort.win
    room = born.size - 8
    quarter_row = cohort.first
    count = 0
    number = place[1]
    week = place[0]
    quarter = week // 13
    for q in range(quarter + 1):
        quarter_row[q] = 0
    while week < end:
        if week == 13 * quarter + 13:
            quarter += 1
            quarter_row[quarter] = count
        here = min(births[week] - number, room - count)
        if here > 0:
            name = week - start + WEEK_ZERO
            first_key = word(deals_stream, name) + np.uint64(number) * _DEAL_STRIDE
            first_slip = word(slips_stream, name) + np.uint64(number) * _SLIP_STRIDE
            for eight in range((here + 7) >> 3):
                at = count + (eight << 3)
                weeks, keys, slip_keys = born[at : at + 8], key[at : at + 8], slip_key[at : at + 8]
                for i in range(8):
                    weeks[i] = week
                    keys[i] = first_key + np.uint64(i) * _DEAL_STRIDE
                    slip_keys[i] = first_slip + np.uint64(i) * _SLIP_STRIDE
                first_key += _EIGHT * _DEAL_STRIDE
                first_slip += _EIGHT * _SLIP_STRIDE
            count += here
            number += here
        if number < births[week]:
            break
        number = 0
        week += 1
    place[0], place[1] = week, number
    for q in range(quarter + 1, quarter_row.size):
        quarter_row[q] = count
    for i in range(count):
        bits[i] = mix64(key[i])
        u[i] = uniform(mix64(key[i] + GAMMA))
    for q in range(win.size):
        first, last = quarter_row[q], quarter_row[q + 1]
        lag_if_won, lag_if_lost, p = wins_lag[q], loss_lag[q], win[q]
        if lag_if_lost < 0:
            for i in range(first, last):
                due[i] = min(born[i] + draw_lag(words, guide, lag_if_won, bits[i]), end)
        else:
            for i in range(first, last):
                lag = lag_if_won if u[i] < p else lag_if_lost
                cohort.chance[i] = p
                due[i] = min(born[i] + draw_lag(words, guide, lag, bits[i]), end)
    return count


@hot
def value_deals(cohort, count, size, size_kind, data, curves):
    """Draw what each deal is worth, by the assumptions and events of its quarter of birth."""
    key, value, tail, far = cohort.key, cohort.value, cohort.live, cohort.far
    for i in range(count):
        value[i] = uniform(mix64(key[i] + _TWO * GAMMA))
    for q in range(size_kind.shape[0]):
        first, last = cohort.first[q], cohort.first[q + 1]
        kind, start, entries, curve = size_kind[q, 0], size_kind[q, 1], size_kind[q, 2], size_kind[q, 3]
        a, b, times = size[q, 0], size[q, 1], size[q, 2]
        if kind < 0:
            for i in range(first, last):
                value[i] = 0.0
        elif kind in (LOGNORMAL_SPREAD, LOGNORMAL_P90) and b <= WIDEST:
            tails = 0
            for i in range(first, last):
                tail[tails] = i
                tails += 1 if abs(value[i] - 0.5) > CENTRE else 0
            for j in range(tails):
                far[j] = value[tail[j]]
            lognormal_centre(value[first:last], a, b, times)
            for j in range(tails):
                value[tail[j]] = in_grains(times * draw_size(kind, a, b, start, entries, curve, data, curves, far[j]))
        else:
            for i in range(first, last):
                value[i] = in_grains(times * draw_size(kind, a, b, start, entries, curve, data, curves, value[i]))


@hot
def settle_deals(cohort, count, weeks, limit, early_losses, end, words, guide, book):
    """Play deals from their first due week to their decision or the end of the horizon.

    limit : slips survived; early_losses : whether losses have a lag of their own, so that who wins
    was settled at birth. ``weeks.win`` is used up.
    """
    born, due, u, value, live, bits = cohort.born, cohort.due, cohort.win, cohort.value, cohort.live, cohort.bits
    chance, slip_key = cohort.chance, cohort.slip_key
    win, factor, slip, column, turn = weeks.win, weeks.factor, weeks.slip, weeks.column, weeks.turn
    counts, values = book.tally, book.value
    for i in range(count):
        bits[i] = mix64(slip_key[i])
        live[i] = i
    for i in range(count):
        values[np.uint64(i & 3), BORN, np.uint64(column[np.uint64(born[i])])] += value[i]
    left = count
    for slips in range(limit + 1):
        on = 1 if slips < limit else 0  # the slip after the last that is survived is a loss
        again = 0
        for j in range(left):
            i = np.uint64(live[j])
            w = np.uint64(due[i])
            p = chance[i] if early_losses else win[w]
            slipped = 1 if bits[j] < slip[w] else 0
            won = 1 if u[i] < p else 0
            row = np.uint64(2 * slipped * on + won * (1 - slipped))
            strand, at = np.uint64(j & 3), np.uint64(column[w])
            counts[strand, row, at] += 1
            values[strand, row, at] += value[i]
            live[again] = live[j]
            again += slipped * on
        left = again
        if left == 0:
            break
        first, second = np.uint64(2 * slips + 1) * GAMMA, np.uint64(2 * slips + 2) * GAMMA
        for j in range(left):
            i = np.uint64(live[j])
            w = np.uint64(due[i])
            later = due[i] + draw_lag(words, guide, weeks.delay[w], mix64(slip_key[i] + first))
            bits[j] = mix64(slip_key[i] + second)
            out = 1 if later >= turn[w] else 0
            strand, at = np.uint64(j & 3), np.uint64(column[w])
            counts[strand, PUSHED_OUT, at] += out
            values[strand, PUSHED_OUT, at] += out * value[i]
            chance[i] *= min(1.0, factor[w])
            due[i] = min(later, end)
        for w in range(end):
            win[w] *= factor[w]
