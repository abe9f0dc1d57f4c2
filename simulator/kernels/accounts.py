"""Accounts: segments into which companies come, each played one by one with the people engaged in it.

A pass of its own: the trials of the other segments know nothing of it, and a plan without accounts
never enters, nor compiles, anything of this. An account has a number in the week in which it first
engages, and all its words are named by the two; so it lives the same life in another plan.

*A market that can run dry*: each of the target accounts engages at the same rate while it is free. Of
those that the plan's volume brings a share is new, that of the accounts not taken yet; so fewer come
the fewer are left. An account that is lost can be made free again after a while.
"""

from __future__ import annotations

import numpy as np

from simulator.kernels.account_deals import AT_LOSSES, AT_WINS, settle_account
from simulator.kernels.arrivals import draw_arrivals
from simulator.kernels.book import BORN, clear, report
from simulator.kernels.contacts import NEVER, engage, first_contacts, grow, next_join
from simulator.kernels.jit import inner, jit
from simulator.kernels.leads import IN_FLIGHT
from simulator.kernels.money import in_grains
from simulator.kernels.plan import DEALS, DEMAND, SLIPS
from simulator.kernels.spreads import draw_lag, draw_lag_from, draw_size
from simulator.kernels.streams import WEEK_ZERO, substream, uniform, word
from simulator.kernels.trials import set_terms
from simulator.kernels.wins import note_win

_NEW, _AGAIN = 0, 3
_STAGES = 16  # from here on: whether it goes on from a stage, and after how long
_VALUE = 2
MQAS, LEFT = 0, 1


