"""The censored fit against a naive twin, closed forms, and histories with a known truth."""

import numpy as np
import pytest
from scipy import special, stats

from simulator.calibration.cure import group, log_likelihoods
from simulator.calibration.empirical import fit_empirical
from simulator.calibration.incidence import incidence
from simulator.calibration.lags import CDFS, FAMILIES, Lag
from simulator.calibration.spells import OPEN, WON, find_start, spells_of
from simulator.calibration.transition import choose_family, fit_transition
from simulator.errors import FitError
from tests.calibration.histories import Truth, make

Z80 = 1.2815515655446004


@pytest.mark.parametrize(
    ("family", "law"),
    [
        ("gamma", lambda mean, cv: stats.gamma(1 / cv**2, scale=mean * cv**2)),
        ("lognormal", lambda mean, cv: stats.lognorm(np.sqrt(np.log1p(cv**2)), scale=mean / np.sqrt(1 + cv**2))),
        ("weibull", None),
    ],
)
@pytest.mark.parametrize("cv", [0.4, 1.0, 1.7])
def test_families_have_the_mean_and_cv_they_say(family, law, cv):
    lag = Lag(family, (np.log(5.0), np.log(cv)))
    x = np.linspace(0, 5 * 400, 2_000_001)
    survival = 1 - lag.cdf(x)
    mean = np.trapezoid(survival, x)
    second = 2 * np.trapezoid(x * survival, x)
    assert mean == pytest.approx(5.0, rel=2e-3)
    assert np.sqrt(second - mean**2) / mean == pytest.approx(cv, rel=1e-2)
    if law is not None:
        np.testing.assert_allclose(lag.cdf(x[::5000]), law(5.0, cv).cdf(x[::5000]), atol=1e-12)


def test_generalised_gamma_holds_the_others():
    x = np.linspace(0.1, 40, 50)
    weibull = CDFS["generalised gamma"](x, (np.log(6.0), np.log(0.5), 1.0))
    np.testing.assert_allclose(weibull, -np.expm1(-((x / 6) ** 2)), atol=1e-12)
    np.testing.assert_allclose(CDFS["generalised gamma"](x, (1.0, 0.0, 0.0)), stats.norm.cdf(np.log(x) - 1), atol=1e-12)


def test_lag_on_weeks_is_floor_of_lag_plus_uniform():
    lag = Lag("gamma", (np.log(3.0), np.log(0.7)))
    shares = lag.on_weeks(1e-6)
    assert shares.sum() == pytest.approx(1) and shares @ np.arange(len(shares)) == pytest.approx(3.0, abs=2e-3)


@pytest.mark.parametrize(
    "truth", [Truth(loss_share=0.5), Truth(recorded_from=20, absent=True, loss_share=0.5), Truth(recorded_from=20)]
)
def test_likelihood_equals_one_lead_at_a_time(truth):
    spells = spells_of(make(truth, np.random.default_rng(3)), 0)
    data = group(spells)
    p, r, f, g = 0.35, 0.6, Lag("gamma", (1.4, -0.2)), Lag("weibull", (1.9, 0.1))
    losses = truth.loss_share > 0
    fast = float(data.count @ log_likelihoods(data, p, r, f.cdf(data.grid), g.cdf(data.grid) if losses else None))

    def at(lag, days):
        return float(lag.cdf(np.array([max(days, 0.0) / 7]))[0])

    slow = 0.0
    for entry, days, kind in zip(spells.entry, spells.days, spells.kind, strict=True):
        age = max(spells.start - entry - 0.5, 0) if spells.start is not None and spells.start > entry else 0.0
        gone = p * at(f, age) + ((1 - p) * r * at(g, age) if losses else 0.0)
        if kind == WON:
            like = p * (at(f, days + 0.5) - at(f, days - 0.5))
        elif kind == OPEN:
            like = 1 - p * at(f, days + 0.5) - ((1 - p) * r * at(g, days + 0.5) if losses else 0.0)
            like += 0.0 if spells.absent else gone
        else:
            like = (1 - p) * r * (at(g, days + 0.5) - at(g, days - 0.5))
        slow += np.log(like) - (np.log(1 - gone) if spells.absent else 0.0)
    assert fast == pytest.approx(slow, rel=1e-10)


def test_censoring_matters_and_is_undone():
    """Fast version of the recovery: 60 short histories; the naive ratio is far off, the fit is not. False alarm
    1e-6."""
    rng = np.random.default_rng(11)
    inside, z, naive = 0, [], []
    for _ in range(60):
        truth = Truth(rate=0.3, mean=6, cv=0.8, weeks=40, leads=500)
        fitted = fit_transition(spells_of(make(truth, rng), 0), 1, family="gamma").whole
        off = (fitted.x[0] - special.logit(truth.rate)) / fitted.sd()
        inside += abs(off) < Z80
        z.append(off)
        naive.append(fitted.events / fitted.count)
    assert stats.binom.ppf(5e-7, 60, 0.8) <= inside <= 60
    assert abs(np.mean(z)) < 4.9 / np.sqrt(60)
    assert np.mean(naive) < 0.27


