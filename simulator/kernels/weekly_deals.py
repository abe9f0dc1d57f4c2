"""Deals week by week, for plans whose sellers can have so many open deals at a time.

A deal waits for a seller; its cycle begins in the week it gets one. From then on its life is its
own, by the words it would have drawn without waiting (:mod:`simulator.kernels.deals`), so that it
is played to its end at once and leaves its seller free from the week after its decision.
"""

from __future__ import annotations

import numpy as np

from simulator.kernels.closing import by_pushes, by_size, first_due
from simulator.kernels.closing_opening import decide_closely
from simulator.kernels.deals import CYCLE, VALUE, WIN
from simulator.kernels.jit import inner
from simulator.kernels.market import shocked_rate
from simulator.kernels.money import in_grains
from simulator.kernels.queues import allot, cool, first_waiting
from simulator.kernels.spreads import draw_lag, draw_size
from simulator.kernels.streams import GAMMA, WEEK_ZERO, substream, uniform, word
from simulator.kernels.weekly_room import BUSY, GONE_COLD, STAFFED, WAITING, WORK, WORKED
from simulator.kernels.wins import note_win

_WRAP = 2**64
_SLIP_STRIDE = np.uint64((1 << 24) * int(GAMMA) % _WRAP)  # as in deals.py
_DEAL_STRIDE = np.uint64(4 * int(GAMMA) % _WRAP)
# rows of the tally after the stages, and of its money
LOSSES, SLIPS, SLIPPED, OPEN = 0, 1, 2, 3
BOOKED, CREATED, SLIPPED_VALUE, OPEN_VALUE = 0, 1, 2, 3


@inner
def worth(key, q, size, size_kind, spreads):
    """Value of the deal with this stream, born in quarter q; 0 where deals have no size."""
    if size_kind[q, 0] < 0:
        return 0.0
    return in_grains(size[q, 2] * draw_size(
        size_kind[q, 0], size[q, 0], size[q, 1], size_kind[q, 1], size_kind[q, 2], size_kind[q, 3], spreads.data,
        spreads.curves, uniform(word(key, VALUE)),
    ))  # fmt: skip


@inner
def settle_one(due, end, u, value, pushes, settled, own_slot, boost, slip_key, win, factor, slip_limit, delay, limit, v,
               shift, times, words, guide, stages, counts, money, column):  # fmt: skip
    """Play one deal from its first due week; returns (outcome, week of it, slips) and adds to the tallies.

    settled : the probability decided by at birth, with a lag of losses, else −1; own_slot : of its own win
    probability, or −1; boost : what waiting has left of its win rate.
    """
    early = settled >= 0.0
    slips, outcome = 0, 0
    while due < end:
        q = due // 13
        if word(slip_key, 2 * slips) < slip_limit[q]:
            if slips + pushes >= limit:
                outcome = -1
                break
            later = due + draw_lag(words, guide, delay[q], word(slip_key, 2 * slips + 1))
            counts[stages + SLIPS, column[due]] += 1
            if later >= 13 * (q + 1):
                counts[stages + SLIPPED, column[due]] += 1
                money[SLIPPED_VALUE, column[due]] += value
            if early:
                settled *= min(1.0, factor[q])
            slips += 1
            due = later
            continue
        p, more = win[q], slips + pushes
        if early:
            p, more = settled, 0
        elif own_slot >= 0:
            p, more = shocked_rate(v[own_slot], shift[q], times[q]), slips
        for _ in range(more):
            p *= factor[q]
        if boost != 1.0 and not early:
            p *= boost
        outcome = 1 if u < p else -1
        break
    if outcome != 0:
        close(outcome, column[due], value, value, stages, counts, money)
    return outcome, due, slips


@inner
def close(outcome, at, value, price, stages, counts, money):
    """Book a decision; won, a deal brings its price."""
    counts[stages + OPEN, at] -= 1
    counts[stages - 1 if outcome == 1 else stages + LOSSES, at] += 1
    money[OPEN_VALUE, at] -= value
    if outcome == 1:
        money[BOOKED, at] += price


