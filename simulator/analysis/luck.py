"""Was it the plan, or luck? Where the spread comes from, what slips do, and what an outcome says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.luck_actual import Afterwards, afterwards, check_actual
from simulator.analysis.luck_band import Band, luck_band
from simulator.analysis.luck_deals import DealSwing, deal_swings
from simulator.analysis.luck_shares import GROUPS, LUCK, Share, enough, open_groups, shares_of_spread
from simulator.analysis.luck_slips import SlipEffect, slip_effect
from simulator.analysis.luck_subject import Subject, subject_of
from simulator.errors import UsageError
from simulator.scenario.model import Scenario
from simulator.simulation.metrics import metrics_in
from simulator.simulation.provenance import Provenance
from simulator.simulation.result import Result, Segments
from simulator.simulation.simulate import check_arguments, simulate
from simulator.statistics.intervals import as_percent

LEAST_TRIALS = 100
"""Fewer say nothing about shares and tails."""


@dataclass(frozen=True)
class Luck:
    """A luck report; ``print`` its ``headline``, or show it in a notebook.

    Attributes
    ----------
    subject : the metric, period, segment and threshold it is about
    shares : of the spread, in the order assumptions, market, demand, deals, slips (, customers)
    slips, band, deals : see their classes
    actual : what an outcome says, None where none was given
    values : float64 (trial,) the metric in the plan as it is
    perfect : float64 (trial,) the metric with nothing but the luck of the draw, of fewer trials where there are many
    """

    scenario: Scenario
    subject: Subject
    shares: tuple[Share, ...]
    slips: SlipEffect
    band: Band
    deals: tuple[DealSwing, ...]
    actual: Afterwards | None
    provenance: Provenance
    notes: tuple[str, ...] = ()
    values: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0), repr=False)
    perfect: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0), repr=False)

    @property
    def luck_share(self) -> float:
        """Share of the spread that is luck of the draw: demand, deals, slips, and who stays a customer."""
        return sum(one.share for one in self.shares if one.group in LUCK)

    def to_json(self) -> dict[str, Any]:
        """The documented JSON form (see the reference)."""
        subject = self.subject
        return self.provenance.to_json() | {
            "metric": subject.metric.name, "in": subject.period.label,
            "segment": list(subject.segment) if isinstance(subject.segment, tuple) else subject.segment,
            "target": subject.name, "at_least": subject.at_least, "at_most": subject.at_most,
            "mean": float(self.values.mean()), "sd": float(self.values.std(ddof=1)),
            "shares": [one.to_json() for one in self.shares],
            "slips": self.slips.to_json(), "band": self.band.to_json(),
            "deals": [deal.to_json() for deal in self.deals],
            "actual": None if self.actual is None else self.actual.to_json(),
            "warnings": list(self.notes),
        }  # fmt: skip

    def __repr__(self) -> str:
        words = ", ".join(f"{one.group} {as_percent(max(one.share, 0.0))}" for one in self.shares if one.open)
        return f"<Luck {self.subject.metric.label} in {self.subject.period.label}: {words}>"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{one.group}</td><td style='text-align:right'>"
            f"{as_percent(max(one.share, 0.0)) if one.open else 'none'}</td></tr>"
            for one in self.shares
        )
        learned = ""
        if self.actual is not None:
            body = "".join(
                f"<tr><td>{escape(one.label)}</td><td>{one.prior[1]:.4g}</td><td>{one.posterior[1]:.4g}</td></tr>"
                for one in self.actual.learned
            )
            learned = f"<p>{escape(self.actual.verdict)}</p>"
            if body:
                head = "<tr><th>assumption</th><th>plan (P50)</th><th>now (P50)</th></tr>"
                learned += f"<table>{head}{body}</table>"
        head = f"{escape(self.subject.metric.label)} in {escape(self.subject.period.label)}"
        return (
            f"<h4>{escape(self.scenario.name)}: {head}</h4><table><tr><th>group</th><th>share of the spread</th></tr>"
            f"{rows}</table><p>Even executed perfectly: {self.band.p10:,.0f} to {self.band.p90:,.0f} "
            f"(plan {self.band.plan:,.1f}).</p>{learned}"
        )


def luck(
    scenario: Scenario,
    *,
    metric: str | None = None,
    period: str | None = None,
    segment: Segments = None,
    target: str | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
    actual: Mapping[str, float] | None = None,
    trials: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    played: Result | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Luck:
    """Take a plan's luck apart, before the quarter or after it.

    Parameters
    ----------
    scenario : from :func:`simulator.load`.
    metric, period, segment : what to look at; by default that of the plan's first target.
    target : the name of a target, in place of these.
    at_least, at_most : a threshold of your own.
    actual : what happened, as ``{"wins": 19, "mqls": 118}``; ``period`` says when.
    trials, seed, threads : as for :func:`simulator.simulate`.
    played : the plan's own trials, if you have them: the report is of these, and they are not played again.
    progress : called with (trials done, trials in all) between chunks.

    Returns
    -------
    Luck

    Raises
    ------
    UsageError : an unknown metric, period, segment or target, or options that exclude each other.

    Examples
    --------
    >>> import simulator as sim
    >>> plan = sim.load("scenarios/twenty-five-customers.yaml")
    >>> found = sim.luck(plan, trials=1000, seed=7)
    >>> [share.group for share in found.shares if share.open]
    ['demand', 'deals', 'slips']
    """
    subject = subject_of(
        scenario, target=target, metric=metric, period=period, segment=segment, at_least=at_least, at_most=at_most,
        actual=actual,
    )  # fmt: skip
    outcome: dict[str, float] | None = None
    when = subject.period
    if actual:
        if period is None and target is None:
            if scenario.quarters > 1:
                last = scenario.calendar.labels[-1]
                raise UsageError(f"say when this happened: period={last!r} (on the command line: --in {last})")
            when = scenario.calendar.period(scenario.calendar.labels[0])
        outcome = check_actual(actual, _kinds(scenario), when)
    if played is not None:
        trials, seed = _of_played(scenario, played, trials, seed)
    setup = check_arguments(scenario, trials, seed, threads)
    if setup.trials < LEAST_TRIALS:
        raise UsageError(f"trials: {setup.trials} are too few to tell luck from noise; at least {LEAST_TRIALS}")
    runs = _Runs(scenario, setup.trials, setup.seed, setup.threads, progress, played is None)
    played = runs() if played is None else played
    values = subject.values(played)
    shares = shares_of_spread(scenario, subject, values, runs)
    slipping = open_groups(scenario)[GROUPS.index("slips")]
    without = runs(slips=False) if slipping else played
    perfect = subject.values(runs(at_median=True, market=False, trials=enough(setup.trials)))
    after = None
    if outcome:
        after = afterwards(scenario, outcome, when, subject.segment, played, runs, seed=setup.seed,
                           threads=setup.threads, progress=runs.stage)  # fmt: skip
    return Luck(
        scenario, subject, shares, slip_effect(subject, played, without), luck_band(subject, values, perfect),
        deal_swings(subject, played), after, played.provenance, tuple(dict.fromkeys(played.notes)), values, perfect,
    )  # fmt: skip


def _of_played(scenario: Scenario, played: Result, trials: int | None, seed: int | None) -> tuple[int, int]:
    """Trials and seed of a result that is to be looked at."""
    if played.scenario != scenario:
        raise UsageError("played: the result is of another scenario")
    if trials not in (None, played.trials) or seed not in (None, played.seed):
        raise UsageError(f"played: the result has {played.trials:,} trials and seed {played.seed}")
    return played.trials, played.seed


class _Runs:
    """Plays the plan again and again, and adds the progress up, in trials."""

    def __init__(
        self, scenario: Scenario, trials: int, seed: int, threads: int, progress: Callable[[int, int], None] | None,
        first: bool,
    ):  # fmt: skip
        self.scenario, self.trials, self.seed, self.threads = scenario, trials, seed, threads
        again = enough(trials)  # of the shares, and of the band; the run without slips is of all trials
        self._progress, self._finished = progress, 0
        self._planned = (trials if first else 0) + trials + again * (1 + sum(open_groups(scenario)))

    def __call__(self, *, trials: int | None = None, **how: Any) -> Result:
        count = trials or self.trials
        result = simulate(
            self.scenario, trials=count, seed=self.seed, threads=self.threads,
            progress=lambda done, total: self._tell(done), **how,
        )  # fmt: skip
        self._finished += count
        return result

    def stage(self, done: int, total: int) -> None:
        """Progress of what comes after the runs that were planned."""
        self._tell(round(self.trials * done / total))

    def _tell(self, done: int) -> None:
        if self._progress is not None:
            whole = max(self._planned, self._finished + self.trials)
            self._progress(min(whole, self._finished + done), whole)


def _kinds(scenario: Scenario) -> dict[str, str]:
    return {m.name: m.kind for m in metrics_in(scenario)}
