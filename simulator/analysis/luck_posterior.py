"""What a quarter's outcome says about the assumptions: trials weighted by how well they explain it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.quarters import Period
from simulator.scenario.labels import label
from simulator.scenario.model import Scenario
from simulator.scenario.spoken import is_share, number_text, share_text
from simulator.simulation.likelihood import LikelihoodOf, why_not_exact
from simulator.simulation.result import Result, Segments
from simulator.statistics.matching import adjusted, match, rule_of_bandwidth
from simulator.statistics.weighted import effective_size, normalised, share_below, weighted_quantiles

Floats = NDArray[np.float64]

ENOUGH = 400
"""Effective trials below which more are drawn."""
MOST_TRIALS = 160_000
"""Trials at most, of those whose likelihood is worked out; a fourth of them where they must be simulated."""
DOUBTFUL = 0.95
"""An assumption is doubtful when it is so probably, at least, on one side of its median."""
FALSE_ALARMS = 0.08
"""Share of quarters in which a plan that is right may have any of its assumptions called doubtful."""
_START, _PLENTY = 4_000, 2_000
"""Trials whose likelihood is worked out first, and effective ones from which on the run's others are not needed."""
_SPLIT_TRIALS = 4_000
_LEVELS = (0.1, 0.5, 0.9)


@dataclass(frozen=True)
class Learned:
    """An uncertain assumption before and after: P10, P50 and P90 each.

    ``below_median`` is the probability, after what happened, that it is below its median of before;
    ``threshold`` is the one from which on either side is doubtful, see :func:`threshold_of_doubt`.
    ``share``: whether it is a number that people say in percent.
    """

    path: str
    label: str
    prior: tuple[float, float, float]
    posterior: tuple[float, float, float]
    below_median: float
    threshold: float = DOUBTFUL
    share: bool = False

    def say(self, value: float) -> str:
        """A value of the assumption as people say it: rates in percent."""
        return share_text(value) if self.share else number_text(value)

    @property
    def doubtful(self) -> bool:
        """Whether the outcome makes it improbable that the number is on one side as well as on the other."""
        return self.below_median > self.threshold or self.below_median < 1 - self.threshold

    def to_json(self) -> dict[str, Any]:
        """The documented form."""
        names = ("p10", "p50", "p90")
        return {
            "path": self.path, "label": self.label, "prior": dict(zip(names, self.prior, strict=True)),
            "posterior": dict(zip(names, self.posterior, strict=True)), "below_median": self.below_median,
            "doubtful": self.doubtful,
        }  # fmt: skip


@dataclass(frozen=True)
class Split:
    """Outcome less expectation, taken apart: ``assumptions`` off, a ``market`` other than usual, and ``luck``."""

    assumptions: float
    market: float
    luck: float


@dataclass(frozen=True)
class Posterior:
    """What was learned, and how well.

    ``method`` is ``exact`` (weights are the likelihood) or ``matching`` (weights fall with the
    distance; ``bandwidth`` in standard deviations of the simulated values, ``reason`` says why).
    ``splits`` has one entry per metric where the method is exact.
    """

    method: str
    reason: str | None
    bandwidth: float | None
    trials: int
    effective: float
    learned: tuple[Learned, ...]
    splits: tuple[Split, ...]

    @property
    def enough(self) -> bool:
        """Whether the effective trials suffice."""
        return self.effective >= ENOUGH


Play = Callable[..., Result]
Progress = Callable[[int, int], None]


def posterior_of(
    scenario: Scenario, seen: Mapping[str, float], period: Period, segment: Segments, played: Result, play: Play,
    *, seed: int, threads: int, progress: Progress | None = None,
) -> Posterior:  # fmt: skip
    """Weigh the trials by what happened.

    Parameters
    ----------
    seen : metric -> outcome.
    played : the plan's trials; play : simulates further ones, ``play(trials=…, first_trial=…)``.
    """
    reason = why_not_exact(scenario, list(seen), period, list(seen.values()))
    if reason is None:
        counts = {name: round(value) for name, value in seen.items()}
        return _exact(scenario, counts, period, segment, played.trials, seed, threads, progress)
    return _matched(scenario, seen, period, segment, played, play, reason)


def _exact(
    scenario: Scenario, seen: dict[str, int], period: Period, segment: Segments, trials: int, seed: int, threads: int,
    progress: Progress | None,
) -> Posterior:  # fmt: skip
    likelihood = LikelihoodOf(scenario, seen, period, segment)
    shape = likelihood.lowered.plan.shape
    found = [likelihood(seed, 0, 1 if shape.static else min(trials, _START), threads, progress)]
    while True:
        log = np.concatenate([part.log for part in found])
        weights = normalised(log)
        effective = effective_size(weights)
        if shape.static or effective >= _PLENTY or (len(log) >= trials and effective >= ENOUGH):
            break
        more = min(len(log), trials - len(log)) if len(log) < trials else len(log)
        if len(log) + more > max(MOST_TRIALS, trials):
            break
        found.append(likelihood(seed, len(log), more, threads, progress))
    drawn = {path: np.concatenate([part.assumptions[path] for part in found]) for path in found[0].assumptions}
    learned = _learned(scenario, {p: (x, x) for p, x in drawn.items()}, weights) if effective > 0 else ()
    splits: tuple[Split, ...] = ()
    if effective > 0:
        expected = np.concatenate([part.expected for part in found])
        calm = None
        if not shape.static and _has_market(scenario):
            few = min(len(log), _SPLIT_TRIALS)
            calm = LikelihoodOf(scenario, seen, period, segment, market=False)(seed, 0, few, threads).expected
        splits = _split(seen, expected, calm, weights, bool(drawn))
    if shape.static and effective > 0:
        effective = float(trials)  # nothing but luck is in it: one trial says what all would
    return Posterior("exact", None, None, len(log), effective, learned, splits)


