"""Plans against each other in the same luck: what differs, and what it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.engine import PLAYED, Answering, not_exact
from simulator.analysis.notebook import table_html
from simulator.analysis.shared import shared_metrics, shared_periods, what_is_not_shared
from simulator.analysis.variants import Steps
from simulator.errors import UsageError
from simulator.exact.family import Family, Found
from simulator.exact.forecast import Engine, check_engine
from simulator.exact.laws import OutOfReachError
from simulator.quarters import Period
from simulator.scenario.model import Scenario, Target
from simulator.simulation.provenance import SCHEMA
from simulator.simulation.result import Result
from simulator.simulation.simulate import check_arguments, simulate
from simulator.statistics.intervals import Estimate, as_percent, mean, proportion
from simulator.statistics.paired import Race, paired_mean, paired_proportion, race

Known = dict[str, tuple[Found | None, ...]]
"""Name of a target -> how likely it is in each plan, None where a plan has no such target."""


@dataclass(frozen=True)
class ComparedTarget:
    """A target in all plans, and one plan's difference to the first.

    ``probabilities`` has None for a plan without the target; ``difference`` is then None if that
    plan or the first lacks it. ``other`` is the number of the plan that is set against the first, ``engine`` says
    whether both were worked out (``exact``, ``conditional``) or counted in trials (``simulate``).
    """

    name: str
    probabilities: tuple[Estimate | None, ...]
    other: int
    difference: Estimate | None
    engine: str = "simulate"

    def to_json(self) -> dict[str, Any]:
        d = self.difference
        return {
            "name": self.name,
            "probabilities": [None if p is None else p.value for p in self.probabilities],
            "other": self.other,
            "difference": None if d is None else d.value,
            "standard_error": None if d is None else d.standard_error,
            "low": None if d is None else d.low,
            "high": None if d is None else d.high,
            "engine": self.engine,
        }


@dataclass(frozen=True)
class ComparedMetric:
    """A metric over a period: one plan against the first, trial by trial."""

    metric: str
    period: str
    other: int
    means: tuple[float, float]
    difference: Estimate
    race: Race

    def to_json(self) -> dict[str, Any]:
        return {
            "metric": self.metric, "in": self.period, "other": self.other, "means": list(self.means),
            "mean_difference": self.difference.value, "standard_error": self.difference.standard_error,
            "low": self.difference.low, "high": self.difference.high,
            "ahead": self.race.ahead, "level": self.race.level, "behind": self.race.behind,
        }  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """What :func:`compare` found; the first plan is the one others are set against.

    Attributes
    ----------
    results : tuple of Result, one per plan, of the same trials and seed.
    notes : what could not be compared, in words.
    how : whether the targets' probabilities were worked out; all else is counted in the trials.
    """

    results: tuple[Result, ...]
    notes: tuple[str, ...] = ()
    _pairs: tuple[tuple[str, tuple[int | None, ...]], ...] = field(default=(), repr=False)
    _kpi_pairs: tuple[tuple[str, tuple[int | None, ...]], ...] = field(default=(), repr=False)
    how: Answering = PLAYED
    _known: Known = field(default_factory=dict, repr=False)

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        return tuple(result.scenario for result in self.results)

    @property
    def labels(self) -> tuple[str, ...]:
        """Names that tell the plans apart."""
        names = [scenario.name for scenario in self.scenarios]
        if len(set(names)) == len(names):
            return tuple(names)
        if len(names) == 2:
            return ("as planned", "changed")
        return tuple(f"{name} ({number})" for number, name in enumerate(names, 1))

    @cached_property
    def differences(self) -> tuple[dict[str, Any], ...]:
        """``{"path", "values"}`` of what differs in any plan, one value per plan; None where one says nothing."""
        first, others = self.scenarios[0], self.scenarios[1:]
        found = [{path: (here, there) for path, here, there in first.differences(other)} for other in others]
        rows = []
        for path in dict.fromkeys(path for one in found for path in one):
            here = next(one[path][0] for one in found if path in one)
            rows.append({"path": path, "values": [here, *(_value(path, here, one) for one in found)]})
        return tuple(rows)

    @cached_property
    def targets(self) -> tuple[ComparedTarget, ...]:
        """Every target of any plan, against each other plan in turn."""
        return tuple(
            self._worked_out(name, k) or self._target(name, self._hits(places), k)
            for name, places in self._pairs
            for k in range(1, len(self.results))
        )

    def _worked_out(self, name: str, other: int) -> ComparedTarget | None:
        """A target as it was worked out, at the same points in all plans; None where it was not."""
        if name not in self._known:
            return None
        found = self._known[name]
        first, second = found[0], found[other]
        difference = None if first is None or second is None else second.less(first)
        probabilities = tuple(None if each is None else each.estimate for each in found)
        return ComparedTarget(name, probabilities, other, difference, self.how.engine)

    @cached_property
    def scorecards(self) -> tuple[ComparedTarget, ...]:
        """Every KPI of any plan's segments, against each other plan in turn; empty where no segment has one."""
        return tuple(
            self._target(name, self._hits(places, kpis=True), k)
            for name, places in self._kpi_pairs
            for k in range(1, len(self.results))
        )

    def _hits(self, places: Sequence[int | None], kpis: bool = False) -> list[NDArray[np.bool_] | None]:
        """bool (trial,) per plan: where the target, or KPI, at that place is met."""
        hits = [result.kpi_hits if kpis else result.target_hits for result in self.results]
        return [None if i is None else found[:, i] for found, i in zip(hits, places, strict=True)]

    @cached_property
    def all_targets(self) -> tuple[ComparedTarget, ...]:
        """Every plan's own targets met in the same trial; empty where a plan has none."""
        if not all(scenario.targets for scenario in self.scenarios):
            return ()
        hits: list[NDArray[np.bool_] | None] = [np.all(result.target_hits, axis=1) for result in self.results]
        return tuple(self._target("all targets together", hits, k) for k in range(1, len(hits)))

    def _target(self, name: str, hits: Sequence[NDArray[np.bool_] | None], other: int) -> ComparedTarget:
        first, second = hits[0], hits[other]
        difference = None if first is None or second is None else paired_proportion(first, second)
        return ComparedTarget(name, tuple(None if h is None else proportion(h) for h in hits), other, difference)

    @cached_property
    def metrics(self) -> tuple[ComparedMetric, ...]:
        """Every metric and period that the first plan shares with another."""
        return tuple(
            self.metric(name, label, other)
            for other in range(1, len(self.results))
            for name in shared_metrics(self.results[0], self.results[other])
            for label in shared_periods(self.scenarios[0], self.scenarios[other])
        )

    def metric(self, metric: str, period: str = "horizon", other: int = 1) -> ComparedMetric:
        """One metric over one period, against one plan.

        Raises
        ------
        UsageError : no such metric or period in one of the two.
        """
        first, second = (self.results[k].values(metric, period) for k in (0, other))
        means = (mean(first).value, mean(second).value)
        return ComparedMetric(metric, period, other, means, paired_mean(first, second), race(first, second))

    def summary(self) -> list[dict[str, Any]]:
        """Tidy rows, metric by metric, as in the JSON."""
        return [row.to_json() for row in self.metrics]

    def to_json(self) -> dict[str, Any]:
        """The documented JSON form; differences are against the first scenario."""
        joint = [row.to_json() for row in self.all_targets]
        head = self.results[0].provenance.to_json()
        return {
            "schema": SCHEMA,
            "scenarios": [
                {"name": s.name, "file": s.file, "sha256": s.sha256, "label": label}
                for s, label in zip(self.scenarios, self.labels, strict=True)
            ],
            "version": head["version"], "engine": self.how.engine, "trials": head["trials"], "seed": head["seed"],
            "libraries": head["libraries"],
            "differences": list(self.differences),
            "targets": [row.to_json() for row in self.targets],
            "all_targets": joint[0] if len(joint) == 1 else joint or None,
            **({"scorecards": [row.to_json() for row in self.scorecards]} if self.scorecards else {}),
            "metrics": self.summary(),
            "notes": list(self.notes),
        }  # fmt: skip

    def __repr__(self) -> str:
        rows = [
            f"{t.name}: {' → '.join('-' if p is None else as_percent(p.value) for p in t.probabilities)}"
            for t in self.targets[: len(self._pairs)]
        ]
        return f"<Comparison {' | '.join(self.labels)}; {'; '.join(rows)}>"

    def _repr_html_(self) -> str:
        rows = [
            [t.name, *("–" if p is None else as_percent(p.value) for p in t.probabilities),
             _points(t.difference)]
            for t in self.targets
        ]  # fmt: skip
        return table_html("Compared in the same luck", ["target", *self.labels, "difference (95%)"], rows)


