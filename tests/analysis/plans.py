"""Small plans for the tests of analyses."""

from __future__ import annotations

from typing import Any

from simulator.scenario.load import load
from simulator.scenario.model import Scenario


def plan(**more: Any) -> Scenario:
    """One segment, all certain, no market: wins of a quarter are Poisson."""
    segment: dict[str, Any] = {
        "volume": 100,
        "conversion": {"sqls": 0.5, "wins": 0.4},
        "lag_weeks": {"wins": {"mean": 4, "cv": 0.5}},
        "slips": {"probability": 0.2, "win_rate_factor": 0.85},
    }
    for key in ("volume", "conversion", "lag_weeks", "slips", "deal_size"):
        if key in more:
            segment[key] = more.pop(key)
    document: dict[str, Any] = {
        "name": "small",
        "start": "2027-Q1",
        "quarters": 2,
        "stages": ["mqls", "sqls", "wins"],
        "segments": {"inbound": segment},
        "opening": {"warm_up_quarters": 2},
        "targets": [{"metric": "wins", "at_least": 20, "in": "2027-Q2"}],
    } | more
    return load(document)


def doubtful(**more: Any) -> Scenario:
    """No lag, no slip, no warm-up: wins of a quarter are Poisson with the product of the drawn numbers as mean."""
    return plan(
        volume={"p10": 1800, "p90": 2200},
        conversion={"sqls": {"successes": 60, "of": 100}, "wins": {"mean": 0.3, "sd": 0.03}},
        lag_weeks={},
        slips={},
        quarters=1,
        opening={"warm_up_quarters": 0},
        targets=[{"metric": "wins", "at_least": 360, "in": "2027-Q1"}],
        **more,
    )
