"""Leads week by week, for plans with teams or follow-up: who waits, is worked, goes on, comes back.

A cohort is who came to a stage in one week, afresh or back from nurture for the r-th time. Its
individuals are numbered, and worked in that order, all in one week or in parts over several. Each
step (reached? fit? accepted? …) is drawn from a stream of the cohort at the number that the
individual has among those who took the step before, so parts are drawn as the whole would be.
With everybody worked at once, and all of them reached and fit, these are the draws of
:mod:`simulator.kernels.leads`, bit for bit.
"""

from __future__ import annotations

import numpy as np

from simulator.kernels.counts import binomial_quantile
from simulator.kernels.funnel import LAGGED_ONE_BY_ONE, ONE_BY_ONE, REST
from simulator.kernels.jit import inner
from simulator.kernels.queues import allot, cool, first_waiting
from simulator.kernels.spreads import draw_lag
from simulator.kernels.streams import ALWAYS, GAMMA, WEEK_ZERO, mix64, substream, threshold, uniform, word
from simulator.kernels.teams import AGAIN, DISQUALIFIED, NURTURED, REACHED, RETURNS
from simulator.kernels.weekly_room import (
    BUSY,
    GONE_COLD,
    GOOD,
    NOT_REACHED,
    OUT,
    RETURNED,
    SEEN,
    STAFFED,
    TO_NURTURE,
    TURNED_AWAY,
    WAITING,
    WORK,
    WORKED,
    WRONG,
)

# counters of a cohort: how many of it were worked, reached, found fit, accepted, refused, nurtured, come back
DONE, FOUND, FIT, TAKEN, REFUSED, KEPT, BACK = range(7)
CAME_BACK = 1 << 50  # counter of the streams of those who came back
PART = 1 << 13  # words for the lags of one part of a large cohort
_ONE, _ZERO = np.uint64(1), np.uint64(0)
_WEEKS, _GOOD = 4, 5  # indices into names, of the weeks until they come back, and of who a bar turns away


@inner
def cohort_key(key, name, week, r):
    """The stream ``name`` of those who came in a week, counted from the start, for the r-th time back."""
    found = word(substream(key, name), week + WEEK_ZERO)
    return found if r == 0 else word(found, CAME_BACK + r)


@inner
def _below(key, count, limit):
    """How many of the first ``count`` individuals have a word below the limit; funnel.convert's draws."""
    if limit == ALWAYS:
        return count
    if limit == _ZERO:
        return 0
    found = 0
    group = 0
    while (group << 6) < count:
        lanes = min(count - (group << 6), 64)
        still = ALWAYS if lanes == 64 else (_ONE << np.uint64(lanes)) - _ONE
        under = _ZERO
        plane = 0
        while still != _ZERO and plane < 64:
            bits = mix64(key + np.uint64((group << 6) + plane) * GAMMA)
            one = _ZERO - ((limit >> np.uint64(63 - plane)) & _ONE)
            under |= still & ~bits & one
            still &= ~(bits ^ one)
            plane += 1
        while under != _ZERO:
            under &= under - _ONE
            found += 1
        group += 1
    return found


@inner
def share_of(key, first, last, rate):
    """How many of a cohort's individuals number first … last − 1 take a step that has this rate."""
    if last <= first:
        return 0
    limit = threshold(rate)
    found = _below(key, min(last, ONE_BY_ONE), limit)
    if first > 0:
        found -= _below(key, min(first, ONE_BY_ONE), limit)
    if last > ONE_BY_ONE:
        begin = max(first, ONE_BY_ONE)
        found += binomial_quantile(uniform(word(key, REST + begin - ONE_BY_ONE)), last - begin, rate)
    return found


@inner
def send(key, first, count, week, until, i, cdf, words, guide, into):
    """Send individuals number first, first + 1, … on their way with lag i: adds to ``into`` (week,)."""
    alone = min(max(LAGGED_ONE_BY_ONE - first, 0), count)
    for number in range(first, first + alone):
        at = week + draw_lag(words, guide, i, word(key, number))
        if at < until:
            into[at] += 1
    rest = count - alone
    if rest <= 0:
        return
    offset = REST + (max(first, LAGGED_ONE_BY_ONE) - LAGGED_ONE_BY_ONE) * PART
    longest = cdf.shape[1] - 1
    before = 0.0
    k = 0
    while rest > 0 and week + k < until:
        chance = 1.0
        if k < longest and before < 1.0:
            chance = min(1.0, (cdf[i, k] - before) / (1.0 - before))
        there = binomial_quantile(uniform(word(key, offset + k)), rest, chance)
        into[week + k] += there
        rest -= there
        before = cdf[i, k]
        k += 1


