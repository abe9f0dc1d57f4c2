"""The engaged contacts of one account: how many there are at first, who joins when, and what they do to the win rate.

Contacts join as a Poisson process does, in its own time: the j-th of them in the week in which the rates the
account has been through first add up to the sum of j exponentials of its own. So a higher rate makes nobody
join later, and the same account meets the same people in another plan.
"""

from __future__ import annotations

import math

from simulator.kernels.jit import inner
from simulator.kernels.market import shocked_rate
from simulator.kernels.spreads import draw_lag
from simulator.kernels.streams import substream, uniform, word

NEVER = 1 << 40
# counters of an account's words; those of its way through the stages are in rates.py
_FIRST, _GROUP, _JOINS = 1, 2, 1 << 20


@inner
def first_contacts(contacts, group, words, guide, key):
    """(engaged at first, the most that can be): spreads ``contacts`` and ``group``, −1 without a bound."""
    most = NEVER
    if group >= 0:
        most = draw_lag(words, guide, group, word(key, _GROUP))
    return min(draw_lag(words, guide, contacts, word(key, _FIRST)), most), most


@inner
def next_join(key, joined):
    """Of the process's own time: how long from the ``joined``-th further contact to the next."""
    return -math.log(uniform(word(key, _JOINS + joined)))


@inner
def engage(rate, key, week, until, contacts, most, joined, passed, due, wanted, reached):
    """Let contacts join from ``week`` to just before ``until``.

    rate : (QT,) per week; joined : how many have; passed : rates been through; due : the sum at which the
    next one joins; wanted, reached : a number of contacts, and the week in which there were so many, or NEVER.

    Returns
    -------
    contacts, joined, passed, due, reached : as they are then.
    """
    for w in range(week, until):
        if contacts >= most:
            break
        passed += rate[w // 13]
        while due <= passed and contacts < most:
            contacts += 1
            joined += 1
            due += next_join(key, joined)
            if contacts == wanted:
                reached = w
    return contacts, joined, passed, due, reached


@inner
def grow(through, key, contacts, most, joined, passed, due):
    """The same in one step, for rates that add up to ``through``: contacts, joined, passed, due."""
    passed += through
    while due <= passed and contacts < most:
        contacts += 1
        joined += 1
        due += next_join(key, joined)
    return contacts, joined, passed, due


@inner
def rate_by_contacts(rates, s, q, contacts, v):
    """The rate into wins that the plan states for so many contacts, in quarter q of the horizon."""
    if rates.curve[s, 0] >= 0:
        return v[rates.curve[s, 0]] / (1.0 + (v[rates.curve[s, 1]] / contacts) ** v[rates.curve[s, 2]])
    found = 0.0
    for row in range(rates.since.shape[1]):
        if contacts >= rates.since[s, row]:
            found = v[rates.rate[s, row, q]]
    return found


@inner
def chance_of_win(rates, s, q, warm, contacts, key, v, shift, times):
    """The win rate of quarter q with these contacts: rate, market, personas; before slips.

    shift, times : (QT,) the market's shift and multiplier of the win rate.
    """
    rate = shocked_rate(rate_by_contacts(rates, s, max(q - warm, 0), contacts, v), shift[q], times[q])
    for p in range(rates.persona.shape[1]):
        if rates.share[s, p] < 0:
            continue
        stream, share = substream(key, rates.persona[s, p]), v[rates.share[s, p]]
        engaged = False
        for j in range(contacts):
            if uniform(word(stream, j)) < share:
                engaged = True
                break
        rate *= v[rates.engaged[s, p]] if engaged else v[rates.missing[s, p]]
    return min(rate, 1.0)
