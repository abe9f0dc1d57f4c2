"""What becomes of one individual: with which probability each set of metrics counts it.

Given a trial's assumptions and market, individuals are independent. Up to three metrics of one
period are each given a bit; an individual is in the end counted by a *set* of them, a mask. Its law
is worked out backwards, from the end of the period to the week it entered a stage. Poisson arrivals
then make independent Poisson numbers of each mask (thinning; Kingman 1993, section 5.1), and leads
and deals known at the start add one draw each.

Weeks are counted from the first of the warm-up. Arrays over masks have 2**(number of metrics) cells.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.gamma import gamma_log_quantile
from simulator.kernels.jit import inner, jit
from simulator.kernels.market import shocked_rate
from simulator.kernels.normal import norm_ppf
from simulator.kernels.plan import DEMAND
from simulator.kernels.streams import WEEK_ZERO, substream, uniform, word
from simulator.kernels.trials import set_terms

_TWO64 = 18446744073709551616.0
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
                slip = np.float64(slip_limit[q]) / _TWO64
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
        slip = np.float64(slip_limit[q]) / _TWO64
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


@inner
def cohort_means(arrivals, bought, dispersion, profile, law, stream, start, first, high, means, drawn):
    """Add a segment's arrivals to means (mask,), and with their own lumps where dispersed to drawn (mask,).

    arrivals, dispersion : (QT,); bought (week,) or (0,); profile : (13,); law (mask, week) of those who enter.
    """
    for w in range(first, high):
        q = w // 13
        mean = arrivals[q] * profile[w % 13]
        if bought.size > 0:
            mean += bought[w]
        lump, extra = mean, dispersion[q] - 1.0
        if extra > 0.0 and mean > 0.0:
            # negative binomial: Poisson given a gamma of the same mean (Greenwood & Yule 1920)
            z = norm_ppf(uniform(word(stream, w - start + WEEK_ZERO)))
            lump = extra * np.exp(gamma_log_quantile(mean / extra, z))
        for mask in range(1, means.size):
            means[mask] += mean * law[mask, w]
            drawn[mask] += lump * law[mask, w]


@jit
def trial_laws(plan, seeds, trial, first_time, room, fates, asked, means, drawn, deals, leads):
    """Work out one trial: what its assumptions and market make of the metrics asked about.

    Parameters
    ----------
    first_time : whether the room has not yet seen a trial of this plan
    means : float64 (mask,) filled: expected number of individuals who arrive and are counted by each mask
    drawn : float64 (mask,) filled: the same with this trial's own lumps where arrivals are dispersed
    deals : float64 (D, mask) filled: law of each open deal (all of it at 0 outside the segments asked about)
    leads : float64 (row, mask) filled: law of each lead in flight
    """
    shape, segments, opening = plan.shape, plan.segments, plan.opening
    set_terms(plan.shape, plan.numbers, plan.spreads, plan.market, plan.segments, seeds, trial, room.terms, room.tables,
              room.weather, room.draws, first_time)  # fmt: skip
    fill_alive(fates.alive, asked.bits)
    start, stages, cdf = 13 * shape.warm, shape.stages, room.tables.cdf
    demand_key = word(seeds[DEMAND], trial)
    first = 0 if shape.play_warm_up else start
    first_birth = start if shape.given_deals else first
    for mask in range(means.size):
        means[mask] = drawn[mask] = 0.0
    for row in range(deals.shape[0]):
        for mask in range(means.size):
            deals[row, mask] = 1.0 if mask == 0 else 0.0
    for row in range(leads.shape[0]):
        for mask in range(means.size):
            leads[row, mask] = 1.0 if mask == 0 else 0.0
    for s in range(shape.segments):
        if not asked.segment[s]:
            continue
        kinds = 1
        for q in range(segments.loss_lag.shape[1]):
            if segments.loss_lag[s, q] >= 0:
                kinds = 3
        win = room.terms.rate[s, stages - 1]
        fill_deals(fates, asked, kinds, win, room.terms.factor[s], room.terms.slip_limit[s], segments.limit[s],
                   segments.delay[s], cdf, first_birth)  # fmt: skip
        fill_stages(fates, asked, segments.entry[s], room.terms.rate[s], segments.lag[s],
                    segments.lag[s, stages - 1], segments.loss_lag[s], cdf, start if shape.given_leads else first,
                    first, first_birth)  # fmt: skip
        cohort_means(room.terms.arrivals[s], room.terms.bought[s], room.terms.dispersion[s], segments.profile[s],
                     fates.stage[segments.entry[s]], substream(demand_key, asked.lumps ^ plan.streams.arrivals[s]),
                     start, first, asked.high, means, drawn)  # fmt: skip
        for row in range(leads.shape[0]):
            if opening.lead_segment[row] == s:
                t, q = opening.lead_stage[row] + 1, opening.lead_quarter[row]
                open_lead_law(t, opening.lead_age[row], room.terms.rate[s, t, q], segments.lag[s, t, q], cdf, start,
                              fates.stage, asked.high, leads[row])  # fmt: skip
        for d in range(deals.shape[0]):
            if opening.deal_segment[d] != s:
                continue
            for q in range(win.size):
                fates.own[d, q] = -1.0
                if opening.deal_p[d] >= 0:
                    fates.own[d, q] = shocked_rate(room.draws.v[opening.deal_p[d]],
                                                       room.weather.rate_shift[stages - 1, q],
                                                  room.weather.rate_factor[stages - 1, q])  # fmt: skip
            open_deal_law(opening.deal_due[d], opening.deal_pushes[d], opening.deal_age[d], fates.own, d, win,
                          room.terms.factor[s], room.terms.slip_limit[s], segments.limit[s], segments.delay[s],
                          segments.lag[s, stages - 1, shape.warm], segments.loss_lag[s, shape.warm], cdf, shape.warm,
                          fates, asked, deals[d])  # fmt: skip
