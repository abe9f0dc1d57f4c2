"""Every property of keyed randomness, bit for bit: no tolerance anywhere in this file."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from simulator.scenario.load import load
from simulator.simulation import chunks as module
from simulator.simulation.simulate import simulate

PLAN: dict[str, Any] = {
    "name": "everything at once",
    "start": "2027-Q1",
    "quarters": 4,
    "segments": {
        "inbound": {
            "volume": {"per_quarter": {"p10": 800, "p90": 1300}, "growth": 0.03, "dispersion": 2},
            "conversion": {
                "engagements": 0.3,
                "mqls": {"min": 0.3, "likely": 0.4, "max": 0.5},
                "sqls": {"p10": 0.5, "p90": 0.7, "name": "sales"},
                "wins": {"successes": 35, "of": 100},
            },
            "lag_weeks": {
                "engagements": {"mean": 0.5},
                "mqls": {"mean": {"p10": 1.5, "p90": 3}, "cv": 1},
                "sqls": 2.5,
                "wins": {"median": 8, "p90": 20},
                "losses": {"mean": 5},
            },
            "deal_size": {"mean": 40_000, "cv": 0.8},
            "slips": {"probability": {"p10": 0.1, "p90": 0.3}, "limit": 2, "win_rate_factor": 0.8},
        },
        "outbound": {
            "volume": {"stage": "mqls", "per_quarter": [30, 40]},
            "conversion": {"sqls": {"p10": 0.2, "p90": 0.4, "name": "sales"}, "wins": 0.2},
            "lag_weeks": {"wins": {"weeks": [0, 0.2, 0.3, 0.5]}},
            "deal_size": {"mean": 70_000, "family": "gamma"},
            "slips": {"probability": 0.3, "delay_weeks": {"mean": 6, "cv": 0.5}},
        },
    },
    "market": {
        "conversion": {"sd": 0.2, "common": 0.5, "persistence": 0.4},
        "volume": {"sd": 0.1, "common": 0.3},
        "slip_concentration": 20,
        "events": [{"name": "freeze", "probability": 0.1, "quarters": 2, "slip_probability": 2, "wins": 0.7}],
    },
    "correlations": [
        {"between": ["segments.inbound.conversion.mqls", "segments.inbound.slips.probability"], "rank": -0.5}
    ],
    "targets": [{"metric": "wins", "at_least": 25, "in": "2027-Q4"}],
}

EASY: dict[str, Any] = {
    "start": "2027-Q1",
    "quarters": 3,
    "segments": {
        "all-in": {
            "volume": 1000,
            "conversion": {"engagements": 0.3, "mqls": 0.4, "sqls": 0.6, "wins": 0.35},
            "lag_weeks": {
                "engagements": {"mean": 0.5},
                "mqls": {"mean": 2},
                "sqls": 1.5,
                "wins": {"mean": 8, "cv": 0.5},
            },
            "deal_size": {"mean": 40_000, "cv": 0.8},
            "slips": {"probability": 0.3, "win_rate_factor": 0.8},
        }
    },
}


def changed(plan: dict[str, Any], **paths: Any) -> dict[str, Any]:
    plan = copy.deepcopy(plan)
    for path, value in paths.items():
        node = plan
        *way, last = path.split("__")
        for key in way:
            node = node[key]
        node[last] = value
    return plan


def same(a: Any, b: Any, trials: int | None = None) -> bool:
    """Whether two results agree on every metric of every segment."""
    return all(
        np.array_equal(a[m.name, s][:trials], b[m.name, s][:trials]) for m in a.metrics for s in (*a.segments, None)
    )


@pytest.fixture(scope="module")
def result() -> Any:
    return simulate(load(PLAN), trials=1200, seed=11, threads=1)


def test_threads_and_chunks_do_not_matter(result: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert same(result, simulate(load(PLAN), trials=1200, seed=11, threads=2))
    monkeypatch.setattr(module, "_CHUNK", 7)
    assert same(result, simulate(load(PLAN), trials=1200, seed=11, threads=3))


def test_a_longer_run_begins_with_the_shorter(result: Any) -> None:
    longer = simulate(load(PLAN), trials=2400, seed=11)
    assert same(result, longer, trials=1200)
    rest = simulate(load(PLAN), trials=1200, seed=11, first_trial=1200)
    assert np.array_equal(rest["wins"], longer["wins"][1200:])
    for path, drawn in result.assumptions.items():
        assert np.array_equal(drawn, longer.assumptions[path][:1200])


def test_another_seed_is_other_luck(result: Any) -> None:
    assert not same(result, simulate(load(PLAN), trials=1200, seed=12))


def test_by_week_sums_to_quarters(result: Any) -> None:
    weekly = simulate(load(PLAN), trials=1200, seed=11, by="week")
    assert weekly["wins"].shape == (1200, 52)
    for metric in result.metrics:
        if metric.kind == "count":
            assert np.array_equal(weekly.quarterly(metric.name), result[metric.name])
        else:  # cents are rounded per week or per quarter
            assert np.allclose(weekly.quarterly(metric.name), result[metric.name], atol=0.5)


RATES = [f"segments__all-in__conversion__{stage}" for stage in ("engagements", "mqls", "sqls", "wins")]


@pytest.mark.parametrize("volume", [200, 1000, 30_000, 3_000_000])
@pytest.mark.parametrize("path", [*RATES, "segments__all-in__volume"])
def test_more_of_a_good_thing_never_loses_a_win(path: str, volume: int) -> None:
    trials = 300 if volume <= 1000 else 12
    plan = changed(EASY, **{"segments__all-in__volume": volume})
    if volume > 1000:  # the deals of a larger cohort stay few, its visitors go through the binomials
        plan["segments"]["all-in"]["conversion"]["sqls"] = min(0.6, 600 / volume)
    old = plan["segments"]["all-in"]
    for key in path.split("__")[2:-1]:
        old = old[key]
    value = old[path.split("__")[-1]]
    less = simulate(load(plan), trials=trials, seed=3)
    for factor in (1.0001, 1.01, 1.1):
        more = simulate(load(changed(plan, **{path: value * factor})), trials=trials, seed=3)
        assert (more["wins"].cumsum(axis=1) >= less["wins"].cumsum(axis=1)).all()
        for stage in ("visitors", "engagements", "mqls", "sqls"):
            assert (more[stage] >= less[stage]).all()
    assert more["wins"].sum() > less["wins"].sum()  # the change was seen


def test_raising_a_market_driven_uncertain_rate_never_loses_a_win() -> None:
    plan = load(PLAN)
    more = plan.with_changes({"segments.inbound.conversion.mqls": "+10%", "segments.outbound.conversion.wins": "+5%"})
    a, b = (simulate(p, trials=500, seed=5) for p in (plan, more))
    assert (b["wins"].sum(axis=1) >= a["wins"].sum(axis=1)).all()


def test_another_segment_or_a_longer_horizon_leaves_the_rest_alone(result: Any) -> None:
    plan = copy.deepcopy(PLAN)
    plan["segments"]["partners"] = copy.deepcopy(plan["segments"]["outbound"])
    plan["segments"] = {"partners": plan["segments"].pop("partners"), **plan["segments"]}
    wider = simulate(load(plan), trials=300, seed=11)
    longer = simulate(load(changed(PLAN, quarters=6)), trials=300, seed=11)
    for metric in result.metrics:
        for segment in result.segments:
            here = result[metric.name, segment][:300]
            assert np.array_equal(here, wider[metric.name, segment])
            assert np.array_equal(here, longer[metric.name, segment][:, :4])


def test_order_of_segments_does_not_matter(result: Any) -> None:
    plan = copy.deepcopy(PLAN)
    plan["segments"] = dict(reversed(plan["segments"].items()))
    assert same(result, simulate(load(plan), trials=1200, seed=11))


LEADS = ("visitors", "engagements", "mqls", "sqls")


def test_groups_are_redrawn_one_at_a_time(result: Any) -> None:
    def redrawn(*groups: str) -> Any:
        return simulate(load(PLAN), trials=1200, seed=11, redraw=groups)

    slips, deals, demand = redrawn("slips"), redrawn("deals"), redrawn("demand")
    for name in (*LEADS, "created_pipeline"):
        assert np.array_equal(result[name], slips[name])
    assert not np.array_equal(result["slips"], slips["slips"])
    for name in LEADS:
        assert np.array_equal(result[name], deals[name])
    assert not np.array_equal(result["created_pipeline"], deals["created_pipeline"])
    assert not np.array_equal(result["visitors"], demand["visitors"])
    for group, kept in (("demand", True), ("market", True), ("assumptions", False)):
        other = redrawn(group)
        same_draws = all(np.array_equal(other.assumptions[p], x) for p, x in result.assumptions.items())
        assert same_draws is kept
    assert not np.array_equal(redrawn("market")["wins"], result["wins"])
    everything = redrawn("assumptions", "market", "demand", "deals", "slips")
    assert abs(np.corrcoef(everything["wins"][:, 3], result["wins"][:, 3])[0, 1]) < 0.15


def test_without_slips_the_rest_is_the_same(result: Any) -> None:
    calm = simulate(load(PLAN), trials=1200, seed=11, slips=False)
    assert calm["slips"].sum() == 0
    assert np.array_equal(calm["created_pipeline"], result["created_pipeline"])


def test_conservation(result: Any) -> None:
    """Created = won + lost + change in open deals, per trial, segment and quarter."""
    for segment in result.segments:
        opened = result["open_deals", segment]
        change = opened[:, 1:] - opened[:, :-1]
        gone = result["wins", segment] + result["losses", segment]
        assert np.array_equal(result["sqls", segment][:, 1:], gone[:, 1:] + change)


SCRIPT = """
import hashlib, json, sys, numpy as np
np.seterr(over="ignore")
from simulator.scenario.load import load
from simulator.simulation.simulate import simulate
result = simulate(load(json.loads(sys.argv[1])), trials=3, seed=11, threads=1)
digest = hashlib.sha256()
for metric in result.metrics:
    digest.update(result[metric.name].tobytes())
print(digest.hexdigest())
"""


def test_compiled_code_is_the_python_it_was_written_as() -> None:
    plan = changed(PLAN, quarters=2, opening={"warm_up_quarters": 1})
    plan["targets"] = []
    plan["segments"]["inbound"]["volume"]["per_quarter"] = {"p10": 300, "p90": 500}
    digests = []
    for disabled in ("0", "1"):
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, json.dumps(plan)],
            env=os.environ | {"NUMBA_DISABLE_JIT": disabled}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        digests.append(done.stdout)
    assert digests[0] == digests[1]


def test_what_if_differences_are_tight() -> None:
    """One rate .30 → .31 leaves runs almost as they were: the luck is the same."""
    plan = load(EASY)
    a, b = (
        simulate(p, trials=4000, seed=9)["wins"].sum(axis=1)
        for p in (plan, plan.with_changes({"segments.all-in.conversion.engagements": 0.31}))
    )
    # shared luck thins: the variance of the difference is that of the wins added, r·λ, not (2 + r)·λ
    assert np.corrcoef(a, b)[0, 1] > 0.98
    assert np.var(b - a) < 1.25 * np.mean(b - a)
