"""Open deals that close in detail, one by one, and how any single deal does."""

from __future__ import annotations

from simulator.kernels.book import BORN, LOST, PUSHED_OUT, SLIPPED, WON
from simulator.kernels.closing import PLACE, PLACES, bunch, by_pushes, by_size, pull_in, ratio, slip_word
from simulator.kernels.deals import CYCLE, WIN
from simulator.kernels.jit import inner
from simulator.kernels.market import shocked_rate
from simulator.kernels.money import in_grains
from simulator.kernels.spreads import draw_lag, draw_lag_from
from simulator.kernels.streams import substream, uniform, word
from simulator.kernels.wins import note_win


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
                later = max(due + 1, bunch(closing.linear[s], later, uniform(word(slip_key, PLACES + slips))))
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
            due = max(0, bunch(closing.linear[s], due, uniform(word(key, PLACE))))
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
