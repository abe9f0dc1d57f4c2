# ruff: noqa: E501  (tables of plans read better in long lines)
"""Small plans on which the engine is held against the oracles, as dicts for `load`.

One world each: certain numbers, no market, every distribution known. See `mixed_cases` for the rest.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from simulator.scenario.load import load

DEAL_COLUMNS = ("id", "segment", "amount", "expected_close", "win_probability", "pushes", "created", "contacts")
LEAD_COLUMNS = ("segment", "stage", "entered", "count")


def load_case(case: dict[str, Any], folder: Path) -> Any:
    """Load a case; ``deals`` and ``leads`` of its opening, and sizes ``{rows: [...]}``, become CSV files."""

    def written(value: Any, at: str) -> Any:
        if isinstance(value, dict) and set(value) == {"rows"}:
            name = f"{at}.csv"
            (folder / name).write_text("x\n" + "\n".join(map(str, value["rows"])) + "\n")
            return {"values": str(folder / name), "column": "x"}
        if isinstance(value, dict):
            return {key: written(item, f"{at}-{key}") for key, item in value.items()}
        return value

    case = written(case, "sample")
    opening = dict(case.get("opening", {}))
    for key, columns in (("deals", DEAL_COLUMNS), ("leads", LEAD_COLUMNS)):
        if key in opening:
            path = folder / f"{key}.csv"
            with path.open("w", newline="") as file:
                writer = csv.DictWriter(file, columns)
                writer.writeheader()
                writer.writerows(opening[key])
            opening[key] = str(path)
    return load({**case, "opening": opening})


def plan(segments: dict[str, Any], *, quarters: int = 4, warm_up: int = 4, **more: Any) -> dict[str, Any]:
    opening = {"warm_up_quarters": warm_up, **more.pop("opening", {})}
    start = more.pop("start", "2027-Q1")
    return {"name": "case", "start": start, "quarters": quarters, "segments": segments, "opening": opening, **more}


def funnel(**changes: Any) -> dict[str, Any]:
    """One ordinary segment: a thousand visitors, about 25 wins a quarter."""
    return {
        "volume": 1000,
        "conversion": {"engagements": 0.30, "mqls": 0.40, "sqls": 0.60, "wins": 0.35},
        "lag_weeks": {
            "engagements": {"mean": 0.5, "cv": 1},
            "mqls": {"mean": 2, "cv": 1},
            "sqls": {"mean": 1.5, "cv": 1},
            "wins": {"mean": 8, "cv": 0.5},
        },
        "deal_size": {"mean": 40_000, "cv": 0.8},
        "slips": {"probability": 0.20, "delay_weeks": {"mean": 4}, "limit": 3, "win_rate_factor": 0.85},
        **changes,
    }


def entering(stage: str, volume: Any) -> dict[str, Any]:
    """A volume at a later stage; mappings with ``per_quarter`` may say more."""
    return {
        "stage": stage,
        **(volume if isinstance(volume, dict) and "per_quarter" in volume else {"per_quarter": volume}),
    }


def late(volume: Any, win_rate: Any = 0.35, **changes: Any) -> dict[str, Any]:
    """A segment whose arrivals are deals at once."""
    return {
        "volume": entering("sqls", volume),
        "conversion": {"wins": win_rate},
        "lag_weeks": {"wins": {"mean": 6, "cv": 0.7}},
        "deal_size": {"mean": 1000, "cv": 0.5, "family": "gamma"},
        **changes,
    }


def shares(law: Any, count: int) -> dict[str, list[float]]:
    """A lag as explicit weeks 0 … count − 1, in proportion to F(k + 1) − F(k)."""
    steps = np.diff(law.cdf(np.arange(count + 1)))
    return {"weeks": [float(p) for p in steps / steps.sum()]}


REFERENCE_LAGS = {
    "engagements": shares(stats.expon(scale=0.5), 4),
    "mqls": shares(stats.expon(scale=2), 12),
    "sqls": shares(stats.expon(scale=1.5), 10),
    "wins": shares(stats.gamma(4, scale=2), 26),
}
"""Of the reference plan, on which many independent programs agree (see the test of the oracle)."""

EXACT: dict[str, dict[str, Any]] = {
    "steady state": plan({"inbound": funnel()}),
    "from an empty start": plan({"inbound": funnel(lag_weeks=REFERENCE_LAGS)}, warm_up=0),
    "everything changes by quarter": plan(
        {
            "inbound": funnel(
                volume={"per_quarter": [400, 1500, 700, 1200, 900], "growth": 0.1},
                conversion={
                    "engagements": [0.3, 0.1, 0.5],
                    "mqls": [0.4, 0.8, 0.2, 0.6, 0.3],
                    "sqls": [0.6, 0.3, 0.9, 0.5],
                    "wins": [0.35, 0.1, 0.6, 0.2, 0.8],
                },
                lag_weeks={
                    "engagements": {"mean": [0.5, 3, 1, 2, 0.2], "cv": 1},
                    "mqls": {"mean": [2, 6, 1], "cv": [1, 0.3, 1]},
                    "sqls": {"median": [1, 3], "p90": [4, 5]},
                    "wins": {"mean": [8, 3, 12, 5], "cv": 0.5},
                },
                deal_size={"mean": [1000, 3000, 500, 2000], "cv": [0.5, 0.2], "family": "gamma"},
                slips={
                    "probability": [0.2, 0.6, 0.1, 0.5],
                    "delay_weeks": {"mean": [4, 2, 7, 3]},
                    "limit": 2,
                    "win_rate_factor": 0.7,
                },
            )
        },
        quarters=5,
        warm_up=2,
    ),
    "long lags and many slips": plan(
        {
            "enterprise": late(
                60,
                0.5,
                lag_weeks={"wins": {"median": 12, "p90": 43.2}},
                slips={
                    "probability": 0.7,
                    "delay_weeks": {"mean": 3, "cv": 0.6},
                    "limit": 6,
                    "win_rate_factor": 0.9,
                },
            )
        },
        warm_up=3,
    ),
    "short delays, deals slip many times in a quarter": plan(
        {"a": late(40, 0.6, slips={"probability": 0.6, "delay_weeks": {"mean": 1.3}, "limit": 8})}, warm_up=1
    ),
    "a limit of none": plan(
        {"a": late(40, 0.6, slips={"probability": 0.3, "limit": 0, "win_rate_factor": 0.5})}, warm_up=1
    ),
    "a limit of one": plan(
        {"a": late(40, 0.6, slips={"probability": 0.5, "delay_weeks": {"mean": 2}, "limit": 1})}, warm_up=1
    ),
    "a small factor": plan(
        {"a": late(40, 0.9, slips={"probability": 0.5, "delay_weeks": 2, "limit": 4, "win_rate_factor": 0.3})},
        warm_up=2,
    ),
    "a factor above one": plan(
        {"a": late(40, 0.4, slips={"probability": 0.5, "delay_weeks": 3, "limit": 4, "win_rate_factor": 1.5})},
        warm_up=2,
    ),
    "a factor of nought": plan(
        {"a": late(40, 0.6, slips={"probability": 0.4, "delay_weeks": {"mean": 5}, "win_rate_factor": 0})}, warm_up=2
    ),
    "losses come sooner": plan(
        {
            "a": late(
                50,
                [0.3, 0.7, 0.4],
                lag_weeks={"wins": {"mean": 9, "cv": 0.5}, "losses": {"mean": [3, 5], "cv": 1}},
                slips={
                    "probability": [0.4, 0.1, 0.5],
                    "delay_weeks": {"mean": 3},
                    "limit": 2,
                    "win_rate_factor": 0.6,
                },
            ),
            "b": late(20, 0.5, lag_weeks={"wins": 2, "losses": {"weeks": [0, 0, 0, 0.5, 0, 0.5]}}),
        },
        warm_up=2,
    ),
    "fixed lags": plan(
        {
            "a": funnel(
                volume=300,
                lag_weeks={"engagements": 2.5, "mqls": 0.3, "wins": 6},
                deal_size=2500,
                slips={"probability": 0.3, "delay_weeks": 3.25, "limit": 3, "win_rate_factor": 0.8},
            )
        },
        warm_up=1,
    ),
    "a weekly profile": plan(
        {
            "a": late(
                {
                    "per_quarter": [60, 90],
                    "weekly_profile": [0, 0.02, 0.03, 0.05, 0, 0.1, 0.05, 0.05, 0.1, 0.1, 0.1, 0.15, 0.25],
                },
                lag_weeks={"wins": {"weeks": [0.2, 0.5, 0.3]}},
            )
        },
        warm_up=1,
    ),
    "seven stages": plan(
        {
            "a": {
                "volume": 500,
                "conversion": {"s1": 0.8, "s2": 0.7, "s3": 0.6, "s4": 0.5, "s5": 0.6, "closed": 0.4},
                "lag_weeks": {"s1": 1, "s2": {"mean": 2}, "s3": {"mean": 1, "cv": 2}, "s5": 0.5, "closed": {"mean": 5}},
                "slips": {"probability": 0.25},
            }
        },
        stages=["s0", "s1", "s2", "s3", "s4", "s5", "closed"],
        warm_up=2,
    ),
    "two stages": plan(
        {
            "a": {
                "volume": 70,
                "conversion": {"sold": 0.4},
                "lag_weeks": {"sold": {"mean": 7, "cv": 0.6}},
                "deal_size": {"mean": 500, "cv": 0.3, "family": "gamma"},
                "slips": {"probability": 0.3, "delay_weeks": {"mean": 5}},
            }
        },
        stages=["leads", "sold"],
        warm_up=1,
    ),
    "segments that enter late": plan(
        {
            "inbound": funnel(volume=300),
            "events": {
                "volume": {"stage": "mqls", "per_quarter": [0, 60, 0, 40]},
                "conversion": {"sqls": 0.5, "wins": 0.25},
                "lag_weeks": {"sqls": {"mean": 3}, "wins": {"mean": 10, "cv": 0.5}},
                "deal_size": {"mean": 90_000, "cv": 0.4, "family": "gamma"},
                "slips": {"probability": 0.4, "delay_weeks": {"mean": 6}, "limit": 2},
            },
            "partners": late(15, 0.3, slips={"probability": 0.1}),
        },
        warm_up=2,
    ),
    "every family of lag": plan(
        {
            "weibull": late(12, lag_weeks={"wins": {"mean": 6, "cv": 0.4, "family": "weibull"}}),
            "wild weibull": late(12, lag_weeks={"wins": {"mean": 6, "cv": 2.5, "family": "weibull"}}),
            "lognormal": late(12, lag_weeks={"wins": {"mean": 6, "cv": 1, "family": "lognormal"}}),
            "exponential": late(12, lag_weeks={"wins": {"mean": 6, "family": "exponential"}}),
            "real ones": late(12, lag_weeks={"wins": {"rows": [0.2, 1, 3.7, 9.5, 9.5, 20.25]}}),
            "narrow gamma": late(12, lag_weeks={"wins": {"mean": 6, "cv": 0.02}}),
            "wide gamma": late(12, lag_weeks={"wins": {"mean": 6, "cv": 3}}),
        },
        warm_up=1,
        quarters=3,
    ),
    "every family of delay": plan(
        {
            name: late(12, 0.5, lag_weeks={"wins": {"mean": 3}}, slips={"probability": 0.5, "delay_weeks": delay})
            for name, delay in {
                "geometric": {"mean": 2.5},
                "one week": {"mean": 1},
                "gamma": {"mean": 2, "cv": 1},
                "lognormal": {"median": 1, "p90": 9},
                "weibull": {"mean": 4, "cv": 0.5, "family": "weibull"},
                "weeks": {"weeks": [0.4, 0.1, 0, 0.5]},
                "fixed": 0.2,
                "real ones": {"rows": [0.1, 2.5, 13]},
            }.items()
        },
        warm_up=1,
        quarters=3,
    ),
    "every family of size": plan(
        {
            name: late(20, 0.5, lag_weeks={"wins": {"mean": 3}}, deal_size=size)
            for name, size in {
                "lognormal": {"mean": 1000, "cv": 0.4},
                "by median": {"median": 1000, "p90": 1500},
                "gamma": {"mean": 1000, "cv": 1, "family": "gamma"},
                "weibull": {"mean": 1000, "cv": 0.5, "family": "weibull"},
                "exponential": {"mean": 1000, "family": "exponential"},
                "fixed": 1234.56,
                "real ones": {"rows": [100, 100, 900, 4000]},
            }.items()
        },
        warm_up=1,
        quarters=2,
    ),
    "a crowd": plan(
        {
            "many": funnel(volume=50_000, conversion={"engagements": 0.006, "mqls": 0.4, "sqls": 0.6, "wins": 0.35}),
            "more": funnel(
                volume=2_000_000, conversion={"engagements": 0.0002, "mqls": 0.4, "sqls": 0.6, "wins": 0.35}
            ),
        },
        warm_up=1,
        quarters=1,
    ),
    "a crowd to the end of the funnel": plan(
        {"many": funnel(volume=20_000, conversion={"engagements": 0.5, "mqls": 0.5, "sqls": 0.01, "wins": 0.35})},
        warm_up=0,
        quarters=1,
    ),
    "next to nobody": plan(
        {
            "a": funnel(volume=[3, 0, 8], conversion={"engagements": 0.5, "mqls": 0.5, "sqls": 0.5, "wins": 0.5}),
            "b": late([0.5, 0, 1]),
        },
        warm_up=1,
    ),
    "certainties": plan(
        {
            "sure": funnel(volume=10, conversion={"engagements": 1, "mqls": 1, "sqls": 1, "wins": 1}),
            "none": funnel(volume=200, conversion={"engagements": 0, "mqls": 1, "sqls": 1, "wins": 1}),
            "gates": funnel(
                volume=200,
                conversion={"engagements": 0.5, "mqls": [1, 0, 1], "sqls": [0, 1], "wins": [1, 0, 1, 0]},
            ),
            "always slips": late(20, 1, slips={"probability": 1, "delay_weeks": {"mean": 4}, "limit": 2}),
            "slips in turn": late(20, 0.5, slips={"probability": [0, 1, 0, 1], "delay_weeks": 5, "limit": 1}),
        },
        warm_up=1,
    ),
    "many quarters, one of warm-up": plan({"a": funnel(volume=[100, 300])}, quarters=9, warm_up=1),
    "lumpy arrivals": plan(
        {
            "a": funnel(volume={"per_quarter": [300, 500], "dispersion": 3}, deal_size={"mean": 10, "cv": 0.3}),
            "b": late({"per_quarter": 20, "dispersion": [1.5, 8], "growth": [0, 0.5, -0.3]}),
        },
        warm_up=1,
        quarters=3,
    ),
    "scaled spreads": plan(
        {
            "a": late(
                40,
                0.5,
                lag_weeks={"wins": {"mean": 4, "cv": 1, "times": 1.5}, "losses": {"weeks": [0, 0.5, 0.5], "times": 1.3}},
                deal_size={"rows": [100, 300]},
                slips={"probability": 0.4, "delay_weeks": {"mean": 3, "times": 1.5}},
            ),
            "b": late(40, 0.5, deal_size={"median": 100, "p90": 150, "times": 2}),
        },
        warm_up=1,
        quarters=3,
    ),
    "a factor that changes by quarter": plan(
        {
            "a": late(
                40,
                0.6,
                slips={
                    "probability": 0.4,
                    "delay_weeks": {"mean": 4},
                    "win_rate_factor": [0.9, 0.3, 1.0, 0.5],
                },
            )
        },
        warm_up=1,
    ),
    "open deals": plan(
        {
            "a": late(
                20,
                [0.3, 0.6, 0.2, 0.5],
                lag_weeks={"wins": {"mean": 8, "cv": 0.5}},
                slips={"probability": 0.35, "delay_weeks": {"mean": 5}, "limit": 2, "win_rate_factor": 0.6},
            ),
            "b": funnel(volume=100),
        },
        warm_up=2,
        opening={
            "deals": [
                {"id": "overdue", "segment": "a", "amount": 5000, "expected_close": "2026-11-01"},
                {"id": "overdue, pushed", "segment": "a", "amount": 700, "expected_close": "2026-12-31", "pushes": 1},
                {"id": "at its limit", "segment": "a", "amount": 900, "expected_close": "2027-02-10", "pushes": 2},
                {"id": "past its limit", "segment": "a", "amount": 1100, "expected_close": "2027-05-10", "pushes": 6},
                {"id": "own", "segment": "a", "amount": 9000, "expected_close": "2027-03-31", "win_probability": 0.9},
                {
                    "id": "own, pushed",
                    "segment": "a",
                    "amount": 300,
                    "expected_close": "2027-06-30",
                    "win_probability": 0.8,
                    "pushes": 1,
                },
                {"id": "sure", "segment": "b", "amount": 100, "expected_close": "2027-07-01", "win_probability": 1},
                {"id": "hopeless", "segment": "b", "amount": 55.55, "expected_close": "2027-01-01", "win_probability": 0},
                {"id": "next year", "segment": "b", "amount": 20_000, "expected_close": "2028-01-01"},
                {"id": "new, no date", "segment": "b", "amount": 400},
                {"id": "old, no date", "segment": "b", "amount": 4000, "created": "2026-11-20"},
                {"id": "older, no date", "segment": "a", "amount": 6000, "created": "2026-09-12", "pushes": 1},
                {"id": "ancient, no date", "segment": "b", "amount": 8000, "created": "2021-01-01"},
            ],
        },
    ),
    "open deals whose losses come sooner": plan(
        {
            "a": late(
                10,
                0.5,
                lag_weeks={"wins": {"mean": 10, "cv": 0.5}, "losses": {"mean": 4}},
                slips={"probability": 0.3, "delay_weeks": {"mean": 3}, "limit": 2, "win_rate_factor": 0.6},
            )
        },
        warm_up=1,
        quarters=3,
        opening={
            "deals": [
                {"id": "dated", "segment": "a", "amount": 900, "expected_close": "2027-02-10", "pushes": 1},
                {"id": "own", "segment": "a", "amount": 700, "expected_close": "2027-02-10", "win_probability": 0.7, "pushes": 2},
                {"id": "new", "segment": "a", "amount": 400},
                {"id": "old", "segment": "a", "amount": 4000, "created": "2026-11-20"},
            ]
        },
    ),
    "only open deals": plan(
        {"a": late(0, 0.4, slips={"probability": 0.5, "delay_weeks": {"mean": 6}, "limit": 3})},
        warm_up=0,
        quarters=2,
        opening={
            "deals": [
                {"id": str(number), "segment": "a", "amount": 1000 * (number + 1), "expected_close": f"2027-0{1 + number % 6}-15"}
                for number in range(12)
            ]
        },
    ),
    "money brings visitors": plan(
        {
            "ads": funnel(
                volume=200,
                spend={
                    "per_quarter": [20_000, 60_000, 0, 35_000],
                    "response": {"most": [1500, 1500, 1500, 2500], "half_at": 30_000, "steepness": [1, 1, 1, 2.5]},
                    "lag_weeks": {"mean": [3, 5], "cv": 0.7},
                },
            ),
            "fair": late(4, spend={"per_quarter": 1000, "response": {"most": 30, "half_at": 2000, "steepness": 0.6}}),
        },
        warm_up=2,
    ),
    "money spent before the start": plan(
        {"a": funnel(volume=0, spend={"per_quarter": 900, "response": {"most": 900, "half_at": 1800}, "lag_weeks": 30})},
        warm_up=4,
        quarters=3,
        opening={"deals": [], "leads": []},
    ),
    "leads in flight": plan(
        {
            "a": funnel(
                volume=100,
                conversion={"engagements": [0.5, 0.1], "mqls": [0.6, 0.9], "sqls": [0.7, 0.2], "wins": 0.5},
                lag_weeks={"engagements": {"mean": 1}, "mqls": {"mean": 6}, "sqls": {"mean": 4, "cv": 0.5}, "wins": 3},
            ),
            "b": late(10),
        },
        warm_up=2,
        opening={
            "leads": [
                {"segment": "a", "stage": "visitors", "entered": "2026-12-24", "count": 40},
                {"segment": "a", "stage": "engagements", "entered": "2026-12-30", "count": 25},
                {"segment": "a", "stage": "engagements", "entered": "2026-11-05", "count": 30},
                {"segment": "a", "stage": "mqls", "entered": "2026-12-03", "count": 1},
                {"segment": "a", "stage": "mqls", "entered": "2026-10-20", "count": 12},
                {"segment": "a", "stage": "mqls", "entered": "2025-01-01", "count": 9},
            ]
        },
    ),
    "deals and leads from files": plan(
        {"a": funnel(volume=100, lag_weeks={"engagements": 1, "mqls": {"mean": 4}, "sqls": {"mean": 5}, "wins": {"mean": 6}})},
        start="2027-01-19",
        warm_up=4,
        quarters=3,
        opening={
            "deals": [{"id": "one", "segment": "a", "amount": 7, "expected_close": "2027-02-01", "win_probability": 0.5}],
            "leads": [{"segment": "a", "stage": "mqls", "entered": "2026-12-10", "count": 50}],
        },
    ),
    "nothing at the start": plan(
        {"a": funnel(volume=100)}, warm_up=4, quarters=2, opening={"deals": [], "leads": []}
    ),
}  # fmt: skip
