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

from simulator.kernels.book import CELLS, LOST, PUSHED_OUT, SLIPPED, WON, add_born, fold
from simulator.kernels.jit import inner, part
from simulator.kernels.lanes import LANES, mix_rows, put_row
from simulator.kernels.lognormal import CENTRE, WIDEST, lognormal_centre
from simulator.kernels.money import in_grains
from simulator.kernels.plan import LOGNORMAL_P90, LOGNORMAL_SPREAD
from simulator.kernels.spreads import draw_lag, draw_size
from simulator.kernels.streams import GAMMA, name_weeks, uniform

_WRAP = 2**64
_SLIP_STRIDE = np.uint64((1 << 24) * int(GAMMA) % _WRAP)  # room for the words of a deal's slips
_DEAL_STRIDE = np.uint64(4 * int(GAMMA) % _WRAP)
CYCLE, WIN, VALUE = 0, 1, 2  # counters of a deal's own words
_ZERO, _ONE, _TWO, _EIGHT = np.uint64(0), np.uint64(1), np.uint64(2), np.uint64(8)


class Cohort(NamedTuple):
    """Deals born in a segment and trial, one row each. Weeks are counted from the first of the warm-up."""

    born: NDArray[np.int64]
    due: NDArray[np.int64]  # the next due week; the horizon's length for all that is later
    key: NDArray[np.uint64]  # of its own words
    slip_key: NDArray[np.uint64]
    slipped: NDArray[np.uint64]  # of those that slipped, the streams of their slips
    lag: NDArray[np.uint64]  # words of lags and delays drawn last
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
    cell: NDArray[np.int64]  # first of the column's cells
    turn: NDArray[np.int64]  # first week of the next quarter
    delay: NDArray[np.int64]  # spread


@inner
def set_weeks(win, factor, slip_limit, delay, weeks):
    """Lay out a segment's win rate, factor of a slip, slip threshold and delay, (QT,) each, by week."""
    for q in range(win.size):
        for w in range(13 * q, 13 * q + 13):
            weeks.win[w], weeks.factor[w], weeks.slip[w], weeks.delay[w] = win[q], factor[q], slip_limit[q], delay[q]


@part
def draw_deals(cohort, births, place, start, end, words, guide, wins_lag, loss_lag, win, deals_stream, slips_stream,
               names):  # fmt: skip
    """Fill the cohort with deals born in a segment and trial, as many as it holds; returns how many.

    births : int64 (week,); place : int64 (2,) week and number to go on from, moved along;
    words, guide : lag tables; wins_lag, loss_lag, win : (QT,) spreads (−1: no lag of losses) and win
    rate of the quarter of birth; names : uint64 (2, week or more) scratch. Deals are named by eights: what is named
    too much, the next week overwrites.
    """
    born, due, key, slip_key, bits, u = cohort.born, cohort.due, cohort.key, cohort.slip_key, cohort.bits, cohort.win
    name_weeks(deals_stream, start, names[0])
    name_weeks(slips_stream, start, names[1])
    room = born.size - LANES
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
            first_key = names[0, week] + np.uint64(number) * _DEAL_STRIDE
            first_slip = names[1, week] + np.uint64(number) * _SLIP_STRIDE
            for at in range(count, count + here, LANES):
                put_row(born, at, week, 0)
                put_row(key, at, first_key, _DEAL_STRIDE)
                put_row(slip_key, at, first_slip, _SLIP_STRIDE)
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
    mix_rows(key, _ZERO, count, cohort.lag)
    mix_rows(key, GAMMA, count, bits)
    for i in range(count):
        u[i] = uniform(bits[i])
    bits = cohort.lag
    for q in range(win.size):
        first, last = quarter_row[q], quarter_row[q + 1]
        lag_if_won, lag_if_lost, p = wins_lag[q], loss_lag[q], win[q]
        its_born, its_due, its_bits = born[first:last], due[first:last], bits[first:last]
        if lag_if_lost < 0:
            for i in range(its_due.size):
                its_due[i] = min(its_born[i] + draw_lag(words, guide, lag_if_won, its_bits[i]), end)
        else:
            its_u, its_chance = u[first:last], cohort.chance[first:last]
            for i in range(its_due.size):
                lag = lag_if_won if its_u[i] < p else lag_if_lost
                its_chance[i] = p
                its_due[i] = min(its_born[i] + draw_lag(words, guide, lag, its_bits[i]), end)
    return count


