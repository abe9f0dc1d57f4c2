"""The two oracles against each other: they share the numbers of a trial, nothing else."""

from __future__ import annotations

import pytest

from tests.oracles import naive
from tests.oracles.exact import Exact
from tests.oracles.mixture import by_quadrature
from tests.oracles.world import given_world
from tests.simulation import against
from tests.simulation.cases import EXACT, load_case
from tests.simulation.mixed_cases import MARKET, NUMBERS

SEED = 20270104
QUICK = {
    "losses come sooner",
    "short delays, deals slip many times in a quarter",
    "next to nobody",
    "leads in flight",
    "open deals whose losses come sooner",
    "an event that lasts beyond the horizon",
    "uncertain lags",
}
CROWDS = {name for name in EXACT if "crowd" in name}
"""Too many to play one by one."""


def cases(of):
    return [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in of if name not in CROWDS]


@pytest.mark.parametrize("name", cases(EXACT))
def test_certain_plans(name, tmp_path):
    scenario = load_case(EXACT[name], tmp_path)
    answer = Exact(given_world(scenario, {}, {}))
    arrays = naive.simulate(scenario, trials=300 if name in QUICK else 2000, seed=SEED)
    against.hold([*against.moments(scenario, arrays, answer), *against.distributions(scenario, arrays, answer)])


@pytest.mark.parametrize("name", cases(NUMBERS | MARKET))
def test_mixed_plans(name, tmp_path):
    case, numbers, parts = (NUMBERS | MARKET)[name]
    scenario = load_case(case, tmp_path)
    mixture = by_quadrature(scenario, numbers, parts)
    arrays = naive.simulate(scenario, trials=300 if name in QUICK else 2000, seed=SEED)
    against.hold([*against.moments(scenario, arrays, mixture), *against.distributions(scenario, arrays, mixture)])