def _points(difference: Estimate | None) -> str:
    if difference is None:
        return "–"
    return f"{100 * difference.value:+.1f} ± {196 * difference.standard_error:.1f} points"


def compare(
    first: Scenario,
    *others: Scenario,
    engine: Engine = "auto",
    trials: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Play two or more plans in the same luck and set them against the first.

    All run with the same seed, so what the plans have in common happens alike in each trial: the
    difference is that of the plans, and its standard error that of the paired differences. The
    probabilities of targets are worked out instead where that can be done.

    Parameters
    ----------
    first, others : from :func:`simulator.load`, or of :func:`simulator.what_if`.
    engine : of the probabilities of targets. ``auto`` works them out, all plans at the same points of what is
        uncertain, where every plan and target allows it and no trials are asked for; ``exact`` refuses to count
        them in trials, ``simulate`` always does. Who ends ahead is known of trials alone.
    trials, seed : by default those of the first plan that says any.
    threads : by default one per processor; they change no number.
    progress : called with (done, total).

    Raises
    ------
    UsageError : one plan only, or impossible arguments.

    Examples
    --------
    >>> import simulator as sim
    >>> plan = sim.load("scenarios/twenty-five-customers.yaml")
    >>> better = sim.what_if(plan, {"segments.inbound.conversion.sqls": "+10%"})
    >>> found = compare(plan, better, trials=1000, seed=7)
    >>> found.differences
    ({'path': 'segments.inbound.conversion.sqls', 'values': [0.6, 0.66]},)
    >>> found.metric("wins", "2027").race.behind
    0.0
    """
    plans = (first, *others)
    if not others:
        raise UsageError("comparing takes two plans or more")
    setup = check_arguments(first, trials, seed if seed is not None else _first_seed(plans), threads)
    pairs, changed = _pair_targets([plan.targets for plan in plans])
    how, known = _work_out(plans, pairs, engine, trials, setup.seed)
    steps = Steps(progress, len(plans))
    results = tuple(
        simulate(plan, trials=setup.trials, seed=setup.seed, threads=setup.threads, progress=steps.of(number))
        for number, plan in enumerate(plans)
    )
    kpis, more = _pair_targets([plan.kpis for plan in plans], "KPI")
    changed += more
    notes = [note for other in others for note in what_is_not_shared(first, other)]
    notes += changed + _own_settings(plans, setup.trials, trials, setup.seed, seed)
    return Comparison(results, tuple(dict.fromkeys([*notes, *how.notes])), pairs, kpis, how, known)


def _work_out(
    plans: Sequence[Scenario], pairs: Pairs, engine: Engine, trials: int | None, seed: int
) -> tuple[Answering, Known]:
    """Every target of every plan at the same points, or none of them.

    Raises
    ------
    UsageError : ``exact`` was asked for, and something is beyond it.
    """
    check_engine(engine, trials)
    if engine == "simulate" or (engine == "auto" and trials is not None) or not pairs:
        return PLAYED, {}
    family, plan = None, plans[0]
    known: dict[str, list[Found | None]] = {name: [] for name, _ in pairs}
    engines = []
    try:
        family = Family(plan, plan.targets[:1], seed)
        for number, plan in enumerate(plans):
            variant = family.variant(plan)
            engines.append(variant.engine)
            for name, places in pairs:
                place = places[number]
                known[name].append(None if place is None else variant.probability(plan.targets[place]))
    except OutOfReachError as reason:
        return not_exact(plan, engine, str(reason)), {}
    worked = "conditional" if "conditional" in engines else "exact"
    answered = family.answered or "exact, nothing sampled"
    return Answering(family, worked, answered), {name: tuple(found) for name, found in known.items()}


def _first_seed(plans: Sequence[Scenario]) -> int | None:
    return next((plan.simulation.seed for plan in plans if plan.simulation.seed is not None), None)


def _own_settings(
    plans: Sequence[Scenario], trials: int, asked: int | None, seed: int, wanted: int | None
) -> list[str]:
    """A word where a plan's own trials or seed were not taken, because all must share them."""
    notes = []
    if asked is None and any(plan.simulation.trials != trials for plan in plans):
        notes.append(f"the plans ask for different numbers of trials: all were played {trials:,} times, as the first")
    if wanted is None and any(plan.simulation.seed not in (None, seed) for plan in plans):
        notes.append(f"the plans have different seeds: all were played with {seed}, so that they share their luck")
    return notes


def _value(path: str, here: Any, found: Mapping[str, tuple[Any, Any]]) -> Any:
    """A plan's value at a path that differs somewhere: its own, else the first plan's, else unknown."""
    if path in found:
        return found[path][1]
    inside = any(other.startswith(f"{path}.") or path.startswith(f"{other}.") for other in found)
    return None if inside else here


Pairs = tuple[tuple[str, tuple[int | None, ...]], ...]


def _pair_targets(targets: Sequence[Sequence[Target]], what: str = "target") -> tuple[Pairs, list[str]]:
    """Which targets belong together: those of one name, then those that ask the same of another number."""
    names = list(dict.fromkeys(t.name for own in targets for t in own))
    rows: list[tuple[str, list[int | None]]] = [
        (name, [next((i for i, t in enumerate(own) if t.name == name), None) for own in targets]) for name in names
    ]
    notes = []
    merged: list[tuple[str, list[int | None]]] = []
    for name, places in rows:
        partner = next((row for row in merged if _same_question(targets, row[1], places)), None)
        if partner is None:
            merged.append((name, list(places)))
            continue
        notes.append(f"the {what} {partner[0]!r} of one plan is set against {name!r} of another")
        for k, place in enumerate(places):
            if place is not None:
                partner[1][k] = place
    return tuple((name, tuple(places)) for name, places in merged), notes


def _same_question(targets: Sequence[Sequence[Target]], one: Sequence[int | None], two: Sequence[int | None]) -> bool:
    """Whether two rows of targets are in different plans, and differ in their number alone."""
    if any(a is not None and b is not None for a, b in zip(one, two, strict=True)):
        return False
    keys = [{_question(targets[k][i]) for k, i in enumerate(row) if i is not None} for row in (one, two)]
    return len(keys[0]) == len(keys[1]) == 1 and keys[0] == keys[1]


def _question(target: Target) -> tuple[Any, ...]:
    period: Period = target.period
    return target.metric, period.label, target.segment, target.at_least is None
