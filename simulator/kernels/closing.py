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

from simulator.kernels.deals import BORN, CYCLE, LOST, PUSHED_OUT, SLIPPED, WIN, WON
from simulator.kernels.jit import inner
from simulator.kernels.market import shocked_rate
from simulator.kernels.money import in_grains
from simulator.kernels.plan import Flags, Floats, Ints
from simulator.kernels.spreads import draw_lag, draw_lag_from
from simulator.kernels.streams import GAMMA, WEEK_ZERO, mix64, substream, threshold, uniform, word
from simulator.kernels.wins import note_win

_TWO64 = 18446744073709551616.0
_INVERSE = np.uint64(pow(int(GAMMA), -1, 2**64))
_TWO, _THREE = np.uint64(2), np.uint64(3)
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
    bunched, pulls, follow = closing.bunched[s], closing.pulls[s], wins.trial.size > 0
    early_losses = loss_lag[0] >= 0
    beyond = words.shape[1] - 1
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
        lag = draw_lag(words, guide, spread, mix64(key[i]))
        week, worth = born[i] + lag, 1.0
        if bunched:
            week = max(born[i], bunch(linear, week, uniform(mix64(key[i] + _THREE * GAMMA))))
        if pulls and lag < beyond:
            week, worth = pull_in(closing, s, v, warm, words, guide, slip_key[i], born[i], week, end)
        due[i], details.worth[i] = min(week, end), worth
    for i in range(count):
        bits[i] = mix64(slip_key[i])
        live[i] = i
    for i in range(count):
        values[i & 3, BORN, column[born[i]]] += value[i]
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
            counts[j & 3, row, column[w]] += 1
            if row == WON:
                worth = in_grains(value[i] * details.worth[i])
                values[j & 3, WON, column[w]] += worth
                if worth != value[i]:  # what is given away is no open pipeline any more
                    values[j & 3, LOST, column[w]] += value[i] - worth
                if follow and start <= w < end:
                    name = born[i] - start + WEEK_ZERO
                    number = ((key[i] - word(deals_stream, name)) * _INVERSE) >> _TWO
                    note_win(wins, trial, s, w - start, name, np.int64(number), worth if with_money else 0.0)
            else:
                values[j & 3, row, column[w]] += value[i]
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
            counts[j & 3, PUSHED_OUT, column[w]] += out
            values[j & 3, PUSHED_OUT, column[w]] += out * value[i]
            chance[i] *= min(1.0, factor[w] * change)
            due[i] = min(later, end)
            details.worth[i] = 1.0
        for w in range(end):
            win[w] *= factor[w]


@inner
def play_open_closely(opening, closing, wins, s, i, start, end, warm, tables, wins_lag, loss_lag, delay, limit, win,
                      factor, slip_limit, v, shift, times, deals_stream, slips_stream, column, book,
                      fates):  # fmt: skip
    """Play segment s's open deals in trial row i, as play_open_deals does, in detail.

    A deal with a win probability of its own keeps it: size changes only its slips, and pushes only
    what comes from now on. A stated close date is not bunched; it can be pulled in.
    """
    counts, values, words, guide = book.tally[0], book.value[0], tables.words, tables.guide
    rows, linear = closing.pushes[s], closing.linear[s]
    for d in range(opening.deal_segment.size):
        if opening.deal_segment[d] != s:
            continue
        key = substream(deals_stream, opening.deal_name[d])
        slip_key = substream(slips_stream, opening.deal_name[d])
        value, pushes, slot = in_grains(opening.deal_value[d]), opening.deal_pushes[d], opening.deal_p[d]
        of_size = by_size(closing.above[s], closing.above_slip[s], value, v)
        own = slot >= 0
        counted = 0 if own else pushes  # pushes that count for the win rate
        mine = 1.0 if own else by_size(closing.above[s], closing.above_win[s], value, v)
        u = uniform(word(key, WIN))
        spread = wins_lag[warm]
        settled = -1.0
        if loss_lag[warm] >= 0:
            settled = shocked_rate(v[slot], shift[warm], times[warm]) if own else win[warm]
            for _ in range(counted):
                settled *= factor[warm]
            settled *= mine * by_pushes(rows, closing.pushes_win[s], counted, v)
            if u >= settled:
                spread = loss_lag[warm]
        due = opening.deal_due[d]
        if due < 0:
            due = draw_lag_from(tables.cdf, words, guide, spread, word(key, CYCLE), opening.deal_age[d])
            if due < 0:
                due = 0
                fates.stale[d] += 1
            if closing.bunched[s]:
                due = max(0, bunch(linear, due, uniform(word(key, _PLACE))))
        due += start
        worth = 1.0
        if closing.pulls[s]:
            due, worth = pull_in(closing, s, v, warm, words, guide, slip_key, start, due, end)
        slips, outcome = 0, 0
        bits = word(slip_key, 0)
        while due < end:
            q = due // 13
            here = by_pushes(rows, closing.pushes_win[s], slips + counted, v)
            if bits < slip_word(slip_limit[q], by_pushes(rows, closing.pushes_slip[s], slips + pushes, v) * of_size):
                if slips + pushes >= limit:
                    outcome = -1
                    break
                later = due + draw_lag(words, guide, delay[q], word(slip_key, 2 * slips + 1))
                if closing.bunched[s]:
                    later = max(due + 1, bunch(linear, later, uniform(word(slip_key, _PLACES + slips))))
                counts[SLIPPED, column[due]] += 1
                if later >= 13 * (q + 1):
                    counts[PUSHED_OUT, column[due]] += 1
                    values[PUSHED_OUT, column[due]] += value
                change = ratio(by_pushes(rows, closing.pushes_win[s], slips + counted + 1, v), here)
                settled *= min(1.0, factor[q] * change)
                slips += 1
                due = later
                worth = 1.0
                bits = word(slip_key, 2 * slips)
                continue
            p = win[q]
            if loss_lag[warm] >= 0:
                p = settled
            else:
                if own:
                    p = shocked_rate(v[slot], shift[q], times[q])
                for _ in range(slips + counted):
                    p *= factor[q]
                p *= mine * here
            outcome = 1 if u < p else -1
            break
        counts[BORN, 0] += 1
        values[BORN, 0] += value
        if outcome < 0:
            counts[LOST, column[due]] += 1
            values[LOST, column[due]] += value
        elif outcome > 0:
            counts[WON, column[due]] += 1
            price = in_grains(value * worth)
            values[WON, column[due]] += price
            values[LOST, column[due]] += value - price  # what is given away is no open pipeline any more
            if wins.trial.size > 0:
                note_win(wins, i, s, due - start, -1, d, price)
        fates.outcome[i, d], fates.slips[i, d] = outcome, slips
        fates.week[i, d] = due - start if outcome != 0 else -1
