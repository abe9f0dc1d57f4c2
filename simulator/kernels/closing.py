"""Deals that close in more detail: bunched due dates, pull-ins, what pushes and size change; and who is won.

Plays a cohort like :mod:`simulator.kernels.deals`, round by round and in the same order, so that a
plan whose details change nothing comes out the same to the last cent. Only plans that need it come
here; for all others none of this is compiled.

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

from simulator.kernels.book import BORN, LOST, PUSHED_OUT, SLIPPED, WON
from simulator.kernels.deals import CYCLE, WIN
from simulator.kernels.jit import inner
from simulator.kernels.market import shocked_rate
from simulator.kernels.money import in_grains
from simulator.kernels.plan import Flags, Floats, Ints
from simulator.kernels.spreads import draw_lag, draw_lag_from
from simulator.kernels.streams import GAMMA, WEEK_ZERO, mix64, substream, threshold, uniform, word
from simulator.kernels.wins import note_win

_TWO64 = 18446744073709551616.0
_INVERSE = np.uint64(pow(int(GAMMA), -1, 2**64))
_TWO = np.uint64(2)
# counters: of a deal's own words, where its due date lies in its week; of its slips' words, the same
# after each slip, and whether and by how much it is pulled in
_PLACE, _PLACES, _PULLED, _PULL = 3, 1 << 20, 1 << 21, (1 << 21) + 1


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
        due = max(week, bunch(closing.linear[s], due, uniform(word(key, _PLACE))))
    if closing.pulls[s] and lag < words.shape[1] - 1:
        return pull_in(closing, s, v, warm, words, guide, slip_key, week, due, end)
    return due, 1.0


@inner
def settle_closely(cohort, count, closing, details, wins, trial, s, v, rate, weeks, wins_lag, loss_lag, limit, delay,
                   start, warm, end, with_money, words, guide, deals_stream, book):  # fmt: skip
    """Play deals from birth to their decision or the end of the horizon, as settle_deals does, in detail.

    rate, wins_lag, loss_lag, delay : (QT,); v : (slot,) values of the plan's numbers. ``weeks.win`` is used up.
    """
    born, due, u, value, live, bits = cohort.born, cohort.due, cohort.win, cohort.value, cohort.live, cohort.bits
    chance, key, slip_key = cohort.chance, cohort.key, cohort.slip_key
    win, factor, slip, column, turn = weeks.win, weeks.factor, weeks.slip, weeks.column, weeks.turn
    counts, values = book.tally, book.value
    linear, rows = closing.linear[s], closing.pushes[s]
    bunched, follow = closing.bunched[s], wins.trial.size > 0
    early_losses = loss_lag[0] >= 0
    for i in range(count):
        q = born[i] // 13
        size = value[i] if with_money else 0.0
        details.slip[i] = by_size(closing.above[s], closing.above_slip[s], size, v)
        details.win[i] = by_size(closing.above[s], closing.above_win[s], size, v)
        spread = wins_lag[q]
        if early_losses:
            chance[i] = rate[q] * details.win[i] * by_pushes(rows, closing.pushes_win[s], 0, v)
            if u[i] >= chance[i]:
                spread = loss_lag[q]
        week, details.worth[i] = first_due(closing, s, born[i], spread, key[i], slip_key[i], warm, end, v, words, guide)
        due[i] = min(week, end)
    for i in range(count):
        bits[i] = mix64(slip_key[i])
        live[i] = i
    for i in range(count):
        values[BORN, column[born[i]]] += value[i]
    left = count
    for slips in range(limit + 1):
        on = 1 if slips < limit else 0
        more_slips, more_wins = (by_pushes(rows, closing.pushes_slip[s], slips, v),
                                 by_pushes(rows, closing.pushes_win[s], slips, v))  # fmt: skip
        change = ratio(by_pushes(rows, closing.pushes_win[s], slips + 1, v), more_wins)
        again = 0
        for j in range(left):
            i = live[j]
            w = due[i]
            p = chance[i] if early_losses else win[w] * more_wins * details.win[i]
            slipped = 1 if bits[j] < slip_word(slip[w], more_slips * details.slip[i]) else 0
            won = 1 if u[i] < p else 0
            row = 2 * slipped * on + won * (1 - slipped)
            counts[row, column[w]] += 1
            if row == WON:
                worth = in_grains(value[i] * details.worth[i])
                values[WON, column[w]] += worth
                if worth != value[i]:  # what is given away is no open pipeline any more
                    values[LOST, column[w]] += value[i] - worth
                if follow and start <= w < end:
                    name = born[i] - start + WEEK_ZERO
                    number = ((key[i] - word(deals_stream, name)) * _INVERSE) >> _TWO
                    note_win(wins, trial, s, w - start, name, np.int64(number), worth if with_money else 0.0)
            else:
                values[row, column[w]] += value[i]
            live[again] = i
            again += slipped * on
        left = again
        if left == 0:
            break
        first, second = np.uint64(2 * slips + 1) * GAMMA, np.uint64(2 * slips + 2) * GAMMA
        for j in range(left):
            i = live[j]
            w = due[i]
            later = w + draw_lag(words, guide, delay[w // 13], mix64(slip_key[i] + first))
            if bunched:
                later = max(w + 1, bunch(linear, later, uniform(word(slip_key[i], _PLACES + slips))))
            bits[j] = mix64(slip_key[i] + second)
            out = 1 if later >= turn[w] else 0
            counts[PUSHED_OUT, column[w]] += out
            values[PUSHED_OUT, column[w]] += out * value[i]
            chance[i] *= min(1.0, factor[w] * change)
            due[i] = min(later, end)
            details.worth[i] = 1.0
        for w in range(end):
            win[w] *= factor[w]


@inner
def decide_closely(closing, s, v, due, end, worth, u, value, pushes, counted, settled, early, slot, boost, mine,
                   of_size, slip_key, win, factor, slip_limit, delay, limit, shift, times, words, guide, column, counts,
                   slipped_row, out_row, values, out_value):  # fmt: skip
    """Play one deal from its first due week; returns (outcome, week of it, slips, factor on its value).

    Its slips are counted in rows ``slipped_row`` and ``out_row`` of counts, and in ``out_value`` of values.

    Parameters
    ----------
    worth : what its value is multiplied by when it is won on its first due week
    pushes : slips so far; counted : those of them that count for the win rate
    settled : the probability decided by at birth, where losses have a lag of their own (``early``)
    slot : of its own win probability, or −1; boost : what waiting for a seller has left of its win rate
    mine, of_size : multipliers of the win rate and of slips by its size
    """
    rows = closing.pushes[s]
    slips, outcome = 0, 0
    while due < end:
        q = due // 13
        here = by_pushes(rows, closing.pushes_win[s], slips + counted, v)
        likelier = by_pushes(rows, closing.pushes_slip[s], slips + pushes, v) * of_size
        if word(slip_key, 2 * slips) < slip_word(slip_limit[q], likelier):
            if slips + pushes >= limit:
                outcome = -1
                break
            later = due + draw_lag(words, guide, delay[q], word(slip_key, 2 * slips + 1))
            if closing.bunched[s]:
                later = max(due + 1, bunch(closing.linear[s], later, uniform(word(slip_key, _PLACES + slips))))
            counts[slipped_row, column[due]] += 1
            if later >= 13 * (q + 1):
                counts[out_row, column[due]] += 1
                values[out_value, column[due]] += value
            change = ratio(by_pushes(rows, closing.pushes_win[s], slips + counted + 1, v), here)
            settled *= min(1.0, factor[q] * change)
            slips += 1
            due = later
            worth = 1.0
            continue
        p = settled
        if not early:
            p = shocked_rate(v[slot], shift[q], times[q]) if slot >= 0 else win[q]
            for _ in range(slips + counted):
                p *= factor[q]
            if boost != 1.0:
                p *= boost
            p = p * here * mine
        outcome = 1 if u < p else -1
        break
    return outcome, due, slips, worth


@inner
def begin_open(opening, d, closing, s, start, end, warm, tables, wins_lag, loss_lag, win, factor, v, shift, times, key,
               slip_key, stale):  # fmt: skip
    """An open deal's (first due week, what its value is multiplied by then, probability settled at the start).

    A deal with a win probability of its own keeps it: size changes only its slips, and pushes only
    what comes from now on. A stated close date is not bunched; it can be pulled in.
    """
    words, guide, slot = tables.words, tables.guide, opening.deal_p[d]
    spread = wins_lag[warm]
    settled = -1.0
    if loss_lag[warm] >= 0:
        counted = 0
        if slot >= 0:
            settled = shocked_rate(v[slot], shift[warm], times[warm])
        else:
            settled, counted = win[warm], opening.deal_pushes[d]
        for _ in range(counted):
            settled *= factor[warm]
        settled *= win_by_size(opening, d, closing, s, v) * by_pushes(
            closing.pushes[s], closing.pushes_win[s], counted, v
        )
        if uniform(word(key, WIN)) >= settled:
            spread = loss_lag[warm]
    due = opening.deal_due[d]
    if due < 0:
        due = draw_lag_from(tables.cdf, words, guide, spread, word(key, CYCLE), opening.deal_age[d])
        if due < 0:
            due = 0
            stale[d] += 1
        if closing.bunched[s]:
            due = max(0, bunch(closing.linear[s], due, uniform(word(key, _PLACE))))
    due += start
    worth = 1.0
    if closing.pulls[s]:
        due, worth = pull_in(closing, s, v, warm, words, guide, slip_key, start, due, end)
    return due, worth, settled


@inner
def win_by_size(opening, d, closing, s, v):
    """The multiplier of an open deal's win rate by its size; 1 where it has a probability of its own."""
    if opening.deal_p[d] >= 0:
        return 1.0
    return by_size(closing.above[s], closing.above_win[s], in_grains(opening.deal_value[d]), v)