@inner
def work_part(s, t, r, e, m, w, until, waiting_factor, start, demand_key, rate, lag, conversion_name, lag_name, follow,
              people, cdf, words, guide, came, seen, column, outcome, bar):  # fmt: skip
    """Work the next m of the cohort that came to stage t in week e: who goes on arrives in ``came``.

    ``until`` : week from which arrivals are dropped; rate, lag : (T, QT) of the segment; people : PeopleTerms;
    outcome, bar : (5, 1 + column) and (3 or 0, 1 + column) tallies of the segment.
    """
    follow_rate = people.rate
    counter = seen[r, s, t, e]
    q, week = e // 13, e - start
    reached, fit, p = m, m, rate[t + 1, q]
    followed = follow.given[s, t]
    if followed:
        if r > 0:
            p = follow_rate[AGAIN, s, t, q]
        key = cohort_key(demand_key, follow.name[REACHED, s, t], week, r)
        reached = share_of(key, counter[DONE], counter[DONE] + m, follow_rate[REACHED, s, t, q])
        key = cohort_key(demand_key, follow.name[DISQUALIFIED, s, t], week, r)
        out = share_of(key, counter[FOUND], counter[FOUND] + reached, follow_rate[DISQUALIFIED, s, t, q])
        fit = reached - out
        outcome[NOT_REACHED, column[w]] += m - reached
        outcome[OUT, column[w]] += out
        if people.good[s, t, q] >= 0.0:
            bar[SEEN, column[w]] += reached
            bar[WRONG, column[w]] += out
    for _ in range(w - e):
        p *= waiting_factor
    key = cohort_key(demand_key, conversion_name[t + 1], week, r)
    taken = share_of(key, counter[FIT], counter[FIT] + fit, p)
    key = cohort_key(demand_key, lag_name[t + 1], week, r)
    send(key, counter[TAKEN], taken, w, until, lag[t + 1, q], cdf, words, guide, came[0, s, t + 1])
    if people.good[s, t + 1, q] >= 0.0:
        right = 1.0 - follow_rate[DISQUALIFIED, s, t + 1, q]
        key = cohort_key(demand_key, follow.name[_GOOD, s, t + 1], week, r)
        before, away = counter[FIT] - counter[TAKEN], fit - taken
        away = share_of(key, before, before + away, good_below(people.good[s, t + 1, q], p, right))
        outcome[TURNED_AWAY, column[w]] += away
        bar[GOOD, column[w]] += taken * right + away
    if followed and r < follow.limit[s, t]:
        refused = m - reached + fit - taken
        key = cohort_key(demand_key, follow.name[NURTURED, s, t], week, r)
        kept = share_of(key, counter[REFUSED], counter[REFUSED] + refused, follow_rate[NURTURED, s, t, q])
        key = cohort_key(demand_key, follow.name[RETURNS, s, t], week, r)
        back = share_of(key, counter[KEPT], counter[KEPT] + kept, follow_rate[RETURNS, s, t, q])
        key = cohort_key(demand_key, follow.name[_WEEKS, s, t], week, r)
        send(key, counter[BACK], back, w, until, follow.back[s, t, q], cdf, words, guide, came[r + 1, s, t])
        outcome[TO_NURTURE, column[w]] += kept
        counter[REFUSED] += refused
        counter[KEPT] += kept
        counter[BACK] += back
    counter[DONE] += m
    counter[FOUND] += reached
    counter[FIT] += fit
    counter[TAKEN] += taken


@inner
def good_below(good, passed, precision):
    """Share of good ones among those that a bar turns away, which passes this share on, with this precision."""
    if passed >= 1.0:
        return 0.0
    return min(max((good - passed * precision) / (1.0 - passed), 0.0), 1.0)