def _has_market(scenario: Scenario) -> bool:
    """Whether quarters differ by more than luck."""
    market = scenario.market
    return bool(market.conversion.sd or market.volume.sd or market.slip_concentration or market.events)


def _split(seen: Mapping[str, int], expected: Floats, calm: Floats | None, weights: Floats, uncertain: bool
           ) -> tuple[Split, ...]:  # fmt: skip
    """Expected counts, (trial, metric), before and after; ``calm`` are those without a market, of the first trials."""
    before, after = expected.mean(axis=0), weights @ expected
    moved = after - before
    if not uncertain:
        assumptions = np.zeros_like(moved)
    elif calm is None:
        assumptions = moved
    else:
        own = weights[: len(calm)] / max(float(weights[: len(calm)].sum()), 1e-300)
        assumptions = own @ calm - calm.mean(axis=0)
    return tuple(
        Split(float(assumptions[i]), float(moved[i] - assumptions[i]), float(value - after[i]))
        for i, value in enumerate(seen.values())
    )


def _matched(
    scenario: Scenario, seen: Mapping[str, float], period: Period, segment: Segments, played: Result, play: Play,
    reason: str,
) -> Posterior:  # fmt: skip
    target = np.array(list(seen.values()), float)
    simulated, drawn = _columns(played, seen, period, segment), dict(played.assumptions)
    while True:
        width = rule_of_bandwidth(len(simulated), len(target))
        found = match(simulated, target, width)
        if effective_size(found.weights) >= ENOUGH or 2 * len(simulated) > max(MOST_TRIALS // 4, played.trials):
            break
        more = play(trials=len(simulated), first_trial=len(simulated))
        simulated = np.concatenate([simulated, _columns(more, seen, period, segment)])
        drawn = {path: np.concatenate([x, more.assumptions[path]]) for path, x in drawn.items()}
    effective = effective_size(found.weights)
    if effective < ENOUGH:
        found = match(simulated, target, width, enough=min(ENOUGH, len(simulated) / 2))
    moved = {path: (x, adjusted(x, found)) for path, x in drawn.items()}
    learned = _learned(scenario, moved, found.weights)
    return Posterior("matching", reason, found.bandwidth, len(simulated), effective, learned, ())


def _columns(result: Result, seen: Mapping[str, float], period: Period, segment: Segments) -> Floats:
    return np.stack([np.asarray(result.values(name, period, segment), float) for name in seen], axis=1)


def _learned(scenario: Scenario, drawn: Mapping[str, tuple[Floats, Floats]], weights: Floats) -> tuple[Learned, ...]:
    """Before and after of every assumption, what is most doubtful first; drawn: path -> (prior, matched)."""
    found = []
    numbers = dict(scenario.numbers())
    equal = np.ones_like(weights)
    for path, (before, after) in drawn.items():
        own = numbers.get(path)
        # what the plan says, where it can be had exactly: 40%, and not the 39.8% of these trials
        prior = weighted_quantiles(before, equal, _LEVELS) if own is None else [own.quantile(u) for u in _LEVELS]
        posterior = weighted_quantiles(after, weights, _LEVELS)
        found.append(
            Learned(
                path, label(path, scenario.stages), (float(prior[0]), float(prior[1]), float(prior[2])),
                (float(posterior[0]), float(posterior[1]), float(posterior[2])),
                share_below(after, weights, float(np.median(before))), share=is_share(scenario, path),
            )
        )  # fmt: skip
    level = threshold_of_doubt([one.prior for one in found], [one.posterior for one in found])
    return tuple(sorted((replace(one, threshold=level) for one in found), key=lambda one: -abs(one.below_median - 0.5)))


Levels = tuple[float, float, float]


def threshold_of_doubt(priors: Sequence[Levels], posteriors: Sequence[Levels]) -> float:
    """From which probability on an assumption is doubtful: 0.95, more where many are learned about at once.

    An outcome from which the share r of an assumption's variance is learned moves a normal posterior by
    √r standard deviations times a standard normal when the truth is at the median. A plan that is right
    is then blamed with probability Σ 2 Φ(−t/√r) at most; t is raised until that is FALSE_ALARMS.

    >>> threshold_of_doubt([(0, 1, 2)], [(0.5, 1, 1.5)])
    0.95
    >>> round(threshold_of_doubt([(0, 1, 2)] * 9, [(0.5, 1, 1.5)] * 9), 3)
    0.988
    """
    normal = NormalDist()
    learned = []
    for before, after in zip(priors, posteriors, strict=True):
        width = before[2] - before[0]
        share = 1.0 - ((after[2] - after[0]) / width) ** 2 if width > 0.0 else 0.0
        if share > 0.0:
            learned.append(share**0.5)

    def alarms(t: float) -> float:
        return sum(2.0 * normal.cdf(-t / root) for root in learned)

    low, high = normal.inv_cdf(DOUBTFUL), 8.0
    if alarms(low) <= FALSE_ALARMS:
        return DOUBTFUL
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if alarms(middle) > FALSE_ALARMS else (low, middle)
    return normal.cdf(high)
