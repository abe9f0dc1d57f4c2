# ruff: noqa: E501  (tables of plans read better in long lines)
"""Plans with teams and follow-up for the twin: small, and each with something that only it has."""

from __future__ import annotations

from typing import Any

from tests.simulation.cases import late, plan
from tests.simulation.mixed_cases import leads, slipping


def worked(people: Any, each: Any, **more: Any) -> dict[str, Any]:
    return {"people": people, "each_per_week": each, **more}


LEADS: dict[str, dict[str, Any]] = {
    "a queue that goes cold": plan(
        {"a": leads(60), "b": leads(30, conversion={"sqls": 0.8, "wins": 0.2})}, quarters=2, warm_up=1,
        capacity={"mqls": worked(2, 2.5, patience_weeks=3)}),
    "newest first, and what waiting costs": plan(
        {"a": leads(60), "b": leads(30)}, quarters=2, warm_up=1,
        capacity={"mqls": worked(1, 5.5, patience_weeks=6, waiting_factor=0.7, order="newest")}),
    "one segment before the other": plan(
        {"a": leads(40), "b": leads(40)}, quarters=2, warm_up=1,
        capacity={"mqls": worked(1, 5, patience_weeks=2, order="listed", segments=["b", "a"])}),
    "hires ramp up, some start late, some leave": plan(
        {"a": leads(90)}, quarters=4, warm_up=1,
        capacity={"mqls": worked([2, 3.5, 5, 1.5], 2, ramp_weeks=8, ramp=[0.1, 0.5, 0.8], attrition=0.4,
                                 start_weeks={"mean": 3}, replace_weeks={"mean": 4, "cv": 0.5}, patience_weeks=1)}),
    "nobody knows how many they manage": plan(
        {"a": leads({"p10": 40, "p90": 80})}, quarters=2, warm_up=1,
        capacity={"mqls": worked({"values": [1, 2, 3]}, {"p10": 1.5, "p90": 4}, attrition={"p10": 0.05, "p90": 0.5},
                                 patience_weeks={"values": [0, 4]}, ramp_weeks=6, replace_weeks=2)}),
    "not reached, disqualified, nurtured, back twice": plan(
        {"a": leads(60, follow_up={"mqls": {"reached": 0.7, "disqualified": 0.3, "nurtured": 0.8, "returns": 0.6,
                                            "returns_after_weeks": {"mean": 3}, "returned_conversion": 0.3, "limit": 2}}),
         "b": leads(20)}, quarters=3, warm_up=2),
    "those who come back wait too": plan(
        {"a": leads(60, follow_up={"mqls": {"reached": 0.6, "nurtured": 0.9, "returns_after_weeks": {"mean": 2, "cv": 0.5}}}),
         "b": leads(30, follow_up={"mqls": {"disqualified": {"p10": 0.1, "p90": 0.4}, "nurtured": 0.5, "returns_after_weeks": 4}})},
        quarters=2, warm_up=1, capacity={"mqls": worked(2, 3, patience_weeks=3, waiting_factor=0.9)}),
    "a score tells the good": plan(
        {"a": {"volume": 150, "conversion": {"mqls": [0.3, 0.6], "sqls": 0.7, "wins": 0.4}, "lag_weeks": {"mqls": {"mean": 1}},
               "follow_up": {"mqls": {"good": 0.4, "auc": 0.8, "reached": 0.9}}}},
        stages=["engagements", "mqls", "sqls", "wins"], quarters=2, warm_up=1),
    "a bar, and who it turns away waits or comes back": plan(
        {"a": {"volume": 60, "conversion": {"mqls": {"p10": 0.2, "p90": 0.5}, "sals": 0.5, "sqls": 0.7, "wins": 0.4},
               "follow_up": {"engagements": {"reached": 0.8, "nurtured": 0.5, "returns_after_weeks": {"mean": 3}},
                             "mqls": {"good": 0.3, "auc": 0.75, "nurtured": 0.5, "returns_after_weeks": 2},
                             "sals": {"disqualified": 0.1}}}},
        stages=["engagements", "mqls", "sals", "sqls", "wins"], quarters=2, warm_up=1,
        capacity={"engagements": worked(1, 4, patience_weeks=4, waiting_factor=0.8), "mqls": worked(1, 2, patience_weeks=2)}),
    "a market, and two teams in a row": plan(
        {"a": {"volume": 80, "conversion": {"sals": 0.6, "sqls": 0.7, "wins": 0.4}, "lag_weeks": {"sals": {"mean": 1}, "wins": 3}},
         "b": {"volume": {"stage": "sals", "per_quarter": 20}, "conversion": {"sqls": 0.5, "wins": 0.3}}},
        stages=["mqls", "sals", "sqls", "wins"], quarters=2, warm_up=1,
        capacity={"mqls": worked(2, 3, patience_weeks=2), "closers": worked(1, 4, stage="sals", patience_weeks=5)},
        market={"conversion": {"sd": 0.5, "common": 0.5, "persistence": 0.5}, "volume": {"sd": 0.4}}),
    "leads in flight, and a queue": plan(
        {"a": leads(60)}, quarters=2, warm_up=1, capacity={"mqls": worked(1, 4)},
        opening={"leads": [{"segment": "a", "stage": "mqls", "entered": "2026-12-18", "count": 15}]}),
}  # fmt: skip

