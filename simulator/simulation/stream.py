"""Playing a plan without keeping its trials: every block is summed up and dropped."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from simulator.scenario.model import Scenario
from simulator.simulation.blocks import played
from simulator.simulation.flags import Flags
from simulator.simulation.gathered import provenance_of
from simulator.simulation.lower import Lowered
from simulator.simulation.metrics import SPEND
from simulator.simulation.result import Result, TargetEstimate, meets
from simulator.simulation.setup import Setup
from simulator.simulation.streamed import StreamedResult
from simulator.simulation.tally import COUNT_BITS, Moments, Subject, Tally, money_bits
from simulator.simulation.warm_up import warm_up_note
from simulator.statistics.intervals import Estimate


def stream(
    scenario: Scenario,
    lowered: Lowered,
    seeds: np.ndarray,
    setup: Setup,
    first_trial: int,
    progress: Callable[[int, int], None] | None,
) -> StreamedResult:
    """As :func:`simulator.simulation.simulate.simulate`, in memory that does not grow with the trials.

    Counts are added as whole numbers; means and spreads block after block, in the order of the trials. So the
    result does not depend on threads.
    """
    tallies = tallies_of(scenario, lowered)
    targets = (*scenario.targets, *scenario.kpis)
    own = len(scenario.targets)
    hits = np.zeros((len(targets), 1 + len(scenario.calendar.labels)), np.int64)
    joint = 0
    flags: Flags | None = None

    def sum_up(_first: int, block: Result) -> tuple[list[Moments], np.ndarray, int]:
        met = np.zeros_like(hits)
        for index, target in enumerate(targets):
            met[index, 0] = np.count_nonzero(
                block.target_hits[:, index] if index < own else block.kpi_hits[:, index - own]
            )
            if target.period.each:
                values = block.values(target.metric, target.period, target.segment)
                met[index, 1:] = np.count_nonzero(meets(values, target.at_least, target.at_most), axis=0)
        return [tally.count(block) for tally in tallies], met, int(np.count_nonzero(block.target_hits.all(axis=1)))

    parts = played(sum_up, scenario, lowered, seeds, setup, first_trial=first_trial, progress=progress)
    for (moments, met, together), seen in parts:
        for tally, part in zip(tallies, moments, strict=True):
            tally.add(part)
        hits += met
        joint += together
        flags = seen if flags is None else flags + seen
    assert flags is not None  # a run has at least one trial
    return StreamedResult(
        scenario, metrics=lowered.metrics, tallies=tallies, hits=hits, joint=joint,
        provenance=provenance_of(scenario, setup), notes=flags.notes(scenario, lowered),
        late_note=(lambda: warm_up_note(scenario)) if first_trial == 0 else None,
    )  # fmt: skip


def tallies_of(scenario: Scenario, lowered: Lowered) -> tuple[Tally, ...]:
    """One tally per metric, for the total and each segment; one per list of segments that a target speaks of; and
    the values that targets are compared with."""
    periods = scenario.calendar.periods
    whole: tuple[str | None, ...] = (None, *scenario.segments)
    subjects = []
    asked_of = (*scenario.targets, *scenario.kpis)
    also = {SPEND: {kpi.period.label: kpi.period for kpi in scenario.kpis if not kpi.period.each}}  # for scorecards
    for metric in lowered.metrics:
        more = {t.period.label: t.period for t in asked_of if t.metric == metric.name and not t.period.each}
        more |= also.get(metric.name, {})
        wanted = {period.label: period for period in periods} | more
        subjects.append(Subject(metric.name, whole, tuple(wanted.values())))
        lists = {t.segment for t in scenario.targets if t.metric == metric.name and isinstance(t.segment, tuple)}
        if lists:
            subjects.append(Subject(metric.name, tuple(sorted(lists)), tuple(wanted.values())))
    for target in scenario.targets:
        asked = TargetEstimate.of(target, Estimate(0.0, 0.0, 0.0, 0.0))
        subjects.append(Subject(target.metric, (target.segment,), (target.period,), asked))
    kinds = {metric.name: metric for metric in lowered.metrics}
    fine = money_bits(sum(len(s.periods) * len(s.segments) for s in subjects if kinds[s.metric].kind != "count"))
    return tuple(
        Tally(s, kinds[s.metric].kind, kinds[s.metric].combine, COUNT_BITS if kinds[s.metric].kind == "count" else fine)
        for s in subjects
    )
