# ruff: noqa: E501  (tables of plans read better in long lines)
"""Plans whose answers are exact after mixing, and plans for the naive twin.

QUADRATURE: name -> (case, grids of uncertain numbers, grids of parts of the market). Short horizons keep the
number of worlds small; quarters of the market count from the first warm-up quarter.
NAIVE: everything else, played individual by individual.
"""

from __future__ import annotations

from typing import Any

from tests.oracles.mixture import Grid, choices, happens, normals, slices, uniforms
from tests.simulation.cases import entering, funnel, late, plan


def leads(volume: Any = 150, **changes: Any) -> dict[str, Any]:
    """Three stages, quick: shocks of a quarter are felt in it."""
    return {
        "volume": entering("mqls", volume),
        "conversion": {"sqls": 0.5, "wins": 0.4},
        "lag_weeks": {"sqls": {"mean": 1}, "wins": {"mean": 3}},
        "deal_size": {"mean": 1000, "cv": 0.4, "family": "gamma"},
        **changes,
    }


def slipping(probability: Any = 0.4, **changes: Any) -> dict[str, Any]:
    return {"probability": probability, "delay_weeks": {"mean": 3}, "limit": 2, "win_rate_factor": 0.7, **changes}


A, B = "segments.a", "segments.b"

Mixed = tuple[dict[str, Any], dict[str, Grid], dict[tuple, Grid]]