@inner
def start_deal(s, e, number, w, boost, start, warm, end, deals_stream, slips_stream, terms, segments, spreads, v, shift,
               times, words, guide, tally, column, with_money, booked, closing, wins, trial):  # fmt: skip
    """Start deal ``number`` of those born in week e in week w; returns the week of its decision, or ``end``.

    ``booked`` : whether its birth is booked already; else it is now. closing, wins : as in run_weekly.
    """
    stages = terms.rate.shape[1]
    key = word(deals_stream, e - start + WEEK_ZERO) + np.uint64(number) * _DEAL_STRIDE
    slip_key = word(slips_stream, e - start + WEEK_ZERO) + np.uint64(number) * _SLIP_STRIDE
    q = e // 13
    value = worth(key, q, terms.size[s], terms.size_kind[s], spreads) if with_money else 0.0
    if not booked:
        tally.stages[s, stages + OPEN, column[e]] += 1
        tally.money[s, OPEN_VALUE, column[e]] += value
        if e >= start:
            tally.money[s, CREATED, column[e]] += value
    if closing is not None:
        return start_closely(s, e, number, w, boost, start, warm, end, key, slip_key, value, terms, segments, v, shift,
                             times, words, guide, tally, column, closing, wins, trial)  # fmt: skip
    u = uniform(word(key, WIN))
    spread, settled = segments.lag[s, stages - 1, q], -1.0
    if segments.loss_lag[s, q] >= 0:
        settled = terms.rate[s, stages - 1, q]
        if boost != 1.0:
            settled *= boost
        if u >= settled:
            spread = segments.loss_lag[s, q]
    due = w + draw_lag(words, guide, spread, word(key, CYCLE))
    outcome, week, _slips = settle_one(
        due, end, u, value, 0, settled, -1, boost, slip_key, terms.rate[s, stages - 1], terms.factor[s],
        terms.slip_limit[s], segments.delay[s], segments.limit[s], v, shift, times, words, guide, stages,
        tally.stages[s], tally.money[s], column,
    )  # fmt: skip
    return week if outcome != 0 else end


@inner
def start_closely(s, e, number, w, boost, start, warm, end, key, slip_key, value, terms, segments, v, shift, times,
                  words, guide, tally, column, closing, wins, trial):  # fmt: skip
    """As start_deal, of a deal that closes in detail or whose win is followed; its cycle and all counts from week w."""
    stages, q = terms.rate.shape[1], e // 13
    win = terms.rate[s, stages - 1]
    u = uniform(word(key, WIN))
    mine = by_size(closing.above[s], closing.above_win[s], value, v)
    spread, settled, early = segments.lag[s, stages - 1, q], -1.0, segments.loss_lag[s, q] >= 0
    if early:
        settled = win[q] * mine * by_pushes(closing.pushes[s], closing.pushes_win[s], 0, v)
        if boost != 1.0:
            settled *= boost
        if u >= settled:
            spread = segments.loss_lag[s, q]
    due, price = first_due(closing, s, w, spread, key, slip_key, warm, end, v, words, guide)
    outcome, week, _slips, price = decide_closely(
        closing, s, v, due, end, price, u, value, 0, 0, settled, early, -1, boost, mine,
        by_size(closing.above[s], closing.above_slip[s], value, v), slip_key, win, terms.factor[s],
        terms.slip_limit[s], segments.delay[s], segments.limit[s], shift, times, words, guide, column,
        tally.stages[s], stages + SLIPS, stages + SLIPPED, tally.money[s], SLIPPED_VALUE,
    )  # fmt: skip
    if outcome == 0:
        return end
    paid = in_grains(value * price)
    close(outcome, column[week], value, paid, stages, tally.stages[s], tally.money[s])
    if outcome > 0 and week >= start and wins.trial.size > 0:
        note_win(wins, trial, s, week - start, e - start + WEEK_ZERO, number, paid)
    return week