DEALS: dict[str, dict[str, Any]] = {
    "sellers have so many deals at a time": plan(
        {"a": leads(40, slips=slipping(0.3)), "b": late(15)}, quarters=3, warm_up=1,
        capacity={"sqls": {"people": [2, 3, 3], "open_deals_each": 4, "patience_weeks": 6, "waiting_factor": 0.9,
                           "ramp_weeks": 6, "attrition": 0.2}}),
    "losses come sooner, newest first": plan(
        {"a": late(40, lag_weeks={"wins": {"mean": 7}, "losses": {"mean": 3}}, slips=slipping(0.3))}, quarters=2, warm_up=1,
        capacity={"sellers": {"stage": "sqls", "people": 1.5, "open_deals_each": {"p10": 8, "p90": 14}, "order": "newest",
                              "patience_weeks": 4, "waiting_factor": 0.8}}),
    "open deals take the sellers' time": plan(
        {"a": late(20, slips=slipping(0.3)), "b": late(10)}, quarters=2, warm_up=1,
        capacity={"sqls": {"people": 2, "open_deals_each": 5, "segments": ["a"]}},
        opening={"deals": [{"id": f"D{n}", "segment": "ab"[n % 5 == 4], "amount": 500 + 100 * n, "pushes": n % 3,
                            "expected_close": "" if n % 2 else "2027-03-11", "created": "2026-10-14"} for n in range(12)]}),
    "leads wait, then deals": plan(
        {"a": leads(50, follow_up={"mqls": {"reached": 0.7, "nurtured": 0.7, "returns_after_weeks": {"mean": 3}}})},
        quarters=2, warm_up=1,
        capacity={"mqls": worked(1, 4, patience_weeks=4), "sqls": {"people": 1, "open_deals_each": 6}}),
}  # fmt: skip

MONTH_ENDS = [0.03, 0.03, 0.03, 0.13, 0.03, 0.03, 0.04, 0.13, 0.04, 0.04, 0.07, 0.15, 0.25]
PUSHED = [
    {"pushes": 1, "slip_probability": 1.5, "win_rate": 0.8},
    {"pushes": 2, "slip_probability": 0.5, "win_rate": 0.3},
]
SIZED = [{"above": 900, "slip_probability": 1.6, "win_rate": 0.6}, {"above": 1500, "slip_probability": 0.4}]
EARLY = {"wins": {"mean": 7, "cv": 0.5}, "losses": {"mean": 3}}
PULLED = {"probability": [0.3, 0.6], "by_weeks": {"mean": 4}, "value_factor": [0.8, 0.9]}
SELLERS = {"stage": "sqls", "people": [2, 3, 3], "open_deals_each": 5, "patience_weeks": 6, "waiting_factor": 0.9}
STAY = {"churn": 0.3, "renewal": 0.8, "term_months": 6, "uplift": 0.05, "expansion": 0.4, "expansion_by": 0.3}

CLOSELY: dict[str, dict[str, Any]] = {
    "few sellers, and pushes and size count": plan(
        {"a": leads(40, slips={**slipping(0.4), "by_pushes": PUSHED, "by_size": SIZED}), "b": late(15)}, quarters=3,
        warm_up=1, capacity={"sellers": SELLERS}),
    "few sellers, month ends and pull-ins": plan(
        {"a": late(30, linearity=MONTH_ENDS, pull_ins=PULLED, slips=slipping(0.3)), "b": late(15, lag_weeks=EARLY, pull_ins=PULLED)},
        quarters=3, warm_up=1, capacity={"sellers": SELLERS}),
    "few sellers, open deals, early losses, all of it": plan(
        {s: late(20, lag_weeks=EARLY if s == "b" else {"wins": {"mean": 6, "cv": 0.7}}, linearity=MONTH_ENDS, pull_ins=PULLED,
                 slips={**slipping(0.4), "by_pushes": PUSHED, "by_size": SIZED}) for s in "ab"},
        quarters=3, warm_up=1, capacity={"sellers": {**SELLERS, "open_deals_each": 8}},
        opening={"deals": [{"id": f"{s}{n}", "segment": s, "amount": 500 + 300 * n, "win_probability": "" if n % 2 else 0.7,
                            "pushes": n % 4, "expected_close": "" if n == 4 else f"2027-{1 + 2 * n:02}-20",
                            "created": "2026-10-14"} for n in range(6) for s in "ab"]}),
    "queues on the way to customers": plan(
        {"a": leads(60, customers=STAY, follow_up={"mqls": {"reached": 0.7, "nurtured": 0.7, "returns_after_weeks": {"mean": 3}}}),
         "b": late(15, customers={"churn": 0.5})},
        quarters=3, warm_up=1,
        capacity={"mqls": worked(1, 4, patience_weeks=4), "sqls": {"people": 2, "open_deals_each": 5, "patience_weeks": 8}}),
}  # fmt: skip
