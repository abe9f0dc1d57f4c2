"""Teams and follow-up against the twin that plays everybody one by one."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
import pytest

from simulator.scenario.people_metrics import OUTCOMES, TEAM_COUNTS
from simulator.simulation.simulate import simulate
from tests import statistical as st
from tests.oracles import people
from tests.simulation import against
from tests.simulation.cases import load_case
from tests.simulation.people_cases import DEALS, LEADS

SEED = 20270105
QUICK = {
    "a queue that goes cold",
    "hires ramp up, some start late, some leave",
    "those who come back wait too",
    "sellers have so many deals at a time",
    "open deals take the sellers' time",
}


def new_metrics(scenario: Any, result: Any, twin: Any) -> Iterable[against.Check]:
    """Counts of teams and follow-up, and both sides of the ratios, of each segment and in total."""
    counts = [m for m in (*TEAM_COUNTS, *OUTCOMES) if m in result]
    parts = [p for p in people.PARTS if p in result._parts]
    for segment in (None, *scenario.segments):
        for metric in (*counts, *parts):
            if metric in parts:
                chosen = result._parts[metric]
                all_mine = chosen.sum(axis=0) if segment is None else chosen[result.segments.index(segment)]
            else:
                all_mine = result[metric, segment]
            all_theirs = twin[metric if segment is None else (metric, segment)]
            for quarter in range(scenario.quarters):
                mine, theirs = all_mine[:, quarter], all_theirs[:, quarter]
                # sums in another order; from the first on, so that what never varies is 0 in both
                mine, theirs = (np.round(x - theirs[0], 9) + 0.0 for x in (mine, theirs))
                what = against.named(metric, segment, quarter)
                yield partial(st.assert_same_mean, mine, theirs, what=what)
                yield partial(st.assert_same_variance, mine, theirs, what=f"variance of {what}")
                if metric in counts:
                    yield partial(st.assert_same_distribution, mine, theirs, what=f"law of {what}")


def compare(case: Any, folder: Any, trials: int, twin_trials: int) -> None:
    scenario = load_case(case, folder)
    twin = people.simulate(scenario, trials=twin_trials, seed=SEED)
    result = simulate(scenario, trials=trials, seed=SEED)
    assert sum(twin[m].sum() for m in ("gone_cold", "waiting", "returned", "disqualified")) > 0, "nothing to see here"
    against.hold(chain(against.same(scenario, result, twin), new_metrics(scenario, result, twin)))


@pytest.mark.parametrize("name", sorted(QUICK))
def test_quick(name, tmp_path):
    compare({**LEADS, **DEALS}[name], tmp_path, 10_000, 500)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*LEADS, *DEALS])
def test_more_trials(name, tmp_path):
    compare({**LEADS, **DEALS}[name], tmp_path, 100_000, 6000)


def test_the_share_of_the_good_among_the_best():
    """The kernel's bisection against root finding."""
    from simulator.kernels.people import precision

    for passed in (0.02, 0.3, 0.8, 0.99):
        for good in (0.05, 0.4, 0.9):
            for auc in (0.5, 0.65, 0.8, 0.97):
                expected = people.precision(passed, good, auc)
                assert precision(passed, good, auc) == pytest.approx(expected, abs=1e-7), (passed, good, auc)
    assert precision(0.3, 0.0, 0.8) == 0 and precision(0.3, 1.0, 0.8) == 1 and precision(1.0, 0.4, 0.9) == 0.4
    assert np.isclose(precision(0.3, 0.2, 0.5), 0.2)
