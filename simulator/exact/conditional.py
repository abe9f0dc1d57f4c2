"""Plans with uncertain numbers or a market: the exact probability at each point, averaged over even points.

Given the assumptions and the market, targets are worked out exactly; what is left to average over is
smooth, and scrambled Sobol' points cover it evenly. The points are first turned so that their best
covered directions are those along which the targets change most (as in the linear transformation method
of Imai & Tan 2006). Independent scrambles give an honest error (L'Ecuyer & Lemieux 2002).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.exact import normal, sobol, thresholds, transforms
from simulator.exact.answers import Answers
from simulator.exact.inversion import count_law, money_law, poisson_law
from simulator.exact.laws import WORST, CountLaw, MoneyLaw, OutOfReachError, PoissonLaw
from simulator.exact.lumps import dispersed, draw_lumps
from simulator.exact.memory import Memory
from simulator.exact.outline import Outline
from simulator.exact.parts import Parts
from simulator.exact.weather import market_dimensions
from simulator.scenario.model import Target
from simulator.scenario.uncertain import Values
from simulator.statistics.intervals import Estimate

Floats = NDArray[np.float64]

AnyLaw = CountLaw | MoneyLaw | PoissonLaw

SETS = 16
"""Independent scrambles."""
T95 = 2.131449546
"""Two-sided 95% quantile of Student's t with 15 degrees of freedom."""
PILOT = 512
SMOOTH = 1e-7
NEAR = 3e-5  # frequencies that weigh less are left out: far below the error of the average


def names_of(outline: Outline) -> list[str]:
    """What each dimension of a point is, the same in every variant of a plan."""
    stages, events = outline.scenario.stages, outline.scenario.market.events
    own = [f"number\x1f{name}" for name in outline.numbers.normals]
    for part, index, q in market_dimensions(outline):
        who = stages[index] if part == "stage" else events[index].name if part == "event" else ""
        own.append(f"{part}\x1f{who}\x1f{q - outline.warm}")
    return own


@dataclass(frozen=True)
class Cloud:
    """Points by the names of their dimensions: z (point, dimension), the points of a scramble side by side."""

    names: tuple[str, ...]
    z: Floats
    seed: int

    @property
    def per_set(self) -> int:
        return self.z.shape[0] // SETS

    def of(self, outline: Outline) -> Floats:
        """The points for a variant of the plan; dimensions it has more are drawn by their names."""
        place = {name: column for column, name in enumerate(self.names)}
        wanted = names_of(outline)
        if tuple(wanted) == self.names:
            return self.z
        columns: list[Floats] = []
        for name in wanted:
            if name in place:
                columns.append(self.z[:, place[name]])
            else:
                key = [self.seed, *name.encode()]
                fresh = np.random.Generator(np.random.PCG64(key)).standard_normal(self.z.shape[0])
                columns.append(np.asarray(fresh, np.float64))
        return np.stack(columns, axis=1) if columns else np.zeros((self.z.shape[0], 0))


def cloud(outline: Outline, targets: Sequence[Target], seed: int, per_set: int) -> Cloud:
    """Points for a plan, their best directions turned to where these targets change."""
    names = names_of(outline)
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, 11])))
    pilot = normal.ppf(sobol.scrambled(PILOT, len(names), rng))
    turn = _directions(outline, targets, pilot)
    sets = [normal.ppf(sobol.scrambled(per_set, len(names), rng)) @ turn.T for _ in range(SETS)]
    return Cloud(tuple(names), np.concatenate(sets), seed)


def _directions(outline: Outline, targets: Sequence[Target], z: Floats) -> Floats:
    """An orthogonal matrix: the slopes of the targets' conditional scores first, then what comes by the step.

    Events and listed values jump at a threshold of their own normal. Turned together with the others such a
    step would lie across all dimensions and be met by chance; on an axis of its own it is met as often as it
    should be. Axes of steps follow in the order of what they move.
    """
    answers = Answers(outline, z)
    steps = _steps(outline)
    smooth = np.setdiff1d(np.arange(z.shape[1]), steps)
    slopes: list[Floats] = []
    moved = np.zeros(z.shape[1])
    design = np.column_stack([np.ones(z.shape[0]), z])
    # slopes of more dimensions than points are known up to what the points do not see, which is little
    for target in targets:
        quarters = target.period.quarters[-1:] if target.period.each else target.period.quarters
        mean, variance = transforms.moments(answers.parts(target.metric, quarters, target.segment), z.shape[0])
        bound = float(target.at_least if target.at_least is not None else target.at_most or 0.0)
        score = np.clip((mean - bound) / np.sqrt(np.maximum(variance, 1e-12)), -4.0, 4.0)
        slope: Floats = np.asarray(np.linalg.lstsq(design, score, rcond=1e-3)[0][1:], np.float64)
        moved += np.abs(slope)
        if np.linalg.norm(slope[smooth]) > 1e-9:
            slopes.append(np.asarray(slope[smooth] / np.linalg.norm(slope[smooth]), np.float64))
    slopes = slopes[: smooth.size]
    turned = np.linalg.qr(np.column_stack(slopes), mode="complete")[0] if slopes else np.eye(smooth.size)
    found, first = np.zeros((z.shape[1], z.shape[1])), len(slopes)
    found[smooth, :first] = turned[:, :first]
    for column, axis in enumerate(steps[np.argsort(-moved[steps], kind="stable")], first):
        found[axis, column] = 1.0
    found[smooth, first + steps.size :] = turned[:, first:]
    return found


