"""Quantiles of betas, against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import betaincinv

from simulator.scenario.beta import quantile


def test_quantiles_are_those_of_scipy() -> None:
    rng = np.random.default_rng(1)
    for a, b in 10 ** rng.uniform(-1, 4, (300, 2)):
        for u in (0.1, 0.5, 0.9, float(rng.random())):
            assert quantile(a, b, u) == pytest.approx(float(betaincinv(a, b, u)), rel=1e-9, abs=1e-200)


def test_ends() -> None:
    assert quantile(2.0, 3.0, 0.0) == 0.0 and quantile(2.0, 3.0, 1.0) == 1.0
    assert quantile(1.0, 1.0, 0.25) == pytest.approx(0.25, rel=1e-14)
