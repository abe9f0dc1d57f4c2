"""Fit, simulate, fit: the 80% intervals hold the truth 80% of the time. Minutes; run with -m slow."""

import numpy as np
import pytest
from scipy import special, stats

from simulator.calibration.spells import spells_of
from simulator.calibration.transition import fit_transition
from tests.calibration.histories import Truth, make

Z80 = 1.2815515655446004
HISTORIES = 1200
"""At 80%, 1,200 histories cover 74-86% except with probability 2e-7 (binomial)."""


@pytest.mark.slow
def test_intervals_cover():
    rng = np.random.default_rng(5)
    inside = {"rate": 0, "mean": 0, "cv": 0}
    for number in range(HISTORIES):
        kind = number % 4
        truth = Truth(
            rate=rng.uniform(0.1, 0.6),
            mean=rng.uniform(2, 8),
            cv=rng.uniform(0.5, 1.2),
            loss_share=0.8 * (kind % 2),
            recorded_from=20 * (kind >= 2),
            absent=kind == 3,
        )
        found = fit_transition(spells_of(make(truth, rng), 0), 1, family="gamma").whole
        first = found.lag_index
        true = {
            "rate": (0, special.logit(truth.rate)),
            "mean": (first, np.log(truth.mean)),
            "cv": (first + 1, np.log(truth.cv)),
        }
        for name, (index, value) in true.items():
            inside[name] += abs(found.x[index] - value) < Z80 * found.sd(index)
    assert stats.binom(HISTORIES, 0.8).cdf(0.74 * HISTORIES) < 1e-6
    for name, count in inside.items():
        assert 0.74 <= count / HISTORIES <= 0.86, f"{name}: {count / HISTORIES:.3f}"


@pytest.mark.slow
def test_rates_cover_with_the_family_chosen_by_the_data_and_pooled_segments():
    """400 histories of four segments, 1,600 intervals. Segments of one history share a lag, so count histories: their
    mean coverage has a standard deviation of at most 0.02; 72-88% fails with probability 6e-5."""
    rng = np.random.default_rng(6)
    covered = []
    for _ in range(400):
        rates = list(special.expit(special.logit(0.25) + rng.normal(0, 0.5, 4)))
        found = fit_transition(spells_of(make(Truth(mean=rng.uniform(2, 6), leads=1000), rng, 4, rates), 0), 4)
        covered.append(
            np.mean([abs(c.x[0] - special.logit(r)) < Z80 * c.sd() for c, r in zip(found.segments, rates, strict=True)])
        )
    assert 0.72 <= np.mean(covered) <= 0.88, np.mean(covered)
