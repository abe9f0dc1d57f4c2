"""A guard against getting slower: ratios of processor time within one run, so a busy machine does not trip it.

The figures to be proud of are measured by ``python -m benchmarks``; these only catch a fall.
"""

from __future__ import annotations

import os
import time

import numpy as np
import pytest

pytest.importorskip("ruamel.yaml")
if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
    pytest.skip("says nothing about speed without compilation", allow_module_level=True)

from benchmarks import engine, exact, funnel
from benchmarks.check import check
from benchmarks.peers import numpy_midmarket, numpy_trials
from benchmarks.programs import stacked
from benchmarks.timing import ratio, take_turns


@pytest.fixture(scope="module")
def r1():
    return funnel.load(funnel.PLANS / "r1.yaml")


def test_both_programs_play_the_plan(r1):
    answer = exact.solve(r1)
    for module in (engine, numpy_trials):
        check(stacked(module.prepare(r1)(4000, 5)), answer, r1.metrics)


def test_the_exact_answer_is_the_published_one(r1):
    answer = exact.solve(r1)
    np.testing.assert_allclose(answer.mean[:, -3], [6.17526, 21.92459, 24.18674, 24.26580], atol=5e-6)
    assert abs(answer.wins_probability - 0.4675583) < 5e-8
    assert abs(answer.bookings_probability - 0.99529333) < 2e-7
    assert abs(answer.mean[:, -2].sum() - 3_062_096) < 1
    assert abs(np.sqrt(answer.variance[:, -2].sum()) - 448_189) < 1


def test_faster_than_numpy(r1):
    """Measured at more than eight times."""
    runs = {"ours": engine.prepare(r1), "numpy": numpy_trials.prepare(r1)}
    speeds = take_turns(runs, seconds=0.1, rounds=5, clock=time.process_time)
    assert ratio(speeds["ours"], speeds["numpy"]) > 2


def test_ten_times_the_visitors_hardly_cost_more(r1):
    """Measured at less than 1.3 times the cost; a loop over visitors would be five times."""
    runs = {"plain": engine.prepare(r1), "busy": engine.prepare(r1.busier(10))}
    speeds = take_turns(runs, seconds=0.1, rounds=5, clock=time.process_time)
    assert ratio(speeds["plain"], speeds["busy"]) < 2.5


def test_faster_than_numpy_where_everything_is_uncertain():
    """Measured at more than five times."""
    document = funnel.read(funnel.PLANS / "mid-market.yaml")
    stages = ("visitors", "engagements", "mqls", "sqls")
    runs = {
        "ours": engine.player(document, (*stages, "wins", "bookings", "slips")),
        "numpy": numpy_midmarket.prepare(document),
    }
    speeds = take_turns(runs, seconds=0.2, rounds=5, clock=time.process_time)
    assert ratio(speeds["ours"], speeds["numpy"]) > 1.5
