"""Scorecards: each segment against what it is judged on, at the stage where it belongs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.simulation.metrics import SPEND
from simulator.statistics.intervals import Z95, Estimate, mean

if TYPE_CHECKING:
    from simulator.simulation.result import Result, TargetEstimate


@dataclass(frozen=True)
class Score:
    """One KPI of a segment.

    Attributes
    ----------
    kpi : what is asked, with its probability
    summary : mean and percentiles of its metric over its period; of ``each quarter`` over the horizon
    spend : mean spend of the segment over that period; None in a plan that spends nothing
    cost_of_each : spend over the metric, trial by trial: mean over the trials with any; None where there is
        no spend, the metric is no count, nothing was counted in any trial, or no trials were kept
    """

    segment: str
    kpi: TargetEstimate
    summary: dict[str, Any]
    spend: Estimate | None
    cost_of_each: Estimate | None


def scorecards(result: Result) -> tuple[Score, ...]:
    """A score per KPI, segment by segment.

    Examples
    --------
    >>> import simulator as sim
    >>> plan = sim.load({"start": "2027-Q1", "quarters": 1, "stages": ["sqls", "wins"], "segments": {"podcast":
    ...     {"volume": 90, "conversion": {"wins": 0.2}, "kpi": {"metric": "sqls", "at_least": 80, "in": "2027"}}}})
    >>> [(score.segment, score.kpi.name) for score in scorecards(sim.simulate(plan, trials=100, seed=1))]
    [('podcast', 'sqls >= 80 in 2027 for podcast')]
    """
    return tuple(_score(result, kpi) for kpi in result.kpis)


def _score(result: Result, kpi: TargetEstimate) -> Score:
    assert isinstance(kpi.segment, str)
    period = "horizon" if kpi.period.each else kpi.period.label
    spend, each = None, None
    if SPEND in result and kpi.metric != SPEND and result.streamed:
        row = result.summarise(SPEND, period, kpi.segment)
        half = Z95 * row["standard_error"]
        spend = Estimate(row["mean"], row["standard_error"], row["mean"] - half, row["mean"] + half)
    elif SPEND in result and kpi.metric != SPEND:
        gone = result.values(SPEND, period, kpi.segment)
        spend = mean(gone)
        if result.metric(kpi.metric).kind == "count" and gone.any():
            came = result.values(kpi.metric, period, kpi.segment)
            found = mean(gone[came > 0] / came[came > 0])
            each = None if np.isnan(found.value) else found
    return Score(kpi.segment, kpi, result.summarise(kpi.metric, period, kpi.segment), spend, each)


def scorecards_json(result: Result) -> list[dict[str, Any]]:
    """The documented JSON form: what a target says, and what its metric does."""
    rows = []
    for score in scorecards(result):
        summary = {key: value for key, value in score.summary.items() if key not in ("metric", "in", "segment")}
        rows.append({
            "segment": score.segment, "kpi": score.kpi.to_json(), "over": score.summary["in"], "summary": summary,
            "spend": None if score.spend is None else score.spend.value,
            "cost_of_each": None if score.cost_of_each is None else score.cost_of_each.value,
        })  # fmt: skip
    return rows
