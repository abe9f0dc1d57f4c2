"""Accounts against the twin that plays them contact by contact."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np
import pytest

from simulator.simulation.simulate import simulate
from tests import statistical as st
from tests.oracles import accounts
from tests.simulation import against
from tests.simulation.account_cases import TWIN
from tests.simulation.cases import load_case

SEED = 20270107
QUICK = ("what is there at the start",)


def own_metrics(scenario: Any, result: Any, twin: Any) -> Iterable[against.Check]:
    """Counts of accounts, and both sides of the ratios, of each segment and in total."""
    for segment in (None, *scenario.segments):
        for quarter in range(scenario.quarters):
            for metric in accounts.OWN:
                if metric in result:
                    mine = result[metric, segment]
                elif metric in result._parts:
                    part = result._parts[metric]
                    mine = part.sum(axis=0) if segment is None else part[result.segments.index(segment)]
                else:
                    continue
                theirs = twin[metric if segment is None else (metric, segment)][:, quarter]
                what = against.named(metric, segment, quarter)
                yield partial(st.assert_same_mean, mine[:, quarter], theirs, what=what)
                yield partial(st.assert_same_variance, mine[:, quarter], theirs, what=f"variance of {what}")
                yield partial(st.assert_same_distribution, mine[:, quarter], theirs, what=f"law of {what}")


def compare(case: Any, folder: Any, trials: int, twin_trials: int) -> None:
    scenario = load_case(case, folder)
    twin = accounts.simulate(scenario, trials=twin_trials, seed=SEED)
    result = simulate(scenario, trials=trials, seed=SEED)
    assert np.mean(twin["mqas"].sum(axis=1)) > 5, "nothing to see here"
    against.hold([*against.same(scenario, result, twin), *own_metrics(scenario, result, twin)])


@pytest.mark.parametrize("name", QUICK)
def test_quick(name, tmp_path):
    compare(TWIN[name], tmp_path, 5000, 500)


@pytest.mark.slow
@pytest.mark.parametrize("name", TWIN)
def test_more_trials(name, tmp_path):
    compare(TWIN[name], tmp_path, 60_000, 3000)
