"""People: who is there in which week, and what the teams' and follow-up's numbers are in a trial."""

from __future__ import annotations

import math

import numpy as np

from simulator.kernels.jit import inner
from simulator.kernels.market import shocked_rate
from simulator.kernels.normal import norm_cdf, norm_ppf
from simulator.kernels.spreads import draw_lag
from simulator.kernels.streams import substream, uniform, word
from simulator.kernels.teams import AGAIN, DISQUALIFIED, FOR_EVER

_STARTS, _LEAVES, _REPLACED = 0, 1, 2  # counters of the words of the people on one place


@inner
def precision(passed_on, good, auc):
    """Share of good ones among the best ``passed_on`` of all by a score.

    The score is normal with unit variance, its mean higher by d for the good: AUC = Φ(d / √2)
    (the binormal model; Hanley 1988, Med. Decis. Making 8, 197). The bar t solves
    good·Φ(d − t) + (1 − good)·Φ(−t) = passed_on.
    """
    if good <= 0.0 or good >= 1.0 or passed_on >= 1.0:
        return min(max(good, 0.0), 1.0)
    d = math.sqrt(2.0) * norm_ppf(min(max(auc, 1e-9), 1.0 - 1e-9))
    wanted = max(passed_on, 1e-9)
    low, high = min(d, 0.0) - 9.0, max(d, 0.0) + 9.0
    for _ in range(60):
        t = 0.5 * (low + high)
        if good * norm_cdf(d - t) + (1.0 - good) * norm_cdf(-t) > wanted:
            low = t
        else:
            high = t
    right = good * norm_cdf(d - low)
    return right / (right + (1.0 - good) * norm_cdf(-low))


@inner
def fill_people(teams, follow, rate_slot, v, warm, rate_shift, rate_factor, rate, key, lag_words, guide, out):
    """Work out a trial's numbers from the slots' values v (slot,) and the market.

    rate_slot : (S, T, Q) slots of the conversion rates; rate : (S, T, QT) those rates, shocked.
    """
    _, s_count, t_count, quarters = out.rate.shape
    for n in range(teams.stage.size):
        for q in range(quarters):
            pq = max(q - warm, 0)
            out.each[n, q], out.factor[n, q] = v[teams.each[n, pq]], v[teams.factor[n, pq]]
            slot = teams.patience[n, pq]
            out.patience[n, q] = FOR_EVER if slot < 0 else np.int64(math.floor(v[slot] + 0.5))
        _staff(n, teams, v, warm, substream(key, teams.place_name[n]), lag_words, guide, out.staff)
    for s in range(s_count):
        for t in range(t_count - 1):
            if follow.given[s, t]:
                for q in range(quarters):
                    pq = max(q - warm, 0)
                    for i in range(4):
                        slot = follow.slot[i, s, t, pq]
                        out.rate[i, s, t, q] = v[slot] if slot >= 0 else 0.0
                    slot = follow.good[s, t, pq]
                    if slot >= 0:
                        out.good[s, t, q] = v[slot]
                        if 0 < q <= warm:  # the warm-up plays the first quarter's plan
                            out.rate[DISQUALIFIED, s, t, q] = out.rate[DISQUALIFIED, s, t, q - 1]
                        else:
                            right = precision(v[rate_slot[s, t, pq]], v[slot], v[follow.auc[s, t, pq]])
                            out.rate[DISQUALIFIED, s, t, q] = 1.0 - right
                    slot = follow.slot[AGAIN, s, t, pq]
                    out.rate[AGAIN, s, t, q] = rate[s, t + 1, q]
                    if slot >= 0:
                        out.rate[AGAIN, s, t, q] = shocked_rate(v[slot], rate_shift[t + 1, q], rate_factor[t + 1, q])


@inner
def _staff(n, teams, v, warm, key, lag_words, guide, staff):
    """Fill staff[n] with who is there, place by place: a place has the same luck however many there are."""
    weeks, start = staff.shape[1], 13 * warm
    places = 0.0
    for q in range(teams.people.shape[1]):
        places = max(places, v[teams.people[n, q]])
    for w in range(weeks):
        staff[n, w] = 0.0
    ramp_weeks = v[teams.ramp_weeks[n]]
    place = 0
    while place < places:
        own = word(key, place)
        here, since, due, number = False, -FOR_EVER, FOR_EVER, 0
        planned, stay, luck = 0.0, 1.0, uniform(word(own, _LEAVES))
        for w in range(weeks):
            pq = max(w // 13 - warm, 0)
            if w % 13 == 0:
                before = planned
                planned = min(max(v[teams.people[n, pq]] - place, 0.0), 1.0)
                if planned <= 0.0:
                    here, due = False, FOR_EVER
                elif w == 0:
                    here = True
                elif before <= 0.0:
                    due = w + draw_lag(lag_words, guide, teams.starts[n, pq], word(own, 4 * number + _STARTS))
            if here and w >= start and w > since:
                stay *= (1.0 - v[teams.attrition[n, pq]]) ** (1.0 / 13.0)
                if stay < luck:
                    here = False
                    if teams.replaced[n, pq] >= 0:
                        due = w + draw_lag(lag_words, guide, teams.replaced[n, pq], word(own, 4 * number + _REPLACED))
            if not here and w >= due:
                here, since, due, stay = True, w, FOR_EVER, 1.0
                number += 1
                luck = uniform(word(own, 4 * number + _LEAVES))
            if here:
                able = 1.0
                if w - since < ramp_weeks:
                    steps = teams.ramp_size[n]
                    able = teams.ramp[teams.ramp_start[n] + np.int64((w - since) * steps / ramp_weeks)]
                staff[n, w] += planned * able
        place += 1