NUMBERS: dict[str, Mixed] = {
    "PERT rate": (
        plan({"a": funnel(conversion={"engagements": 0.3, "mqls": {"min": 0.1, "likely": 0.4, "max": 0.5}, "sqls": 0.6, "wins": 0.35})},
             quarters=2, warm_up=1),
        {f"{A}.conversion.mqls": normals(24)}, {},
    ),
    "range of volume, successes for the win rate": (
        plan({"a": leads({"p10": 100, "p90": 200}, conversion={"sqls": 0.5, "wins": {"successes": 7, "of": 20}})},
             quarters=2, warm_up=1),
        {f"{A}.volume": normals(40), f"{A}.conversion.wins": normals(10)}, {},
    ),
    "metalogs": (
        plan({"a": leads({"p10": 20, "p50": 29, "p90": 40}, conversion={"sqls": 0.5, "wins": {"p10": 0.2, "p50": 0.45, "p90": 0.6}})},
             quarters=2, warm_up=0),
        {f"{A}.volume": normals(16), f"{A}.conversion.wins": normals(16)}, {},
    ),
    "mean and sd, and one of three": (
        plan({"a": leads({"mean": 40, "sd": 10}, conversion={"sqls": {"values": [0.6, 0.2, 0.3]}, "wins": {"mean": 0.4, "sd": 0.15}})},
             quarters=2, warm_up=1),
        {f"{A}.volume": normals(16), f"{A}.conversion.sqls": choices(3), f"{A}.conversion.wins": normals(8)}, {},
    ),
    "one name in two segments, each through its own form": (
        plan({"a": leads({"p10": 100, "p90": 200, "name": "appetite"}),
              "b": leads(conversion={"sqls": {"min": 0.2, "likely": 0.3, "max": 0.9, "name": "appetite"}, "wins": 0.5})},
             quarters=2, warm_up=1),
        {"appetite": normals(32)}, {},
    ),
    "two correlated numbers": (
        plan({"a": leads({"p10": 30, "p90": 60}), "b": leads(conversion={"sqls": {"p10": 0.2, "p90": 0.7}, "wins": 0.5})},
             quarters=2, warm_up=1,
             correlations=[{"between": [f"{A}.volume", f"{B}.conversion.sqls"], "rank": -0.8}]),
        {f"{A}.volume": normals(16), f"{B}.conversion.sqls": normals(24)}, {},
    ),
    "scaled shares are capped at one": (
        plan({"a": leads(conversion={"sqls": 0.5, "wins": {"p10": 0.6, "p90": 0.95, "times": 1.25}})}, quarters=2, warm_up=1),
        {f"{A}.conversion.wins": slices(400)}, {},
    ),
    "a list of uncertain numbers, each its own": (
        plan({"a": leads(conversion={"sqls": 0.5, "wins": [{"p10": 0.2, "p90": 0.5}, {"p10": 0.4, "p90": 0.8}]},
                         lag_weeks={"sqls": 0, "wins": 0})}, quarters=3, warm_up=1),
        {f"{A}.conversion.wins.2027-Q1": normals(20), f"{A}.conversion.wins.2027-Q2": normals(20)}, {},
    ),
    "uncertain lags": (
        plan({"a": leads(lag_weeks={"sqls": {"mean": {"p10": 1, "p90": 8}, "cv": 1},
                                    "wins": {"median": 4, "p90": {"values": [6, 9, 30]}}})}, quarters=2, warm_up=0),
        {f"{A}.lag_weeks.sqls.mean": normals(32), f"{A}.lag_weeks.wins.p90": choices(3)}, {},
    ),
    "uncertain slips": (
        plan({"a": late(60, 0.6, slips={"probability": {"min": 0.1, "likely": 0.3, "max": 0.9},
                                        "delay_weeks": {"mean": {"values": [1.5, 3, 12]}},
                                        "win_rate_factor": {"p10": 0.5, "p90": 0.9}})}, quarters=2, warm_up=1),
        {f"{A}.slips.probability": normals(24), f"{A}.slips.delay_weeks.mean": choices(3), f"{A}.slips.win_rate_factor": normals(5)},
        {},
    ),
    "uncertain deal size": (
        plan({"a": late(30, 0.6, deal_size={"mean": {"p10": 700, "p90": 1500}, "cv": {"values": [0.2, 0.8]}, "family": "gamma"})},
             quarters=2, warm_up=1),
        {f"{A}.deal_size.mean": normals(24), f"{A}.deal_size.cv": choices(2)}, {},
    ),
    "uncertain growth": (
        plan({"a": late({"per_quarter": 30, "growth": {"mean": 0.1, "sd": 0.15}})},
             quarters=4, warm_up=1),
        {f"{A}.volume.growth": normals(20)}, {},
    ),
    "the open deals' own win probability is uncertain": (
        plan({"a": late(2)}, quarters=2, warm_up=0,
             opening={"win_probability": {"p10": 0.2, "p90": 0.7},
                      "deals": [{"id": str(n), "segment": "a", "amount": 500, "expected_close": f"2027-0{2 + n % 4}-11",
                                 "win_probability": "" if n > 10 else 0.99} for n in range(14)]}),
        {"opening.win_probability": normals(24)}, {},
    ),
}  # fmt: skip