def _steps(outline: Outline) -> NDArray[np.int64]:
    """Dimensions in which the plan changes by the step: events, and numbers that are one of a list."""
    listed = {leaf.normal for leaf in outline.numbers.leaves if isinstance(leaf.number, Values)}
    own = len(outline.numbers.normals)
    parts = market_dimensions(outline)
    events = [own + column for column, (part, _, _) in enumerate(parts) if part == "event"]
    return np.array([*sorted(listed - set(outline.numbers.tied)), *events], np.int64)


class Averages:
    """Targets and means at the points of a cloud, by scramble.

    Parameters
    ----------
    hold : path -> value of uncertain numbers to hold
    memory : of variants of the plan at the same points
    """

    def __init__(
        self, outline: Outline, points: Cloud, hold: Mapping[str, float] | None = None, memory: Memory | None = None
    ):
        self.outline, self.cloud = outline, points
        self.answers = Answers(outline, points.of(outline), hold, memory)
        self._lumpy: Answers | None = None

    @property
    def with_lumps(self) -> Answers:
        """The same points, with arrivals of dispersed weeks drawn: what is left is Poisson."""
        if not dispersed(self.outline):
            return self.answers
        if self._lumpy is None:
            self._lumpy = self.answers.given(draw_lumps(self.answers.points, self.cloud.seed, 13))
        return self._lumpy

    def probabilities(self, target: Target) -> tuple[Floats, dict[int, Floats]]:
        """P(target) in each scramble, and where it is for each quarter P(each by itself): (scramble,)."""
        if not target.period.each:
            return self._one(target, target.period.quarters), {}
        return self.whole(target), {q: self._one(target, (q,)) for q in target.period.quarters}

    def whole(self, target: Target) -> Floats:
        """P(target) in each scramble: (scramble,); of one for each quarter, that all of them meet it."""
        if not target.period.each:
            return self._one(target, target.period.quarters)
        at_points = np.ones(self.answers.count)
        self.with_lumps.ask_all(target.metric, [(q,) for q in target.period.quarters], target.segment)
        for q in target.period.quarters:
            at_points = at_points * self._met(self.with_lumps, target, (q,), self.answers.count)
        return at_points.reshape(SETS, -1).mean(axis=1)

    def alone(self, target: Target, quarter: int) -> Floats:
        """P(a target for each quarter is met in this one) in each scramble."""
        return self._one(target, (quarter,))

    def _one(self, target: Target, quarters: tuple[int, ...]) -> Floats:
        return self._met(self.answers, target, quarters, SETS)

    def _met(self, answers: Answers, target: Target, quarters: tuple[int, ...], sets: int) -> Floats:
        """P(target over these quarters), averaged within sets of points."""
        parts = answers.parts(target.metric, quarters, target.segment)
        money = target.metric in answers.money
        law: AnyLaw | None = None if money else poisson_law(parts, answers.count, sets)
        if law is None:
            missed = thresholds.missed(
                parts, answers.count, at_least=target.at_least, at_most=target.at_most, money=money
            )
            if missed is not None:
                return np.clip(1 - missed, 0.0, 1.0).reshape(sets, -1).mean(axis=1)
            law = self._law(parts, target, sets) if money else count_law(parts, answers.count, sets, enough=SMOOTH)
        under = law.below(target.at_least) if target.at_least is not None else law.above(float(target.at_most or 0.0))
        return np.clip(1 - under, 0.0, 1.0)

    def _law(self, parts: Parts, target: Target, sets: int) -> CountLaw | MoneyLaw:
        """The whole law of an amount that does not die out in a few frequencies."""
        law = money_law(parts, self.answers.count, sets, most=1 << 9, enough=NEAR)
        if law.error_bound > WORST:
            law = money_law(parts, self.answers.count, sets, most=1 << 12, enough=NEAR)
        if law.error_bound > WORST:
            raise OutOfReachError(f"{target.name}: too few and too uneven amounts for a law without gaps")
        return law

    def means(self, metric: str, quarters: tuple[int, ...], segment: str | Sequence[str] | None = None) -> Floats:
        """Mean of a metric in each scramble."""
        return self.answers.means(metric, quarters, segment).reshape(SETS, -1).mean(axis=1)


def estimate(sets: Floats, share: bool = True) -> Estimate:
    """Mean over independent scrambles, with the t interval of their differences; a ``share`` is within 0 and 1."""
    value = float(sets.mean())
    error = float(sets.std(ddof=1)) / math.sqrt(sets.size)
    low, high = value - T95 * error, value + T95 * error
    return Estimate(value, error, max(0.0, low), min(1.0, high)) if share else Estimate(value, error, low, high)
