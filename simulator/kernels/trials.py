"""Whole trials: the terms of each, its leads, its deals, its tally."""

from __future__ import annotations

from numba.core import types

from simulator.kernels.arrivals import draw_arrivals
from simulator.kernels.book import CELLS, clear, note_births, report
from simulator.kernels.closing_deals import settle_closely
from simulator.kernels.closing_opening import play_open_closely
from simulator.kernels.deals import draw_deals, set_weeks, settle_deals, value_deals
from simulator.kernels.jit import apart, inner
from simulator.kernels.leads import play_leads, play_opening_leads
from simulator.kernels.market import draw_market
from simulator.kernels.open_deals import play_open_deals
from simulator.kernels.plan import ASSUMPTIONS, DEALS, DEMAND, MARKET, SLIPS
from simulator.kernels.response import fill_bought
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
    fill_tables(spreads, v, tables, first_time)
    concentration = 0.0 if shape.market_off else market.concentration
    fill_terms(segments, spreads, terms, v, shape.warm, shape.slips_off, concentration, market.slips, weather)
    if terms.bought.shape[1] > 0:
        fill_bought(segments.response, v, weather.volume_factor, shape.warm, tables.cdf, terms.bought)
    return count_room(terms, segments.profile)


TERMS = apart(set_terms)


@TERMS.by_address
def set_terms_at(address, shape, numbers, spreads, market, segments, seeds, trial, terms, tables, weather, draws,
                 first_time):  # fmt: skip
    """As ``set_terms``, by its address."""
    return set_terms(shape, numbers, spreads, market, segments, seeds, trial, terms, tables, weather, draws, first_time)


