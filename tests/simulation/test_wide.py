"""A plan of 200 segments and 12 quarters: kept, summed up, and the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from simulator.scenario.load import load
from simulator.simulation.simulate import simulate


def wide(segments: int, quarters: int) -> Any:
    """Segments of a few deals a quarter, every rate uncertain, one market."""
    each = {
        f"segment {i}": {
            "volume": {"stage": "mqls", "per_quarter": 10 + i % 7},
            "conversion": {"sqls": {"p10": 0.3, "p90": 0.5}, "wins": {"successes": 20 + i % 9, "of": 100}},
            "lag_weeks": {"sqls": {"mean": 2}, "wins": {"mean": 8, "cv": 0.6}},
            "deal_size": {"mean": {"p10": 20_000, "p90": 30_000}, "cv": 0.8},
            "slips": {"probability": 0.2},
        }
        for i in range(segments)
    }
    target = {"metric": "wins", "at_least": 2 * segments, "in": "each quarter"}
    market = {"conversion": {"sd": 0.1, "common": 0.5}}
    return load({"start": "2027-Q1", "quarters": quarters, "segments": each, "market": market, "targets": [target]})


@pytest.mark.slow
def test_two_hundred_segments_of_twelve_quarters():
    plan = wide(200, 12)
    kept = simulate(plan, trials=200, seed=1)
    streamed = simulate(plan, trials=200, seed=1, keep="summaries")
    assert streamed.targets == kept.targets
    assert streamed.percentile_error <= 2.0**-7
    total = sum(kept["bookings", name] for name in kept.segments)
    np.testing.assert_allclose(total, kept["bookings"], rtol=1e-12)
    for name in ("segment 0", "segment 199", None):
        for metric in kept.metrics:
            for period in ("2027-Q1", "2029", "horizon"):
                expected, row = (r.summarise(metric.name, period, name) for r in (kept, streamed))
                assert row["mean"] == pytest.approx(expected["mean"], rel=1e-11)
                error = 0.0 if metric.kind == "count" else streamed.percentile_error
                assert row["p90"] == pytest.approx(expected["p90"], rel=error, abs=0.011)
