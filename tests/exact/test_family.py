"""Variants at the same points: nothing is remembered wrongly. That a simulation agrees: test_conditional.py."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

import simulator as sim
from simulator.exact import family as module
from simulator.exact.family import Family, Variant
from simulator.exact.laws import OutOfReachError
from simulator.exact.memory import Memory, mark
from simulator.exact.outline import Outline
from simulator.exact.reach import why_not
from simulator.scenario.model import Scenario
from tests.strategies import valid_scenarios

SCENARIOS = Path(__file__).parents[2] / "scenarios"
TABLES = Path(tempfile.mkdtemp(prefix="family-"))
CHANGES: tuple[dict[str, Any], ...] = (
    {"segments.*.volume": "+20%"},
    {"segments.*.conversion.wins": "-10%"},
    {"segments.*.slips.probability": "*0.5"},
    {"segments.*.lag_weeks.wins": "+15%"},
)


def variants_of(plan: Scenario) -> list[Scenario]:
    found = [plan]
    for change in CHANGES:
        try:
            found.append(plan.with_changes(change))
        except sim.errors.ScenarioError:
            continue
    return found


def answers(variant: Variant, plan: Scenario) -> list[np.ndarray]:
    """Of every target in reach, by scramble, and the mean of every metric."""
    found = []
    for target in plan.targets:
        try:
            found.append(variant.probability(target).sets)
        except OutOfReachError:
            continue
    quarters = range(plan.quarters)
    found.append(np.array(list(variant.means(tuple(quarters)).values())))
    return found


@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck),
          phases=[Phase.generate])  # fmt: skip
@given(document=valid_scenarios(tables=TABLES, most_volume=60.0, most_quarters=2))
def test_what_is_remembered_of_other_variants_changes_nothing(document: dict[str, Any]) -> None:
    plan = sim.load(document)
    if why_not(Outline(plan)) is not None:
        return
    full = Family(plan, plan.targets[:1], 3, 2)
    variants = variants_of(plan)
    for each in variants:
        answers(full.variant(each), each)
    for each in variants[1:3]:
        fresh = Family(plan, plan.targets[:1], 3, 2)
        for one, other in zip(answers(full.variant(each), each), answers(fresh.variant(each), each), strict=True):
            assert one == pytest.approx(other, rel=1e-9, abs=1e-12)


@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck),
          phases=[Phase.generate])  # fmt: skip
@given(document=valid_scenarios(tables=TABLES, most_volume=60.0, most_quarters=2))
def test_means_followed_forwards_are_those_of_the_laws(document: dict[str, Any]) -> None:
    plan = sim.load(document)
    if why_not(Outline(plan)) is not None:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "THINNED", 1)
        variant = Family(plan, plan.targets[:1], 3, 1).variant()
        for quarters in ((0,), tuple(range(plan.quarters))):
            for name, value in variant.means(quarters).items():
                whole = variant.mean(name, quarters).value
                assert value == pytest.approx(whole, rel=1e-6, abs=1e-6), name


def test_differences_are_known_better_than_probabilities() -> None:
    plan = sim.load(SCENARIOS / "mid-market.yaml")
    target = plan.targets[0]
    family = Family(plan, [target], 1, 16)
    now, more = family.variant(), family.variant(plan.with_changes({"segments.inbound.volume": "+3%"}))
    before, after = now.probability(target), more.probability(target)
    gain = after.less(before)
    assert gain.value == pytest.approx(after.value - before.value)
    assert 0 < gain.standard_error < 0.25 * before.estimate.standard_error
    assert gain.low > 0


def test_events_and_listed_values_have_axes_of_their_own() -> None:
    """Each is met as often as it should be: turned with the others it would be met by chance."""
    plan = sim.load(SCENARIOS / "mid-market.yaml")
    variant = Family(plan, plan.targets[:1], 1, 64).variant()
    points = variant.answers.points
    for event, chance in ((0, 0.05), (1, 0.08)):
        struck = points.weather.active[event][:, -1].reshape(16, -1)
        if event:  # it holds for the quarter alone
            assert abs(struck.mean() - chance) < 0.25 * (chance * (1 - chance) / struck.size) ** 0.5
    slot = next(leaf for leaf in points.outline.numbers.leaves if leaf.path == "segments.events.conversion.sqls")
    drawn = np.asarray(points.values[points.outline.numbers.slot(slot.path, slot.number)])
    assert [np.mean(drawn == x) for x in (0.18, 0.22, 0.31)] == pytest.approx([1 / 3] * 3, abs=0.012)


def test_memory_forgets_what_was_not_asked_for_longest() -> None:
    memory = Memory(3000)
    made: list[int] = []

    def make(number: int) -> np.ndarray:
        made.append(number)
        return np.zeros(125)  # a thousand bytes

    for number in (1, 2, 1, 3, 4):
        memory.recall(number, lambda number=number: make(number))  # type: ignore[misc]
    memory.recall(1, lambda: make(1))
    memory.recall(2, lambda: make(2))
    assert made in ([1, 2, 3, 4, 2], [1, 2, 3, 4, 1, 2])


def test_marks_tell_contents_and_shapes_apart() -> None:
    x = np.arange(6.0)
    assert mark(x) == mark(x.copy()) == mark(np.arange(12.0)[:6])
    assert mark(x) != mark(x.reshape(2, 3)) and mark(x) != mark(x + 1e-12) and mark(x) != mark(x.astype(np.float32))
