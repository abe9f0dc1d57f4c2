"""Arrivals from tables: weeks of one law share a table, which is made only where the terms are new."""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from simulator.kernels.arrivals import Arrivals, draw_arrivals
from simulator.kernels.jit import OPTIONS


class Terms(NamedTuple):
    arrivals: np.ndarray
    bought: np.ndarray
    dispersion: np.ndarray


class Segments(NamedTuple):
    profile: np.ndarray


@numba.njit(**OPTIONS)
def arrive(terms, segments, key, fresh, tables, words, few, arrived):
    draw_arrivals(0, terms, segments, np.uint64(1), key, 13, 0, fresh, tables, words, few, arrived)


def test_weeks_of_one_law_share_a_table_that_is_made_once() -> None:
    profile = np.full((1, 13), 1 / 13)
    profile[0, :2] += 0.01, -0.01
    terms = Terms(np.array([[130.0, 260.0]]), np.zeros((1, 0)), np.array([[1.0, 2.0]]))
    tables = Arrivals(np.zeros((1, 27, 400)), np.zeros((1, 3, 34), np.int64), np.zeros((27, 3)))
    words, few = np.zeros(34, np.uint64), np.zeros(34, np.int64)
    first, again, anew, other = (np.zeros(26, np.int64) for _ in range(4))
    arrive(terms, Segments(profile), np.uint64(7), True, tables, words, few, first)
    assert (tables.known[:6, 0] > 0).all() and tables.known[6, 0] < 0, "three means in each quarter"
    assert len(set(tables.places[0, 0, :26])) == 6
    tables.table[0, 6:] = np.nan
    others = terms._replace(arrivals=2 * terms.arrivals)  # who says that nothing is new is believed
    arrive(others, Segments(profile), np.uint64(7), False, tables, words, few, again)
    arrive(terms, Segments(profile), np.uint64(7), True, tables, words, few, anew)
    assert (first == again).all() and (first == anew).all()
    assert 90 < first[:13].sum() < 170 and 170 < first[13:].sum() < 350
    arrive(terms, Segments(profile), np.uint64(8), False, tables, words, few, other)
    assert (other != first).any()


def test_more_arrive_in_no_week_fewer_where_more_are_to_be_expected() -> None:
    profile = Segments(np.full((1, 13), 1 / 13))
    before = np.zeros(26, np.int64)
    for mean in (0.0, 20.0, 21.0, 150.0, 151.0, 900.0):
        terms = Terms(np.full((1, 2), mean), np.zeros((1, 0)), np.array([[1.0, 3.0]]))
        tables = Arrivals(np.zeros((1, 27, 1200)), np.zeros((1, 3, 34), np.int64), np.zeros((27, 3)))
        words, few, arrived = np.zeros(34, np.uint64), np.zeros(34, np.int64), np.zeros(26, np.int64)
        arrive(terms, profile, np.uint64(7), True, tables, words, few, arrived)
        assert (arrived >= before).all() and (mean > 0 or not arrived.any())
        before = arrived
