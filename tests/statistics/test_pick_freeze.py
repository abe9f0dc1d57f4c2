"""Shares of a variance against functions whose shares are known."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.statistics.pick_freeze import chain_shares

N = 40_000


def steps(function, groups: int, seed: int = 1) -> list[np.ndarray]:
    """The chain of pick-freeze: step j takes groups 1..j from one sample and the rest from another."""
    a, b = np.random.default_rng(seed).normal(size=(2, groups, N))
    return [function(*a[:j], *b[j:]) for j in range(groups + 1)]


def test_shares_and_total_effects_of_a_function_with_interplay() -> None:
    # Y = x1 + 2 x2 + x1 x2 (+ x3 that does nothing): Var = 1 + 4 + 1
    found = chain_shares(steps(lambda x1, x2, x3: x1 + 2 * x2 + x1 * x2 + 0 * x3, 3))
    for values, errors, truth in (
        (found.share, found.standard_error, [1 / 6, 5 / 6, 0]),
        (found.total, found.total_standard_error, [2 / 6, 5 / 6, 0]),
    ):
        assert np.all(np.abs(values - truth) <= 4.9 * errors)
        assert np.all(errors < 0.03)


def test_the_shares_sum_to_one_and_an_idle_group_has_exactly_none() -> None:
    found = chain_shares(steps(lambda x1, x2, x3: np.exp(x1) + x3 + 0 * x2, 3))
    assert found.share.sum() == pytest.approx(1.0, abs=1e-12)
    assert found.share[1] == 0.0 and found.total[1] == 0.0 and found.standard_error[1] == 0.0


def test_the_standard_errors_are_what_repetition_gives() -> None:
    found = [chain_shares([s[:2000] for s in steps(lambda x, y, z: x + y * z, 3, seed)]) for seed in range(200)]
    for told, spread in (
        (np.mean([f.standard_error for f in found], axis=0), np.std([f.share for f in found], axis=0)),
        (np.mean([f.total_standard_error for f in found], axis=0), np.std([f.total for f in found], axis=0)),
    ):
        # the sd of 200 repetitions is known to 5% (one standard error)
        assert np.all(np.abs(told / spread - 1) < 0.3)


def test_nothing_that_varies_has_no_shares() -> None:
    found = chain_shares([np.full(100, 3.0)] * 4)
    assert not found.share.any() and not found.total.any()
