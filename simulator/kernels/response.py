"""What spending brings: a quarter's budget, its saturating response, and the weeks until it is felt."""

from __future__ import annotations

import math

from simulator.kernels.jit import inner

BUDGET, MOST, HALF_AT, STEEPNESS, LAG = range(5)
"""Rows of a segment's response: four slots and a spread, by quarter of the horizon."""

_GRID = 1073741824.0
"""Means are put on a grid of 2**-30, so that weeks that differ by a rounding share a table of counts."""


@inner
def hill(budget, most, half_at, steepness):
    """How many a quarter's budget brings: most · b^k / (half_at^k + b^k) (Hill 1910); grows with the budget."""
    if budget <= 0.0 or most <= 0.0:
        return 0.0
    return most / (1.0 + (half_at / budget) ** steepness)


@inner
def fill_bought(response, v, volume_factor, warm, cdf, bought):
    """Mean arrivals of each week that spending brings.

    A quarter's budget goes out evenly over its 13 weeks, and what a week's share brings comes K weeks
    later, K the lag of the quarter in which it was spent; the warm-up spends as the first quarter.
    What moves the volume of a quarter moves those who come in it. Every term grows with the budgets
    and rounding keeps that order, so that more spend never lowers a mean.

    response : int64 (S, 5, Q), lag −1 where nothing responds; v (slot,); volume_factor (QT,);
    cdf (spread, week); bought : float64 (S, week) filled.
    """
    weeks, last = bought.shape[1], cdf.shape[1] - 1
    for s in range(bought.shape[0]):
        for w in range(weeks):
            bought[s, w] = 0.0
        if response[s, LAG, 0] < 0:
            continue
        for q in range(volume_factor.size):
            pq = max(q - warm, 0)
            whole = hill(v[response[s, BUDGET, pq]], v[response[s, MOST, pq]], v[response[s, HALF_AT, pq]],
                         v[response[s, STEEPNESS, pq]])  # fmt: skip
            lag = response[s, LAG, pq]
            if whole <= 0.0:
                continue
            for w in range(13 * q, weeks):
                k = w - 13 * q
                share = cdf[lag, min(k, last)]
                if k >= 13:
                    share -= cdf[lag, min(k - 13, last)]
                if share > 0.0:
                    bought[s, w] += whole / 13.0 * share
        for w in range(weeks):
            bought[s, w] = math.floor(bought[s, w] * volume_factor[w // 13] * _GRID + 0.5) / _GRID
