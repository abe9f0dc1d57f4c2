"""Plans with accounts for the twin: small, and each with something that only it has."""

from __future__ import annotations

from typing import Any

from tests.simulation.cases import late, plan

STAGES = ["engagements", "mqls", "sqls", "wins"]
SLIPS = {"probability": 0.3, "delay_weeks": {"mean": 4}, "limit": 2, "win_rate_factor": 0.8}
ROWS = [{"contacts": 1, "rate": 0.1}, {"contacts": 3, "rate": 0.4}, {"contacts": 5, "rate": 0.8}]
PERSONAS = {"champion": {"share": 0.3, "win_rate": 1.4, "win_rate_without": 0.7},
            "executive": {"share": 0.1, "win_rate": 1.6}}  # fmt: skip
EARLY = {"mqls": {"mean": 2}, "sqls": {"mean": 3, "cv": 0.5}, "wins": {"mean": 9, "cv": 0.5}, "losses": {"mean": 4}}


def accounts(says: dict[str, Any], volume: Any = 40, **changes: Any) -> dict[str, Any]:
    """A segment into which accounts come, about 40 a quarter."""
    return {
        "volume": volume,
        "conversion": {"mqls": 0.7, "sqls": [0.6, 0.8]},
        "lag_weeks": {"mqls": {"mean": 2}, "sqls": {"mean": 3, "cv": 0.5}, "wins": {"mean": 8, "cv": 0.5}},
        "deal_size": {"mean": 1000, "cv": 0.5},
        "accounts": {"contacts": {"mean": 2}, "win_rate": ROWS, **says},
        **changes,
    }


def one(says: dict[str, Any], *, quarters: int = 3, **changes: Any) -> dict[str, Any]:
    return plan({"a": accounts(says, **changes)}, quarters=quarters, warm_up=1, stages=STAGES)


TWIN: dict[str, dict[str, Any]] = {
    "more people engage, some of whom matter": one(
        {"contacts_per_week": [0.1, 0.3], "contacts_per_week_in_deal": [0.5, 0.2, 0.4], "personas": PERSONAS,
         "buying_group": {"mean": 5}, "qualified_at": 4, "deal_needs": 2}, slips=SLIPS),
    "a market runs dry, and the lost come again": one(
        {"number": 70, "again_after_weeks": {"mean": 6, "cv": 0.5}, "contacts": {"shares": [0.5, 0.3, 0.2]},
         "contacts_per_week": 0.2}, quarters=2, volume={"per_quarter": 50, "dispersion": 2}, slips=SLIPS),
    "losses come sooner": one(
        {"contacts_per_week_in_deal": 0.4, "personas": PERSONAS}, lag_weeks=EARLY, slips=SLIPS),
    "what is there at the start": plan(
        {"a": accounts({"contacts": {"mean": 2.5, "cv": 0.6}, "contacts_per_week": 0.2, "qualified_at": 4,
                        "contacts_per_week_in_deal": 0.3, "number": 300, "again_after_weeks": 5}, slips=SLIPS),
         "b": accounts({"contacts_per_week_in_deal": 0.3, "number": 60}, lag_weeks=EARLY, slips=SLIPS),
         "c": late(10)},
        quarters=2, warm_up=2, stages=STAGES,
        opening={
            "deals": [{"id": f"{s}{n}", "segment": s, "amount": 500 + 300 * n, "win_probability": "" if n % 3 else 0.7,
                       "pushes": n % 3, "expected_close": "" if n == 4 else f"2027-{1 + n:02}-20",
                       "created": "2026-10-14", "contacts": "" if n % 2 else 3} for n in range(5) for s in "abc"],
            "leads": [{"segment": "a", "stage": stage, "entered": "2026-12-08", "count": 12} for stage in STAGES[:2]],
        }),
    "deals close in detail, and nobody knows the numbers": {
        **plan(
            {"a": accounts({"number": {"p10": 60, "p90": 120}, "contacts_per_week": {"p10": 0.1, "p90": 0.3},
                            "win_rate": {"most": 0.9, "half_at": {"values": [2, 4]}, "steepness": 2}},
                           slips={**SLIPS, "by_pushes": [{"pushes": 1, "win_rate": 0.6}],
                                  "by_size": [{"above": 1000, "slip_probability": 1.5, "win_rate": 0.7}]},
                           linearity=[0.03] * 8 + [0.1, 0.1, 0.1, 0.16, 0.3],
                           pull_ins={"probability": [0.2, 0.5], "by_weeks": {"mean": 4}, "value_factor": 0.8}),
             "b": accounts({"win_rate": None, "contacts_per_week": 0.2},
                           conversion={"mqls": 0.5, "sqls": 0.5, "wins": [0.3, 0.6]})},
            quarters=3, warm_up=1, stages=STAGES),
        "market": {"conversion": {"sd": 0.5, "common": 0.5},
                   "events": [{"name": "freeze", "probability": 0.3, "wins": 0.5, "deal_size": 0.7}]},
    },
}  # fmt: skip
