"""Whole trials: the terms of each, its leads, its deals, its tally."""

from __future__ import annotations

import numpy as np

from simulator.kernels.deals import OPEN, OPEN_VALUE, draw_deals, draw_opening_deals, make_cohort, settle
from simulator.kernels.jit import jit
from simulator.kernels.leads import draw_arrivals, play_leads, play_opening_leads
from simulator.kernels.market import draw_market, shocked_rate
from simulator.kernels.plan import ASSUMPTIONS, DEALS, DEMAND, MARKET, SLIPS
from simulator.kernels.streams import substream, word
from simulator.kernels.terms import count_room, fill_tables, fill_terms, make_tables, make_terms
from simulator.kernels.uncertain import draw_leaves


@jit
def run_trials(plan, seeds, first, column, columns, counts, cents, outcome, decided, slipped, stale):
    """Play trials first, first + 1, …, one after another.

    Parameters
    ----------
    plan : Plan
    seeds : uint64 (5,) one per group of streams
    column : int64 (week,) column of each week from the first of the warm-up; 0 before the start
    columns : number of columns (quarters or weeks)
    counts : int32 (segment, count metric, trial, column), filled
    cents : float64 (segment, money metric or 0, trial, column), filled with whole cents
    outcome, decided, slipped : int8, int16, int16 (trial, opening deal), filled
    stale : int64 (opening deal,) trials in which its age was beyond any cycle, added to
    """
    shape, numbers, spreads, market = plan.shape, plan.numbers, plan.spreads, plan.market
    segments, streams, opening = plan.segments, plan.streams, plan.opening
    stages, warm = shape.stages, shape.warm
    quarters = warm + shape.quarters
    weeks, start = 13 * quarters, 13 * warm
    terms = make_terms(shape.segments, stages, quarters)
    tables = make_tables(spreads.kind.size, shape.weeks_kept)
    tally, money = np.zeros((stages + 4, columns + 1), np.int64), np.zeros((4, columns + 1))
    z, x, v = np.zeros(numbers.normal_name.size), np.zeros(numbers.kind.size), numbers.slot_value.copy()
    rate_shift, rate_factor = np.zeros((stages, quarters)), np.ones((stages, quarters))
    volume_factor, slip_factor, size_factor = np.ones(quarters), np.ones(quarters), np.ones(quarters)
    slip_score = np.zeros(quarters)
    n = np.zeros((stages, weeks), np.int64)
    words, whole, real = np.zeros((4, weeks), np.uint64), np.zeros((2, weeks), np.int64), np.zeros(weeks)
    given = opening.deal_segment.size
    own, nothing = np.full((given, quarters), -1.0), np.zeros((0, quarters))
    cohort, open_deals = make_cohort(64), make_cohort(given)
    # tables of arrivals are kept from trial to trial where they are the same in all
    kept = shape.segments if shape.static else 1
    arrival_table = np.zeros((kept, 1, 1))
    arrival_known = np.full((kept, weeks + 1, 4), -1.0)
    first_week = 0 if shape.play_warm_up else start
    first_birth = start if shape.given_deals else first_week

    for i in range(counts.shape[2]):
        trial = first + i
        demand_key, deals_key = word(seeds[DEMAND], trial), word(seeds[DEALS], trial)
        slips_key = word(seeds[SLIPS], trial)
        if i == 0 or not shape.static:
            draw_leaves(numbers, shape.at_median, word(seeds[ASSUMPTIONS], trial), z, x)
            for leaf in range(x.size):
                v[numbers.leaf_slot[leaf]] = x[leaf]
            draw_market(market, shape.market_off, warm, word(seeds[MARKET], trial), v, rate_shift, rate_factor,
                        volume_factor, slip_factor, size_factor, slip_score)  # fmt: skip
            if i == 0:
                fill_tables(spreads, v, tables, False)
            fill_tables(spreads, v, tables, True)
            concentration = 0.0 if shape.market_off else market.concentration
            fill_terms(segments, spreads, terms, v, warm, shape.slips_off, concentration, rate_shift, rate_factor,
                       volume_factor, slip_factor, size_factor, slip_score)  # fmt: skip
            room = count_room(terms, segments.profile)
            if room > arrival_table.shape[2]:
                arrival_table = np.zeros((kept, weeks + 1, room))
                arrival_known[:] = -1.0
        for s in range(shape.segments):
            tally[:] = 0
            money[:] = 0.0
            n[:] = 0
            entry = segments.entry[s]
            place = s if shape.static else 0
            if not shape.static:
                arrival_known[:] = -1.0
            draw_arrivals(terms.arrivals[s], terms.dispersion[s], segments.profile[s],
                          substream(demand_key, streams.arrivals[s]), start, first_week, arrival_table[place],
                          arrival_known[place], n[entry])  # fmt: skip
            for lead in range(opening.lead_segment.size):
                if opening.lead_segment[lead] == s:
                    t, q = opening.lead_stage[lead] + 1, opening.lead_quarter[lead]
                    play_opening_leads(
                        t, opening.lead_age[lead], opening.lead_count[lead], terms.rate[s, t, q],
                        segments.lag[s, t, q], tables, streams.conversion[s, t], streams.lag[s, t], demand_key,
                        start, n, words, whole, real,
                    )  # fmt: skip
            play_leads(entry, terms.rate[s], terms.rate_limit[s], segments.lag[s], tables, streams.conversion[s],
                       streams.lag[s], demand_key, start, weeks, first_week, shape.given_leads, n, words, whole,
                       real)  # fmt: skip
            for t in range(entry, stages - 1):
                for w in range(start, weeks):
                    tally[t, column[w]] += n[t, w]
            births = n[stages - 2]
            total = 0
            for w in range(first_birth, weeks):
                total += births[w]
            if total > cohort.born.size:
                cohort = make_cohort(total + total // 2)
            win, factor = terms.rate[s, stages - 1], terms.factor[s]
            wins_lag, loss_lag = segments.lag[s, stages - 1], segments.loss_lag[s]
            deals_stream = substream(deals_key, streams.deals[s])
            slips_stream = substream(slips_key, streams.slips[s])
            cohort.value[:total] = -1.0
            total = draw_deals(cohort, births, first_birth, start, tables.words, tables.guide, wins_lag, loss_lag,
                               win, deals_stream, slips_stream)  # fmt: skip
            settle(cohort, total, nothing, False, win, factor, terms.slip_limit[s], segments.delay[s],
                   segments.limit[s], terms.size[s], terms.size_kind[s], start, weeks, tables.words, tables.guide,
                   spreads.data, spreads.curves, tally, money, column, shape.money)  # fmt: skip
            if given > 0:
                d = 0
                for deal in range(given):
                    for q in range(quarters):
                        own[deal, q] = -1.0
                        if opening.deal_p[deal] >= 0:
                            own[deal, q] = shocked_rate(v[opening.deal_p[deal]], rate_shift[stages - 1, q],
                                                        rate_factor[stages - 1, q])  # fmt: skip
                total = draw_opening_deals(
                    open_deals, opening, s, start, warm, tables, wins_lag, loss_lag, win, factor, own, deals_stream,
                    slips_stream, stale,
                )  # fmt: skip
                for deal in range(given):
                    if opening.deal_segment[deal] == s:
                        own[d] = own[deal]
                        d += 1
                settle(open_deals, total, own, True, win, factor, terms.slip_limit[s], segments.delay[s],
                       segments.limit[s], terms.size[s], terms.size_kind[s], start, weeks, tables.words,
                       tables.guide, spreads.data, spreads.curves, tally, money, column, shape.money)  # fmt: skip
                d = 0
                for deal in range(given):
                    if opening.deal_segment[deal] == s:
                        outcome[i, deal], slipped[i, deal] = open_deals.outcome[d], open_deals.slips[d]
                        decided[i, deal] = open_deals.due[d] - start if open_deals.outcome[d] != 0 else -1
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
