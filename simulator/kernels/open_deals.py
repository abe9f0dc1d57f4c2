"""Deals that are open when the plan starts: few, each with its own amount, age, pushes and perhaps chance."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.book import BORN, LOST, PUSHED_OUT, SLIPPED, WON
from simulator.kernels.deals import CYCLE, WIN
from simulator.kernels.jit import inner
from simulator.kernels.market import shocked_rate
from simulator.kernels.money import in_grains
from simulator.kernels.spreads import draw_lag, draw_lag_from
from simulator.kernels.streams import substream, uniform, word


class Fates(NamedTuple):
    """What became of each open deal in the trials of a chunk: (trial, deal) each."""

    outcome: NDArray[np.int8]  # 1 won, −1 lost, 0 still open
    week: NDArray[np.int16]  # of the decision, −1: still open
    slips: NDArray[np.int16]
    stale: NDArray[np.int64]  # (deal,) trials in which its age was beyond any cycle


@inner
def play_open_deals(opening, s, i, start, end, warm, tables, wins_lag, loss_lag, delay, limit, win, factor, slip_limit,
                    v, shift, times, deals_stream, slips_stream, column, book, fates):  # fmt: skip
    """Play segment s's open deals in trial row i, each to its decision or the end of the horizon.

    wins_lag, loss_lag, delay, win, factor, slip_limit : (QT,) terms of the segment; v (slot,) values
    of the plan's numbers; shift, times : (QT,) the market's shift and multiplier of the win rate;
    column : (week,). Adds to ``book``, fills row i of ``fates``.
    """
    counts, values = book.tally, book.value
    for d in range(opening.deal_segment.size):
        if opening.deal_segment[d] != s:
            continue
        key = substream(deals_stream, opening.deal_name[d])
        slip_key = substream(slips_stream, opening.deal_name[d])
        value, pushes, slot = in_grains(opening.deal_value[d]), opening.deal_pushes[d], opening.deal_p[d]
        u = uniform(word(key, WIN))
        spread = wins_lag[warm]
        settled = -1.0  # with a lag of losses: the probability decided by at the start
        if loss_lag[warm] >= 0:
            if slot >= 0:
                settled = shocked_rate(v[slot], shift[warm], times[warm])
            else:
                settled = win[warm]
                for _ in range(pushes):
                    settled *= factor[warm]
            if u >= settled:
                spread = loss_lag[warm]
        due = opening.deal_due[d]
        if due < 0:
            due = draw_lag_from(tables.cdf, tables.words, tables.guide, spread, word(key, CYCLE), opening.deal_age[d])
            if due < 0:
                due = 0
                fates.stale[d] += 1
        due += start
        slips, outcome = 0, 0
        bits = word(slip_key, 0)
        while due < end:
            q = due // 13
            if bits < slip_limit[q]:
                if slips + pushes >= limit:
                    outcome = -1
                    break
                later = due + draw_lag(tables.words, tables.guide, delay[q], word(slip_key, 2 * slips + 1))
                counts[SLIPPED, column[due]] += 1
                if later >= 13 * (q + 1):
                    counts[PUSHED_OUT, column[due]] += 1
                    values[PUSHED_OUT, column[due]] += value
                settled *= min(1.0, factor[q])
                slips += 1
                due = later
                bits = word(slip_key, 2 * slips)
                continue
            p, more = win[q], slips + pushes
            if loss_lag[warm] >= 0:
                p, more = settled, 0
            elif slot >= 0:
                p, more = shocked_rate(v[slot], shift[q], times[q]), slips
            for _ in range(more):
                p *= factor[q]
            outcome = 1 if u < p else -1
            break
        counts[BORN, 0] += 1
        values[BORN, 0] += value
        if outcome != 0:
            row = WON if outcome > 0 else LOST
            counts[row, column[due]] += 1
            values[row, column[due]] += value
        fates.outcome[i, d], fates.slips[i, d] = outcome, slips
        fates.week[i, d] = due - start if outcome != 0 else -1
