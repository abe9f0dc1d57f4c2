"""Customers: what becomes of won deals, and of the customers there were at the start, one life each.

A pass of its own after the deals are settled: it reads the list of wins that the trials left, so a
plan that does not follow its customers never enters, nor compiles, anything of this.

A customer leaves in the first week in which the hazards it has been through add up to an
exponential of its own, or when a contract is not renewed; so a higher churn makes nobody stay
longer. In each year as a customer it may buy more once and cut back once, in a week of its own.
Its revenue is kept in whole cents, so that what comes, grows, shrinks and goes adds up exactly.

Every word of a life is keyed by the deal it came from (or the customer's id): with the same luck the
same customer lives the same life in another plan.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.jit import inner, jit
from simulator.kernels.plan import ASSUMPTIONS, CUSTOMERS, Flags, Floats, Ints, Words
from simulator.kernels.streams import substream, uniform, word
from simulator.kernels.uncertain import draw_leaves

YEAR = 52
AGES = 3  # first year, second year, later
LONG_AGO = -1000 * YEAR  # since when, where nobody knows
NEVER = 1 << 40
# counters of a customer's words
_LEAVES, _DATE = 0, 1
_RENEWS, _GROWS, _CUTS = 1 << 32, 1 << 40, 1 << 41
# rows of the counts and of the money
STOCK, NEW, CHURNED = 0, 1, 2
ARR, NEW_ARR, EXPANSION, CONTRACTION, CHURNED_ARR, NET_NEW = 0, 1, 2, 3, 4, 5


class Customers(NamedTuple):
    """What the plan says of customers. S segments, Q quarters; arrays of ints without comment hold slots."""

    followed: Flags  # (S,)
    recurring: Ints  # (S, Q)
    churn: Ints  # (S, 3, Q) by age
    renewal: Ints  # (S, 2, Q): the first one, later ones
    uplift: Ints  # (S, Q)
    expansion: Ints  # (S, Q)
    expansion_by: Ints  # (S, Q)
    contraction: Ints  # (S, Q)
    contraction_by: Ints  # (S, Q)
    term: Floats  # (S,) weeks from renewal to renewal; 0: contracts without end
    stream: Words  # (S,) of the deals born in the plan
    deal_name: Words  # (D,) of the open deals at the start
    name: Words  # (C,) of the customers at the start
    segment: Ints  # (C,) whose
    cents: Floats  # (C,)
    since: Ints  # (C,) week, negative
    anchor: Ints  # (C,) week from which renewals are counted, or NEVER: drawn
    ahead: Ints  # (C,) terms from the anchor to the next renewal
    renewals: Ints  # (C,) what number that renewal has; 1 is the first


class LifeTerms(NamedTuple):
    """One trial's terms, by segment and quarter."""

    hazard: NDArray[np.float64]  # (S, 3, Q) of leaving, per week
    renewal: NDArray[np.float64]  # (S, 2, Q)
    uplift: NDArray[np.float64]  # (S, Q)
    expansion: NDArray[np.float64]  # (S, Q)
    expansion_by: NDArray[np.float64]  # (S, Q)
    contraction: NDArray[np.float64]  # (S, Q)
    contraction_by: NDArray[np.float64]  # (S, Q)
    recurring: NDArray[np.float64]  # (S, Q)


def make_life_terms(segments: int, quarters: int) -> LifeTerms:
    """Room for a trial's terms."""
    flat = [np.zeros((segments, quarters)) for _ in range(6)]
    return LifeTerms(np.zeros((segments, AGES, quarters)), np.zeros((segments, 2, quarters)), *flat)


@inner
def fill_life_terms(customers, v, terms):
    """Work out the terms from the slots' values v (slot,)."""
    for s in range(customers.followed.size):
        if not customers.followed[s]:
            continue
        for q in range(customers.recurring.shape[1]):
            for age in range(customers.churn.shape[1]):
                terms.hazard[s, age, q] = -math.log1p(-v[customers.churn[s, age, q]]) / YEAR
            for later in range(2):
                terms.renewal[s, later, q] = v[customers.renewal[s, later, q]]
            terms.uplift[s, q] = v[customers.uplift[s, q]]
            terms.expansion[s, q] = v[customers.expansion[s, q]]
            terms.expansion_by[s, q] = v[customers.expansion_by[s, q]]
            terms.contraction[s, q] = v[customers.contraction[s, q]]
            terms.contraction_by[s, q] = v[customers.contraction_by[s, q]]
            terms.recurring[s, q] = v[customers.recurring[s, q]]


@inner
def week_of_leaving(hazard, key, since, present, end):
    """First week from ``present`` on in which a customer leaves of itself; ``end`` if it does not.

    hazard : (3, Q) per week, by year as a customer and quarter.
    """
    patience = -math.log(uniform(word(key, _LEAVES)))
    passed = 0.0
    week = present
    while week < end:
        q = week // 13
        year = (week - since - 1) // YEAR
        edge = min(13 * (q + 1), since + 1 + YEAR * (year + 1), end)
        h = hazard[min(year, 2), q]
        after = passed + h * (edge - week)
        if after >= patience:
            return min(week + max(math.ceil((patience - passed) / h), 1) - 1, edge - 1)
        passed = after
        week = edge
    return end


