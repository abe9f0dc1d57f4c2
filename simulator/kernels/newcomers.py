"""What becomes of those who come: their laws over sets of metrics, backwards from the end of the period.

See :mod:`simulator.kernels.destiny`, which says what a mask is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.jit import inner

TWO64 = 18446744073709551616.0
# places in ``bits`` after the stages
LOSSES, SLIPPED, OPEN = 0, 1, 2


class Asked(NamedTuple):
    """The metrics, the period and the segments asked about."""

    bits: NDArray[np.int64]  # (T + 3,) bit of each stage, of losses, deals slipped out, deals open at the end; or 0
    low: int  # first week of the period
    high: int  # first week after it
    segment: NDArray[np.bool_]  # (S,)
    lumps: np.uint64  # name of the stream for dispersed arrivals


class Fates(NamedTuple):
    """Room to work: laws over masks of one segment and trial. Mask 0, counted by nothing, is the rest."""

    deal: NDArray[np.float64]  # (kind, slips, mask, week) of a deal due in a week; kinds as in fill_deals
    stage: NDArray[np.float64]  # (T, mask, week) of one that enters a stage in a week
    reach: NDArray[np.float64]  # (2, slips, week) where an open deal is: loser by birth, slips
    alive: NDArray[np.bool_]  # (T, mask) which masks one that enters a stage can end with
    own: NDArray[np.float64]  # (open deal, QT) win probabilities of those that have their own, else −1


@inner
def spread_back(into, after, cdf, i, share, low, high, end):
    """into[w] += share·Σₖ P(K=k)·after[w+k] for low <= w < high and w + k < end; K by row i of cdf."""
    before = 0.0
    for k in range(min(cdf.shape[1], end - low)):
        p = share * (cdf[i, k] - before)
        before = cdf[i, k]
        if p > 0.0:
            for w in range(low, min(high, end - k)):
                into[w] += p * after[w + k]
        if before >= 1.0:
            break


@inner
def add_beyond(into, cdf, i, share, low, high, end):
    """into[w] += share·P(w + K >= end) for low <= w < high."""
    for w in range(low, high):
        into[w] += share * (1.0 - cdf[i, min(end - w, cdf.shape[1]) - 1])


@inner
def fill_deals(fates, asked, kinds, win, factor, slip_limit, limit, delay, cdf, first):
    """Laws of deals due in each week, after 0, 1, … slips.

    Kind 0 decides in its due week; with a lag of losses (3 kinds) kind 1 is a winner and 2 a loser by
    birth. win, factor, slip_limit, delay : (QT,) of the segment.
    """
    g, bits, end = fates.deal, asked.bits, asked.high
    masks, most, tail = g.shape[2], min(limit, g.shape[1] - 1), asked.bits.size - 3
    won, lost, still = bits[tail - 1], bits[tail + LOSSES], bits[tail + OPEN]
    for s in range(most, -1, -1):
        for kind in range(0 if kinds == 1 else 1, kinds):
            for mask in range(1, masks):
                for w in range(first, end):
                    g[kind, s, mask, w] = 0.0
            for q in range(first // 13, end // 13):
                low, high = 13 * q, 13 * q + 13
                slip = np.float64(slip_limit[q]) / TWO64
                p = win[q] if kind == 0 else 2.0 - kind
                if kind == 0:
                    for _ in range(s):
                        p *= factor[q]
                    p = min(p, 1.0)
                at_limit = slip if s == limit else 0.0
                if low >= asked.low:
                    for w in range(low, high):
                        if won > 0:
                            g[kind, s, won, w] += (1.0 - slip) * p
                        if lost > 0:
                            g[kind, s, lost, w] += (1.0 - slip) * (1.0 - p) + at_limit
                if slip <= 0.0 or s >= most:
                    continue
                stay = min(1.0, factor[q]) if kind == 1 else 1.0
                for mask in range(1, masks):
                    if fates.alive[fates.alive.shape[0] - 1, mask]:
                        into = g[kind, s, mask]
                        spread_back(into, g[kind, s + 1, mask], cdf, delay[q], slip * stay, low, high, end)
                        if stay < 1.0:
                            spread_back(into, g[2, s + 1, mask], cdf, delay[q], slip * (1.0 - stay), low, high, end)
                gone = still | (bits[tail + SLIPPED] if low >= asked.low else 0)
                if gone > 0:
                    add_beyond(g[kind, s, gone], cdf, delay[q], slip, low, high, end)


@inner
def fill_alive(alive, bits):
    """Which masks are possible from each stage on; the last row is that of deals."""
    stages, masks = alive.shape
    tail = bits.size - 3
    for mask in range(masks):
        alive[stages - 1, mask] = False
    alive[stages - 1, 0] = True
    alive[stages - 1, bits[tail - 1]] = alive[stages - 1, bits[tail + LOSSES]] = True
    alive[stages - 1, bits[tail + OPEN]] = True
    alive[stages - 1, bits[tail + OPEN] | bits[tail + SLIPPED]] = True
    for t in range(stages - 2, -1, -1):
        for mask in range(masks):
            alive[t, mask] = alive[t + 1, mask]
        for mask in range(masks):
            if alive[t + 1, mask]:
                alive[t, mask | bits[t]] = True


@inner
def fill_stages(fates, asked, entry, rate, lag, wins_lag, loss_lag, cdf, cut, first, first_birth):
    """Laws of those who enter each stage in each week, from the birth of deals back to the entry.

    rate, lag : (T, QT); wins_lag, loss_lag : (QT,). Of those who enter a stage before week ``cut``,
    the ones that would go on at or after it are not there, and no deals born before ``first_birth``.
    """
    h, g, bits, end = fates.stage, fates.deal, asked.bits, asked.high
    masks, birth = h.shape[1], h.shape[0] - 2
    still = bits[bits.size - 3 + OPEN]
    for t in range(birth, entry - 1, -1):
        for mask in range(1, masks):
            for w in range(first, end):
                h[t, mask, w] = 0.0
        for q in range(first // 13, end // 13):
            low, high = 13 * q, 13 * q + 13
            if t == birth and low < first_birth:
                continue
            parts = 2 if t == birth and loss_lag[q] >= 0 else 1
            for part in range(parts):
                share, i, kind = 1.0, wins_lag[q], 0
                if t < birth:
                    share, i = rate[t + 1, q], lag[t + 1, q]
                elif parts == 2:
                    share = rate[t + 1, q] if part == 0 else 1.0 - rate[t + 1, q]
                    i, kind = (wins_lag[q] if part == 0 else loss_lag[q]), part + 1
                until = cut if t < birth and low < cut else end
                for mask in range(1, masks):
                    if fates.alive[t + 1, mask]:
                        after = g[kind, 0, mask] if t == birth else h[t + 1, mask]
                        spread_back(h[t, mask], after, cdf, i, share, low, high, until)
                if t == birth and still > 0:
                    add_beyond(h[t, still], cdf, i, share, low, high, end)
            if bits[t] > 0 and low >= asked.low:
                count_entry(h, t, bits[t], low, high)


@inner
def count_entry(h, t, bit, low, high):
    """All who enter stage t in these weeks are counted: every law moves to the masks that hold the bit."""
    for w in range(low, high):
        rest = 1.0
        for mask in range(1, h.shape[1]):
            rest -= h[t, mask, w]
        for mask in range(1, h.shape[1]):
            if not mask & bit:
                h[t, mask | bit, w] += h[t, mask, w]
                h[t, mask, w] = 0.0
        h[t, bit, w] += max(rest, 0.0)
