"""All targets together, and targets that have no closed form: drawn by classes, with their Monte Carlo error."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simulator.exact.answers import Answers
from simulator.exact.joint import Joint
from simulator.exact.lumps import dispersed, draw_lumps
from simulator.exact.result import JointEstimate
from simulator.exact.segments import Segments
from simulator.exact.terms import Points
from simulator.scenario.model import Target
from simulator.simulation.result import TargetEstimate
from simulator.statistics.intervals import Z95, proportion

Flags = NDArray[np.bool_]

DRAWS = 10_000


def draw_hits(answers: Answers, targets: Sequence[Target], seed: int, draws: int = DRAWS) -> Flags:
    """bool (trial, target): so many trials of a plan of certain numbers, drawn by classes."""
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, 7])))
    if not dispersed(answers.outline):
        return Joint(answers.points, answers.segments, targets, draws, rng).hits()
    points = Points(answers.outline, np.zeros((draws, 0)))  # each trial has weeks of its own
    return Joint(points, Segments(points, draw_lumps(points, seed, 17)), targets, 1, rng).hits()


def together(hits: Flags, targets: Sequence[TargetEstimate]) -> JointEstimate:
    """How likely all targets are met, from trials of all of them and the exact probability of some.

    What is known exactly takes part of the noise away: the share of trials in which all are met is
    corrected by how far each target's own share is from its probability (regression on control
    variates; Lavenberg & Welch 1981).
    """
    met: Flags = np.asarray(hits.all(axis=1))
    known = [i for i, t in enumerate(targets) if t.engine != "simulate" and 0 < hits[:, i].mean() < 1]
    plain = proportion(met)
    if plain.value in (0.0, 1.0) or not known:
        return JointEstimate(plain.value, plain.standard_error, plain.low, plain.high, "simulate", met.size)
    x = hits[:, known].astype(np.float64)
    off = x - x.mean(axis=0)
    slope, *_ = np.linalg.lstsq(off, met - met.mean(), rcond=None)
    exact = np.array([targets[i].value for i in known])
    value = float(met.mean() - slope @ (x.mean(axis=0) - exact))
    left = met - met.mean() - off @ slope
    error = float(np.sqrt((left @ left) / max(1, met.size - len(known) - 1) / met.size))
    value = min(max(value, 0.0), min(t.value for t in targets))
    low, high = max(0.0, value - Z95 * error), min(1.0, value + Z95 * error)
    return JointEstimate(value, error, low, high, "simulate", met.size)
