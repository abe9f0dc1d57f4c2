"""A trial's leads: arrivals, then stage after stage up to the birth of deals."""

from __future__ import annotations

import numpy as np

from simulator.kernels.counts import tabulate_count
from simulator.kernels.funnel import convert, spread_over_weeks
from simulator.kernels.jit import inner
from simulator.kernels.lanes import LANES, halve_rows, mix_rows
from simulator.kernels.spreads import draw_lag_from
from simulator.kernels.streams import GAMMA, WEEK_ZERO, mix64, substream, threshold, word

_ZERO = np.uint64(0)
IN_FLIGHT = 1 << 40  # counter of leads from a file, apart from the weeks': the warm-up's may be simulated beside them


@inner
def name_weeks(stream, start, keys):
    """Fill keys (week,) with the streams of the weeks, named from the start, below ``stream``."""
    first = np.uint64(WEEK_ZERO - start)
    for w in range(keys.size):
        keys[w] = mix64(stream + (first + np.uint64(w)) * GAMMA)


@inner
def draw_arrivals(arrivals, bought, dispersion, profile, stream, start, first_week, fresh, table, known, places, words,
                  few, arrived):  # fmt: skip
    """Arrivals of each week by inversion; weeks that share a law share its table.

    arrivals, dispersion : (QT,) of one segment; bought (week,) what spending adds to the means, or (0,);
    profile : (13,); fresh : whether these differ from the last call's. ``table`` (row, entry), ``known`` (row, 3) =
    (mean, dispersion, row of places) and ``places`` (3, week + 8), see :func:`find_tables`, are kept between calls, so
    that a plan without uncertainty makes them once. words : uint64, few : int64 (week + 8,) scratch. Fills arrived
    (week,).
    """
    if fresh:
        find_tables(arrivals, bought, dispersion, profile, first_week, table, known, places)
    name_weeks(stream, start, words)
    mix_rows(words, _ZERO, arrived.size, words)
    for at in range(first_week, arrived.size, LANES):
        halve_rows(table, words, places[0], places[1], at, few)
    some, its_few, less = arrived[first_week:], few[first_week:], places[2, first_week:]
    for week in range(some.size):
        some[week] = its_few[week] + less[week]


@inner
def find_tables(arrivals, bought, dispersion, profile, first_week, table, known, places):
    """Fill places (3, week): of each week's law, the first entry in its table, how many, the count less the entry."""
    row, its_week = 0, 0
    for week in range(first_week, places.shape[1] - LANES):
        quarter = week // 13
        mean, d = arrivals[quarter] * profile[week - 13 * quarter], dispersion[quarter]
        if bought.size > 0:
            mean += bought[week]
        if known[row, 0] != mean or known[row, 1] != d:
            row = 0
            while known[row, 0] >= 0.0 and (known[row, 0] != mean or known[row, 1] != d):
                row += 1
            if known[row, 0] < 0.0:
                low, first, n = tabulate_count(mean, d, table, row)
                known[row, 0], known[row, 1], known[row, 2] = mean, d, week
                places[0, week], places[1, week] = row * table.shape[1] + first, n
                places[2, week] = low - places[0, week]
        its_week = np.int64(known[row, 2])
        for i in range(3):
            places[i, week] = places[i, its_week]


@inner
def play_leads(entry, rate, rate_limit, lag, cdf, lag_words, guide, conversion_names, lag_names, demand_key, start,
               weeks, first_week, given_leads, n, words, whole, real, few, rows, below,
               landed):  # fmt: skip
    """Move one segment's leads on: fills n (stage, week), whose entry row holds the arrivals.

    rate, rate_limit, lag : (T, QT) of the segment; words … landed : room to work, the parts of
    :class:`simulator.kernels.room.Leads`. With ``given_leads``, those of the
    warm-up that would still be on their way at the start are dropped.
    """
    for t in range(entry + 1, n.shape[0] - 1):
        conversion = substream(demand_key, conversion_names[t])
        lags = substream(demand_key, lag_names[t])
        name_weeks(conversion, start, words[0])
        for q in range(rate.shape[1]):
            for w in range(13 * q, 13 * q + 13):
                words[1, w] = rate_limit[t, q]
                real[w] = rate[t, q]
        convert(n[t - 1], words[1], real, words[0], few, whole[0])
        name_weeks(lags, start, words[0])
        cut = start if given_leads else first_week
        spread_over_weeks(whole[0], words[0], lag[t], cdf, lag_words, guide, first_week, weeks, cut, few, rows,
                          below, landed, n[t])  # fmt: skip


@inner
def play_opening_leads(t, age, count, rate, spread, cdf, lag_words, guide, conversion_name, lag_name, demand_key, start,
                       n, words, whole, real, few):  # fmt: skip
    """Leads in flight into stage t since ``age`` weeks: who still goes on, and when. Adds to n (stage, week).

    One that has not gone on after ``age`` weeks does so with p·S/(1 − p + p·S), S = P(K >= age).
    """
    left = 1.0
    if age > 0:
        left -= cdf[spread, min(age - 1, cdf.shape[1] - 1)]
    going = rate * left
    chance = 0.0 if going <= 0.0 else going / (1.0 - rate + going)
    whole[1, 0] = count
    words[0, 0] = word(substream(demand_key, conversion_name), IN_FLIGHT + age)
    words[1, 0], real[0] = threshold(chance), chance
    convert(whole[1, :1], words[1], real, words[0], few, whole[0])
    key = word(substream(demand_key, lag_name), IN_FLIGHT + age)
    for i in range(whole[0, 0]):
        k = draw_lag_from(cdf, lag_words, guide, spread, word(key, i), age)
        if k >= 0 and start + k < n.shape[1]:
            n[t, start + k] += 1
