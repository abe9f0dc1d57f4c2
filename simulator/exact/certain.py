"""Plans of certain numbers: every target and every law, exactly."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from simulator import __version__
from simulator.exact.answers import Answers
from simulator.exact.joining import draw_hits, together
from simulator.exact.notes import notes_of
from simulator.exact.outline import Outline
from simulator.exact.reach import drawn_together, why_no_product
from simulator.exact.result import ExactResult, JointEstimate
from simulator.scenario.model import Scenario, Target
from simulator.simulation.provenance import Provenance, library_versions
from simulator.simulation.result import TargetEstimate
from simulator.statistics.intervals import Estimate, proportion


def exact_target(answers: Answers, target: Target) -> TargetEstimate | None:
    """A target's probability; None where its quarters hang together."""
    periods = [target.period.quarters]
    if target.period.each:
        if len(target.period.quarters) > 1 and why_no_product(answers.outline, target) is not None:
            return None
        periods = [(q,) for q in target.period.quarters]
    found = [
        answers.probability(target.metric, period, target.segment, target.at_least, target.at_most)
        for period in periods
    ]
    p, bound = float(np.prod([p for p, _ in found])), sum(bound for _, bound in found)
    by_quarter = None
    if target.period.each:
        labels = answers.outline.labels
        by_quarter = {label: Estimate(q, 0.0, q, q) for label, (q, _) in zip(labels, found, strict=True)}
    return TargetEstimate.of(target, Estimate(p, 0.0, p, p), by_quarter, engine="exact", error_bound=bound)


def exact_result(
    scenario: Scenario, outline: Outline, seed: int, before_simulating: Callable[[], None] | None = None
) -> ExactResult:
    """Everything about a plan of certain numbers.

    Only what hangs together is drawn, and says so: all targets at once, and a target for each quarter
    where one deal can count in several.
    """
    answers = Answers(outline, np.zeros((1, 0)))
    targets = scenario.targets
    found = [exact_target(answers, target) for target in targets]
    hits = None
    if targets and (len(targets) > 1 or None in found):
        if not drawn_together(scenario):
            if before_simulating is not None:
                before_simulating()
            hits = simulated_hits(scenario, seed)
        elif _hang_together(found):
            hits = draw_hits(answers, targets, seed)
    whole = tuple(t if t is not None else _counted(answers, target, hits, i)
                  for i, (t, target) in enumerate(zip(found, targets, strict=True)))  # fmt: skip
    provenance = Provenance(
        name=scenario.name, file=scenario.file, sha256=scenario.sha256, version=__version__, engine="exact",
        trials=None, seed=seed, libraries=library_versions(np),
    )  # fmt: skip
    return ExactResult(
        scenario, answers, provenance=provenance, targets=whole, all_targets=_all(whole, hits),
        notes=notes_of(scenario, answers),
    )  # fmt: skip


def _hang_together(found: Sequence[TargetEstimate | None]) -> bool:
    """Whether the targets together need more than each by itself: not where at most one is open."""
    return any(t is None for t in found) or sum(1e-12 < t.value < 1 - 1e-12 for t in found if t is not None) > 1


def _counted(answers: Answers, target: Target, hits: np.ndarray | None, index: int) -> TargetEstimate:
    """A target whose quarters hang together: each quarter is exact, all of them are drawn."""
    assert hits is not None
    by_quarter = {}
    for q, label in enumerate(answers.outline.labels):
        p, _ = answers.probability(target.metric, (q,), target.segment, target.at_least, target.at_most)
        by_quarter[label] = Estimate(p, 0.0, p, p)
    return TargetEstimate.of(target, proportion(hits[:, index]), by_quarter)


def simulated_hits(scenario: Scenario, seed: int) -> np.ndarray:
    """bool (trial, target) from the simulation: for targets that classes cannot draw."""
    from simulator.simulation.simulate import simulate

    return simulate(scenario, seed=seed).target_hits


def _all(targets: Sequence[TargetEstimate], hits: np.ndarray | None) -> JointEstimate | None:
    if not targets:
        return None
    if hits is not None and len(targets) > 1:
        return together(hits, targets)
    p = min(targets, key=lambda t: t.value)
    return JointEstimate(p.value, p.standard_error, p.low, p.high, p.engine, None if hits is None else len(hits))