@inner
def bear(s, w, count, start, deals_stream, terms, spreads, tally, column, with_money):
    """Book the deals born in a segment in week w, which have to wait for a seller, as created and open."""
    stages, at = terms.rate.shape[1], column[w]
    tally.stages[s, stages + OPEN, at] += count
    if not with_money:
        return
    for number in range(count):
        key = word(deals_stream, w - start + WEEK_ZERO) + np.uint64(number) * _DEAL_STRIDE
        value = worth(key, w // 13, terms.size[s], terms.size_kind[s], spreads)
        tally.money[s, OPEN_VALUE, at] += value
        if w >= start:
            tally.money[s, CREATED, at] += value


@inner
def sell(n, w, start, end, deals_key, slips_key, demand_key, streams, teams, people, terms, segments, spreads, v, shift,
         times, tables, floor, tally, column, with_money, warm, closing, wins, trial):  # fmt: skip
    """A week of team n, which works deals: who of those waiting gets a seller, who goes cold."""
    stages, rounds, at = terms.rate.shape[1], floor.came.shape[0], column[w]
    each = people.each[n, w // 13]
    places = np.int64(people.staff[n, w] * each + 1e-9)
    busy = 0
    for s in range(floor.at_work.shape[1]):
        floor.at_work[n, s] -= floor.free[n, s, w]
        busy += floor.at_work[n, s]
    floor.oldest[n] = first_waiting(floor.wait[n], floor.oldest[n], w)
    key = substream(demand_key, teams.turn_name[n])
    rows = allot(teams.order[n], teams.turn[n], rounds, floor.wait[n], floor.oldest[n], w, max(places - busy, 0), key,
                 start, floor.chosen, floor.takes)  # fmt: skip
    for row in range(rows):
        s, e, m = floor.takes[row, 0] // rounds, floor.takes[row, 1], floor.takes[row, 2]
        boost = 1.0
        for _ in range(w - e):
            boost *= people.factor[n, e // 13]
        deals_stream, slips_stream = substream(deals_key, streams.deals[s]), substream(slips_key, streams.slips[s])
        for number in range(floor.next_deal[s, e], floor.next_deal[s, e] + m):
            week = start_deal(s, e, number, w, boost, start, warm, end, deals_stream, slips_stream, terms, segments,
                              spreads, v, shift, times, tables.words, tables.guide, tally, column, with_money, True,
                              closing, wins, trial)  # fmt: skip
            floor.free[n, s, min(week + 1, end)] += 1
        floor.next_deal[s, e] += m
        floor.at_work[n, s] += m
        busy += m
        tally.team[s, n, WAITING, at] -= m
        tally.team[s, n, WORKED, at] += m
    served = 0
    while served < teams.turn.shape[1] and teams.turn[n, served] >= 0:
        served += 1
    for i in range(served):
        s = teams.turn[n, i]
        mine = floor.at_work[n, s] / each
        tally.part[s, n, BUSY, at] += mine
        tally.part[s, n, WORK, at] += mine
        for e in range(floor.oldest[n], w + 1):
            tally.part[s, n, WORK, at] += floor.wait[n, s * rounds, e] / each
        tally.part[s, n, STAFFED, at] += places / each * (floor.at_work[n, s] / busy if busy > 0 else 1.0 / served)
    rows = cool(floor.wait[n], floor.oldest[n], w, people.patience[n], floor.takes)
    for row in range(rows):
        s, e, m = floor.takes[row, 0] // rounds, floor.takes[row, 1], floor.takes[row, 2]
        deals_stream = substream(deals_key, streams.deals[s])
        tally.team[s, n, WAITING, at] -= m
        tally.team[s, n, GONE_COLD, at] += m
        for number in range(floor.next_deal[s, e], floor.next_deal[s, e] + m):
            key = word(deals_stream, e - start + WEEK_ZERO) + np.uint64(number) * _DEAL_STRIDE
            value = worth(key, e // 13, terms.size[s], terms.size_kind[s], spreads) if with_money else 0.0
            close(-1, at, value, value, stages, tally.stages[s], tally.money[s])
        floor.next_deal[s, e] += m
