"""Random valid plans: nothing crashes, nothing is negative or infinite, nothing vanishes."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings

from simulator.scenario.load import load
from simulator.simulation.simulate import simulate
from tests.strategies import valid_scenarios


@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(document=valid_scenarios())
def test_any_plan_gives_sound_numbers(document: dict[str, Any]) -> None:
    plan = load(document)
    result = simulate(plan, trials=40, seed=1, threads=1)
    for metric in result.metrics:
        for segment in (*result.segments, None):
            values = result[metric.name, segment]
            assert np.isfinite(values).all() and (values >= 0).all(), (metric.name, segment)
    last = plan.stages[-1]
    for segment in result.segments:
        opened, created = result["open_deals", segment], result[plan.stages[-2], segment]
        gone = result[last, segment] + result["losses", segment]
        assert np.array_equal(created[:, 1:], gone[:, 1:] + np.diff(opened, axis=1))
    for target in result.targets:
        values = np.unique(result.values(target.metric, "horizon", target.segment))
        where = {"period": "horizon", "segment": target.segment}
        shares = [result.probability(target.metric, at_least=x, **where).value for x in values]
        assert (np.diff(shares) <= 0).all()
    twice = simulate(plan, trials=20, seed=1, threads=2)
    assert np.array_equal(twice[last], result[last][:20])
