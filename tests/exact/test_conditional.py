"""Averages of exact answers agree with the simulation: each is the other's check."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

import simulator as sim
from simulator.errors import UsageError
from simulator.exact import uncertain
from simulator.exact.family import Family
from simulator.exact.laws import OutOfReachError
from simulator.exact.outline import Outline
from simulator.exact.reach import why_not
from simulator.exact.result import ExactResult
from simulator.scenario.model import Scenario
from simulator.simulation.result import Result
from tests.strategies import valid_scenarios

SCENARIOS = Path(__file__).parents[2] / "scenarios"
TABLES = Path(tempfile.mkdtemp(prefix="exact-"))
atexit.register(shutil.rmtree, TABLES, ignore_errors=True)
FAR = 4.9
"""Standard errors: one false alarm in a million, for each probability."""


def agree(found: ExactResult, played: Result, *, least: float = 0.0) -> int:
    """Every target, each of its quarters, and all together; ``least`` is a standard error to grant at least."""
    pairs = [(t.name, t, p) for t, p in zip(found.targets, played.targets, strict=True)]
    for one, other in zip(found.targets, played.targets, strict=True):
        for label, estimate in (one.by_quarter or {}).items():
            pairs.append((f"{one.name} in {label}", estimate, (other.by_quarter or {})[label]))
    if found.all_targets is not None and played.all_targets is not None:
        pairs.append(("all", found.all_targets, played.all_targets))
    for name, one, other in pairs:
        # the binomial error at the averaged probability: a share of 0 has none of its own
        drawn = getattr(one, "trials", None) or played.trials  # all together are drawn, in the trials of the plan
        own = (max(other.value * (1 - other.value), 1e-4) / min(drawn, played.trials)) ** 0.5
        own = max(own, (max(one.value * (1 - one.value), 1e-4) / played.trials) ** 0.5)
        error = (one.standard_error**2 + max(own, other.standard_error, least) ** 2) ** 0.5
        assert abs(one.value - other.value) < FAR * error, f"{name}: {one} against {other}"
    return len(pairs)


@pytest.mark.parametrize(
    "name", ["enterprise", "mid-market", pytest.param("mid-market-more-outbound", marks=pytest.mark.slow)]
)
def test_examples(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uncertain, "PER_SET", 16)
    monkeypatch.setattr(uncertain, "TABLED", 128)
    plan = sim.load(SCENARIOS / f"{name}.yaml")
    found, played = sim.forecast(plan, engine="exact", seed=1), sim.simulate(plan, trials=3000, seed=2)
    assert isinstance(found, ExactResult) and found.engine == "conditional"
    assert agree(found, played) > len(plan.targets)
    for metric in ("wins", "bookings", "slips"):
        row, other = found.summarise(metric, "horizon"), played.summarise(metric, "horizon")
        error = (row["standard_error"] ** 2 + other["standard_error"] ** 2) ** 0.5
        assert abs(row["mean"] - other["mean"]) < FAR * error, metric
        assert row["p50"] == pytest.approx(other["p50"], rel=0.12), metric


def hold(document: dict[str, Any], trials: int) -> None:
    plan = sim.load(document)
    if why_not(Outline(plan)) is not None:
        with pytest.raises(UsageError, match="no exact answer"):
            sim.forecast(plan, engine="exact", seed=1)
        return
    try:
        found = sim.forecast(plan, engine="exact", seed=3)
    except UsageError as error:
        assert "too uneven" in str(error)
        return
    assert isinstance(found, ExactResult)
    # discrete parts (events, values, caps) leave 16 scrambles of few points with errors of their own
    agree(found, sim.simulate(plan, trials=trials, seed=4, threads=1), least=0.004)
    variants_agree(plan, trials)


def variants_agree(plan: Scenario, trials: int) -> None:
    """What analyses ask of variants: every target in reach of the plan with more volume."""
    family = Family(plan, plan.targets[:1], 3, uncertain.PER_SET)
    changed = plan.with_changes({"segments.*.volume": "+20%"})
    played = sim.simulate(changed, trials=trials, seed=4, threads=1)
    variant = family.variant(changed)
    for target, other in zip(changed.targets, played.targets, strict=True):
        try:
            found = variant.probability(target).estimate
        except OutOfReachError:
            continue
        p = max(other.value * (1 - other.value), found.value * (1 - found.value), 1e-4)
        error = (found.standard_error**2 + p / trials + 0.004**2) ** 0.5
        assert abs(found.value - other.value) < FAR * error, f"{target.name}: {found} against {other}"


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck),
          phases=[Phase.generate])  # fmt: skip
@given(document=valid_scenarios(tables=TABLES, most_volume=60.0, most_quarters=2))
def test_random_plans(document: dict[str, Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uncertain, "PER_SET", 16)
        patch.setattr(uncertain, "TABLED", 64)
        hold(document, 2000)


@pytest.mark.slow
@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck),
          phases=[Phase.generate])  # fmt: skip
@given(document=valid_scenarios(tables=TABLES))
def test_many_random_plans(document: dict[str, Any]) -> None:
    hold(document, 20_000)


def test_deterministic_under_a_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uncertain, "PER_SET", 4)
    monkeypatch.setattr(uncertain, "TABLED", 64)
    plan = sim.load(SCENARIOS / "enterprise.yaml")
    one, two, other = (sim.forecast(plan, engine="exact", seed=seed) for seed in (1, 1, 2))
    assert one.targets == two.targets and one.all_targets == two.all_targets
    assert one.targets != other.targets
    row = one.to_json()
    assert row["engine"] == "conditional" and row["trials"] is None
    assert [t["engine"] for t in row["targets"]] == ["conditional"] * 4


def test_auto_plays_uncertain_plans() -> None:
    plan = sim.load(SCENARIOS / "enterprise.yaml")
    assert sim.forecast(plan.with_changes({"opening.win_probability": 0.5}), seed=1).engine == "simulate"