@inner
def play_open_closely(opening, closing, wins, s, i, start, end, warm, tables, wins_lag, loss_lag, delay, limit, win,
                      factor, slip_limit, v, shift, times, deals_stream, slips_stream, column, book,
                      fates):  # fmt: skip
    """Play segment s's open deals in trial row i, as play_open_deals does, in detail."""
    counts, values = book.tally, book.value
    for d in range(opening.deal_segment.size):
        if opening.deal_segment[d] != s:
            continue
        key = substream(deals_stream, opening.deal_name[d])
        slip_key = substream(slips_stream, opening.deal_name[d])
        value, pushes, slot = in_grains(opening.deal_value[d]), opening.deal_pushes[d], opening.deal_p[d]
        counted = 0 if slot >= 0 else pushes
        due, worth, settled = begin_open(opening, d, closing, s, start, end, warm, tables, wins_lag, loss_lag, win,
                                         factor, v, shift, times, key, slip_key, fates.stale)  # fmt: skip
        outcome, week, slips, worth = decide_closely(
            closing, s, v, due, end, worth, uniform(word(key, WIN)), value, pushes, counted, settled,
            loss_lag[warm] >= 0, slot, 1.0, win_by_size(opening, d, closing, s, v),
            by_size(closing.above[s], closing.above_slip[s], value, v), slip_key, win, factor, slip_limit, delay, limit,
            shift, times, tables.words, tables.guide, column, counts, SLIPPED, PUSHED_OUT, values, PUSHED_OUT,
        )  # fmt: skip
        counts[BORN, 0] += 1
        values[BORN, 0] += value
        if outcome < 0:
            counts[LOST, column[week]] += 1
            values[LOST, column[week]] += value
        elif outcome > 0:
            counts[WON, column[week]] += 1
            price = in_grains(value * worth)
            values[WON, column[week]] += price
            values[LOST, column[week]] += value - price  # what is given away is no open pipeline any more
            if wins.trial.size > 0:
                note_win(wins, i, s, week - start, -1, d, price)
        fates.outcome[i, d], fates.slips[i, d] = outcome, slips
        fates.week[i, d] = week - start if outcome != 0 else -1