MARKET: dict[str, Mixed] = {
    "each stage its own shock": (
        plan({"a": leads(40), "b": leads(20)}, quarters=1, warm_up=0, market={"conversion": {"sd": 0.8}}),
        {}, {("E", "sqls", 0): normals(14), ("E", "wins", 0): normals(14)},
    ),
    "one shock for all stages": (
        plan({"a": leads(), "b": late(40)}, quarters=1, warm_up=0, market={"conversion": {"sd": 0.8, "common": 1}}),
        {}, {("M", 0): normals(40)},
    ),
    "half in common": (
        plan({"a": leads(50), "b": late(40)}, quarters=1, warm_up=0, market={"conversion": {"sd": 0.9, "common": 0.5}}),
        {}, {("M", 0): normals(10), ("E", "sqls", 0): normals(8), ("E", "wins", 0): normals(8)},
    ),
    "a market that persists": (
        plan({"a": leads(40, lag_weeks={"sqls": 0, "wins": 1})}, quarters=2, warm_up=0,
             market={"conversion": {"sd": 0.7, "common": 1, "persistence": 0.8}}),
        {}, {("M", 0): normals(16), ("M", 1): normals(16)},
    ),
    "a market that turns, from the warm-up on": (
        plan({"a": leads(lag_weeks={"sqls": {"mean": 4}, "wins": {"mean": 6}})}, quarters=2, warm_up=1,
             market={"conversion": {"sd": 0.7, "common": 1, "persistence": -0.6}}),
        {}, {("M", 0): normals(10), ("M", 1): normals(10), ("M", 2): normals(10)},
    ),
    "volume shocks": (
        plan({"a": leads(20), "b": late(10)}, quarters=2, warm_up=0, market={"volume": {"sd": 0.4}}),
        {}, {("V", q): normals(16) for q in range(2)},
    ),
    "volume and rates have their market in common": (
        plan({"a": leads(30), "b": late(15)}, quarters=1, warm_up=0,
             market={"conversion": {"sd": 0.6, "common": 1}, "volume": {"sd": 0.5, "common": 0.7}}),
        {}, {("M", 0): normals(24), ("V", 0): normals(16)},
    ),
    "quarters that slip": (
        plan({"a": late(50, 0.6, slips=slipping(0.4)), "b": late(30, 0.6, slips=slipping(0.15, limit=0)),
              "never": late(10), "always": late(10, 1, slips=slipping(1))},
             quarters=2, warm_up=0, market={"slip_concentration": 5}),
        {}, {("slips", 0): uniforms(20), ("slips", 1): uniforms(20)},
    ),
    "quarters that slip all or nothing, from the warm-up on": (
        plan({"a": late(40, 0.6, slips=slipping(0.5, win_rate_factor=0.5))}, quarters=1, warm_up=1, market={"slip_concentration": 2}),
        {}, {("slips", 0): uniforms(20), ("slips", 1): uniforms(20)},
    ),
    "a freeze of two quarters and a boom of one": (
        plan({"a": leads(60, slips=slipping(0.3)), "b": late(20, 0.9)}, quarters=2, warm_up=1,
             market={"events": [
                 {"name": "freeze", "probability": 0.3, "quarters": 2, "slip_probability": 2, "wins": 0.4, "deal_size": 0.5},
                 {"name": "boom", "probability": 0.4, "volume": 2, "sqls": 1.6, "wins": 1.5}]}),
        {}, {**{("event", "freeze", q): happens(0.3) for q in range(3)}, **{("event", "boom", q): happens(0.4) for q in range(3)}},
    ),
    "an event that lasts beyond the horizon": (
        plan({"a": late(30, 0.6, lag_weeks={"wins": 2})}, quarters=4, warm_up=0,
             market={"events": [{"name": "crash", "probability": 0.25, "quarters": 9, "wins": 0.2}]}),
        {}, {("event", "crash", q): happens(0.25) for q in range(4)},
    ),
    "an uncertain multiplier": (
        plan({"a": late(30, 0.6, lag_weeks={"wins": 4})}, quarters=2, warm_up=1,
             market={"events": [{"name": "crash", "probability": 0.5, "wins": {"values": [0.2, 0.9]}, "volume": {"p10": 0.5, "p90": 2}}]}),
        {"market.events.crash.wins": choices(2), "market.events.crash.volume": normals(32)},
        {("event", "crash", q): happens(0.5) for q in range(3)},
    ),
    "shock, then event, then cap, then slips": (
        plan({"a": late(40, 0.7, slips=slipping(0.5, win_rate_factor=0.5))}, quarters=1, warm_up=0,
             market={"conversion": {"sd": 1.0, "common": 1},
                     "events": [{"name": "boom", "probability": 0.6, "wins": 1.6}]}),
        {}, {("M", 0): slices(150), ("event", "boom", 0): happens(0.6)},
    ),
    "slips in an event, capped, then clustered": (
        plan({"a": late(40, 0.6, slips=slipping(0.35)), "b": late(40, 0.6, slips=slipping(0.7))}, quarters=1, warm_up=0,
             market={"slip_concentration": 6, "events": [{"name": "freeze", "probability": 0.5, "slip_probability": 2}]}),
        {}, {("slips", 0): uniforms(60), ("event", "freeze", 0): happens(0.5)},
    ),
    "losses come sooner, in a market": (
        plan({"a": late(50, 0.5, lag_weeks={"wins": {"mean": 9}, "losses": {"mean": 3}}, slips=slipping(0.3))}, quarters=2, warm_up=0,
             market={"conversion": {"sd": 0.9, "common": 1}}),
        {}, {("M", 0): normals(14), ("M", 1): normals(14)},
    ),
    "open deals in a market": (
        plan({"a": late(3, 0.4, slips=slipping(0.4))}, quarters=1, warm_up=0,
             market={"conversion": {"sd": 1, "common": 1}, "slip_concentration": 4,
                     "events": [{"name": "boom", "probability": 0.5, "wins": 1.8, "deal_size": 3}]},
             opening={"deals": [{"id": str(n), "segment": "a", "amount": 500, "expected_close": f"2027-0{2 + n % 4}-11",
                                 "win_probability": "" if n > 5 else 0.7, "pushes": n % 3} for n in range(12)]}),
        {}, {("M", 0): normals(10), ("slips", 0): uniforms(8), ("event", "boom", 0): happens(0.5)},
    ),
    "leads in flight in a market": (
        plan({"a": leads(20)}, quarters=1, warm_up=2, market={"conversion": {"sd": 1, "common": 1}},
             opening={"deals": [], "leads": [{"segment": "a", "stage": "mqls", "entered": "2026-12-24", "count": 40},
                                             {"segment": "a", "stage": "mqls", "entered": "2026-09-29", "count": 60}]}),
        {}, {("M", q): normals(8) for q in range(3)},
    ),
}  # fmt: skip

