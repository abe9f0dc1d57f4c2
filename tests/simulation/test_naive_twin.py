"""The engine against the individual-by-individual twin: the parts without a closed form, and all at once."""

from __future__ import annotations

import pytest

from simulator.simulation.simulate import simulate
from tests.oracles import naive
from tests.simulation import against
from tests.simulation.cases import load_case
from tests.simulation.mixed_cases import EVERYTHING, NAIVE

SEED = 20270103


@pytest.mark.parametrize("name", NAIVE)
def test_small_plans(name, tmp_path):
    scenario = load_case(NAIVE[name], tmp_path)
    twin = naive.simulate(scenario, trials=600, seed=SEED)
    result = simulate(scenario, trials=20_000, seed=SEED)
    against.hold(against.same(scenario, result, twin))


@pytest.mark.slow
@pytest.mark.parametrize("name", [*NAIVE, "everything"])
def test_more_trials(name, tmp_path):
    scenario = load_case({**NAIVE, "everything": EVERYTHING}[name], tmp_path)
    twin = naive.simulate(scenario, trials=20_000, seed=SEED)
    result = simulate(scenario, trials=200_000, seed=SEED)
    against.hold(against.same(scenario, result, twin))
