"""Random valid plans: nothing crashes, nothing is negative or infinite, nothing vanishes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from simulator.scenario.load import load
from simulator.simulation.simulate import simulate
from tests.strategies import valid_scenarios

SIGNED = ("net_new_arr", "customer_retention", "gross_retention", "net_retention")
"""Metrics that may be negative: retention, where more come and go within a quarter than were there at its start."""


def assert_sound(result: Any) -> None:
    for metric in result.metrics:
        for segment in (*result.segments, None):
            values = result[metric.name, segment]
            if metric.kind == "ratio":
                assert not np.isinf(values).any(), (metric.name, segment)
                values = values[~np.isnan(values)]
            assert np.isfinite(values).all(), (metric.name, segment)
            assert metric.name in SIGNED or (values >= 0).all(), (metric.name, segment)


@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(document=valid_scenarios(rooms=True))
def test_any_plan_gives_sound_numbers(document: dict[str, Any]) -> None:
    """Of ratios and growth too: nothing is infinite, and what is undefined is so because nothing is there."""
    plan = load(document)
    result = simulate(plan, trials=40, seed=1, threads=1)
    assert_sound(result)
    for name, segment in plan.segments.items():
        if segment.customers is None:
            continue
        moved = result["new_customers", name] - result["churned_customers", name]
        assert np.array_equal(np.diff(result["customers", name], axis=1), moved[:, 1:])
        if "arr" in result:
            net = result["net_new_arr", name]
            assert np.allclose(np.diff(result["arr", name], axis=1), net[:, 1:], rtol=0, atol=0.005)
            gross = result["new_arr", name] + result["expansion_arr", name]
            gone = result["contraction_arr", name] + result["churned_arr", name]
            assert np.allclose(net, gross - gone, rtol=0, atol=0.005)
    last = plan.stages[-1]
    for segment in result.segments:
        opened, created = result["open_deals", segment], result[plan.stages[-2], segment]
        gone = result[last, segment] + result["losses", segment]
        assert np.array_equal(created[:, 1:], gone[:, 1:] + np.diff(opened, axis=1))
    for target in (*result.targets, *result.kpis):
        if result.metric(target.metric).kind == "ratio":
            continue
        values = np.unique(result.values(target.metric, "horizon", target.segment))
        where = {"period": "horizon", "segment": target.segment}
        shares = [result.probability(target.metric, at_least=x, **where).value for x in values]
        assert (np.diff(shares) <= 0).all()
    twice = simulate(plan, trials=20, seed=1, threads=2)
    assert np.array_equal(twice[last], result[last][:20])


@pytest.mark.slow  # people and closing in detail are a form of the engine of their own, to be compiled
@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(document=valid_scenarios(people=True, rooms=True))
def test_any_plan_with_every_room_gives_sound_numbers(document: dict[str, Any]) -> None:
    plan = load(document)
    result = simulate(plan, trials=20, seed=1, threads=1)
    assert_sound(result)
    for segment in result.segments:
        opened, created = result["open_deals", segment], result[plan.stages[-2], segment]
        gone = result[plan.stages[-1], segment] + result["losses", segment]
        assert np.array_equal(created[:, 1:], gone[:, 1:] + np.diff(opened, axis=1))
