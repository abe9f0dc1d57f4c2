"""A cohort of deals that closes in detail, round by round and in the order of :mod:`simulator.kernels.deals`: a plan
whose details change nothing comes out the same to the last cent."""

from __future__ import annotations

import numpy as np

from simulator.kernels.book import BORN, LOST, PUSHED_OUT, WON
from simulator.kernels.closing import PLACES, bunch, by_pushes, by_size, first_due, ratio, slip_word
from simulator.kernels.jit import inner
from simulator.kernels.money import in_grains
from simulator.kernels.spreads import draw_lag
from simulator.kernels.streams import GAMMA, WEEK_ZERO, mix64, uniform, word
from simulator.kernels.wins import note_win

_INVERSE = np.uint64(pow(int(GAMMA), -1, 2**64))
_TWO = np.uint64(2)


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
                later = max(w + 1, bunch(linear, later, uniform(word(slip_key[i], PLACES + slips))))
            bits[j] = mix64(slip_key[i] + second)
            out = 1 if later >= turn[w] else 0
            counts[PUSHED_OUT, column[w]] += out
            values[PUSHED_OUT, column[w]] += out * value[i]
            chance[i] *= min(1.0, factor[w] * change)
            due[i] = min(later, end)
            details.worth[i] = 1.0
        for w in range(end):
            win[w] *= factor[w]
