"""The engine against quadrature: uncertain numbers and a shared market, mixed over exactly."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest

from simulator.simulation.simulate import simulate
from tests import statistical as st
from tests.oracles.mixture import by_quadrature
from tests.oracles.uncertain import quantile
from tests.simulation import against
from tests.simulation.cases import load_case
from tests.simulation.mixed_cases import MARKET, NUMBERS

TRIALS = 40_000
SEED = 20270102

QUICK = {
    "PERT rate",
    "one name in two segments, each through its own form",
    "metalogs",
    "uncertain lags",
    "uncertain growth",
    "the open deals' own win probability is uncertain",
    "one shock for all stages",
    "each stage its own shock",
    "a market that persists",
    "quarters that slip all or nothing, from the warm-up on",
    "a freeze of two quarters and a boom of one",
    "an event that lasts beyond the horizon",
    "shock, then event, then cap, then slips",
    "slips in an event, capped, then clustered",
    "losses come sooner, in a market",
    "open deals in a market",
    "volume shocks",
}
"""The rest takes seconds rather than tenths; most of what it holds is also seen by the naive twin."""


def cases(of: dict):
    return [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in of]


@pytest.mark.parametrize("name", cases(NUMBERS | MARKET))
def test_means_variances_and_laws(name, tmp_path):
    case, numbers, parts = (NUMBERS | MARKET)[name]
    scenario = load_case(case, tmp_path)
    mixture = by_quadrature(scenario, numbers, parts)
    result = simulate(scenario, trials=TRIALS, seed=SEED)
    against.hold(
        chain(
            against.moments(scenario, result, mixture),
            against.distributions(scenario, result, mixture),
            against.shared(scenario, result, mixture),
        )
    )


FORMS = {
    "pert": {"min": 0.1, "likely": 0.4, "max": 0.5},
    "range": {"p10": 0.2, "p90": 0.6},
    "metalog": {"p10": 0.2, "p50": 0.45, "p90": 0.6},
    "successes": {"successes": 7, "of": 20},
    "nothing seen": {"successes": 0, "of": 4},
    "mean and sd": {"mean": 0.3, "sd": 0.2},
    "times": {"p10": 0.5, "p90": 0.8, "times": 1.3},
    "positive pert": {"min": 10, "likely": 10, "max": 50},
    "positive range": {"p10": 20, "p90": 60},
    "positive metalog": {"p10": 20, "p50": 45, "p90": 60},
    "positive mean and sd": {"mean": 30, "sd": 40},
    "values": {"values": [30, 10, 20]},
    "scaled": {"p10": 20, "p90": 60, "times": 0.5},
    "real range": {"p10": -0.1, "p90": 0.3},
    "real metalog": {"p10": -0.1, "p50": 0.0, "p90": 0.3},
    "real mean and sd": {"mean": 0.1, "sd": 0.1},
    "real pert": {"min": -0.2, "likely": 0.1, "max": 0.2},
}


def test_what_is_drawn_for_uncertain_numbers(tmp_path):
    """Each form in its own segment, as a rate, a volume or a growth: the law of the drawn values."""

    def segment(form):
        growth = "real" in form
        share = not growth and max(max(v) if isinstance(v, list) else v for v in FORMS[form].values()) <= 1.3
        share = share or form in ("successes", "nothing seen")
        return {
            "volume": {"per_quarter": 1 if share or growth else FORMS[form], "growth": FORMS[form] if growth else 0},
            "conversion": {"wins": FORMS[form] if share else 0.5},
        }

    plan = {
        "start": "2027-Q1",
        "quarters": 1,
        "stages": ["leads", "wins"],
        "segments": {form: segment(form) for form in FORMS},
        "opening": {"warm_up_quarters": 0},
    }
    scenario = load_case(plan, tmp_path)
    result = simulate(scenario, trials=10_000, seed=SEED)
    seen = []
    for form in FORMS:
        of = scenario.segments[form]
        number, path = next(
            (numbers[0], path)
            for numbers, path in (
                (of.volume.per_quarter, "volume"),
                (of.volume.growth, "volume.growth"),
                (of.conversion["wins"], "conversion.wins"),
            )
            if type(numbers[0]).__name__ != "Certain"
        )
        drawn = result.assumptions[f"segments.{form}.{path}"]
        if form == "values":
            for value in (10, 20, 30):
                st.assert_probability(drawn == value, 1 / 3, what=form)
            continue
        seen.append(drawn)
        for p in (0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999):
            value = quantile(number, float(st.stats.norm.ppf(p)))
            if value < 1 or number.domain != "share":
                st.assert_probability(drawn <= value, p, what=f"P({form} ≤ its {p} quantile)")
            else:
                assert np.max(drawn) == 1
    for i, one in enumerate(seen):  # and no two go together
        for other in seen[i + 1 :]:
            st.assert_correlation(st.stats.rankdata(one), st.stats.rankdata(other), 0.0)


def test_correlated_draws_have_their_ranks(tmp_path):
    plan = {
        "start": "2027-Q1",
        "quarters": 2,
        "stages": ["leads", "wins"],
        "segments": {
            "a": {
                "volume": [{"p10": 5, "p90": 90}, {"mean": 30, "sd": 10, "name": "second"}],
                "conversion": {"wins": {"successes": 2, "of": 9}},
            },
            "b": {"volume": {"min": 1, "likely": 2, "max": 9, "name": "second"}, "conversion": {"wins": 0.5}},
        },
        "opening": {"warm_up_quarters": 0},
        "correlations": [
            {"between": ["segments.a.volume.2027-Q1", "segments.a.conversion.wins"], "rank": 0.7},
            {"between": ["segments.b.volume", "segments.a.volume.2027-Q1"], "rank": -0.4},
        ],
    }
    scenario = load_case(plan, tmp_path)
    drawn = simulate(scenario, trials=TRIALS, seed=SEED).assumptions
    first, rate = drawn["segments.a.volume.2027-Q1"], drawn["segments.a.conversion.wins"]
    second = drawn["second"] if "second" in drawn else drawn["segments.b.volume"]
    st.assert_rank_correlation(first, rate, 0.7, effect=0.04)
    st.assert_rank_correlation(first, second, -0.4, effect=0.04)
    st.assert_rank_correlation(rate, second, 0.0, effect=0.06)
