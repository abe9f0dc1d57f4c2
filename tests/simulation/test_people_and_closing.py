"""People together with deals that close in detail, and with customers: what is neutral changes nothing, and the twin.

The engine has a form of its own for such plans, and a form takes a while to compile. So the quick tests play it
as the Python it is written in, few trials of small plans; the slow ones compile it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
import pytest

from simulator.scenario.load import load
from simulator.simulation.simulate import simulate
from tests import statistical as st
from tests.docs.examples import ROOT
from tests.oracles import customers, people
from tests.simulation import against
from tests.simulation.cases import late, load_case, plan
from tests.simulation.people_cases import CLOSELY, DEALS, EARLY, LEADS, MONTH_ENDS, PULLED, PUSHED, SIZED, STAY
from tests.simulation.test_closing import neutral
from tests.simulation.test_people import assert_same_as_none, unlimited
from tests.simulation.test_people_twin import new_metrics

SEED = 20270108
OPEN = CLOSELY["few sellers, open deals, early losses, all of it"]["opening"]["deals"]
DETAILED = plan(
    {s: late(6, lag_weeks=EARLY if s == "b" else {"wins": {"mean": 6, "cv": 0.7}}, linearity=MONTH_ENDS, customers=STAY,
             pull_ins=PULLED, slips={"probability": 0.4, "limit": 3, "win_rate_factor": 0.9, "by_pushes": PUSHED,
                                     "by_size": SIZED}) for s in "ab"},
    quarters=3, warm_up=1, opening={"deals": OPEN},
    market={"conversion": {"sd": 0.5, "common": 0.5}, "slip_concentration": 5},
)  # fmt: skip
NEUTRAL_TO = {**DEALS, "those who come back wait too": LEADS["those who come back wait too"]}


def assert_details_change_nothing(case: Any, folder: Any, trials: int) -> None:
    usual, detailed = (load_case(document, folder) for document in (case, neutral(case)))
    one, two = (simulate(scenario, trials=trials, seed=5) for scenario in (usual, detailed))
    for metric in one.metrics:
        np.testing.assert_array_equal(one[metric.name], two[metric.name], err_msg=metric.name)
    assert (two["new_customers"] == two["wins"]).all()


def assert_people_enough_change_nothing(case: Any, folder: Any, trials: int) -> None:
    scenario = load_case(case, folder)
    assert_same_as_none(scenario, load(unlimited(scenario)), trials)


SCRIPT = """
import sys, pathlib
from tests.simulation import test_people_and_closing as module
folder = pathlib.Path(sys.argv[1])
module.assert_people_enough_change_nothing(module.DETAILED, folder, 3)
module.assert_details_change_nothing(module.NEUTRAL_TO["open deals take the sellers' time"], folder, 2)
"""


def test_what_is_neutral_changes_nothing(tmp_path):
    """In a few trials of the uncompiled engine."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], env=os.environ | {"NUMBA_DISABLE_JIT": "1"}, cwd=ROOT,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("file", ["quarter-end", "subscription"])
def test_people_enough_change_nothing_in_examples(file, monkeypatch):
    monkeypatch.chdir(ROOT / "scenarios")
    scenario = load(f"{file}.yaml")
    assert_same_as_none(scenario, load(unlimited(scenario)), 400)


@pytest.mark.slow
def test_people_enough_change_nothing_in_detail(tmp_path):
    assert_people_enough_change_nothing(DETAILED, tmp_path, 3000)


@pytest.mark.slow
@pytest.mark.parametrize("name", NEUTRAL_TO)
def test_neutral_details_change_nothing_where_people_wait(name, tmp_path):
    assert_details_change_nothing(NEUTRAL_TO[name], tmp_path, 2000)


def customer_metrics(scenario: Any, result: Any, twin: Any) -> Any:
    for metric in (m for m in (*customers.COUNTS, *customers.MONEY) if m in result):
        for segment in scenario.segments:
            for quarter in range(scenario.quarters):
                mine, theirs = result[metric, segment][:, quarter], twin[metric, segment][:, quarter]
                what = against.named(metric, segment, quarter)
                yield partial(st.assert_same_mean, mine, theirs, what=what)
                yield partial(st.assert_same_variance, mine, theirs, what=f"variance of {what}")


@pytest.mark.slow
@pytest.mark.parametrize("name", CLOSELY)
def test_against_the_twin(name, tmp_path):
    scenario = load_case(CLOSELY[name], tmp_path)
    twin = people.simulate(scenario, trials=4000, seed=SEED)
    result = simulate(scenario, trials=60_000, seed=SEED)
    assert twin["waiting"].sum() > 0 and twin["gone_cold"].sum() > 0
    checks = (against.same, new_metrics, customer_metrics)
    against.hold(chain.from_iterable(check(scenario, result, twin) for check in checks))


@pytest.mark.slow
def test_threads_blocks_and_who_is_followed_do_not_matter(tmp_path, monkeypatch):
    """The list of wins grows when it is too short, and trials are the same in any chunks."""
    from simulator.simulation import chunks as module
    from simulator.simulation import follow

    scenario = load_case(CLOSELY["queues on the way to customers"], tmp_path)
    one = simulate(scenario, trials=600, seed=3, threads=1)
    monkeypatch.setattr(follow, "FIRST_ROOM", 16)
    monkeypatch.setattr(module, "_CHUNK", 50)
    two = simulate(scenario, trials=600, seed=3, threads=2)
    for metric in one.metrics:
        np.testing.assert_array_equal(one[metric.name], two[metric.name], err_msg=metric.name)
    wins = sum(one["new_customers", s] for s in scenario.segments)
    np.testing.assert_array_equal(wins, one["wins"])