@inner
def set_free(again, week, end, bits, words, guide, free):
    """An account lost in ``week`` can engage again after a lag of the spread of that quarter."""
    if again[week // 13] >= 0:
        then = week + draw_lag(words, guide, again[week // 13], bits)
        if then < end:
            free[then] += 1


@inner
def value_of(size, kind, data, curves, u):
    """What a deal is worth, by the (QT,) terms of its quarter."""
    if kind[0] < 0:
        return 0.0
    return in_grains(size[2] * draw_size(kind[0], size[0], size[1], kind[1], kind[2], kind[3], data, curves, u))


@jit
def run_accounts(shape, numbers, spreads, market, segments, opening, accounts, rates, closing, seeds, first, begin,
                 terms, tables, weather, draws, leads, arrivals, book, by_arrivals, desk, column, counts, cents, parts,
                 fates, wins):  # fmt: skip
    """Play the segments with accounts in trials first + begin, first + begin + 1, …

    One loop for all that an account can begin as: an open deal of the file, one in flight, or one that
    engages in some week. What is called in one place is compiled once.

    Parameters
    ----------
    shape … opening : parts of a Plan; accounts, rates, closing : what it says of them; terms … arrivals, book : parts
        of a Room; by_arrivals : uint64 (S,) names of the streams of arrivals; desk : a Desk.
    counts, cents, fates, wins : as in run_trials, the rows of these segments filled
    parts : float64 (segment, 4, trial, column), filled: contacts at wins, wins, contacts at losses, losses

    Returns
    -------
    (trial, entries) : as run_trials.
    """
    stages, start, end = shape.stages, 13 * shape.warm, column.size
    birth = stages - 2
    n, words, guide, v = leads.n, tables.words, tables.guide, draws.v
    first_week = 0 if shape.play_warm_up else start
    shift, times = weather.rate_shift[stages - 1], weather.rate_factor[stages - 1]
    left_row = accounts.rows[LEFT]
    deals, rows = opening.deal_segment.size, opening.lead_segment.size
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
            for c in range(counts.shape[3]):
                counts[s, accounts.rows[MQAS], i, c] = 0
                if left_row >= 0:
                    counts[s, left_row, i, c] = 0
                for row in range(parts.shape[1]):
                    parts[s, row, i, c] = 0.0
            if not accounts.played[s]:
                continue
            clear(n, book)
            for w in range(end):
                desk.arrived[w], desk.free[w] = 0, 0
            for q in range(desk.joining.shape[1]):
                for phase in range(2):
                    desk.joining[phase, q] = v[accounts.joining[s, phase, max(q - shape.warm, 0)]]
            draw_arrivals(s, terms, segments, by_arrivals[s], demand_key, start, first_week,
                          i == begin or not shape.static, arrivals, leads.words[0], leads.few,
                          desk.arrived)  # fmt: skip
            stream = substream(demand_key, accounts.stream[s])
            deals_stream, slips_stream = (
                substream(deals_key, accounts.deals[s]),
                substream(slips_key, accounts.slips[s]),
            )
            entry, limited, again, wanted = (
                segments.entry[s],
                accounts.limited[s],
                accounts.again[s],
                accounts.qualified_at[s],
            )
            lag, rate = segments.lag[s], terms.rate[s]
            size = np.int64(v[accounts.number[s]] + 0.5) if limited else 0
            left = size
            for source in range(deals + rows + end - first_week):
                # where those of this source begin: t and week, and for how many weeks they have been there
                d, lead, w = source, source - deals, source - deals - rows + first_week
                is_deal, in_flight = d < deals, d >= deals and lead < rows
                t, week, q, age, many, name = birth, start, shape.warm, 0, 1, -1
                if is_deal:
                    if opening.deal_segment[d] != s:
                        continue
                    age = opening.deal_age[d]
                elif in_flight:
                    if opening.lead_segment[lead] != s:
                        continue
                    t, q, age = opening.lead_stage[lead], opening.lead_quarter[lead], opening.lead_age[lead]
                    many, name = opening.lead_count[lead], IN_FLIGHT + 64 * age + t
                else:
                    t, week, q, many, name = entry, w, w // 13, desk.arrived[w], w - start + WEEK_ZERO
                    if limited and w >= start:
                        left = min(size, left + desk.free[w])
                from_start = t
                for number in range(many):
                    t = from_start
                    if is_deal:
                        key = substream(stream, opening.deal_name[d])
                        deal_key = substream(deals_stream, opening.deal_name[d])
                        slip_key = substream(slips_stream, opening.deal_name[d])
                    else:
                        key = word(word(stream, name), number)
                        deal_key = word(word(deals_stream, name), number)
                        slip_key = word(word(slips_stream, name), number)
                        if not in_flight:
                            week = w
                            if limited and w >= start:
                                if uniform(word(key, _NEW)) * size >= left:
                                    continue
                                left -= 1
                            n[t, w] += 1
                        else:
                            week = start
                    contacts, most = first_contacts(accounts.contacts[s, q], accounts.group[s, q], words, guide, key)
                    joined, passed, due, reached, over = 0, 0.0, next_join(key, 0), NEVER, NEVER
                    if is_deal and accounts.known[d] > 0:
                        contacts = accounts.known[d]
                        most = max(most, contacts)
                    elif age > 0:
                        grown = desk.joining[1 if is_deal else 0, q]
                        contacts, joined, passed, due = grow(grown * age, key, contacts, most, joined, passed, due)
                    elif contacts >= wanted and not is_deal:
                        reached = week

                    # stage after stage; what it goes on to, it is in from ``later`` on
                    waited = age
                    while t < birth:
                        here = q if in_flight and waited > 0 else week // 13
                        more = draw_lag_from(tables.cdf, words, guide, lag[t + 1, here], word(key, _STAGES + 2 * t + 1),
                                             waited)  # fmt: skip
                        goes_on = more >= 0 and uniform(word(key, _STAGES + 2 * t)) < rate[t + 1, here]
                        later = week + max(more, 0)
                        waited = 0
                        if shape.given_leads and week < start <= later:
                            break
                        contacts, joined, passed, due, reached = engage(
                            desk.joining[0], key, week, min(later, end), contacts, most, joined, passed, due, wanted,
                            reached,
                        )  # fmt: skip
                        if later >= end:
                            break
                        if not goes_on or (t + 1 == birth and contacts < accounts.deal_needs[s]):
                            over = later
                            break
                        t += 1
                        week = later
                        n[t, week] += 1
                    if t == birth and not (shape.given_deals and week < start):
                        value, pushes, own, stated, at = 0.0, 0, -1, -1, column[week]
                        if is_deal:
                            value, pushes, own = (
                                in_grains(opening.deal_value[d]),
                                opening.deal_pushes[d],
                                opening.deal_p[d],
                            )
                            stated, at = opening.deal_due[d], 0
                            if stated >= 0:
                                stated += start
                        elif shape.money:
                            value = value_of(terms.size[s, week // 13], terms.size_kind[s, week // 13], spreads.data,
                                             spreads.curves, uniform(word(deal_key, _VALUE)))  # fmt: skip
                        waited = age if is_deal else 0
                        book.tally[BORN, at] += 1
                        book.value[BORN, at] += value
                        outcome, decided, slips, price, contacts, reached, stale = settle_account(
                            rates, closing, s, week, stated, waited, value, pushes, own, contacts, most, joined, passed,
                            due, wanted, reached, key, deal_key, slip_key, desk.joining[1], end, shape.warm, tables,
                            lag[stages - 1], segments.loss_lag[s], segments.delay[s], segments.limit[s],
                            terms.factor[s], terms.slip_limit[s], v, shift, times, column, book,
                        )  # fmt: skip
                        if outcome < 0:
                            over = decided
                        if outcome != 0 and decided >= start:
                            row, c = AT_WINS if outcome > 0 else AT_LOSSES, column[decided] - 1
                            parts[s, row, i, c] += contacts
                            parts[s, row + 1, i, c] += 1.0
                            if outcome > 0 and wins.trial.size > 0:
                                note_win(wins, i, s, decided - start, name, d if is_deal else number, price)
                        if is_deal:
                            fates.stale[d] += 1 if stale else 0
                            fates.outcome[i, d], fates.slips[i, d] = outcome, slips
                            fates.week[i, d] = decided - start if outcome != 0 else -1
                    if start <= reached < end:
                        counts[s, accounts.rows[MQAS], i, column[reached] - 1] += 1
                    if limited and start <= over < end:
                        set_free(again, over, end, word(key, _AGAIN), words, guide, desk.free)
                if name >= 0 and not in_flight and limited and w >= start and left_row >= 0:
                    counts[s, left_row, i, column[w] - 1] = left
            report(n, book, start, shape.money, i, counts[s], cents[s])
    return counts.shape[2], 0
