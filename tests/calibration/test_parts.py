"""Levels, volumes, sizes, slips, drift: each against a case whose answer is known."""

import numpy as np
import pytest
from scipy import stats

from simulator.calibration.drift import _by_end_of_week, month_of_quarter, observed_and_expected, quarter_rhythm
from simulator.calibration.history import Pushes
from simulator.calibration.lags import Lag
from simulator.calibration.levels import _run, _Settings, follow, negative_binomial
from simulator.calibration.predict import predict, scaled
from simulator.calibration.sizes import fit_sizes
from simulator.calibration.slips import fit_slips
from simulator.calibration.spells import spells_of
from simulator.calibration.transition import fit_transition
from simulator.calibration.volumes import fit_volumes
from tests.calibration.histories import Truth, make


def test_negative_binomial_is_scipys_and_poisson_at_its_edge():
    y = np.arange(30.0)
    size = 6.0**2 / (9.0 - 6.0)
    np.testing.assert_allclose(
        negative_binomial(y, np.array(6.0), np.array(9.0)), stats.nbinom(size, size / (size + 6)).logpmf(y)
    )
    np.testing.assert_allclose(
        negative_binomial(y, np.array(6.0), np.array(6.0)), stats.poisson(6).logpmf(y), atol=1e-5
    )


def test_the_week_in_which_a_short_lag_ends():
    """Three days after a day of the week of entry: in that week from four days of seven, else in the next."""
    three_days = Lag("gamma", (float(np.log(3 / 7)), float(np.log(0.01))))
    assert _by_end_of_week(three_days, 2) == pytest.approx([0, 4 / 7, 1])


def test_a_steady_rate_is_followed_without_drift_and_a_step_with():
    rng = np.random.default_rng(1)
    steady = follow(rng.poisson(20, 80))
    assert (
        steady.discount >= 0.97 and steady.gain < 2 and steady.mean[0] == pytest.approx(20, abs=4.9 * np.sqrt(20 / 30))
    )
    step = follow(np.r_[rng.poisson(10, 60), rng.poisson(40, 20)])
    assert step.weight @ (step.jumps > 0) > 0.95 and step.mean[0] == pytest.approx(40, rel=0.1) and step.gain > 5
    slow = follow(rng.poisson(20 * np.exp(np.cumsum(rng.normal(0, 0.12, 120)))))
    assert slow.discount < 0.95 and slow.gain > 5 and slow.weekly_drift() == pytest.approx(0.12, rel=0.7)


def test_a_jump_of_one_series_leaves_the_other_alone():
    """The means after ten weeks of a new pace; the steady series has counted 70 weeks of 20."""
    rng = np.random.default_rng(3)
    both = np.stack([rng.poisson(20, 70), np.r_[rng.poisson(10, 60), rng.poisson(50, 10)]])
    found = follow(both)
    assert found.mean[1] == pytest.approx(50, abs=4.9 * np.sqrt(50 / 8))
    assert found.mean[0] == pytest.approx(20, abs=4.9 * np.sqrt(20 / 10))
    together = follow(np.stack([rng.poisson(m, 70) for m in (20, 30)]) * np.r_[np.ones(60), np.full(10, 3)])
    assert together.mean == pytest.approx([60, 90], rel=0.2)


def test_without_drift_or_jumps_the_filter_is_the_gamma_poisson_posterior():
    """Exact: a gamma(1, 1/r) prior and counts y with exposure e give gamma(1 + Σy, 1/r + Σe)."""
    y, e = np.array([[3.0, 5.0, 4.0]]), np.array([[1.0, 2.0, 1.0]])
    fixed = _Settings(np.ones(1), np.ones(1), np.zeros(1), np.zeros(1))
    total, a, b = _run(y, e, np.array([1.0]), np.array([0.25]), fixed)
    assert a[0, 0] == pytest.approx(13) and b[0, 0] == pytest.approx(4.25)
    # Predictive of a gamma-Poisson mixture is negative binomial, one week after the other.
    exact = sum(
        stats.nbinom(s, r / (r + x)).logpmf(c) for s, r, x, c in ((1, 0.25, 1, 3), (4, 1.25, 2, 5), (9, 3.25, 1, 4))
    )
    assert total[0] == pytest.approx(exact)


def test_a_forecast_further_ahead_is_wider_with_the_same_mean():
    level = follow(np.random.default_rng(4).poisson(12, 40))
    near, far = level.ahead(1), level.ahead(26)
    assert near[0] / near[1] == pytest.approx(level.mean) and far[0] / far[1] == pytest.approx(level.mean)
    assert far[0][0] < near[0][0] <= level.at_most(1e9).ahead(0)[0][0]


def test_dispersion_is_told_from_drift():
    rng = np.random.default_rng(2)
    clumped = follow(rng.negative_binomial(5, 0.2, 150))  # mean 20, variance 100
    assert clumped.dispersion >= 3 and clumped.discount >= 0.95 and clumped.gain < 2


def test_volumes_season_needs_two_years_and_is_found():
    rng = np.random.default_rng(3)
    days = np.arange(7 * 52 * 3)
    quarter = ((days.astype("datetime64[D]").astype("datetime64[M]").astype(int)) % 12) // 3
    entered = np.repeat(days, rng.poisson(np.array([4.0, 4.0, 4.0, 8.0])[quarter]))
    history = make(Truth(leads=len(entered), weeks=52 * 3), rng)
    history.dates[:, 0] = entered
    history.dates[:, 1] = np.nan
    object.__setattr__(history, "as_of", int(days[-1]))
    found = fit_volumes(spells_of(history, 0), 1)
    assert found.season is not None and found.season[3] > 1.4 and np.abs(found.season[:3] - 0.8).max() < 0.15
    short = fit_volumes(spells_of(history.known_at(7 * 60), 0), 1)
    assert short.season is None