def test_empirical_lag_is_the_kaplan_meier_of_complete_data():
    truth = Truth(rate=0.5, mean=2, cv=0.6, weeks=200, leads=2000)
    spells = spells_of(make(truth, np.random.default_rng(2)), 0)
    old = spells.where(spells.entry < spells.as_of - 7 * 40)
    fitted = fit_empirical(group(old), losses=False, smooth=0.0)
    share = (old.kind == WON).mean()
    assert fitted.p == pytest.approx(share, abs=1e-3)
    edges = np.array(fitted.lag.edges)[1:]
    seen = np.array([(old.days[old.kind == WON] / 7 <= edge).mean() for edge in edges])
    np.testing.assert_allclose(fitted.lag.cdf(edges), seen, atol=2e-3)


@pytest.mark.parametrize(
    "truth", [Truth(leads=3000, loss_share=0.6), Truth(leads=3000, recorded_from=25, absent=True, loss_share=0.6)]
)
def test_incidence_agrees_with_the_truth(truth):
    weeks, won, _ = incidence(spells_of(make(truth, np.random.default_rng(8)), 0))
    at = np.searchsorted(weeks, 8.0)
    expected = truth.rate * stats.gamma(1 / truth.cv**2, scale=truth.mean * truth.cv**2).cdf(8.0)
    assert won[at] == pytest.approx(expected, abs=4.9 * np.sqrt(expected * (1 - expected) / 1000))


def test_incidence_agrees_with_lifelines():
    lifelines = pytest.importorskip("lifelines")
    spells = spells_of(make(Truth(leads=800, loss_share=0.0), np.random.default_rng(4)), 0)
    weeks, won, _ = incidence(spells)
    km = lifelines.KaplanMeierFitter().fit(spells.days, spells.kind == WON)
    for week in (2.0, 5.0, 10.0):
        at = np.searchsorted(weeks, week) - 1
        assert won[at] == pytest.approx(1 - km.predict(np.floor(weeks[at] * 7)), abs=1e-9)


def test_two_humps_fall_back_to_an_empirical_lag():
    rng = np.random.default_rng(6)
    history = make(Truth(rate=0.5, mean=1.0, cv=0.4, leads=2500, weeks=80), rng)
    late = ~np.isnan(history.won) & (rng.random(len(history)) < 0.5)
    history.dates[late, 1] += 7 * 12
    history.dates[history.dates[:, 1] > history.as_of, 1] = np.nan
    family, _ = choose_family(spells_of(history, 0), 1, losses=False)
    assert family == "empirical"


def test_segments_with_different_cycles_are_not_two_humps():
    rng = np.random.default_rng(6)
    history = make(Truth(rate=0.5, mean=1.5, cv=0.5, leads=2500, weeks=120), rng, segments=2)
    slow = (history.segment == 1) & ~np.isnan(history.won)
    history.dates[slow, 1] += np.round((history.dates[slow, 1] - history.dates[slow, 0]) * 7)
    history.dates[history.dates[:, 1] > history.as_of, 1] = np.nan
    found = fit_transition(spells_of(history, 0), 2)
    assert found.family in FAMILIES
    assert found.segments[1].lag.mean > 4 * found.segments[0].lag.mean


def test_late_recording_is_found():
    history = make(Truth(leads=1500, mean=3, recorded_from=25), np.random.default_rng(1))
    object.__setattr__(history, "history_starts", None)
    spells = spells_of(history, 0)
    assert spells.start is not None and abs(spells.start - (17_000 + 7 * 25)) <= 7 and not spells.absent
    whole = make(Truth(leads=1500, mean=3), np.random.default_rng(1))
    assert find_start(spells_of(whole, 0)) is None


def test_absent_and_unrecorded_are_told_apart():
    history = make(
        Truth(leads=1500, mean=3, rate=0.5, loss_share=0.9, recorded_from=25, absent=True), np.random.default_rng(1)
    )
    object.__setattr__(history, "history_starts", None)
    object.__setattr__(history, "before_history", None)
    spells = spells_of(history, 0)
    assert spells.start is not None and spells.absent


def test_short_follow_up_is_said():
    found = fit_transition(
        spells_of(make(Truth(leads=900, weeks=9, mean=9, cv=0.6), np.random.default_rng(1)), 0), 1, family="gamma"
    )
    assert found.short and "cannot be told apart" in found.notes[0]
    correlation = found.whole.covariance[0, 1] / found.whole.sd(0) / found.whole.sd(1)
    assert correlation > 0.5


def test_too_few_conversions():
    with pytest.raises(FitError, match="at least 10 are needed"):
        fit_transition(spells_of(make(Truth(rate=0.02, leads=100), np.random.default_rng(1)), 0), 1)


def test_small_segments_lean_on_the_whole():
    rng = np.random.default_rng(9)
    history = make(Truth(leads=3000), rng, segments=6, rates=[0.1, 0.2, 0.3, 0.4, 0.3, 0.3])
    few = np.flatnonzero(history.segment == 5)[25:]
    keep = np.ones(len(history), dtype=bool)
    keep[few] = False
    smaller = type(history)(
        **{
            **vars(history),
            "segment": history.segment[keep],
            "dates": history.dates[keep],
            "lost": history.lost[keep],
            "ids": history.ids[keep],
            "undated": history.undated[keep],
            "amount": history.amount[keep],
            "expected_close": history.expected_close[keep],
        }
    )
    found = fit_transition(spells_of(smaller, 0), 6, family="gamma")
    assert 0.06 < found.segments[0].p < 0.16 and 0.32 < found.segments[3].p < 0.48
    assert found.segments[5].sd() > 1.5 * found.segments[4].sd()
    assert found.spread[0] > 0.2
