"""Everything about a plan with uncertain numbers or a market: targets, all of them together, tables."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from simulator import __version__
from simulator.exact.answers import Answers
from simulator.exact.certain import simulated_hits
from simulator.exact.conditional import SETS, Averages, cloud, estimate
from simulator.exact.joint import Joint
from simulator.exact.lumps import dispersed, draw_lumps
from simulator.exact.notes import notes_of
from simulator.exact.outline import Outline
from simulator.exact.reach import drawn_together, why_no_product
from simulator.exact.result import ExactResult, JointEstimate
from simulator.scenario.model import Scenario
from simulator.simulation.provenance import Provenance, library_versions
from simulator.simulation.result import TargetEstimate
from simulator.statistics.intervals import Estimate, proportion

PER_SET = 128
"""Points of each scramble."""
DRAWS = 4
"""Trials drawn at each point for what hangs together."""
TABLED = 512
"""Points that tables and pictures average over."""


def conditional_result(
    scenario: Scenario, outline: Outline, seed: int, before_simulating: Callable[[], None] | None = None
) -> ExactResult:
    """Targets from all points, with t intervals over the scrambles; tables from the first of them."""
    points = cloud(outline, scenario.targets, seed, PER_SET)
    averages = Averages(outline, points)
    answers = Answers(outline, points.z[:TABLED])
    if dispersed(outline):
        answers = answers.given(draw_lumps(answers.points, seed, 17))
    alone = [not target.period.each or why_no_product(outline, target) is None for target in scenario.targets]
    hits = None
    if scenario.targets and (len(scenario.targets) > 1 or not all(alone)):
        hits = _hits(averages, scenario, seed, before_simulating)
    targets = []
    for index, (target, own) in enumerate(zip(scenario.targets, alone, strict=True)):
        if own:
            whole, quarters = averages.probabilities(target)
            by_quarter = {outline.labels[q]: estimate(sets) for q, sets in quarters.items()} or None
            targets.append(TargetEstimate.of(target, estimate(whole), by_quarter, engine="conditional"))
        else:
            assert hits is not None
            each = {outline.labels[q]: estimate(averages.alone(target, q)) for q in target.period.quarters}
            targets.append(TargetEstimate.of(target, _share(hits[:, index]), each))
    provenance = Provenance(
        name=scenario.name, file=scenario.file, sha256=scenario.sha256, version=__version__, engine="conditional",
        trials=None, seed=seed, libraries=library_versions(np),
    )  # fmt: skip
    return ExactResult(
        scenario, answers, provenance=provenance, targets=targets, all_targets=_all(targets, hits),
        notes=notes_of(scenario, answers), answered=f"averaged over {SETS * PER_SET:,} points",
    )  # fmt: skip


def _hits(
    averages: Averages, scenario: Scenario, seed: int, before_simulating: Callable[[], None] | None
) -> np.ndarray:
    """bool (trial, target): drawn by classes at the points, or played."""
    if not drawn_together(scenario):
        if before_simulating is not None:
            before_simulating()
        return simulated_hits(scenario, seed)
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, 7])))
    lumpy = averages.with_lumps
    return Joint(lumpy.points, lumpy.segments, scenario.targets, DRAWS, rng).hits()


def _share(hits: np.ndarray) -> Estimate:
    """The share of trials; those of one scramble are taken together where they come from points."""
    if hits.size == SETS * PER_SET * DRAWS:
        return estimate(hits.reshape(SETS, -1).mean(axis=1))
    return proportion(hits)


def _all(targets: list[TargetEstimate], hits: np.ndarray | None) -> JointEstimate | None:
    if not targets:
        return None
    if hits is None:
        (only,) = targets
        return JointEstimate(only.value, only.standard_error, only.low, only.high, only.engine, None)
    p = _share(np.asarray(hits.all(axis=1)))
    return JointEstimate(p.value, p.standard_error, p.low, p.high, "simulate", len(hits))