@inner
def set_columns(column, start, by_week):
    """Lay out the book's column and the next quarter's first week, by week from the first of the warm-up."""
    weeks = column.size
    for w in range(weeks):
        by_week.column[w] = column[w]
        by_week.turn[w] = 13 * (w // 13 + 1)
    by_week.column[weeks] = column[weeks - 1] + 1  # nothing that is read lies there
    for w in range(weeks + 1):
        by_week.cell[w] = CELLS * by_week.column[w]


def run_trials(terms_code, shape, numbers, spreads, market, segments, streams, opening, seeds, first, begin, terms,
               tables, weather, draws, leads, arrivals, cohort, place, by_week, book, column, counts, cents, fates,
               closing, details, wins):  # fmt: skip
    """Play trials first + begin, first + begin + 1, …, one after another.

    Parameters
    ----------
    terms_code : the address of ``set_terms``
    shape … opening : the parts of a Plan (opening None without open deals and leads), terms … book : the
        parts of a Room. They come one by one because a tuple of tuples takes the compiler seconds at
        every call that is handed it.
    seeds : uint64 (5,) one per group of streams
    column : int64 (week,) column of each week from the first of the warm-up; 0 before the start
    counts : int32 (segment, count metric, trial, column), filled from trial ``begin`` on
    cents : float64 (segment, money metric or 0, trial, column), filled with whole cents
    fates : what became of the open deals, filled
    closing, details, wins : what the plan says of closing in detail, room for it, and the list of wins
        for who follows them; None for other plans, whose compiled form has nothing of it

    Returns
    -------
    (trial, entries) : the row it stopped before, and the length of tables of arrivals it needs to
    go on, or 0 when it is done.
    """
    stages, start, weeks = shape.stages, 13 * shape.warm, column.size
    n = leads.n
    births = n[stages - 2]
    first_week = 0 if shape.play_warm_up else start
    first_birth = start if shape.given_deals else first_week
    set_columns(column, start, by_week)

    for i in range(begin, counts.shape[2]):
        trial = first + i
        demand_key, deals_key = word(seeds[DEMAND], trial), word(seeds[DEALS], trial)
        slips_key = word(seeds[SLIPS], trial)
        if i == begin or not shape.static:
            entries = set_terms_at(terms_code, shape, numbers, spreads, market, segments, seeds, trial, terms, tables,
                                   weather, draws, i == begin)  # fmt: skip
            if entries > arrivals.table.shape[2]:
                return i, entries
        for s in range(shape.segments):
            clear(n, book)

            # leads
            entry = segments.entry[s]
            draw_arrivals(s, terms, segments, streams.arrivals[s], demand_key, start, first_week,
                          i == begin or not shape.static, arrivals, leads.words[0], leads.few, n[entry])  # fmt: skip
            if opening is not None:
                for lead in range(opening.lead_segment.size):
                    if opening.lead_segment[lead] == s:
                        t, q = opening.lead_stage[lead] + 1, opening.lead_quarter[lead]
                        play_opening_leads(
                            t, opening.lead_age[lead], opening.lead_count[lead], terms.rate[s, t, q],
                            segments.lag[s, t, q], tables.cdf, tables.words, tables.guide, streams.conversion[s, t],
                            streams.lag[s, t], demand_key, start, n, leads.words, leads.whole, leads.real,
                            leads.few,
                        )  # fmt: skip
            play_leads(entry, terms.rate[s], terms.rate_limit[s], segments.lag[s], tables.cdf, tables.words,
                       tables.guide, streams.conversion[s], streams.lag[s], demand_key, start, weeks, first_week,
                       shape.given_leads, n, leads.words, leads.whole, leads.real, leads.few,
                       leads.rows, leads.below, leads.landed)  # fmt: skip

            # deals born, then those that were open at the start
            win, factor, slip_limit = terms.rate[s, stages - 1], terms.factor[s], terms.slip_limit[s]
            wins_lag, loss_lag = segments.lag[s, stages - 1], segments.loss_lag[s]
            deals_stream = substream(deals_key, streams.deals[s])
            slips_stream = substream(slips_key, streams.slips[s])
            note_births(births, first_birth, column, book)
            place[0], place[1] = first_birth, 0
            while place[0] < weeks:
                set_weeks(win, factor, slip_limit, segments.delay[s], by_week)
                count = draw_deals(cohort, births, place, start, weeks, tables.words, tables.guide, wins_lag, loss_lag,
                                   win, deals_stream, slips_stream, leads.words)  # fmt: skip
                if shape.money:
                    value_deals(cohort, count, terms.size[s], terms.size_kind[s], spreads.data, spreads.curves)
                if closing is None:
                    settle_deals(cohort, count, by_week, segments.limit[s], loss_lag[0] >= 0, weeks,
                                 tables.words, tables.guide, book)  # fmt: skip
                else:
                    settle_closely(cohort, count, closing, details, wins, i, s, draws.v, win, by_week, wins_lag,
                                   loss_lag, segments.limit[s], segments.delay[s], start, shape.warm, weeks,
                                   shape.money, tables.words, tables.guide, deals_stream, book)  # fmt: skip
            if opening is None:
                pass
            elif closing is not None:
                play_open_closely(opening, closing, wins, s, i, start, weeks, shape.warm, tables, wins_lag, loss_lag,
                                  segments.delay[s], segments.limit[s], win, factor, slip_limit, draws.v,
                                  weather.rate_shift[stages - 1], weather.rate_factor[stages - 1], deals_stream,
                                  slips_stream, column, book, fates)  # fmt: skip
            else:
                play_open_deals(opening, s, i, start, weeks, shape.warm, tables, wins_lag, loss_lag, segments.delay[s],
                                segments.limit[s], win, factor, slip_limit, draws.v, weather.rate_shift[stages - 1],
                                weather.rate_factor[stages - 1], deals_stream, slips_stream, column, book,
                                fates)  # fmt: skip
            report(n, book, start, shape.money, i, counts[s], cents[s])
    return counts.shape[2], 0


TRIALS = apart(run_trials, types.UniTuple(types.int64, 2))


@TRIALS.by_address
def run_trials_at(address, terms_code, shape, numbers, spreads, market, segments, streams, opening, seeds, first, begin,
                  terms, tables, weather, draws, leads, arrivals, cohort, place, by_week, book, column, counts, cents,
                  fates, closing, details, wins):  # fmt: skip
    """As ``run_trials``, by its address."""
    return run_trials(terms_code, shape, numbers, spreads, market, segments, streams, opening, seeds, first, begin,
                      terms, tables, weather, draws, leads, arrivals, cohort, place, by_week, book, column, counts,
                      cents, fates, closing, details, wins)  # fmt: skip


def enter_trials(code, terms_code, shape, numbers, spreads, market, segments, streams, opening, seeds, first, begin,
                 terms, tables, weather, draws, leads, arrivals, cohort, place, by_week, book, column, counts, cents,
                 fates, closing, details, wins):  # fmt: skip
    """The bridge from Python to ``run_trials``: taking its arguments apart is a tenth of what there is to compile."""
    return run_trials_at(code, terms_code, shape, numbers, spreads, market, segments, streams, opening, seeds, first,
                         begin, terms, tables, weather, draws, leads, arrivals, cohort, place, by_week, book, column,
                         counts, cents, fates, closing, details, wins)  # fmt: skip