NAIVE: dict[str, dict[str, Any]] = {
    "lumpy arrivals of unknown lumpiness": plan(
        {"a": leads({"per_quarter": {"p10": 20, "p90": 40}, "dispersion": {"values": [1, 6]}})},
        quarters=2, warm_up=1),
    "a market with everything": plan(
        {"a": leads(40, slips=slipping(0.4)), "b": late(12, slips=slipping(0.2))}, quarters=3, warm_up=2,
        market={"conversion": {"sd": 0.6, "common": 0.5, "persistence": 0.6}, "volume": {"sd": 0.4, "common": 0.5},
                "slip_concentration": 4,
                "events": [{"name": "freeze", "probability": 0.2, "quarters": 2, "slip_probability": 1.5, "wins": 0.5, "deal_size": 0.8, "volume": 0.7},
                           {"name": "boom", "probability": 0.2, "sqls": 1.5, "volume": 1.5}]}),
    "open deals, leads and a market": plan(
        {"a": leads(20, slips=slipping(0.4)), "b": late(6, slips=slipping(0.2), lag_weeks={"wins": {"mean": 7}})}, quarters=2, warm_up=2,
        market={"conversion": {"sd": 0.6, "common": 0.5, "persistence": 0.6}, "volume": {"sd": 0.4}, "slip_concentration": 4},
        opening={"deals": [{"id": f"{s}{n}", "segment": s, "amount": 500 + 100 * n, "expected_close": "" if n == 4 else f"2027-0{1 + n}-11",
                            "created": "2026-10-14", "win_probability": "" if n % 2 else 0.7, "pushes": n % 3}
                           for n in range(8) for s in "ab"],
                 "leads": [{"segment": "a", "stage": "mqls", "entered": "2026-12-18", "count": 15}]}),
    "money of unknown worth in a market": plan(
        {"a": leads(5, spend={"per_quarter": [{"p10": 50, "p90": 200}, 150], "lag_weeks": {"mean": {"p10": 1, "p90": 6}},
                              "response": {"most": {"p10": 30, "p90": 90}, "half_at": 100, "steepness": {"values": [0.8, 2]}}}),
         "b": leads({"per_quarter": 4, "dispersion": 3}, spend={"per_quarter": 100, "lag_weeks": {"mean": 4},
                    "response": {"most": {"min": 10, "likely": 20, "max": 60}, "half_at": 90}})},
        quarters=3, warm_up=2,
        market={"volume": {"sd": 0.3}, "events": [{"name": "boom", "probability": 0.3, "volume": 1.6}]}),
    "many uncertain numbers": plan(
        {"a": leads([{"p10": 20, "p90": 50}, {"mean": 40, "sd": 10, "name": "second"}],
                    conversion={"sqls": {"p10": 0.3, "p50": 0.5, "p90": 0.6}, "wins": {"successes": 3, "of": 9, "times": 1.2}},
                    lag_weeks={"sqls": {"mean": {"min": 0.2, "likely": 1, "max": 6}, "cv": {"values": [0.5, 2]}},
                               "wins": {"mean": {"p10": 2, "p90": 9}, "cv": 0.8}, "losses": {"median": {"p10": 1, "p90": 3}, "p90": 8}},
                    deal_size={"median": {"mean": 1000, "sd": 300}, "p90": 2500},
                    slips={"probability": {"successes": 2, "of": 6}, "delay_weeks": {"mean": {"p10": 1.2, "p90": 6}, "cv": 0.5},
                           "limit": 2, "win_rate_factor": {"min": 0.3, "likely": 0.6, "max": 1}}),
         "b": late({"per_quarter": {"p10": 5, "p90": 20, "name": "second"}, "growth": {"mean": 0.1, "sd": 0.2}})},
        quarters=3, warm_up=1,
        correlations=[{"between": ["segments.a.volume.2027-Q1", "segments.a.conversion.sqls"], "rank": 0.7},
                      {"between": ["segments.a.volume.2027-Q1", "segments.b.volume"], "rank": -0.4}]),
}  # fmt: skip

