"""One trial's terms: what its assumptions and its market make of every number of the plan."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.counts import room_for_count
from simulator.kernels.jit import inner
from simulator.kernels.market import shocked_rate, slip_of_quarter
from simulator.kernels.spreads import size_parameters, tabulate_lag
from simulator.kernels.streams import threshold


class Terms(NamedTuple):
    """By segment and quarter, from the first of the warm-up."""

    arrivals: NDArray[np.float64]  # (S, QT) mean of a quarter
    dispersion: NDArray[np.float64]  # (S, QT)
    rate: NDArray[np.float64]  # (S, T, QT)
    rate_limit: NDArray[np.uint64]  # (S, T, QT)
    slip_limit: NDArray[np.uint64]  # (S, QT)
    factor: NDArray[np.float64]  # (S, QT)
    size: NDArray[np.float64]  # (S, QT, 3): two parameters and the factor of events
    size_kind: NDArray[np.int64]  # (S, QT, 4): kind, start, size, curve; kind −1 without a size
    bought: NDArray[np.float64]  # (S, week) mean arrivals that spending brings; (S, 0) where it brings none


class Tables(NamedTuple):
    """Lag tables by spread."""

    cdf: NDArray[np.float64]  # (spread, week)
    words: NDArray[np.uint64]  # (spread, week)
    guide: NDArray[np.int32]  # (spread, 1024)


@inner
def fill_tables(spreads, v, tables, first_time):
    """Tabulate lags and delays: those that vary between trials, and the first time those that do not."""
    for i in range(spreads.kind.size):
        if spreads.weeks[i] and (first_time or spreads.varies[i]):
            tabulate_lag(
                spreads.kind[i], v[spreads.a[i]], v[spreads.b[i]], spreads.times[i], spreads.at_least_one[i],
                spreads.data, spreads.start[i], spreads.size[i], spreads.curve[i], spreads.integrals, i,
                tables.cdf, tables.words, tables.guide,
            )  # fmt: skip


@inner
def fill_terms(segments, spreads, terms, v, warm, slips_off, concentration, slips, weather):
    """Work out the terms from the slots' values v (slot,) and the trial's market."""
    s_count, t_count, quarters = terms.rate.shape
    for s in range(s_count):
        for q in range(quarters):
            pq = max(q - warm, 0)  # the warm-up plays the first quarter's plan
            volume = v[segments.volume[s, pq]] * weather.volume_factor[q]
            for grown in range(1, pq + 1):  # compounding, each quarter on the one before
                volume *= max(0.0, 1.0 + v[segments.growth[s, grown]])
            terms.arrivals[s, q] = max(volume, 0.0)
            terms.dispersion[s, q] = v[segments.dispersion[s, pq]]
            for t in range(segments.entry[s] + 1, t_count):
                rate = shocked_rate(v[segments.rate[s, t, pq]], weather.rate_shift[t, q], weather.rate_factor[t, q])
                terms.rate[s, t, q] = rate
                terms.rate_limit[s, t, q] = threshold(rate)
            slip = 0.0
            if not slips_off:
                mean = min(v[segments.slip[s, pq]] * weather.slip_factor[q], 1.0)
                slip = slip_of_quarter(mean, concentration, weather.slip_score[q], slips)
            terms.slip_limit[s, q] = threshold(slip)
            terms.factor[s, q] = v[segments.factor[s, pq]]
            i = segments.size[s, pq]
            if i >= 0:
                first, second = size_parameters(spreads.kind[i], v[spreads.a[i]], v[spreads.b[i]], spreads.times[i])
                terms.size[s, q, 0], terms.size[s, q, 1], terms.size[s, q, 2] = first, second, weather.size_factor[q]
                terms.size_kind[s, q, 0], terms.size_kind[s, q, 1] = spreads.kind[i], spreads.start[i]
                terms.size_kind[s, q, 2], terms.size_kind[s, q, 3] = spreads.size[i], spreads.curve[i]


@inner
def count_room(terms, profile):
    """Entries that the widest table of arrivals needs."""
    room = 1
    for s in range(terms.arrivals.shape[0]):
        top = 0.0
        for w in range(profile.shape[1]):
            top = max(top, profile[s, w])
        for q in range(terms.arrivals.shape[1]):
            bought = 0.0
            if terms.bought.shape[1] > 0:
                for w in range(13 * q, 13 * q + 13):
                    bought = max(bought, terms.bought[s, w])
            room = max(room, room_for_count(terms.arrivals[s, q] * top + bought, terms.dispersion[s, q]))
    return room
