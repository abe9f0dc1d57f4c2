"""The programs we compare ourselves with play the right plan, and the check can tell."""

from __future__ import annotations

import importlib
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("ruamel.yaml")

from benchmarks import exact, funnel
from benchmarks.check import WrongAnswer, check
from benchmarks.peers import alias, numpy_collapsed, numpy_midmarket
from benchmarks.peers.classes import classes
from benchmarks.uncertain import agree

COMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0")
TRIALS = {"numpy_trials": 2000, "numpy_collapsed": 8000, "simpy_peer": 60, "monaco_peer": 200, "numba_naive": 800,
          "c.visitors": 4000, "c.hybrid": 20_000, "c.collapsed": 20_000}  # fmt: skip
PLANS = ("r1", "twenty-five-customers")


def plan(name: str) -> funnel.Funnel:
    return funnel.load(funnel.PLANS / f"{name}.yaml")


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("module", TRIALS)
def test_agrees_with_the_exact_answer(module, name):
    for needed in ("simpy", "monaco"):
        if module.startswith(needed):
            pytest.importorskip(needed)
    if module.startswith("c.") and not (shutil.which("gcc") or shutil.which("cc")):
        pytest.skip("no C compiler")
    if module == "numba_naive" and not COMPILED:
        pytest.skip("too slow without compilation")
    played = plan(name)
    play = importlib.import_module(f"benchmarks.peers.{module}").prepare(played)
    check(play(TRIALS[module], 3), exact.solve(played), played.metrics)


@pytest.mark.parametrize("name", PLANS)
def test_the_program_of_uncertain_plans_is_right_where_nothing_is_uncertain(name):
    played = plan(name)
    outputs = numpy_midmarket.prepare(played.document)(1500, 3)[:, 0]
    check(outputs, exact.solve(played), played.metrics)


@pytest.mark.parametrize("name", PLANS)
def test_path_classes_have_the_exact_means_and_variances(name):
    played = plan(name)
    means, adds = classes(played)
    answer = exact.solve(played)
    counted = [c for c in range(len(played.metrics)) if played.metrics[c] != "bookings"]
    np.testing.assert_allclose(np.tensordot(means, adds, 1)[:, counted], answer.mean[:, counted], rtol=1e-9)
    np.testing.assert_allclose(np.tensordot(means, adds**2, 1)[:, counted], answer.variance[:, counted], rtol=1e-9)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rates": np.array([0.30, 0.40, 0.60, 0.365])}, "wins|bookings"),
        ({"slip": 0.215}, "slips"),
        ({"factor": 0.75}, "wins|bookings"),
        ({"value": (40_000.0, 1.0)}, "bookings"),
        ({"delay": 6.0}, "slips|wins|bookings"),
    ],
)
def test_a_slightly_different_plan_is_caught(change, said):
    played, trials = plan("r1"), 20_000
    right, wrong = exact.solve(played), exact.solve(replace(played, **change))
    moved = np.abs(wrong.mean[:, 4:] - right.mean[:, 4:]) / np.sqrt(right.variance[:, 4:] / trials)
    total = right.variance[:, -2].sum()
    wider = (wrong.variance[:, -2].sum() - total) / np.sqrt((right.bookings_fourth + 2 * total**2) / trials)
    assert max(moved.max(), wider) > 8  # so that missing it is less likely than one in a thousand
    outputs = numpy_collapsed.prepare(replace(played, **change))(trials, 1)
    with pytest.raises(WrongAnswer, match=said):
        check(outputs, right, played.metrics)


def test_alias_tables_keep_their_weights():
    weights = np.array([0.5, 0.0, 0.125, 0.25, 0.125, 1e-9])
    threshold, other = alias.table(weights)
    share = threshold / len(weights)
    np.add.at(share, other, (1 - threshold) / len(weights))
    np.testing.assert_allclose(share, weights / weights.sum(), atol=1e-15)


def test_agreement_of_two_programs_is_not_for_the_asking():
    """A fifth more spread at the same mean is a difference."""
    rng = np.random.default_rng(4)
    one = rng.normal(100, 10, size=(4000, 4, 1))
    two = rng.normal(100, 10, size=(4000, 4, 1))
    assert agree(one, two, ("wins",)) < 4.9
    with pytest.raises(WrongAnswer, match="wins"):
        agree(one, 100 + 1.2 * (two - 100), ("wins",))