EVERYTHING = plan(
    {"a": leads({"per_quarter": [{"p10": 20, "p90": 50}, 30], "growth": 0.1, "dispersion": 2,
                 "weekly_profile": [0.02] * 6 + [0.08] * 4 + [0.15, 0.2, 0.21]},
                conversion={"sqls": {"p10": 0.3, "p90": 0.6, "name": "quality"}, "wins": {"successes": 6, "of": 15}},
                slips=slipping({"min": 0.1, "likely": 0.3, "max": 0.6})),
     "b": late(8, {"p10": 0.2, "p90": 0.5, "name": "quality"}, lag_weeks={"wins": {"mean": {"p10": 4, "p90": 9}, "cv": 0.6}, "losses": {"mean": 3}},
               slips=slipping(0.3, limit=1)),
     "c": funnel(volume=60, deal_size={"median": 800, "p90": 3000})},
    quarters=4, warm_up=2,
    market={"conversion": {"sd": 0.5, "common": 0.5, "persistence": 0.5}, "volume": {"sd": 0.3, "common": 0.3}, "slip_concentration": 8,
            "events": [{"name": "freeze", "probability": 0.2, "quarters": 2, "slip_probability": 2, "wins": {"p10": 0.4, "p90": 0.9}, "deal_size": 0.8}]},
    correlations=[{"between": ["segments.a.conversion.sqls", "segments.b.lag_weeks.wins.mean"], "rank": -0.5}],
    opening={"deals": [{"id": f"{s}{n}", "segment": s, "amount": 500 + 100 * n, "expected_close": "" if n == 4 else f"2027-0{1 + n}-11",
                        "created": "2026-10-14", "win_probability": "" if n % 2 else 0.7, "pushes": n % 3} for n in range(6) for s in "abc"]},
)  # fmt: skip
