"""Arrivals: how many come to a segment's first stage in each week, by inversion from tables of their laws."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.counts import tabulate_count
from simulator.kernels.jit import inner, part
from simulator.kernels.lanes import LANES, halve_rows, mix_rows
from simulator.kernels.streams import name_weeks, substream

_ZERO = np.uint64(0)


class Arrivals(NamedTuple):
    """Tables of arrivals; those of a static plan are kept from trial to trial, each segment's apart."""

    table: NDArray[np.float64]  # (S or 1, row, entry) distribution functions
    places: NDArray[np.int64]  # (S or 1, 3, week + 8), see find_tables
    known: NDArray[np.float64]  # (row, 3) mean and dispersion of each table, a week with this law


@part
def draw_arrivals(s, terms, segments, name, demand_key, start, first_week, fresh, tables, words, few, arrived):
    """Fill arrived (week,) with segment s's arrivals; ``name`` is that of their stream.

    fresh : whether the terms differ from the last call's for this segment; words : uint64, few : int64 (week + 8,)
    scratch.
    """
    kept = s if tables.table.shape[0] > 1 else 0
    table, places = tables.table[kept], tables.places[kept]
    if fresh:
        find_tables(terms.arrivals[s], terms.bought[s], terms.dispersion[s], segments.profile[s], first_week, table,
                    places, tables.known)  # fmt: skip
    name_weeks(substream(demand_key, name), start, words)
    mix_rows(words, _ZERO, arrived.size, words)
    for at in range(first_week, arrived.size, LANES):
        halve_rows(table, words, places[0], places[1], at, few)
    some, its_few, less = arrived[first_week:], few[first_week:], places[2, first_week:]
    for week in range(some.size):
        some[week] = its_few[week] + less[week]


@inner
def find_tables(arrivals, bought, dispersion, profile, first_week, table, places, known):
    """Fill places (3, week): of each week's law, the first entry in its table, how many, the count less the entry.

    arrivals, dispersion : (QT,) of the segment; bought (week,) what spending adds to the means, or (0,); profile :
    (13,). Weeks of one law share a table.
    """
    for row in range(known.shape[0]):
        known[row, 0] = -1.0
    row = 0
    for week in range(first_week, places.shape[1] - LANES):
        quarter = week // 13
        mean, d = arrivals[quarter] * profile[week - 13 * quarter], dispersion[quarter]
        if bought.size > 0:
            mean += bought[week]
        if known[row, 0] != mean or known[row, 1] != d:
            row = 0
            while known[row, 0] >= 0.0 and (known[row, 0] != mean or known[row, 1] != d):
                row += 1
        if known[row, 0] < 0.0:
            low, first, n = tabulate_count(mean, d, table, row)
            known[row, 0], known[row, 1], known[row, 2] = mean, d, week
            places[0, week], places[1, week] = row * table.shape[1] + first, n
            places[2, week] = low - places[0, week]
        like = np.int64(known[row, 2])
        for i in range(3):
            places[i, week] = places[i, like]
