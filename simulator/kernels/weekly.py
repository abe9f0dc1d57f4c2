"""Whole trials of plans with teams or follow-up: week by week, and stage by stage within a week.

Without them a segment is played stage by stage over all weeks (:mod:`simulator.kernels.trials`).
Here what happens in one week decides who waits in the next, and segments share their teams. All
draws are named as there; a plan whose teams have room for all gives the same trials bit for bit.
"""

from __future__ import annotations

import numpy as np

from simulator.kernels.arrivals import draw_arrivals
from simulator.kernels.jit import inner, jit
from simulator.kernels.leads import play_opening_leads
from simulator.kernels.people import fill_people
from simulator.kernels.plan import DEALS, DEMAND, SLIPS
from simulator.kernels.streams import substream, word
from simulator.kernels.trials import set_terms
from simulator.kernels.weekly_deals import OPEN, OPEN_VALUE, bear, sell, start_deal
from simulator.kernels.weekly_leads import enter, forget_waiting, serve
from simulator.kernels.weekly_opening import play_opening_deals
from simulator.kernels.weekly_room import WAITING


@inner
def _clear(floor, tally):
    for r in range(floor.came.shape[0]):
        for s in range(floor.came.shape[1]):
            for t in range(floor.came.shape[2]):
                for w in range(floor.came.shape[3]):
                    floor.came[r, s, t, w] = 0
                    for c in range(floor.seen.shape[4]):
                        floor.seen[r, s, t, w, c] = 0
    for n in range(floor.wait.shape[0]):
        floor.oldest[n], floor.credit[n] = 0, 0.0
        for s in range(floor.at_work.shape[1]):
            floor.at_work[n, s] = 0
            for w in range(floor.free.shape[2]):
                floor.free[n, s, w] = 0
        for j in range(floor.wait.shape[1]):
            for w in range(floor.wait.shape[2]):
                floor.wait[n, j, w] = 0
    for s in range(floor.next_deal.shape[0]):
        for w in range(floor.next_deal.shape[1]):
            floor.next_deal[s, w] = 0
    for c in range(tally.stages.shape[2]):
        for s in range(tally.stages.shape[0]):
            for m in range(tally.stages.shape[1]):
                tally.stages[s, m, c] = 0
            for m in range(4):
                tally.money[s, m, c] = 0.0
            for m in range(tally.outcome.shape[1]):
                tally.outcome[s, m, c] = 0
            for m in range(tally.bar.shape[1]):
                tally.bar[s, m, c] = 0.0
            for n in range(tally.team.shape[1]):
                for m in range(3):
                    tally.team[s, n, m, c] = 0
                    tally.part[s, n, m, c] = 0.0


@inner
def _report(i, stages, with_money, rows, tally, counts, cents, parts):
    """Write trial row i: what stands at the end is summed up over columns, what teams do over teams too."""
    columns = counts.shape[3]
    teams = tally.team.shape[1]
    for s in range(counts.shape[0]):
        for c in range(1, columns + 1):
            tally.stages[s, stages + OPEN, c] += tally.stages[s, stages + OPEN, c - 1]
            tally.money[s, OPEN_VALUE, c] += tally.money[s, OPEN_VALUE, c - 1]
            for n in range(teams):
                tally.team[s, n, WAITING, c] += tally.team[s, n, WAITING, c - 1]
        for c in range(columns):
            for m in range(stages + 4):
                counts[s, m, i, c] = tally.stages[s, m, c + 1]
            for m in range(4):
                if with_money:
                    cents[s, m, i, c] = np.rint(tally.money[s, m, c + 1] * 100.0) + 0.0
            for m in range(rows.outcome.size):
                if rows.outcome[m] >= 0:
                    counts[s, rows.outcome[m], i, c] = tally.outcome[s, m, c + 1]
            for m in range(tally.bar.shape[1]):
                parts[s, 3 * (1 + teams) + m, i, c] = tally.bar[s, m, c + 1]
            for m in range(3):
                total, people = 0, 0.0
                for n in range(teams):
                    total += tally.team[s, n, m, c + 1]
                    people += tally.part[s, n, m, c + 1]
                    parts[s, 3 * (n + 1) + m, i, c] = tally.part[s, n, m, c + 1]
                    if rows.team[n, m] >= 0:
                        counts[s, rows.team[n, m], i, c] = tally.team[s, n, m, c + 1]
                if rows.total[m] >= 0:
                    counts[s, rows.total[m], i, c] = total
                parts[s, m, i, c] = people


