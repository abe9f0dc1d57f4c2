"""What all segments share in a quarter: the market's level, shocks by stage, events, slip weather."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.beta import beta_logit_quantile
from simulator.kernels.curves import read_slip
from simulator.kernels.jit import inner
from simulator.kernels.normal import norm_ppf
from simulator.kernels.streams import WEEK_ZERO, substream, uniform, word
from simulator.kernels.uncertain import logistic


class Weather(NamedTuple):
    """One trial's market, by quarter from the first of the warm-up."""

    rate_shift: NDArray[np.float64]  # (T, QT) what to add to a rate's log odds
    rate_factor: NDArray[np.float64]  # (T, QT) multipliers of events
    volume_factor: NDArray[np.float64]  # (QT,) of events and of the volume's own shock
    slip_factor: NDArray[np.float64]  # (QT,)
    size_factor: NDArray[np.float64]  # (QT,)
    slip_score: NDArray[np.float64]  # (QT,) normal score of the quarter's slip probability


@inner
def draw_market(market, off, warm, key, v, weather):
    """Fill one trial's weather, given the slots' values v (slot,)."""
    rate_shift, rate_factor, volume_factor = weather.rate_shift, weather.rate_factor, weather.volume_factor
    slip_factor, size_factor, slip_score = weather.slip_factor, weather.size_factor, weather.slip_score
    quarters = volume_factor.size
    stages = rate_shift.shape[0]
    for q in range(quarters):
        volume_factor[q] = slip_factor[q] = size_factor[q] = 1.0
        slip_score[q] = 0.0
        for stage in range(stages):
            rate_shift[stage, q] = 0.0
            rate_factor[stage, q] = 1.0
    if off:
        return
    phi = market.persistence
    fresh_part = math.sqrt(1.0 - phi * phi)
    common, own = math.sqrt(market.rate_common), math.sqrt(1.0 - market.rate_common)
    volume_common, volume_own = math.sqrt(market.volume_common), math.sqrt(1.0 - market.volume_common)
    level = 0.0
    for q in range(quarters):
        name = q - warm + WEEK_ZERO
        if market.rate_sd > 0.0 or market.volume_sd > 0.0:
            fresh = norm_ppf(uniform(word(substream(key, market.level_name), name)))
            level = fresh if q == 0 else phi * level + fresh_part * fresh
        if market.rate_sd > 0.0:
            for stage in range(stages):
                alone = norm_ppf(uniform(word(substream(key, market.stage_name[stage]), name)))
                rate_shift[stage, q] = market.rate_sd * (common * level + own * alone)
        if market.volume_sd > 0.0:
            alone = norm_ppf(uniform(word(substream(key, market.volume_name), name)))
            z = volume_common * level + volume_own * alone
            volume_factor[q] = math.exp(market.volume_sd * z - 0.5 * market.volume_sd * market.volume_sd)
        if market.concentration > 0.0:
            slip_score[q] = norm_ppf(uniform(word(substream(key, market.slip_name), name)))
    for event in range(market.event_name.size):
        stream = substream(key, market.event_name[event])
        until = -1  # last quarter in which it is still active
        for q in range(quarters):
            if uniform(word(stream, q - warm + WEEK_ZERO)) < market.event_probability[event]:
                until = q + market.event_quarters[event] - 1
            if q <= until:
                volume_factor[q] *= v[market.event_volume[event]]
                slip_factor[q] *= v[market.event_slip[event]]
                size_factor[q] *= v[market.event_size[event]]
                for stage in range(stages):
                    rate_factor[stage, q] *= v[market.event_rate[event, stage]]


@inner
def shocked_rate(rate, shift, factor):
    """A rate in one quarter: odds shock, then event multipliers, then never above 1."""
    if shift != 0.0 and 0.0 < rate < 1.0:
        odds = rate * math.exp(shift)
        rate = odds / (1.0 - rate + odds)
    return min(rate * factor, 1.0)


@inner
def slip_of_quarter(mean, concentration, score, slips):
    """A quarter's slip probability: Beta(mean·c, (1 − mean)·c) at its score; 0 and 1 stay.

    Read from the table ``slips`` of that concentration (or (0, 0)), a tenth of the time of the exact quantile.
    """
    if concentration <= 0.0 or mean <= 0.0 or mean >= 1.0:
        return mean
    logit = read_slip(slips, mean, score)
    if math.isnan(logit):
        logit = beta_logit_quantile(mean * concentration, (1.0 - mean) * concentration, score)
    return logistic(logit)
