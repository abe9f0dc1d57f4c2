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
def set_terms(shape, numbers, spreads, market, segments, seeds, trial, terms, tables, weather, draws, first_time):
    """Draw a trial's assumptions and market, and work out its terms; returns the entries that its
    tables of arrivals need."""
    draw_leaves(numbers, shape.at_median, word(seeds[ASSUMPTIONS], trial), draws.z, draws.x)
    v = draws.v
    for leaf in range(draws.x.size):
        v[numbers.leaf_slot[leaf]] = draws.x[leaf]
    draw_market(market, shape.market_off, shape.warm, word(seeds[MARKET], trial), v, weather)
    if first_time:
        fill_tables(spreads, v, tables, False)
    fill_tables(spreads, v, tables, True)
    concentration = 0.0 if shape.market_off else market.concentration
    fill_terms(segments, spreads, terms, v, shape.warm, shape.slips_off, concentration, weather)
    return count_room(terms, segments.profile)


@jit
def run_trials(shape, numbers, spreads, market, segments, streams, opening, seeds, first, begin, terms, tables, weather,
               draws, leads, arrivals, cohort, open_deals, book, column, counts, cents, outcome, decided, slipped,
               stale):  # fmt: skip
    """Play trials first + begin, first + begin + 1, …, one after another.

    Parameters
    ----------
    shape … opening : the parts of a Plan, terms … book : the parts of a Room. They come one by one
        because a tuple of tuples takes the compiler seconds at every call that is handed it.
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
    stages, start = shape.stages, 13 * shape.warm
    tally, money, own, place = book.tally, book.money, book.own, book.place
    n = leads.n
    weeks = n.shape[1]
    columns = tally.shape[1] - 1
    births = n[stages - 2]
    given = opening.deal_segment.size
    first_week = 0 if shape.play_warm_up else start
    first_birth = start if shape.given_deals else first_week

    for i in range(begin, counts.shape[2]):
        trial = first + i
        demand_key, deals_key = word(seeds[DEMAND], trial), word(seeds[DEALS], trial)
        slips_key = word(seeds[SLIPS], trial)
        if i == begin or not shape.static:
            entries = set_terms(shape, numbers, spreads, market, segments, seeds, trial, terms, tables, weather, draws,
                                i == begin)  # fmt: skip
            if entries > arrivals.table.shape[2]:
                return i, entries
        for s in range(shape.segments):
            for c in range(columns + 1):
                for m in range(stages + 4):
                    tally[m, c] = 0
                for m in range(4):
                    money[m, c] = 0.0

            # leads
            for t in range(stages):
                for w in range(weeks):
                    n[t, w] = 0
            kept = 0
            if shape.static:
                kept = s
            else:
                for row in range(weeks + 1):
                    arrivals.known[0, row, 0] = -1.0
            entry = segments.entry[s]
            draw_arrivals(terms.arrivals[s], terms.dispersion[s], segments.profile[s],
                          substream(demand_key, streams.arrivals[s]), start, first_week, arrivals.table[kept],
                          arrivals.guide[kept], arrivals.known[kept], n[entry])  # fmt: skip
            for lead in range(opening.lead_segment.size):
                if opening.lead_segment[lead] == s:
                    t, q = opening.lead_stage[lead] + 1, opening.lead_quarter[lead]
                    play_opening_leads(
                        t, opening.lead_age[lead], opening.lead_count[lead], terms.rate[s, t, q], segments.lag[s, t, q],
                        tables.cdf, tables.words, tables.guide, streams.conversion[s, t], streams.lag[s, t],
                        demand_key, start, n, leads.words, leads.whole, leads.real,
                    )  # fmt: skip
            play_leads(entry, terms.rate[s], terms.rate_limit[s], segments.lag[s], tables.cdf, tables.words,
                       tables.guide, streams.conversion[s], streams.lag[s], demand_key, start, weeks, first_week,
                       shape.given_leads, n, leads.words, leads.whole, leads.real)  # fmt: skip
            for t in range(entry, stages - 1):
                for w in range(start, weeks):
                    tally[t, column[w]] += n[t, w]

            # deals born, then those that were open at the start
            win, factor = terms.rate[s, stages - 1], terms.factor[s]
            wins_lag, loss_lag = segments.lag[s, stages - 1], segments.loss_lag[s]
            deals_stream = substream(deals_key, streams.deals[s])
            slips_stream = substream(slips_key, streams.slips[s])
            place[0], place[1] = first_birth, 0
            while place[0] < weeks:
                count = draw_deals(cohort, births, place, start, tables.words, tables.guide, wins_lag, loss_lag, win,
                                   deals_stream, slips_stream)  # fmt: skip
                if shape.money:
                    value_deals(cohort, count, start, terms.size[s], terms.size_kind[s], spreads.data, spreads.curves,
                                spreads.quantiles)  # fmt: skip
                settle(cohort, count, book.nothing, False, win, factor, terms.slip_limit[s], segments.delay[s],
                       segments.limit[s], terms.size[s], terms.size_kind[s], start, weeks, tables.words, tables.guide,
                       spreads.data, spreads.curves, spreads.quantiles, tally, money, column, shape.money)  # fmt: skip
            if given > 0:
                for deal in range(given):
                    for q in range(factor.size):
                        own[deal, q] = -1.0
                        if opening.deal_p[deal] >= 0:
                            p = draws.v[opening.deal_p[deal]]
                            shift, times = weather.rate_shift[stages - 1, q], weather.rate_factor[stages - 1, q]
                            own[deal, q] = shocked_rate(p, shift, times)
                count = draw_opening_deals(open_deals, opening, s, start, shape.warm, tables.cdf, tables.words,
                                           tables.guide, wins_lag, loss_lag, win, factor, own, deals_stream,
                                           slips_stream, stale)  # fmt: skip
                d = 0
                for deal in range(given):
                    if opening.deal_segment[deal] == s:
                        for q in range(factor.size):
                            own[d, q] = own[deal, q]
                        d += 1
                settle(open_deals, count, own, True, win, factor, terms.slip_limit[s], segments.delay[s],
                       segments.limit[s], terms.size[s], terms.size_kind[s], start, weeks, tables.words, tables.guide,
                       spreads.data, spreads.curves, spreads.quantiles, tally, money, column, shape.money)  # fmt: skip
                d = 0
                for deal in range(given):
                    if opening.deal_segment[deal] == s:
                        won = open_deals.outcome[d]
                        outcome[i, deal], slipped[i, deal] = won, open_deals.slips[d]
                        decided[i, deal] = open_deals.due[d] - start if won != 0 else -1
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