@jit
def run_weekly(shape, numbers, spreads, market, segments, streams, opening, teams, follow, rows, seeds, first, begin,
               terms, tables, weather, draws, leads, arrivals, people, floor, tally, column, counts, cents, parts,
               outcome, decided, slipped, stale, closing, wins):  # fmt: skip
    """Play trials first + begin, first + begin + 1, …, as run_trials does, with teams and follow-up.

    Parameters
    ----------
    shape … opening : the parts of a Plan; terms … arrivals : parts of a Room; people, floor, tally : of a
        WeeklyRoom; seeds, column, counts, cents, outcome … stale : as in run_trials.
    parts : float64 (segment, 3 × (1 + team), trial, column), filled: people-weeks at work, there, and needed,
        of all teams and of each; then those of a bar (weekly_room.GOOD …), where a plan has one.
    closing, wins : as in run_trials; None for plans that close alike and follow nobody.

    Returns
    -------
    (trial, entries) : as run_trials.
    """
    stages, start = shape.stages, 13 * shape.warm
    weeks = floor.came.shape[3]
    birth = stages - 2
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
        fill_people(teams, follow, segments.rate, draws.v, shape.warm, weather.rate_shift, weather.rate_factor,
                    terms.rate, demand_key, tables.words, tables.guide, people)  # fmt: skip
        _clear(floor, tally)
        for s in range(shape.segments):
            n = floor.came[0, s]
            draw_arrivals(s, terms, segments, streams.arrivals[s], demand_key, start, first_week,
                          i == begin or not shape.static, arrivals, leads.words[0], leads.few,
                          n[segments.entry[s]])  # fmt: skip
            for lead in range(opening.lead_segment.size):
                if opening.lead_segment[lead] == s:
                    t, q = opening.lead_stage[lead] + 1, opening.lead_quarter[lead]
                    play_opening_leads(
                        t, opening.lead_age[lead], opening.lead_count[lead], terms.rate[s, t, q], segments.lag[s, t, q],
                        tables.cdf, tables.words, tables.guide, streams.conversion[s, t], streams.lag[s, t],
                        demand_key, start, n, leads.words, leads.whole, leads.real, leads.few,
                    )  # fmt: skip

        shift, times = weather.rate_shift[stages - 1], weather.rate_factor[stages - 1]
        if opening.deal_segment.size > 0:
            play_opening_deals(opening, i, start, weeks, shape.warm, teams, terms, segments, tables, draws.v, shift,
                               times, deals_key, slips_key, streams, tally, floor, column, outcome, decided, slipped,
                               stale, closing, wins)  # fmt: skip
        for w in range(first_week, weeks):
            if w == start and shape.given_leads:
                forget_waiting(start, floor.came.shape[0], floor, tally)
            until = start if shape.given_leads and w < start else weeks
            for t in range(birth):
                enter(t, w, segments, teams, people, floor, tally, follow, until, start, demand_key, terms.rate,
                      streams, tables.cdf, tables.words, tables.guide, column)  # fmt: skip
                for n in range(teams.stage.size):
                    if teams.stage[n] == t:
                        serve(n, w, segments, teams, people, floor, tally, follow, until, start, demand_key,
                              terms.rate, streams, tables.cdf, tables.words, tables.guide, column)  # fmt: skip
            for s in range(shape.segments):
                m = floor.came[0, s, birth, w]
                tally.stages[s, birth, column[w]] += m
                if m == 0 or w < first_birth:
                    continue
                deals_stream, slips_stream = (
                    substream(deals_key, streams.deals[s]),
                    substream(slips_key, streams.slips[s]),
                )
                team = teams.of[s, birth]
                if team >= 0:
                    bear(s, w, m, start, deals_stream, terms, spreads, tally, column, shape.money)
                    floor.wait[team, s * floor.came.shape[0], w] += m
                    tally.team[s, team, WAITING, column[w]] += m
                else:
                    for number in range(m):
                        start_deal(s, w, number, w, 1.0, start, shape.warm, weeks, deals_stream, slips_stream, terms,
                                   segments, spreads, draws.v, shift, times, tables.words, tables.guide, tally, column,
                                   shape.money, False, closing, wins, i)  # fmt: skip
            for n in range(teams.stage.size):
                if teams.stage[n] == birth and w >= first_birth:
                    sell(n, w, start, weeks, deals_key, slips_key, demand_key, streams, teams, people, terms, segments,
                         spreads, draws.v, shift, times, tables, floor, tally, column, shape.money, shape.warm,
                         closing, wins, i)  # fmt: skip
        _report(i, stages, shape.money, rows, tally, counts, cents, parts)
    return counts.shape[2], 0
