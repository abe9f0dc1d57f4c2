"""A trial's leads: arrivals, then stage after stage up to the birth of deals."""

from __future__ import annotations

import numpy as np

from simulator.kernels.counts import tabulate_count
from simulator.kernels.funnel import convert, spread_over_weeks
from simulator.kernels.jit import hot, inner
from simulator.kernels.spreads import draw_lag_from
from simulator.kernels.streams import GAMMA, WEEK_ZERO, mix64, substream, threshold, uniform, word

GUIDE = 64  # cells of the guide into a table of arrivals
IN_FLIGHT = 1 << 40  # counter of leads from a file, apart from the weeks': the warm-up's may be simulated beside them


@inner
def name_weeks(stream, start, keys):
    """Fill keys (week,) with the streams of the weeks, named from the start, below ``stream``."""
    first = np.uint64(WEEK_ZERO - start)
    for w in range(keys.size):
        keys[w] = mix64(stream + (first + np.uint64(w)) * GAMMA)


@hot
def draw_arrivals(arrivals, bought, dispersion, profile, stream, start, first_week, table, guide, known, words,
                  arrived):  # fmt: skip
    """Arrivals of each week by inversion; weeks that share a law share its table.

    arrivals, dispersion : (QT,) of one segment; bought (week,) what spending adds to the means, or (0,);
    profile : (13,). ``table`` (row, entry), ``guide`` (row, 64) and ``known`` (row, 4) = (mean,
    dispersion, low, entries) keep the tables between calls, so that a plan without uncertainty makes
    them once. words : uint64 (week,) scratch. Fills arrived (week,).
    """
    name_weeks(stream, start, words)
    row = 0
    quarter = first_week // 13
    turn = 13 * quarter + 13
    for w in range(first_week, arrived.size):
        if w == turn:
            quarter += 1
            turn += 13
        mean, d = arrivals[quarter] * profile[w - turn + 13], dispersion[quarter]
        if bought.size > 0:
            mean += bought[w]
        if known[row, 0] != mean or known[row, 1] != d:
            row = 0
            while known[row, 0] >= 0.0 and (known[row, 0] != mean or known[row, 1] != d):
                row += 1
            if known[row, 0] < 0.0:
                low, n = tabulate_count(mean, d, table, row)
                known[row, 0], known[row, 1], known[row, 2], known[row, 3] = mean, d, low, n
                k = 0
                for g in range(GUIDE):
                    while table[row, k] * GUIDE <= g and k < n - 1:
                        k += 1
                    guide[row, g] = k
        u = uniform(mix64(words[w]))
        k = np.int64(guide[row, np.int64(u * GUIDE)])
        while table[row, k] <= u:
            k += 1
        arrived[w] = np.int64(known[row, 2]) + k


@inner
def play_leads(entry, rate, rate_limit, lag, cdf, lag_words, guide, conversion_names, lag_names, demand_key, start,
               weeks, first_week, given_leads, n, words, whole, real, bits, source,
               landing):  # fmt: skip
    """Move one segment's leads on: fills n (stage, week), whose entry row holds the arrivals.

    rate, rate_limit, lag : (T, QT) of the segment; words (4, week), whole (2, week), real (week,), bits
    and source (individual,), landing (week + lag,) : room to work. With ``given_leads``, those of the
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
        convert(n[t - 1], words[1], real, words[0], words[2], words[3], whole[0])
        name_weeks(lags, start, words[0])
        cut = start if given_leads else first_week
        spread_over_weeks(whole[0], words[0], lag[t], cdf, lag_words, guide, first_week, weeks, cut, bits, source,
                          landing, n[t])  # fmt: skip


@inner
def play_opening_leads(t, age, count, rate, spread, cdf, lag_words, guide, conversion_name, lag_name, demand_key, start,
                       n, words, whole, real):  # fmt: skip
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
    convert(whole[1, :1], words[1], real, words[0], words[2], words[3], whole[0])
    key = word(substream(demand_key, lag_name), IN_FLIGHT + age)
    for i in range(whole[0, 0]):
        k = draw_lag_from(cdf, lag_words, guide, spread, word(key, i), age)
        if k >= 0 and start + k < n.shape[1]:
            n[t, start + k] += 1
