"""What becomes of one individual: with which probability each set of metrics counts it.

Given a trial's assumptions and market, individuals are independent. Up to three metrics of one
period are each given a bit; an individual is in the end counted by a *set* of them, a mask. Its law
is worked out backwards, from the end of the period to the week it entered a stage. Poisson arrivals
then make independent Poisson numbers of each mask (thinning; Kingman 1993, section 5.1), and leads
and deals known at the start add one draw each.

Weeks are counted from the first of the warm-up. Arrays over masks have 2**(number of metrics) cells.
"""

from __future__ import annotations

import math

from simulator.kernels.gamma import gamma_log_quantile
from simulator.kernels.jit import inner, jit
from simulator.kernels.known_fates import open_deal_law, open_lead_law
from simulator.kernels.market import shocked_rate
from simulator.kernels.newcomers import fill_alive, fill_deals, fill_stages
from simulator.kernels.normal import norm_ppf
from simulator.kernels.plan import DEMAND
from simulator.kernels.streams import WEEK_ZERO, substream, uniform, word
from simulator.kernels.trials import set_terms


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
            lump = extra * math.exp(gamma_log_quantile(mean / extra, z))
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
