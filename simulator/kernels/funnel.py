"""Leads: from arrival to the stage where deals are born, as weekly counts, never one by one.

Conversion of a cohort: individual number i converts when its own 64-bit uniform is below the rate.
For 64 individuals at a time those uniforms are compared bit plane by bit plane: plane j is one word
that holds bit j of all 64, so that a handful of words settle them all. Raising the rate or the
number of individuals only ever adds converts. Beyond the first ``ONE_BY_ONE`` individuals the rest
of a cohort is thinned by a binomial quantile, which has the same property.
"""

from __future__ import annotations

import numpy as np

from simulator.kernels.counts import binomial_quantile
from simulator.kernels.jit import inner
from simulator.kernels.lanes import (
    LANES,
    LIMITS,
    ROWS,
    add_rows,
    count_below,
    most_in_row,
    name_rows,
    put_row,
    rows_differ,
    share_rows,
)
from simulator.kernels.spreads import draw_lag
from simulator.kernels.streams import ALWAYS, uniform, word

ONE_BY_ONE = 1024  # individuals of a cohort converted by their own uniforms
LAGGED_ONE_BY_ONE = 256  # of those, how many draw their own lag
REST = 1 << 20  # counter of the draws for the rest of a cohort
MOST_LIMITS = 24  # weeks up to which a lag is counted by week instead of looked up
MARGIN = MOST_LIMITS + LANES  # zeros before and after a row of such counts
_LATE = 1.0 / 256.0  # share of individuals that may be later than the last week that is counted


@inner
def convert(counts, limits, rates, keys, few, converted):
    """How many of each week's cohort go on.

    counts : int64 (week,) individuals; limits : uint64 (week + 8,) thresholds of ``rates`` (week,); keys : uint64
    (week + 8,) streams; few : int64 (week + 8,) scratch. Fills converted (week + 8,).
    """
    weeks = counts.size
    largest = 0
    for w in range(weeks):
        few[w] = min(counts[w], ONE_BY_ONE)
        largest = max(largest, counts[w])
    for lane in range(LANES):
        few[weeks + lane] = 0
    for w in range(converted.size):
        converted[w] = 0
    for at in range(0, weeks, LANES):
        for group in range((most_in_row(few, at) + 63) >> 6):
            share_rows(few, keys, limits, at, group, converted)
    if largest > ONE_BY_ONE:
        for w in range(weeks):
            if counts[w] > ONE_BY_ONE:
                converted[w] += binomial_quantile(uniform(word(keys[w], REST)), counts[w] - ONE_BY_ONE, rates[w])


@inner
def spread_over_weeks(counts, keys, lags, cdf, words, guide, first, last, cut, few, rows, below, landed, into):
    """Send the individuals of every week's cohort to the weeks in which they arrive: adds to ``into``.

    counts : int64 (week,); keys : uint64 (week + 8,) streams; lags : int64 (QT,) spreads by quarter; few, rows, below,
    landed : room to work, see :class:`simulator.kernels.room.Leads`. The first of a cohort draw their own lag, the rest
    are split week after week by binomial quantiles. Arrivals from week ``last`` on are dropped, of cohorts before week
    ``cut`` those from ``cut`` on.
    """
    largest = 0
    begin = first
    while begin < last:  # cohorts of one lag, on one side of the cut
        lag = lags[begin // 13]
        end = begin + 13
        while end < last and end != cut and lags[end // 13] == lag:
            end += 13
        until = cut if begin < cut else last
        cohorts = counts[begin:end]
        for w in range(cohorts.size):
            few[w] = min(cohorts[w], LAGGED_ONE_BY_ONE)
            largest = max(largest, cohorts[w])
        for lane in range(LANES):
            few[end - begin + lane] = 0
        limits = limits_to_count(cdf, lag)
        if limits > 0:
            _land_by_counts(few, keys[begin:], end - begin, words, lag, limits, rows, below, landed, into[begin:until])
        else:
            _land_one_by_one(few, keys[begin:], end - begin, words, guide, lag, rows, landed, into[begin:until])
        begin = end
    if largest <= LAGGED_ONE_BY_ONE:
        return
    longest = cdf.shape[1] - 1
    for week in range(first, last):
        i, rest, until = lags[week // 13], counts[week] - LAGGED_ONE_BY_ONE, cut if week < cut else last
        before = 0.0
        k = 0
        while rest > 0 and week + k < until:
            chance = 1.0
            if k < longest and before < 1.0:
                chance = min(1.0, (cdf[i, k] - before) / (1.0 - before))
            there = binomial_quantile(uniform(word(keys[week], REST + k)), rest, chance)
            into[week + k] += there
            rest -= there
            before = cdf[i, k]
            k += 1


@inner
def limits_to_count(cdf, i):
    """How many weeks of lag i hold all but a few of its individuals, or 0 where they are too many to count by week."""
    k = LIMITS
    while k <= MOST_LIMITS and k <= cdf.shape[1]:
        if cdf[i, k - 1] > 1.0 - _LATE:
            return k
        k += LIMITS
    return 0


@inner
def _land_by_counts(few, keys, weeks, words, lag, limits, rows, below, landed, into):
    """Short lags: of eight weeks at a time, how many words are below the limit of each week of the lag.

    With b[k, w] of week w's cohort below limit k, what arrives by week w is the sum of b[k, w − k], but for those
    whose lag is ``limits`` weeks or longer; these few are looked up one by one.
    """
    stride = below.size // (MOST_LIMITS + 1)
    highest = words[lag, limits - 1]
    last = stride * (limits - 1) + MARGIN
    for at in range(0, weeks, LANES):
        deepest = (most_in_row(few, at) + ROWS - 1) & -ROWS
        name_rows(keys, few, at, deepest, rows)
        for k in range(0, limits, LIMITS):
            count_below(rows, deepest, words, lag, k, below, stride * k + MARGIN + at, stride)
        if highest != ALWAYS and rows_differ(below, last + at, few, at):
            for lane in range(LANES):
                for row in range(few[at + lane]):
                    bits = rows[LANES * row + lane]
                    if bits >= highest:
                        k = limits
                        while bits >= words[lag, k] and words[lag, k] != ALWAYS:
                            k += 1
                        if at + lane + k < into.size:
                            into[at + lane + k] += 1
    reach = min(weeks + limits, into.size)
    filled = (weeks + LANES - 1) & -LANES
    for k in range(limits):
        for at in range(stride * k + MARGIN + filled, stride * k + 2 * MARGIN + filled, LANES):
            put_row(below, at, 0, 0)
    for at in range(0, reach, LANES):
        add_rows(below, MARGIN + at, limits, stride - 1, landed, LANES + at)
    landed[LANES - 1] = 0
    by_then, by_before = landed[LANES:], landed[LANES - 1 :]
    for w in range(reach):
        into[w] += by_then[w] - by_before[w]
    longest, its_last = into[limits:], below[last:]
    for w in range(reach - limits):
        longest[w] += its_last[w]


@inner
def _land_one_by_one(few, keys, weeks, words, guide, lag, rows, landed, into):
    """Long lags: each individual's is looked up."""
    for w in range(weeks + words.shape[1]):
        landed[w] = 0
    for at in range(0, weeks, LANES):
        deepest = (most_in_row(few, at) + ROWS - 1) & -ROWS
        name_rows(keys, few, at, deepest, rows)
        for lane in range(LANES):
            week = at + lane
            for row in range(few[week]):
                landed[np.uint64(week + draw_lag(words, guide, lag, rows[np.uint64(LANES * row + lane)]))] += 1
    for w in range(min(weeks + words.shape[1], into.size)):
        into[w] += landed[w]
