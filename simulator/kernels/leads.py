"""A trial's leads: stage after stage, from their arrival up to the birth of deals."""

from __future__ import annotations

from simulator.kernels.funnel import convert, spread_over_weeks
from simulator.kernels.jit import inner
from simulator.kernels.spreads import draw_lag_from
from simulator.kernels.streams import name_weeks, substream, threshold, word

IN_FLIGHT = 1 << 40  # counter of leads from a file, apart from the weeks': the warm-up's may be simulated beside them


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
