"""The warning about short warm-ups, against the closed form of the lognormal's tail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from simulator.scenario.load import load
from simulator.simulation.simulate import simulate
from simulator.simulation.warm_up import missing_shares, open_by_age

SLOW: dict[str, Any] = {
    "start": "2027-Q1",
    "quarters": 1,
    "segments": {
        "a": {
            "volume": {"stage": "sqls", "per_quarter": 100},
            "conversion": {"wins": 0.2},
            "lag_weeks": {"wins": {"median": 12, "p90": 12 * float(np.exp(1.2815515655446004))}},
        }
    },
}


def lognormal_missing(weeks: float) -> float:
    """E(L − T)⁺ / E L for the lognormal of median 12 and σ = 1 (Black & Scholes' integral)."""
    d = np.log(12 / weeks) + 1
    mean = 12 * np.exp(0.5)
    return float((mean * norm.cdf(d) - weeks * norm.cdf(d - 1)) / mean)


@pytest.mark.parametrize("quarters", [2, 4, 8, 12])
def test_share_left_out(quarters: int) -> None:
    assert missing_shares(load(SLOW))[quarters] == pytest.approx(lognormal_missing(13 * quarters), abs=0.002)


def test_slips_and_lead_lags_count_too() -> None:
    quick = {"wins": {"mean": 4, "cv": 0.5}}
    plan = load(SLOW | {"segments": {"a": SLOW["segments"]["a"] | {"lag_weeks": quick}}})
    slipping = plan.with_changes({"segments.a.slips.probability": 0.6})
    assert missing_shares(slipping)[1] > missing_shares(plan)[1] + 0.05


def test_losses_with_a_lag_of_their_own_count_as_long_as_they_are_open() -> None:
    """Little's law again: one in five is open for thirty weeks, the others for four."""
    lags = {"wins": 30, "losses": 4}
    plan = load(SLOW | {"segments": {"a": SLOW["segments"]["a"] | {"lag_weeks": lags}}})
    assert open_by_age(plan).sum() == pytest.approx(100 / 13 * (0.2 * 30 + 0.8 * 4), rel=1e-6)


def test_nurture_returns_count_too() -> None:
    """Little's law: in the long run open deals = deals a week × weeks of a cycle, those of all rounds of nurture."""
    follow = {"reached": 0.6, "disqualified": 0.1, "nurtured": 0.9, "returns": 0.7, "returns_after_weeks": {"mean": 20},
              "returned_conversion": 0.5, "limit": 2}  # fmt: skip
    segment = {"volume": 520, "conversion": {"sqls": 0.4, "wins": 0.2}, "lag_weeks": {"wins": 10}}
    plain = load({"start": "2027-Q1", "quarters": 1, "stages": ["mqls", "sqls", "wins"], "segments": {"a": segment}})
    plan = load({"start": "2027-Q1", "quarters": 1, "stages": ["mqls", "sqls", "wins"],
                 "segments": {"a": segment | {"follow_up": {"mqls": follow}}}})  # fmt: skip
    assert open_by_age(plain).sum() == pytest.approx(16 * 10, rel=1e-6)
    fit = 0.6 * 0.9
    first, again = fit * 0.4, fit * 0.5
    back, once_more = ((0.4 + fit * (1 - p)) * 0.63 for p in (0.4, 0.5))
    deals = 40 * (first + back * again + back * once_more * again)
    assert open_by_age(plan).sum() / open_by_age(plain).sum() == pytest.approx(deals / 16, rel=1e-6)
    assert missing_shares(plan)[2] > missing_shares(plain)[2] + 0.05


def test_it_is_said_and_stops_being_said() -> None:
    short = simulate(load(SLOW), trials=10, seed=1)
    assert any("leaves out 13% of the open deals" in note and "12 would do" in note for note in short.notes)
    long = simulate(load(SLOW | {"opening": {"warm_up_quarters": 12}}), trials=10, seed=1)
    assert not long.notes
    empty = simulate(load(SLOW | {"opening": {"warm_up_quarters": 0}}), trials=10, seed=1)
    assert any("starts empty" in note for note in empty.notes)


def test_capped_shares_are_reported() -> None:
    segment = SLOW["segments"]["a"] | {"conversion": {"wins": {"p10": 0.7, "p90": 0.9, "times": 1.2}}}
    plan = load(SLOW | {"segments": {"a": segment}, "opening": {"warm_up_quarters": 12}})
    result = simulate(plan, trials=2000, seed=1)
    capped = np.mean(result.assumptions["segments.a.conversion.wins"] == 1.0)
    assert 0.2 < capped < 0.7
    assert any("is capped at 1 in" in note for note in result.notes)


def test_a_short_file_of_open_deals_is_noticed(tmp_path: Path) -> None:
    """Steady state: 100 deals a quarter, open for 19.8 weeks on average (12·√e): 152."""
    for listed, said in ((5, True), (100, False)):
        rows = [f"D{i},a,1000" for i in range(listed)]
        (tmp_path / "deals.csv").write_text("\n".join(["id,segment,amount", *rows]), encoding="utf-8")
        plan = SLOW | {"opening": {"deals": str(tmp_path / "deals.csv")}}
        notes = simulate(load(plan), trials=5, seed=1).notes
        assert any(f"{listed} open deals are listed" in note and "about 152" in note for note in notes) is said
