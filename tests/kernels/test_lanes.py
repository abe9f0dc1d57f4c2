"""Vector instructions against the plain Python that says what they do, bit for bit."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from simulator.kernels import lanes
from simulator.kernels.jit import OPTIONS
from simulator.kernels.lanes import LANES, LIMITS
from simulator.kernels.streams import ALWAYS, threshold

compiled = numba.njit(**OPTIONS)
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")


def words(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.integers(0, 2**64, shape, dtype=np.uint64)


@compiled
def _rows(counts, keys, limits, rows, table, few, found):
    lanes.name_rows(keys, counts, 8, rows, few)
    for k in range(0, 8, LIMITS):
        lanes.count_below(few, rows, table, 1, k, found, 16 + 40 * k, 40)
    lanes.add_rows(found, 17, 8, 39, found, 400)
    found[420] = lanes.most_in_row(counts, 8)
    found[421] = lanes.rows_differ(found, 16, counts, 8)
    found[422] = lanes.rows_differ(counts, 8, counts, 8)


def _plainly(counts, keys, limits, rows, table, few, found):
    lanes._name_rows(keys, counts, 8, rows, few)
    for k in range(0, 8, LIMITS):
        lanes._count_below(few, rows, table, 1, k, found, 16 + 40 * k, 40)
    lanes._add_rows(found, 17, 8, 39, found, 400)
    found[420] = lanes._most_in_row(counts, 8)
    found[421] = lanes._rows_differ(found, 16, counts, 8)
    found[422] = lanes._rows_differ(counts, 8, counts, 8)


@pytest.mark.parametrize("most", [0, 1, 5, 64])
def test_rows_are_named_counted_and_added(most: int) -> None:
    rng = np.random.default_rng(most)
    counts, keys = rng.integers(0, most + 1, 24), words(rng, 24)
    table = np.sort(words(rng, 2, 12), axis=1)
    table[1, 7] = ALWAYS
    rows = (int(counts[8:16].max()) + 3) & -4
    made = [(np.zeros(LANES * 64, np.uint64), np.zeros(440, np.int64)) for _ in range(2)]
    with np.errstate(over="ignore"):
        for run, (few, found) in zip((_rows, _plainly), made, strict=True):
            run(counts, keys, None, rows, table, few, found)
    assert (made[0][0] == made[1][0]).all() and (made[0][1] == made[1][1]).all()
    assert (made[0][1][16 + 40 * 7 : 24 + 40 * 7] == counts[8:16]).all(), "everybody is below the largest word"
    assert made[0][1][420] == counts[8:16].max() and made[0][1][422] == 0


@compiled
def _shares(counts, keys, limits, groups, converted):
    for group in range(groups):
        lanes.share_rows(counts, keys, limits, 0, group, converted)


def test_shares_bit_plane_by_bit_plane() -> None:
    rng = np.random.default_rng(3)
    for p in (0.0, 1e-18, 0.03, 0.5, 0.7312, 1 - 1e-12, 1.0):
        counts, keys = rng.integers(0, 300, LANES), words(rng, LANES)
        limits = np.full(LANES, threshold(p), np.uint64)
        limits[3] = keys[3]
        fast, plain = np.zeros(LANES, np.int64), np.zeros(LANES, np.int64)
        _shares(counts, keys, limits, 5, fast)
        with np.errstate(over="ignore"):
            for group in range(5):
                lanes._share_rows(counts, keys, limits, 0, group, plain)
        assert (fast == plain).all()
        assert p not in (0.0, 1.0) or (np.delete(fast, 3) == np.delete(p * counts, 3)).all()


@compiled
def _words(keys, first, step, count, put, mixed):
    for at in range(0, 24, LANES):
        lanes.put_row(put, at, first + np.uint64(at) * step, step)
    lanes.mix_rows(keys, step, count, mixed)


def test_words_are_put_and_mixed() -> None:
    rng = np.random.default_rng(4)
    keys, (first, step) = words(rng, 24), words(rng, 2)
    made = [(np.zeros(24, np.uint64), np.zeros(24, np.uint64)) for _ in range(2)]
    _words(keys, first, step, 11, *made[0])
    with np.errstate(over="ignore"):
        for at in range(0, 24, LANES):
            lanes._put_row(made[1][0], at, first + np.uint64(at) * step, step)
        lanes._mix_rows(keys, step, 11, made[1][1])
    assert (made[0][0] == made[1][0]).all() and (made[0][1] == made[1][1]).all()
    assert (made[0][1][16:] == 0).all() and made[0][1][:16].all(), "eleven are two rows"


@compiled
def _halves(table, bits, first, left, found):
    lanes.halve_rows(table, bits, first, left, 0, found)


def test_halving_finds_the_first_larger_entry() -> None:
    rng = np.random.default_rng(5)
    table = np.sort(rng.random((3, 40)), axis=1)
    table[:, 39] = 1.0
    for n in (1, 2, 3, 8, 29):
        bits = words(rng, LANES)
        first = np.array([40 * (i % 3) + 40 - n for i in range(LANES)])
        left = np.full(LANES, n)
        fast, plain = np.zeros(LANES, np.int64), np.zeros(LANES, np.int64)
        _halves(table, bits, first, left, fast)
        lanes._halve_rows(table, bits, first, left, 0, plain)
        for i in range(LANES):
            row = table[i % 3, 40 - n :]
            u = (float(bits[i] >> np.uint64(12)) + 0.5) * 2.0**-52
            assert fast[i] - first[i] == min(np.searchsorted(row, u, side="right"), n - 1)
        assert (fast == plain).all()
