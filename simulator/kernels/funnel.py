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
from simulator.kernels.jit import hot, inner
from simulator.kernels.spreads import draw_lag
from simulator.kernels.streams import ALWAYS, GAMMA, mix64, uniform, word

ONE_BY_ONE = 1024  # individuals of a cohort converted by their own uniforms
LAGGED_ONE_BY_ONE = 64  # of those, how many draw their own lag
REST = 1 << 20  # counter of the draws for the rest of a cohort
_ONE, _ZERO, _EIGHT = np.uint64(1), np.uint64(0), np.uint64(8)
_S1, _S2, _S4, _S56 = np.uint64(1), np.uint64(2), np.uint64(4), np.uint64(56)
_B1, _B2 = np.uint64(0x5555555555555555), np.uint64(0x3333333333333333)
_B4, _B8 = np.uint64(0x0F0F0F0F0F0F0F0F), np.uint64(0x0101010101010101)


@inner
def _ones(v):
    """Number of bits set; written so that compilers recognise it."""
    v = v - ((v >> _S1) & _B1)
    v = (v & _B2) + ((v >> _S2) & _B2)
    v = (v + (v >> _S4)) & _B4
    return (v * _B8) >> _S56


@hot
def convert(counts, limits, rates, keys, below, open_lanes, converted):
    """How many of each week's cohort go on.

    counts : int64 (week,) individuals; limits : uint64 (week,) thresholds of ``rates`` (week,);
    keys : uint64 (week,) streams; below, open_lanes : uint64 (week,) scratch.
    Fills converted (week,). The loops start at 0 and keep four planes in registers, which is what
    lets the compiler work on several weeks at a time (nine times faster).
    """
    weeks = counts.size
    largest = 0
    for w in range(weeks):
        converted[w] = 0
        largest = max(largest, counts[w])
    groups = (min(largest, ONE_BY_ONE) + 63) >> 6
    for group in range(groups):
        undecided = _ZERO
        for w in range(weeks):
            lanes = min(max(min(counts[w], ONE_BY_ONE) - (group << 6), 0), 64)
            mask = ALWAYS if lanes == 64 else (_ONE << np.uint64(lanes)) - _ONE
            certain = limits[w] == ALWAYS
            never = limits[w] == _ZERO
            below[w] = mask if certain else _ZERO
            open_lanes[w] = _ZERO if certain or never else mask
            undecided |= open_lanes[w]
        plane = 0
        while undecided != _ZERO and plane < 64:
            undecided = _ZERO
            for w in range(weeks):
                under, still, key, limit = below[w], open_lanes[w], keys[w], limits[w]
                for j in range(4):
                    bits = mix64(key + np.uint64((group << 6) + plane + j) * GAMMA)
                    one = _ZERO - ((limit >> np.uint64(63 - plane - j)) & _ONE)  # all ones where the rate has this bit
                    under |= still & ~bits & one
                    still &= ~(bits ^ one)
                below[w], open_lanes[w] = under, still
                undecided |= still
            plane += 4
        for w in range(weeks):
            converted[w] += np.int64(_ones(below[w]))
    if largest > ONE_BY_ONE:
        for w in range(weeks):
            if counts[w] > ONE_BY_ONE:
                converted[w] += binomial_quantile(uniform(word(keys[w], REST)), counts[w] - ONE_BY_ONE, rates[w])


@hot
def spread_over_weeks(counts, keys, lags, cdf, words, guide, first, last, cut, bits, source, landing, into):
    """Send the individuals of every week's cohort to the weeks in which they arrive: adds to ``into``.

    counts : int64 (week,); keys : uint64 (week,) streams; lags : int64 (QT,) spreads by quarter;
    bits, source : uint64, int64 (week × LAGGED_ONE_BY_ONE,) and landing : int64 (week + lag,) room
    to work. The first of a cohort draw their own lag, the rest are split week after week by binomial
    quantiles. Arrivals from week ``last`` on are dropped, of cohorts before week ``cut`` those from
    ``cut`` on.

    One loop names the individuals, by eights: what is named too much, the next week overwrites. One
    makes their words, one looks up their lags, in four strands so that neighbours, who land in the
    same weeks, do not wait for each other's sums.
    """
    for w in range(landing.size):
        landing[w] = 0
    largest = 0
    week = first
    while week < last:  # cohorts of one quarter have one lag
        quarter = week // 13
        until = min(last, 13 * quarter + 13)
        individuals = 0
        while week < until:
            largest = max(largest, counts[week])
            here, key = min(counts[week], LAGGED_ONE_BY_ONE), keys[week]
            for eight in range((here + 7) >> 3):
                at = individuals + (eight << 3)
                some, whence = bits[at : at + 8], source[at : at + 8]
                for i in range(8):
                    some[i] = key + np.uint64(i) * GAMMA
                    whence[i] = week
                key += _EIGHT * GAMMA
            individuals += here
            week += 1
        for i in range(individuals):
            bits[i] = mix64(bits[i])
        lag = lags[quarter]
        strand = individuals >> 2
        for i in range(strand):
            for j in range(4):
                one = i + j * strand
                landing[np.uint64(source[one] + draw_lag(words, guide, lag, bits[one]))] += 1
        for one in range(strand << 2, individuals):
            landing[np.uint64(source[one] + draw_lag(words, guide, lag, bits[one]))] += 1
        if week == cut:
            for w in range(cut, landing.size):
                landing[w] = 0
    for w in range(first, last):
        into[w] += landing[w]
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