@inner
def week_of_change(chance, key, counter, first, present, end):
    """Week of a year as a customer (its first week ``first``) in which it buys more or cuts back; NEVER if not."""
    week = first + np.int64(uniform(word(key, counter + 1)) * YEAR)
    if week < present or week >= end:
        return NEVER
    return week if uniform(word(key, counter)) < chance[week // 13] else NEVER


@inner
def live(terms, s, term, key, since, present, anchor, ahead, renewals, arr, column, trial, counts, cents):
    """Play one customer from week ``present`` to the end of the horizon, and tally what happens.

    since : week in which it became one; anchor, ahead : the next renewal is ``ahead`` terms after week
    ``anchor``; renewals : what number it has; arr : whole cents a year.
    """
    end = column.size
    money = cents.shape[1] > 0
    gone = week_of_leaving(terms.hazard[s], key, since, present, end)
    due = NEVER
    if term > 0.0:
        due = anchor + np.int64(ahead * term + 0.5)
    year = (present - since - 1) // YEAR
    first = since + 1 + YEAR * year
    while first < gone:
        grows = week_of_change(terms.expansion[s], key, _GROWS + 2 * year, first, present, end)
        cuts = week_of_change(terms.contraction[s], key, _CUTS + 2 * year, first, present, end)
        while True:
            week = min(due, grows, cuts)
            if week >= gone or week >= first + YEAR:
                break
            q = week // 13
            change = 0.0
            if week == due:
                if uniform(word(key, _RENEWS + renewals)) >= terms.renewal[s, 0 if renewals == 1 else 1, q]:
                    gone = week
                    break
                change = np.rint(arr * terms.uplift[s, q])
                ahead += 1
                renewals += 1
                due = anchor + np.int64(ahead * term + 0.5)
            elif week == grows:
                change = np.rint(arr * terms.expansion_by[s, q])
                grows = NEVER
            else:
                change = -np.rint(arr * terms.contraction_by[s, q])
                cuts = NEVER
            arr += change
            if money and change > 0.0:
                cents[s, EXPANSION, trial, column[week]] += change
            elif money and change < 0.0:
                cents[s, CONTRACTION, trial, column[week]] -= change
        year += 1
        first += YEAR
    if gone < end:
        counts[s, CHURNED, trial, column[gone]] += 1
        if money:
            cents[s, CHURNED_ARR, trial, column[gone]] += arr


@jit
def run_customers(numbers, at_median, customers, seeds, first, z, x, v, terms, wins, column, counts, cents):
    """Play the customers of trials first, first + 1, …, whose wins are listed.

    Parameters
    ----------
    numbers, seeds : as in run_trials; z, x, v : its room for a trial's numbers; terms : LifeTerms, room
    wins : Wins of these trials, their rows counted from 0
    column : int64 (week,) column of each week from the start
    counts : int32 (segment, 3, trial, column), filled: customers, new, churned
    cents : float64 (segment, 6 or 0, trial, column), filled: arr, new, expansion, contraction, churned, net new
    """
    place = 0
    money = cents.shape[1] > 0
    segments, columns = counts.shape[0], counts.shape[3]
    for i in range(counts.shape[2]):
        trial = first + i
        if i == 0 or x.size > 0:
            draw_leaves(numbers, at_median, word(seeds[ASSUMPTIONS], trial), z, x)
            for leaf in range(x.size):
                v[numbers.leaf_slot[leaf]] = x[leaf]
            fill_life_terms(customers, v, terms)
        luck = word(seeds[CUSTOMERS], trial)
        for s in range(segments):
            for c in range(columns):
                for m in range(counts.shape[1]):
                    counts[s, m, i, c] = 0
                for m in range(cents.shape[1]):
                    cents[s, m, i, c] = 0.0
        for j in range(customers.segment.size):
            s = customers.segment[j]
            key = substream(luck, customers.name[j])
            term, anchor = customers.term[s], customers.anchor[j]
            if anchor == NEVER:
                anchor = np.int64(uniform(word(key, _DATE)) * term)
            live(terms, s, term, key, customers.since[j], 0, anchor, customers.ahead[j], customers.renewals[j],
                 customers.cents[j], column, i, counts, cents)  # fmt: skip
        while place < min(wins.used[0], wins.trial.size) and wins.trial[place] == i:
            s, week = wins.segment[place], wins.week[place]
            if customers.followed[s]:
                at = column[week]
                arr = np.rint(max(wins.value[place], 0.0) * terms.recurring[s, week // 13] * 100.0)
                counts[s, NEW, i, at] += 1
                if money:
                    cents[s, NEW_ARR, i, at] += arr
                if wins.born[place] < 0:
                    key = substream(luck, customers.deal_name[wins.number[place]])
                else:
                    key = word(word(substream(luck, customers.stream[s]), wins.born[place]), wins.number[place])
                live(terms, s, customers.term[s], key, week, week + 1, week, 1, 1, arr, column, i, counts,
                     cents)  # fmt: skip
            place += 1
        for s in range(segments):
            here = 0
            revenue = 0.0
            for j in range(customers.segment.size):
                if customers.segment[j] == s:
                    here += 1
                    revenue += customers.cents[j]
            for c in range(columns):
                here += counts[s, NEW, i, c] - counts[s, CHURNED, i, c]
                counts[s, STOCK, i, c] = here
                if money:
                    net = (cents[s, NEW_ARR, i, c] + cents[s, EXPANSION, i, c] - cents[s, CONTRACTION, i, c]
                           - cents[s, CHURNED_ARR, i, c])  # fmt: skip
                    revenue += net
                    cents[s, NET_NEW, i, c], cents[s, ARR, i, c] = net, revenue
