"""The chance of one threshold by few frequencies is that of the whole law by many, far tails included."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simulator as sim
from simulator.exact import thresholds, transforms, values
from simulator.exact.answers import Answers
from simulator.exact.inversion import count_law, money_law
from simulator.exact.laws import MoneyLaw
from simulator.exact.memory import Memory
from simulator.exact.outline import Outline
from simulator.exact.parts import Jump, Parts
from simulator.exact.waves import sine, wave
from tests.exact.worlds import draw_points

SCENARIOS = Path(__file__).parents[2] / "scenarios"
POINTS = 32
BOUND = thresholds.BOUND


def few_deals(size: Any, volume: float = 40.0, **market: Any) -> dict[str, Any]:
    return {
        "name": "few", "start": "2027-Q1", "quarters": 2, "currency": "USD", "stages": ["leads", "deals", "wins"],
        "opening": {"warm_up_quarters": 2},
        "segments": {"a": {
            "volume": {"per_quarter": volume, **market},
            "conversion": {"deals": {"p10": 0.3, "p90": 0.6}, "wins": {"p10": 0.2, "p90": 0.4}},
            "lag_weeks": {"deals": 2, "wins": {"mean": 6, "cv": 1}}, "deal_size": size,
            "slips": {"probability": 0.3, "delay_weeks": {"mean": 4}, "win_rate_factor": 0.8},
        }},
    }  # fmt: skip


PLANS: dict[str, Any] = {
    "mid-market": SCENARIOS / "mid-market.yaml",
    "enterprise": SCENARIOS / "enterprise.yaml",
    "uncertain sizes": few_deals({"mean": {"p10": 9_000, "p90": 16_000}, "cv": {"p10": 0.6, "p90": 1.2}}, 400.0),
    "one or two deals": few_deals({"mean": 10_000, "cv": 0.8}, 30.0),
    "very uneven": few_deals({"median": 10_000, "p90": 50_000}, 400.0),
    "gammas": few_deals({"mean": {"p10": 9_000, "p90": 16_000}, "cv": 0.5, "family": "gamma"}),
    "lumps": few_deals({"mean": 10_000, "cv": 1.0}, 200.0, dispersion=5),
}


def parts_of(plan: str, metric: str) -> Parts:
    outline = Outline(sim.load(PLANS[plan]))
    answers = Answers(outline, draw_points(outline, POINTS, 1))
    return answers.parts(metric, tuple(range(outline.quarters)))


def whole_law(parts: Parts) -> MoneyLaw:
    """The law of the amount itself, over a window twice as wide as it would look at."""

    def wide(parts: Parts, points: int) -> tuple[np.ndarray, np.ndarray]:
        mean, variance = moments(parts, points)
        return mean, 4 * variance

    moments = transforms.moments
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transforms, "moments", wide)
        law = money_law(parts, POINTS, POINTS, most=1 << 14, enough=1e-8)
    assert isinstance(law, MoneyLaw)
    return law


def far_and_near(parts: Parts) -> np.ndarray:
    """Thresholds from far below to far above."""
    mean, sd = thresholds._moments(parts, POINTS)
    low, high = float((mean - 5 * sd).min()), float((mean + 8 * sd).max())
    return np.linspace(max(low, 0.02 * high), high, 25)


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("metric", ["bookings", "slipped_value"])
def test_money(plan: str, metric: str) -> None:
    parts = parts_of(plan, metric)
    whole = whole_law(parts)
    assert whole.error_bound < 1e-6 or plan == "enterprise"  # few known amounts have steps
    answered = 0
    for x in far_and_near(parts):
        found = thresholds.missed(parts, POINTS, at_least=x, at_most=None, money=True)
        if found is None:
            continue
        answered += 1
        wanted = whole.below(x)
        assert abs(float(np.mean(found - wanted))) < BOUND + whole.error_bound, x
        assert np.abs(found - wanted).max() < 20 * (BOUND + whole.error_bound), x
        above = thresholds.missed(parts, POINTS, at_least=None, at_most=x, money=True)
        assert above is not None and np.abs(above - (1 - found)).max() < 1e-12
    assert answered > 20 or plan == "enterprise"


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("metric", ["wins", "slips", "open_deals"])
def test_counts(plan: str, metric: str) -> None:
    parts = parts_of(plan, metric)
    whole = count_law(parts, POINTS, POINTS)
    for x in np.unique(np.rint(far_and_near(parts))):
        found = thresholds.missed(parts, POINTS, at_least=x, at_most=None, money=False)
        assert found is not None
        assert abs(float(np.mean(found - whole.below(x)))) < BOUND, x
        assert np.abs(found - whole.below(x)).max() < 20 * BOUND, x
        most = thresholds.missed(parts, POINTS, at_least=None, at_most=x, money=False)
        assert most is not None and most == pytest.approx(whole.above(x), abs=20 * BOUND)


def test_nothing_at_all_and_no_threshold() -> None:
    for money in (True, False):
        for least in (-5.0, 0.0):
            found = thresholds.missed(Parts(), 3, at_least=least, at_most=None, money=money)
            assert found is None or not found.any()
        assert thresholds.missed(Parts(), 3, at_least=5.0, at_most=None, money=money) == pytest.approx(1.0, abs=BOUND)


def test_waves_are_those_of_numpy() -> None:
    rng = np.random.default_rng(1)
    angle = rng.uniform(-1, 1, (300, 70)) * 10.0 ** rng.uniform(-3, 5, (300, 70))
    assert np.abs(sine(angle) - np.sin(angle)).max() < 1e-11
    near = angle[np.abs(angle) < 100].reshape(1, -1)
    assert np.abs(sine(near) - np.sin(near)).max() < 1e-15
    size = -np.abs(near) / 50
    assert np.abs(wave(size, near) - np.exp(size + 1j * near)).max() < 1e-15


@pytest.mark.parametrize(("law", "parameter"), [(values._lognormal, 0.8), (values._weibull, 0.7)])
@pytest.mark.parametrize("top", [0.5, 8.0, 30.0])
def test_many_means_are_mixtures_of_few(law: Any, parameter: float, top: float) -> None:
    rng = np.random.default_rng(1)
    s = np.exp(0.08 * np.clip(rng.normal(size=(600, 1)), -3, 3)) * top * (np.arange(1, 33) / 32)
    spread = values._spread_over(s)
    assert spread is not None and spread[0].shape[1] < 60
    found = values._read(law, np.full((1, 1), parameter), s, Memory())
    wanted = law(parameter, s[::97].ravel()).reshape(-1, 32)
    assert np.abs(found[::97] - wanted).max() < 5e-8


@pytest.mark.parametrize("kind", ["lognormal", "gamma", "weibull", "exponential", "median"])
def test_what_is_rarely_exceeded(kind: str) -> None:
    from simulator.exact.outline import SpreadForm
    from simulator.exact.terms import Size

    a, b = (2.0, 6.0) if kind == "median" else (2.0, 1.3)
    size = Size(SpreadForm(kind, 0, 1, 1.0), a, b, 1.0)
    rng = np.random.default_rng(1)
    k = 1 / values.gamma.weibull_shape(1.3)
    sigma = np.log1p(1.3**2) ** 0.5
    draws = {
        "lognormal": lambda n: 2 * np.exp(sigma * rng.normal(size=n) - sigma**2 / 2),
        "gamma": lambda n: rng.gamma(1 / 1.3**2, 2 * 1.3**2, n),
        "weibull": lambda n: 2 * rng.exponential(size=n) ** k / np.exp(values.gamma.log_gamma(np.array(1 + k))),
        "exponential": lambda n: rng.exponential(2.0, n),
        "median": lambda n: 2 * np.exp(np.log(3.0) / 1.2815515655446004 * rng.normal(size=n)),
    }[kind](400_000)
    for chance in (0.1, 1e-3):
        beyond = float(np.mean(draws > values.exceeded(Jump(1, size), np.array([chance]))))
        assert beyond < chance * 1.05
