"""Histograms that grow: no value is lost, none is misplaced, and percentiles are NumPy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.kernels.tallies import MISSING, bin_of, fill, measure
from simulator.statistics.bins import Rows, bin_edges, percentiles_counted, percentiles_of

WHOLE = st.integers(-(2**60), 2**60)
place = getattr(bin_of, "py_func", bin_of)


@given(value=WHOLE, bits=st.integers(1, 16))
def test_every_number_lies_in_its_bin(value, bits):
    least, width = bin_edges(np.array([place(value, bits)]), bits)
    assert least[0] <= value <= least[0] + width[0] - 1
    assert width[0] <= max(1, abs(value) / 2**bits)


@given(first=WHOLE, second=WHOLE, bits=st.integers(1, 16))
def test_bins_keep_the_order(first, second, bits):
    low, high = sorted((first, second))
    assert place(low, bits) <= place(high, bits)


@given(bits=st.integers(1, 8), least=st.integers(-3000, 3000))
def test_bins_have_no_gaps(bits, least):
    values = np.arange(least, least + 400)
    places = np.array([place(int(v), bits) for v in values])
    assert set(np.diff(places)) <= {0, 1}
    edges, widths = bin_edges(np.unique(places), bits)
    assert np.array_equal(edges[:-1] + widths[:-1], edges[1:])


@given(st.lists(st.integers(-500, 500), min_size=1, max_size=60), st.lists(st.floats(0, 100), min_size=1, max_size=9))
def test_percentiles_of_counts_are_numpys_to_the_last_bit(values, levels):
    places, counts = np.unique(np.array(values), return_counts=True)
    expected = np.percentile(np.array(values), levels)
    np.testing.assert_array_equal(percentiles_of(places, counts, 16, levels), expected)
    np.testing.assert_array_equal(percentiles_counted(places[::-1], counts[::-1], levels), expected)


@pytest.mark.parametrize("bits", [6, 9, 13])
def test_percentiles_of_money_are_right_within_a_bin(bits):
    cents = np.rint(np.random.default_rng(3).lognormal(18, 0.8, 20_000)).astype(np.int64)
    places, counts = np.unique([place(int(v), bits) for v in cents], return_counts=True)
    levels = (1, 5, 25, 50, 75, 95, 99)
    exact = np.percentile(cents, levels)
    assert (np.abs(percentiles_of(places, counts, bits, levels) / exact - 1) <= 2.0**-bits).all()


@pytest.mark.parametrize("pieces", [1, 3, 40])
def test_values_counted_in_pieces_are_all_there(pieces):
    """Two periods of two rows, some of the values missing; rows reach further with almost every piece."""
    random = np.random.default_rng(7)
    values = np.rint(random.normal(0, 10.0 ** np.arange(4).reshape(2, 2, 1) - 0.5, (2, 2, 1000))).astype(np.int64)
    values[random.random(values.shape) < 0.05] = MISSING
    rows, first, last, bits = Rows(4, 7), np.zeros(2, np.int64), np.array([1, 2]), 7
    number = np.zeros((2, 2), np.int64)
    for piece in np.array_split(values, pieces, axis=2):
        sums = np.ascontiguousarray(np.concatenate([np.zeros((1, *piece.shape[1:]), np.int64), piece]))
        n, total, low, high = (np.empty((2, 2), np.int64) for _ in range(4))
        squares = np.empty((2, 2))
        measure(sums, first, last, bits, n, total, squares, low, high)
        known = np.where(piece == MISSING, 0, piece)
        assert np.array_equal(total, known.sum(axis=2)) and np.array_equal(n, (piece != MISSING).sum(axis=2))
        rows.reach(low.ravel(), high.ravel())
        fill(sums, first, last, bits, rows.zeros.reshape(2, 2), rows.origin.reshape(2, 2), rows.bins)
        number += n
    for row in range(4):
        here = values.reshape(4, -1)[row]
        expected = np.unique([place(int(v), bits) for v in here[here != MISSING]], return_counts=True)
        np.testing.assert_array_equal(rows.row(row), expected)
    assert number.sum() == rows.bins.sum()


@pytest.mark.parametrize("values", [[0, 0], [5, 0, 0, 9], [-3, 0, 4], [7]])
def test_zeros_take_their_place_among_the_others(values):
    rows = Rows(1, 4)
    sums = np.concatenate([np.zeros((1, 1, len(values)), np.int64), np.array(values).reshape(1, 1, -1)])
    ends = np.zeros(1, np.int64), np.ones(1, np.int64)
    n, total, low, high = (np.empty((1, 1), np.int64) for _ in range(4))
    for _ in range(2):
        measure(sums, *ends, 4, n, total, np.empty((1, 1)), low, high)
        rows.reach(low.ravel(), high.ravel())
        fill(sums, *ends, 4, rows.zeros.reshape(1, 1), rows.origin.reshape(1, 1), rows.bins)
    places, counts = np.unique(np.repeat(values, 2), return_counts=True)
    np.testing.assert_array_equal(rows.row(0), (places, counts))


def test_squares_are_about_the_mean():
    values = 10**12 + np.random.default_rng(5).integers(0, 1000, (1, 1, 500))
    sums = np.concatenate([np.zeros_like(values), values])
    out = [np.empty((1, 1), np.int64) for _ in range(4)]
    squares = np.empty((1, 1))
    measure(sums, np.zeros(1, np.int64), np.ones(1, np.int64), 10, out[0], out[1], squares, out[2], out[3])
    assert squares[0, 0] == pytest.approx(np.var(values - 10**12) * 500, rel=1e-6)
