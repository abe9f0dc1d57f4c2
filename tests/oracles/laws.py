"""How individuals differ: the laws behind lags, delays and deal sizes, written from the definitions.

A *law* is a distribution on [0, ∞) whose parameters are plain numbers. It can be drawn from (for the naive
twin) and knows its distribution function's integral and its moments (for the exact answers). The two sides
share nothing but the parameters, so that one checks the other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import optimize, special

TAIL = 1e-6
"""The law of a lag is cut where less than this is left, and renormalised."""

P90 = 1.2815515655446004
"""The 0.9 quantile of the standard normal."""


class Law:
    """One distribution of weeks or money."""

    def draw(self, rng: np.random.Generator) -> float:
        raise NotImplementedError

    def below(self, x: np.ndarray) -> np.ndarray:
        """F, the distribution function."""
        raise NotImplementedError

    def integral(self, x: np.ndarray) -> np.ndarray:
        """G(x) = ∫₀ˣ F(t) dt = E[max(0, x − L)], and 0 below 0."""
        raise NotImplementedError

    def moment(self, order: int) -> float:
        """E[L ** order]."""
        raise NotImplementedError


@dataclass(frozen=True)
class Continuous(Law):
    """gamma, weibull (exponential is a case of both) and lognormal, with a shape and a scale."""

    family: str
    shape: float
    scale: float

    def draw(self, rng):
        if self.family == "gamma":
            return rng.standard_gamma(self.shape) * self.scale
        if self.family == "weibull":
            return rng.weibull(self.shape) * self.scale
        return math.exp(rng.standard_normal() * self.shape) * self.scale

    def below(self, x):
        x = np.maximum(np.asarray(x, float), 0.0)
        if self.family == "gamma":
            return special.gammainc(self.shape, x / self.scale)
        if self.family == "weibull":
            return -np.expm1(-((x / self.scale) ** self.shape))
        with np.errstate(divide="ignore"):
            return special.ndtr(np.log(x / self.scale) / self.shape)

    def integral(self, x):
        # ∫₀ˣ F = x F(x) − E[L; L ≤ x], by parts
        x = np.maximum(np.asarray(x, float), 0.0)
        if self.family == "gamma":
            part = self.shape * self.scale * special.gammainc(self.shape + 1, x / self.scale)
        elif self.family == "weibull":
            top = special.gamma(1 + 1 / self.shape)
            part = self.scale * top * special.gammainc(1 + 1 / self.shape, (x / self.scale) ** self.shape)
        else:
            with np.errstate(divide="ignore"):
                z = np.log(x / self.scale) / self.shape
            part = self.scale * np.exp(self.shape**2 / 2) * special.ndtr(z - self.shape)
        return x * self.below(x) - part

    def moment(self, order):
        if self.family == "gamma":
            return float(self.scale**order * np.prod(self.shape + np.arange(order)))
        if self.family == "weibull":
            return float(self.scale**order * special.gamma(1 + order / self.shape))
        return float(self.scale**order * np.exp((order * self.shape) ** 2 / 2))


@dataclass(frozen=True)
class Points(Law):
    """Finitely many values, each with its probability: fixed, ``weeks:``, real ones from a file, geometric."""

    values: tuple[float, ...]
    weights: tuple[float, ...]

    @cached_property
    def shares(self) -> np.ndarray:
        return np.array(self.weights, float) / np.sum(self.weights)

    @cached_property
    def cumulated(self) -> np.ndarray:
        return np.cumsum(self.shares)

    def draw(self, rng):
        if len(self.values) == 1:
            return self.values[0]
        return self.values[min(int(self.cumulated.searchsorted(rng.random())), len(self.values) - 1)]

    def below(self, x):
        return (np.array(self.values)[None, :] <= np.atleast_1d(x)[:, None]) @ self.shares

    def integral(self, x):
        return np.maximum(0.0, np.atleast_1d(x)[:, None] - np.array(self.values)[None, :]) @ self.shares

    def moment(self, order):
        return float(np.array(self.values, float) ** order @ self.shares)


def fixed(value: float) -> Law:
    return Points((value,), (1.0,))


def geometric(mean: float) -> Law:
    """On 1, 2, …, P(D = d) = (1/m) (1 − 1/m)^(d−1)."""
    mean = max(1.0, mean)
    top = 1 if mean == 1 else int(np.ceil(np.log(1e-15) / np.log1p(-1 / mean)))
    weeks = np.arange(1, top + 1)
    return Points(tuple(map(float, weeks)), tuple((1 - 1 / mean) ** (weeks - 1) / mean))


def from_mean_and_cv(family: str, mean: float, cv: float) -> Law:
    if family == "exponential":
        return Continuous("weibull", 1.0, mean)
    if family == "gamma":
        return Continuous("gamma", 1 / cv**2, mean * cv**2)
    if family == "lognormal":
        sigma = np.sqrt(np.log1p(cv**2))
        return Continuous("lognormal", float(sigma), float(mean * np.exp(-(sigma**2) / 2)))
    if family == "weibull":

        def squared_cv_minus_target(shape: float) -> float:
            return float(np.exp(special.gammaln(1 + 2 / shape) - 2 * special.gammaln(1 + 1 / shape))) - 1 - cv**2

        shape = float(optimize.brentq(squared_cv_minus_target, 0.05, 500.0, xtol=1e-14, rtol=1e-14))
        return Continuous("weibull", shape, float(mean / special.gamma(1 + 1 / shape)))
    raise ValueError(family)


def from_median_and_p90(median: float, p90: float) -> Law:
    if p90 == median:
        return fixed(median)
    return Continuous("lognormal", float(np.log(p90 / median) / P90), median)


def scaled(law: Law, times: float) -> Law:
    """``times``: the drawn weeks or money, multiplied before they are put on weeks."""
    if times == 1:
        return law
    if isinstance(law, Continuous):
        return replace(law, scale=law.scale * times)
    return replace(law, values=tuple(v * times for v in law.values))


# ------------------------------------------------------------------------------------------------ on weeks
def weeks_pmf(law: Law) -> np.ndarray:
    """P(K = k) of K = ⌊L + U⌋, k = 0, 1, …: G(k+1) − 2 G(k) + G(k−1), cut at ``TAIL`` and renormalised."""
    size = 16
    while True:
        k = np.arange(size)
        g = np.concatenate([[0.0], law.integral(np.arange(size + 1))])  # G(−1) = 0, G(0), G(1), …
        left = 1 - (g[k + 2] - g[k + 1])  # P(K > k) = 1 − (G(k+1) − G(k))
        if left[-1] < TAIL:
            break
        size *= 2
    last = int(np.argmax(left < TAIL))
    pmf = np.maximum(0.0, g[2:] - 2 * g[1:-1] + g[:-2])[: last + 1]
    return pmf / pmf.sum()


def delay_pmf(law: Law) -> np.ndarray:
    """P(D = d), d = 0, 1, … (none at 0) of a slip's delay: whole weeks from 1 on as they are, else max(1, K)."""
    if isinstance(law, Points) and all(value >= 1 and float(value).is_integer() for value in law.values):
        pmf = np.zeros(int(max(law.values)) + 1)
        np.add.at(pmf, np.array(law.values, int), law.shares)
        return pmf
    pmf = weeks_pmf(law)
    pmf = np.concatenate([pmf, [0.0]]) if len(pmf) == 1 else pmf.copy()
    pmf[1] += pmf[0]
    pmf[0] = 0.0
    return pmf


def draw_weeks(law: Law, rng: np.random.Generator) -> int:
    """⌊L + U⌋, drawn as the sentence says."""
    return math.floor(law.draw(rng) + rng.random())


def remaining(pmf: np.ndarray, age: int) -> np.ndarray | None:
    """The law of K − age given K ≥ age; None when nothing is left."""
    tail = pmf[age:] if age >= 0 else pmf
    return tail / tail.sum() if tail.sum() > 0 else None