@inner
def enter(t, w, segments, teams, people, floor, tally, follow, until, start, demand_key, rate, streams, cdf, words,
          guide, column):  # fmt: skip
    """Who comes to stage t in week w: into their team's queue, or worked at once where there is no team."""
    rounds = floor.came.shape[0]
    at = column[w]
    for s in range(segments.entry.size):
        if t < segments.entry[s]:
            continue
        for r in range(rounds):
            m = floor.came[r, s, t, w]
            if m == 0:
                continue
            if r == 0:
                tally.stages[s, t, at] += m
            else:
                tally.outcome[s, RETURNED, at] += m
            n = teams.of[s, t]
            if n < 0:
                work_part(s, t, r, w, m, w, until, 1.0, start, demand_key, rate[s], segments.lag[s],
                          streams.conversion[s], streams.lag[s], follow, people, cdf, words, guide, floor.came,
                          floor.seen, column, tally.outcome[s], tally.bar[s])  # fmt: skip
            else:
                floor.wait[n, s * rounds + r, w] += m
                tally.team[s, n, WAITING, at] += m
                tally.part[s, n, WORK, at] += m / people.each[n, w // 13]


@inner
def serve(n, w, segments, teams, people, floor, tally, follow, until, start, demand_key, rate, streams, cdf, words,
          guide, column):  # fmt: skip
    """A week of team n, which works leads: who is worked, who goes cold."""
    rounds = floor.came.shape[0]
    t, at, each = teams.stage[n], column[w], people.each[n, w // 13]
    floor.credit[n] += people.staff[n, w] * each
    slots = np.int64(floor.credit[n] + 1e-9)
    floor.credit[n] -= slots
    floor.oldest[n] = first_waiting(floor.wait[n], floor.oldest[n], w)
    key = substream(demand_key, teams.turn_name[n])
    rows = allot(teams.order[n], teams.turn[n], rounds, floor.wait[n], floor.oldest[n], w, slots, key, start,
                 floor.chosen, floor.takes)  # fmt: skip
    worked = 0
    for row in range(rows):
        s, r, e, m = (
            floor.takes[row, 0] // rounds,
            floor.takes[row, 0] % rounds,
            floor.takes[row, 1],
            floor.takes[row, 2],
        )
        work_part(s, t, r, e, m, w, until, people.factor[n, e // 13], start, demand_key, rate[s], segments.lag[s],
                  streams.conversion[s], streams.lag[s], follow, people, cdf, words, guide, floor.came,
                  floor.seen, column, tally.outcome[s], tally.bar[s])  # fmt: skip
        worked += m
        tally.team[s, n, WAITING, at] -= m
        tally.team[s, n, WORKED, at] += m
        tally.part[s, n, BUSY, at] += m / each
        tally.part[s, n, STAFFED, at] += m / each
    share_idle((slots - worked) / each, worked, rows, rounds, n, teams, floor, tally, at)
    rows = cool(floor.wait[n], floor.oldest[n], w, people.patience[n], floor.takes)
    for row in range(rows):
        s, m = floor.takes[row, 0] // rounds, floor.takes[row, 2]
        tally.team[s, n, WAITING, at] -= m
        tally.team[s, n, GONE_COLD, at] += m


@inner
def share_idle(idle, worked, rows, rounds, n, teams, floor, tally, at):
    """Put a team's idle people-weeks down to its segments as its work, so that theirs is the team's utilisation."""
    if idle <= 0.0:
        return
    if worked > 0:
        for row in range(rows):
            s, m = floor.takes[row, 0] // rounds, floor.takes[row, 2]
            tally.part[s, n, STAFFED, at] += idle * m / worked
        return
    served = 0
    while served < teams.turn.shape[1] and teams.turn[n, served] >= 0:
        served += 1
    for i in range(served):
        tally.part[teams.turn[n, i], n, STAFFED, at] += idle / served


@inner
def forget_waiting(start, rounds, floor, tally):
    """Leads of the warm-up that still wait at the start: a file says who is in flight instead."""
    for n in range(floor.wait.shape[0]):
        for j in range(floor.wait.shape[1]):
            for e in range(start):
                tally.team[j // rounds, n, WAITING, 0] -= floor.wait[n, j, e]
                floor.wait[n, j, e] = 0
