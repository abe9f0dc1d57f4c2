"""Open deals of plans that are played week by week: each has a seller from the start until it is decided."""

from __future__ import annotations

from simulator.kernels.closing import by_size
from simulator.kernels.closing_opening import begin_open, decide_closely, win_by_size
from simulator.kernels.deals import CYCLE, WIN
from simulator.kernels.jit import inner
from simulator.kernels.market import shocked_rate
from simulator.kernels.money import in_grains
from simulator.kernels.spreads import draw_lag_from
from simulator.kernels.streams import substream, uniform, word
from simulator.kernels.weekly_deals import OPEN, OPEN_VALUE, SLIPPED, SLIPPED_VALUE, SLIPS, close, settle_one
from simulator.kernels.wins import note_win


@inner
def play_opening_deals(opening, i, start, end, warm, teams, terms, segments, tables, v, shift, times, deals_key,
                       slips_key, streams, tally, floor, column, outcome, decided, slipped, stale, closing,
                       wins):  # fmt: skip
    """Play the open deals of the plan, trial row i; each has a seller from the start until it is decided."""
    stages = terms.rate.shape[1]
    for d in range(opening.deal_segment.size):
        s = opening.deal_segment[d]
        key = substream(substream(deals_key, streams.deals[s]), opening.deal_name[d])
        slip_key = substream(substream(slips_key, streams.slips[s]), opening.deal_name[d])
        pushes, slot, value = opening.deal_pushes[d], opening.deal_p[d], in_grains(opening.deal_value[d])
        win, factor = terms.rate[s, stages - 1], terms.factor[s]
        tally.stages[s, stages + OPEN, 0] += 1
        tally.money[s, OPEN_VALUE, 0] += value
        if closing is not None:
            due, price, settled = begin_open(opening, d, closing, s, start, end, warm, tables,
                                             segments.lag[s, stages - 1], segments.loss_lag[s], win, factor, v, shift,
                                             times, key, slip_key, stale)  # fmt: skip
            counted = 0 if slot >= 0 else pushes
            end_of, week, slips, price = decide_closely(
                closing, s, v, due, end, price, uniform(word(key, WIN)), value, pushes, counted,
                settled, segments.loss_lag[s, warm] >= 0, slot, 1.0, win_by_size(opening, d, closing, s, v),
                by_size(closing.above[s], closing.above_slip[s], value, v), slip_key, win, factor, terms.slip_limit[s],
                segments.delay[s], segments.limit[s], shift, times, tables.words, tables.guide, column,
                tally.stages[s], stages + SLIPS, stages + SLIPPED, tally.money[s], SLIPPED_VALUE,
            )  # fmt: skip
            if end_of != 0:
                paid = in_grains(value * price)
                close(end_of, column[week], value, paid, stages, tally.stages[s], tally.money[s])
                if end_of > 0 and wins.trial.size > 0:
                    note_win(wins, i, s, week - start, -1, d, paid)
        else:
            u = uniform(word(key, WIN))
            spread, settled = segments.lag[s, stages - 1, warm], -1.0
            if segments.loss_lag[s, warm] >= 0:
                if slot >= 0:
                    settled = shocked_rate(v[slot], shift[warm], times[warm])
                else:
                    settled = win[warm]
                    for _ in range(pushes):
                        settled *= factor[warm]
                if u >= settled:
                    spread = segments.loss_lag[s, warm]
            due = opening.deal_due[d]
            if due < 0:
                due = draw_lag_from(
                    tables.cdf, tables.words, tables.guide, spread, word(key, CYCLE), opening.deal_age[d]
                )
                if due < 0:
                    due = 0
                    stale[d] += 1
            end_of, week, slips = settle_one(
                start + due, end, u, value, pushes, settled, slot, 1.0, slip_key, win, factor, terms.slip_limit[s],
                segments.delay[s], segments.limit[s], v, shift, times, tables.words, tables.guide, stages,
                tally.stages[s], tally.money[s], column,
            )  # fmt: skip
        outcome[i, d], slipped[i, d] = end_of, slips
        decided[i, d] = week - start if end_of != 0 else -1
        n = teams.of[s, stages - 2]
        if n >= 0:
            floor.at_work[n, s] += 1
            floor.free[n, s, min(week + 1, end) if end_of != 0 else end] += 1
