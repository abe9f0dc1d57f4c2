"""What becomes of deals and leads that are known at the start: the law of each over sets of metrics.

See :mod:`simulator.kernels.destiny`, which says what a mask is.
"""

from __future__ import annotations

import numpy as np

from simulator.kernels.jit import inner
from simulator.kernels.newcomers import LOSSES, OPEN, SLIPPED, TWO64


@inner
def follow_open_deal(fates, asked, due, pushes, limit, own, row, win, factor, kind, slip_limit, delay, cdf, law, part):
    """Add ``part`` of an open deal due in week ``due`` to its law over masks.

    own (D, QT) at ``row`` : its own win probabilities, −1 for the plan's; kind as in fill_deals.
    """
    x, bits, low, end = fates.reach, asked.bits, asked.low, asked.high
    tail = bits.size - 3
    won, lost, out, still = bits[tail - 1], bits[tail + LOSSES], bits[tail + SLIPPED], bits[tail + OPEN]
    most = x.shape[1] - 1
    if due >= end:
        law[still] += part
        return
    for s in range(most + 1):
        for w in range(due, end):
            x[0, s, w] = x[1, s, w] = 0.0
    x[1 if kind == 2 else 0, 0, due] = part
    for w in range(due, end):
        q = w // 13
        inside = w >= low
        slip = np.float64(slip_limit[q]) / TWO64
        stay = min(1.0, factor[q]) if kind == 1 else 1.0
        i = delay[q]
        for state in range(2 * (most + 1)):
            loser, s = state & 1, state >> 1
            mass = x[loser, s, w]
            if mass <= 0.0:
                continue
            p = 1.0 - loser
            if kind == 0:
                p = own[row, q] if own[row, q] >= 0.0 else win[q]
                for _ in range(s if own[row, q] >= 0.0 else s + pushes):
                    p *= factor[q]
                p = min(p, 1.0)
            p *= 1.0 - slip
            lose = 1.0 - slip - p
            going = mass * slip
            if s + pushes >= limit:
                lose += slip
                going = 0.0
            law[won if inside else 0] += mass * p
            law[lost if inside else 0] += mass * lose
            if going <= 0.0:
                continue
            before = cdf[i, 0]
            for k in range(1, min(cdf.shape[1], end - w)):
                share = going * (cdf[i, k] - before)
                before = cdf[i, k]
                x[loser, min(s + 1, most), w + k] += share * (stay if loser == 0 else 1.0)
                if loser == 0 and stay < 1.0:
                    x[1, min(s + 1, most), w + k] += share * (1.0 - stay)
                if before >= 1.0:
                    break
            law[still | (out if inside else 0)] += going * (1.0 - cdf[i, min(end - w, cdf.shape[1]) - 1])


@inner
def open_deal_law(due_week, pushes, age, own, d, win, factor, slip_limit, limit, delay, wins_lag, loss_lag, cdf, warm,
                  fates, asked, law):  # fmt: skip
    """Fill law (mask,) of open deal d, whose own win probabilities are in row d of own (D, QT)."""
    start = 13 * warm
    for mask in range(law.size):
        law[mask] = 0.0
    settled = own[d, warm]
    if settled < 0.0:
        settled = win[warm]
        for _ in range(pushes):
            settled *= factor[warm]
        settled = min(settled, 1.0)
    for part in range(2 if loss_lag >= 0 else 1):
        kind = part + 1 if loss_lag >= 0 else 0
        share = 1.0 if kind == 0 else (settled if kind == 1 else 1.0 - settled)
        i = loss_lag if kind == 2 else wins_lag
        gone = cdf[i, min(age - 1, cdf.shape[1] - 1)] if age > 0 else 0.0
        if due_week >= 0 or gone >= 1.0:
            due = start + max(due_week, 0)
            follow_open_deal(fates, asked, due, pushes, limit, own, d, win, factor, kind, slip_limit, delay, cdf, law,
                             share)  # fmt: skip
            continue
        before = gone
        for k in range(age, cdf.shape[1]):
            p = (cdf[i, k] - before) / (1.0 - gone)
            before = cdf[i, k]
            if p > 0.0:
                follow_open_deal(fates, asked, start + k - age, pushes, limit, own, d, win, factor, kind, slip_limit,
                                 delay, cdf, law, share * p)  # fmt: skip
            if before >= 1.0:
                break


@inner
def open_lead_law(t, age, rate, i, cdf, start, stage, high, law):
    """Fill law (mask,) of a lead in flight into stage t since ``age`` weeks, by row i of the lag tables.

    stage (T, mask, week) : laws of those who enter each stage; high : week in which the period ends.
    """
    gone = cdf[i, min(age - 1, cdf.shape[1] - 1)] if age > 0 else 0.0
    going = rate * (1.0 - gone)
    chance = 0.0 if going <= 0.0 else going / (1.0 - rate + going)
    for mask in range(law.size):
        law[mask] = 0.0
    before = gone
    for k in range(age, cdf.shape[1]):
        at = start + k - age
        if at >= high or before >= 1.0:
            break
        p = chance * (cdf[i, k] - before) / (1.0 - gone)
        for mask in range(1, law.size):
            law[mask] += p * stage[t, mask, at]
        before = cdf[i, k]
    law[0] = 1.0
    for mask in range(1, law.size):
        law[0] -= law[mask]