def test_real_sizes_stand_for_themselves_where_lognormal_fails():
    rng = np.random.default_rng(4)
    history = make(Truth(leads=2000), rng)
    won = ~np.isnan(history.won)
    history.amount[won] = rng.lognormal(9, 0.8, won.sum())
    (smooth,) = fit_sizes(history)
    assert (
        smooth.values is None
        and smooth.log_mean == pytest.approx(9, abs=0.2)
        and smooth.log_sd == pytest.approx(0.8, abs=0.1)
    )
    history.amount[won] = rng.choice([100.0, 100.0, 2500.0], won.sum())
    (prices,) = fit_sizes(history)
    assert prices.values is not None and set(prices.draw(100, rng)) <= {100.0, 2500.0}
    history.amount[won] = np.nan
    assert fit_sizes(history) is None


def test_slips_are_counted_and_their_effect_on_winning_found():
    rng = np.random.default_rng(5)
    n = 3000
    history = make(Truth(leads=n, rate=0.5, loss_share=1.0, weeks=200), rng)
    count = rng.geometric(0.7, n) - 1
    wins = rng.random(n) < 0.6 * 0.8**count
    end = history.dates[:, 0] + 100
    history.dates[:, 1] = np.where(wins, end, np.nan)
    history.lost[:] = np.where(wins, np.nan, end)
    record = np.repeat(np.arange(n), count)
    old = history.dates[record, 0] + 30
    object.__setattr__(history, "pushes", Pushes(record, old - 3, old, old + 28.0))
    found = fit_slips(history)
    assert found.probability == pytest.approx(
        0.3, abs=4.9 * np.sqrt(0.21 / found.tests)
    ) and found.delay == pytest.approx(4)
    assert abs(found.factor[0] - np.log(0.8)) < 4.9 * max(found.factor[1], 0.02)


@pytest.mark.parametrize(("concentration", "found"), [(8.0, True), (None, False)])
def test_quarters_that_slip_more_than_others_are_told_from_luck(concentration, found):
    """16 quarters of 100 due dates each, 30% of which slip on average."""
    rng = np.random.default_rng(12)
    n, quarters = 100, 16
    share = np.full(quarters, 0.3) if concentration is None else rng.beta(0.3 * concentration, 0.7 * concentration, 16)
    slipped = rng.random((quarters, n)) < share[:, None]
    due = 20_000 - 91 * np.repeat(np.arange(quarters), n).astype(float) - 40
    history = make(Truth(leads=(~slipped).sum(), rate=1.0, mean=0.1), rng)
    history.dates[:, 1] = due[~slipped.ravel()]
    object.__setattr__(history, "as_of", 20_000)
    pushed = due[slipped.ravel()]
    changes = Pushes(np.zeros(len(pushed), dtype=np.int64), pushed - 1, pushed, pushed + 20)
    object.__setattr__(history, "pushes", changes)
    slips = fit_slips(history)
    assert (slips.concentration is not None) is found
    if found:
        assert 3 <= slips.concentration[0] <= 25 and slips.concentration[1] == quarters


def test_expected_conversions_add_up_to_those_seen():
    spells = spells_of(make(Truth(leads=4000, loss_share=0.6), np.random.default_rng(6)), 0)
    fitted = fit_transition(spells, 1, family="gamma")
    observed, expected = observed_and_expected(spells, fitted.segments)
    assert observed.sum() == pytest.approx(fitted.whole.events, abs=15)
    assert expected.sum() == pytest.approx(observed.sum(), rel=0.03)


def test_quarter_rhythm_needs_repeats_and_is_found():
    weeks = 104
    as_of = 19_000
    part = month_of_quarter(as_of - 3 - 7 * np.arange(weeks)[::-1])
    rng = np.random.default_rng(7)
    wins = rng.poisson(np.array([20.0, 30.0, 55.0])[part])
    rhythm = quarter_rhythm(wins, np.full(weeks, wins.mean()), as_of)
    assert rhythm[2] > 1.4 and rhythm[0] < 0.7
    none = quarter_rhythm(rng.poisson(30, weeks), np.full(weeks, 30.0), as_of)
    assert np.abs(none - 1).max() < 0.1
    assert (quarter_rhythm(wins[-12:], np.full(12, 30.0), as_of) == 1).all()


def test_scaled_rates_are_monotone_rates():
    grid = np.linspace(0.01, 0.99, 50)
    for factor in (0.3, 1.0, 2.5):
        moved = [scaled(p, factor) for p in grid]
        assert all(0 < value < 1 for value in moved) and (np.diff(moved) > 0).all()
    assert scaled(0.4, 1.0) == pytest.approx(0.4)


def test_predictions_of_open_leads_are_the_closed_form():
    """Expected wins of those in flight: n·p·(F(a+h) - F(a)) / (1 - p·F(a)), averaged over the fitted uncertainty."""
    from simulator.calibration.fit import fit_history

    fitted = fit_history(make(Truth(leads=3000, weeks=60), np.random.default_rng(8)), families=["gamma"])
    transition = fitted.transitions[0]
    whole, spells = transition.whole, transition.spells
    ages = (spells.days[spells.kind == 0] + 0.5) / 7
    f = whole.lag.cdf
    expected = float((whole.p * (f(ages + 4) - f(ages)) / (1 - whole.p * f(ages))).sum())
    got = predict(fitted, 28, draws=4000, open_only=True, shock=False).wins.sum(axis=1)
    assert got.mean() == pytest.approx(expected, rel=0.06)
    everything = predict(fitted, 28, draws=2000).wins.sum(axis=1)
    assert everything.mean() > got.mean()
