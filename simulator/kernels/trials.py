"""Whole trials: the terms of each, its leads, its deals, its tally."""

from __future__ import annotations

import numpy as np

from simulator.kernels.deals import OPEN, OPEN_VALUE, draw_deals, draw_opening_deals, settle, value_deals
from simulator.kernels.jit import inner, jit
from simulator.kernels.leads import draw_arrivals, play_leads, play_opening_leads
from simulator.kernels.market import draw_market, shocked_rate
from simulator.kernels.plan import ASSUMPTIONS, DEALS, DEMAND, MARKET, SLIPS
from simulator.kernels.streams import substream, word
from simulator.kernels.terms import count_room, fill_tables, fill_terms
from simulator.kernels.uncertain import draw_leaves


@inner
def set_terms(plan, seeds, trial, room, first_time):
    """Draw a trial's assumptions and market, and work out its terms; returns the entries that its
    tables of arrivals need."""
    shape, numbers, market = plan.shape, plan.numbers, plan.market
    draw_leaves(numbers, shape.at_median, word(seeds[ASSUMPTIONS], trial), room.z, room.x)
    for leaf in range(room.x.size):
        room.v[numbers.leaf_slot[leaf]] = room.x[leaf]
    draw_market(market, shape.market_off, shape.warm, word(seeds[MARKET], trial), room.v, room.weather)
    if first_time:
        fill_tables(plan.spreads, room.v, room.tables, False)
    fill_tables(plan.spreads, room.v, room.tables, True)
    concentration = 0.0 if shape.market_off else market.concentration
    fill_terms(plan.segments, plan.spreads, room.terms, room.v, shape.warm, shape.slips_off, concentration,
               room.weather)  # fmt: skip
    return count_room(room.terms, plan.segments.profile)


@inner
def play_segment_leads(plan, s, room, demand_key):
    """Fill room.n (stage, week) with what enters each stage of segment s."""
    shape, segments, streams, opening = plan.shape, plan.segments, plan.streams, plan.opening
    terms, n = room.terms, room.n
    start, weeks = 13 * shape.warm, n.shape[1]
    first_week = 0 if shape.play_warm_up else start
    for t in range(n.shape[0]):
        for w in range(weeks):
            n[t, w] = 0
    place = 0
    if shape.static:
        place = s
    else:
        for row in range(room.arrival_known.shape[1]):
            room.arrival_known[0, row, 0] = -1.0
    draw_arrivals(terms.arrivals[s], terms.dispersion[s], segments.profile[s],
                  substream(demand_key, streams.arrivals[s]), start, first_week, room.arrival_table[place],
                  room.arrival_guide[place], room.arrival_known[place], n[segments.entry[s]])  # fmt: skip
    for lead in range(opening.lead_segment.size):
        if opening.lead_segment[lead] == s:
            t, q = opening.lead_stage[lead] + 1, opening.lead_quarter[lead]
            play_opening_leads(
                t, opening.lead_age[lead], opening.lead_count[lead], terms.rate[s, t, q], segments.lag[s, t, q],
                room.tables, streams.conversion[s, t], streams.lag[s, t], demand_key, start, n, room.words, room.whole,
                room.real,
            )  # fmt: skip
    play_leads(segments.entry[s], terms.rate[s], terms.rate_limit[s], segments.lag[s], room.tables,
               streams.conversion[s], streams.lag[s], demand_key, start, weeks, first_week, shape.given_leads, n,
               room.words, room.whole, room.real)  # fmt: skip


@inner
def play_segment_deals(plan, s, cohort, own, count, given, room, column):
    """Settle ``count`` deals of segment s."""
    stages = plan.shape.stages
    terms, tables, spreads, segments = room.terms, room.tables, plan.spreads, plan.segments
    start = 13 * plan.shape.warm
    if plan.shape.money and not given:
        value_deals(cohort, count, start, terms.size[s], terms.size_kind[s], spreads.data, spreads.curves,
                    spreads.quantiles)  # fmt: skip
    settle(cohort, count, own, given, terms.rate[s, stages - 1], terms.factor[s], terms.slip_limit[s],
           segments.delay[s], segments.limit[s], terms.size[s], terms.size_kind[s], start,
           room.n.shape[1], tables.words, tables.guide, spreads.data, spreads.curves, spreads.quantiles, room.tally,
           room.money, column, plan.shape.money)  # fmt: skip