@inner
def _same(one, other):
    alike = True
    for i in range(one.size):
        alike = alike and one[i] == other[i]
    return alike


@part
def value_deals(cohort, count, size, size_kind, data, curves):
    """Draw what each deal is worth, by the assumptions and events of its quarter of birth."""
    value, tail, far = cohort.value, cohort.live, cohort.far
    mix_rows(cohort.key, _TWO * GAMMA, count, cohort.bits)
    for i in range(count):
        value[i] = uniform(cohort.bits[i])
    q = 0
    while q < size_kind.shape[0]:
        first = cohort.first[q]
        kind, start, entries, curve = size_kind[q, 0], size_kind[q, 1], size_kind[q, 2], size_kind[q, 3]
        a, b, times = size[q, 0], size[q, 1], size[q, 2]
        q += 1
        while q < size_kind.shape[0] and _same(size_kind[q], size_kind[q - 1]) and _same(size[q], size[q - 1]):
            q += 1
        last = cohort.first[q]
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


@inner
def come_due(everybody, left, live, due, bits, slip, odds, by_deal, u, value, cell, strand, if_slipped, cells):
    """Enter the deals that come due, and list in ``live`` those that slip on; returns how many these are.

    everybody : whether the list is not made yet, since it is that of all deals; odds : probability of a win by week, or
    by deal; cell : first cell of each week's column; if_slipped : the cell of a column for those that slip.
    """
    on = 1 if if_slipped == 2 * SLIPPED else 0
    again = 0
    for j in range(left):
        i = np.uint64(j) if everybody else np.uint64(live[j])
        w = np.uint64(due[i])
        slipped = bits[j] < slip[w]
        if_not = 2 * WON if u[i] < odds[i if by_deal else w] else 2 * LOST
        worth = value[i]
        at = np.uint64(cell[w] + (j & 3) * strand + (if_slipped if slipped else if_not))
        cells[at] += 1.0
        cells[at + _ONE] += worth
        live[again] = np.int64(i)
        again += on if slipped else 0
    return again


@part
def settle_deals(cohort, count, weeks, limit, early_losses, end, words, guide, book):
    """Play deals from their first due week to their decision or the end of the horizon.

    limit : slips survived; early_losses : whether losses have a lag of their own, so that who wins
    was settled at birth. ``weeks.win`` is used up.
    """
    born, due, u, value, live, bits = cohort.born, cohort.due, cohort.win, cohort.value, cohort.live, cohort.bits
    chance, slip_key = cohort.chance, cohort.slip_key
    win, factor, slip, cell, turn = weeks.win, weeks.factor, weeks.slip, weeks.cell, weeks.turn
    cells, strand = book.cells, CELLS * book.tally.shape[1]
    mix_rows(slip_key, _ZERO, count, bits)
    add_born(value, cohort.first, born, weeks.column, book.value)
    left = count
    odds = chance if early_losses else win
    for slips in range(limit + 1):
        if_slipped = 2 * SLIPPED if slips < limit else 2 * LOST  # the slip after the last that is survived is a loss
        if slips == 0:  # a call of its own, so that who is in the list needs no looking up
            left = come_due(True, count, live, due, bits, slip, odds, early_losses, u, value, cell, strand, if_slipped,
                            cells)  # fmt: skip
        else:
            left = come_due(False, left, live, due, bits, slip, odds, early_losses, u, value, cell, strand, if_slipped,
                            cells)  # fmt: skip
        if left == 0:
            break
        for j in range(left):
            cohort.slipped[j] = slip_key[np.uint64(live[j])]
        mix_rows(cohort.slipped, np.uint64(2 * slips + 1) * GAMMA, left, cohort.lag)
        mix_rows(cohort.slipped, np.uint64(2 * slips + 2) * GAMMA, left, bits)
        for j in range(left):
            i = np.uint64(live[j])
            w = np.uint64(due[i])
            later = due[i] + draw_lag(words, guide, weeks.delay[w], cohort.lag[j])
            out = 1 if later >= turn[w] else 0
            worth = out * value[i]
            at = np.uint64(cell[w] + (j & 3) * strand + 2 * PUSHED_OUT)
            cells[at] += out
            cells[at + _ONE] += worth
            chance[i] *= min(1.0, factor[w])
            due[i] = min(later, end)
        for w in range(end):
            win[w] *= factor[w]
    fold(book)