@jit
def run_trials(plan, seeds, first, begin, room, column, counts, cents, outcome, decided, slipped, stale):
    """Play trials first + begin, first + begin + 1, …, one after another.

    Parameters
    ----------
    plan : Plan; room : Room
    seeds : uint64 (5,) one per group of streams
    column : int64 (week,) column of each week from the first of the warm-up; 0 before the start
    counts : int32 (segment, count metric, trial, column), filled from trial ``begin`` on
    cents : float64 (segment, money metric or 0, trial, column), filled with whole cents
    outcome, decided, slipped : int8, int16, int16 (trial, opening deal), filled
    stale : int64 (opening deal,) trials in which its age was beyond any cycle, added to

    Returns
    -------
    (trial, entries) : the row it stopped before, and the length of tables of arrivals it needs to
    go on, or 0 when it is done.
    """
    shape, segments, streams, opening = plan.shape, plan.segments, plan.streams, plan.opening
    stages, start = shape.stages, 13 * shape.warm
    tally, money = room.tally, room.money
    columns = tally.shape[1] - 1
    births = room.n[stages - 2]
    given = opening.deal_segment.size
    first_birth = 0 if shape.play_warm_up and not shape.given_deals else start

    for i in range(begin, counts.shape[2]):
        trial = first + i
        demand_key, deals_key = word(seeds[DEMAND], trial), word(seeds[DEALS], trial)
        slips_key = word(seeds[SLIPS], trial)
        if i == begin or not shape.static:
            entries = set_terms(plan, seeds, trial, room, i == begin)
            if entries > room.arrival_table.shape[2]:
                return i, entries
        for s in range(shape.segments):
            for c in range(columns + 1):
                for m in range(stages + 4):
                    tally[m, c] = 0
                for m in range(4):
                    money[m, c] = 0.0
            play_segment_leads(plan, s, room, demand_key)
            for t in range(segments.entry[s], stages - 1):
                for w in range(start, births.size):
                    tally[t, column[w]] += room.n[t, w]
            win, factor = room.terms.rate[s, stages - 1], room.terms.factor[s]
            wins_lag, loss_lag = segments.lag[s, stages - 1], segments.loss_lag[s]
            deals_stream = substream(deals_key, streams.deals[s])
            slips_stream = substream(slips_key, streams.slips[s])
            room.place[0], room.place[1] = first_birth, 0
            while room.place[0] < births.size:
                count = draw_deals(room.cohort, births, room.place, start, room.tables.words, room.tables.guide,
                                   wins_lag, loss_lag, win, deals_stream, slips_stream)  # fmt: skip
                play_segment_deals(plan, s, room.cohort, room.nothing, count, False, room, column)
            if given > 0:
                own = room.own
                for deal in range(given):
                    for q in range(factor.size):
                        own[deal, q] = -1.0
                        if opening.deal_p[deal] >= 0:
                            own[deal, q] = shocked_rate(
                                room.v[opening.deal_p[deal]], room.weather.rate_shift[stages - 1, q],
                                room.weather.rate_factor[stages - 1, q],
                            )  # fmt: skip
                count = draw_opening_deals(
                    room.open_deals, opening, s, start, shape.warm, room.tables, wins_lag, loss_lag, win, factor, own,
                    deals_stream, slips_stream, stale,
                )  # fmt: skip
                d = 0
                for deal in range(given):
                    if opening.deal_segment[deal] == s:
                        for q in range(factor.size):
                            own[d, q] = own[deal, q]
                        d += 1
                play_segment_deals(plan, s, room.open_deals, own, count, True, room, column)
                d = 0
                for deal in range(given):
                    if opening.deal_segment[deal] == s:
                        won = room.open_deals.outcome[d]
                        outcome[i, deal], slipped[i, deal] = won, room.open_deals.slips[d]
                        decided[i, deal] = room.open_deals.due[d] - start if won != 0 else -1
                        d += 1
            for c in range(1, columns + 1):
                tally[stages + OPEN, c] += tally[stages + OPEN, c - 1]
                money[OPEN_VALUE, c] += money[OPEN_VALUE, c - 1]
            for m in range(stages + 4):
                for c in range(columns):
                    counts[s, m, i, c] = tally[m, c + 1]
            if shape.money:
                for m in range(4):
                    for c in range(columns):
                        cents[s, m, i, c] = np.rint(money[m, c + 1] * 100.0) + 0.0
    return counts.shape[2], 0
