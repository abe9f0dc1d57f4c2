"""Numbers we may be unsure of: one value per trial, through the inverse of a distribution.

Every kind is frozen, knows its domain and gives its quantiles; how a trial's uniform is drawn is
not its business. A number with a ``name`` shares that uniform with all numbers of the same name.

A domain says what values are possible: a ``share`` lies in 0..1, a ``positive`` number above 0, a
``real`` number anywhere. It also says on which scale ranges are normal: logit, log or plain.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from simulator.scenario.number import Number as Number
from simulator.scenario.number import show
from simulator.scenario.scales import LN9, Z90, beta_quantile, forward, inverse, normal_quantile


@dataclass(frozen=True)
class Certain(Number):
    """The same in every trial."""

    value: float

    @property
    def certain(self) -> bool:
        return True

    def _quantile(self, u: Any) -> Any:
        if isinstance(u, float):
            return float(self.value)
        import numpy as np

        return np.full(np.shape(u), float(self.value))

    def _describe(self) -> str:
        return show(self.value)


@dataclass(frozen=True)
class Pert(Number):
    """PERT: a beta on ``min``..``max`` with λ = 4 around ``likely`` (Malcolm et al. 1959)."""

    min: float
    likely: float
    max: float

    @property
    def varies(self) -> bool:
        return self.max > self.min

    def shapes(self) -> tuple[float, float]:
        """The two shapes of the beta, between ``min`` and ``max``."""
        a = 1 + 4 * (self.likely - self.min) / (self.max - self.min)
        return a, 6 - a

    def _quantile(self, u: Any) -> Any:
        return self.min + (self.max - self.min) * beta_quantile(*self.shapes(), u)

    def _describe(self) -> str:
        return f"{show(self.min)} – {show(self.max)}, likely {show(self.likely)}"


@dataclass(frozen=True)
class Range(Number):
    """Normal on the scale of its domain, with the two quantiles given."""

    p10: float
    p90: float

    @property
    def varies(self) -> bool:
        return self.p10 != self.p90

    def on_scale(self) -> tuple[float, float]:
        """Mean and standard deviation on the scale of the domain."""
        low, high = forward(self.domain, self.p10), forward(self.domain, self.p90)
        return (low + high) / 2, (high - low) / (2 * Z90)

    def _quantile(self, u: Any) -> Any:
        mean, sd = self.on_scale()
        return inverse(self.domain, mean + sd * normal_quantile(u))

    def _describe(self) -> str:
        return f"P10 {show(self.p10)} – P90 {show(self.p90)}"


@dataclass(frozen=True)
class Metalog(Number):
    """Three-term metalog through the quantiles, on the scale of its domain (Keelin 2016, SPT)."""

    p10: float
    p50: float
    p90: float

    @property
    def varies(self) -> bool:
        return self.p10 != self.p90

    def coefficients(self) -> tuple[float, float, float]:
        """a1, a2, a3 of ``a1 + a2·L + a3·(u − ½)·L``, L = logit(u), on the scale of the domain."""
        g10, g50, g90 = (forward(self.domain, p) for p in (self.p10, self.p50, self.p90))
        return g50, (g90 - g10) / (2 * LN9), (g90 + g10 - 2 * g50) / (0.8 * LN9)

    def _quantile(self, u: Any) -> Any:
        a1, a2, a3 = self.coefficients()
        if isinstance(u, float):
            logit = math.log(u) - math.log1p(-u) if 0 < u < 1 else math.copysign(math.inf, u - 0.5)
        else:
            from scipy.special import logit as vector_logit

            logit = vector_logit(u)
        return inverse(self.domain, a1 + (a2 + a3 * (u - 0.5)) * logit)

    def _describe(self) -> str:
        return f"P10 {show(self.p10)} – P50 {show(self.p50)} – P90 {show(self.p90)}"


@dataclass(frozen=True)
class Successes(Number):
    """A share seen as ``successes`` out of ``of``: Beta(successes + ½, of − successes + ½) (Jeffreys)."""

    successes: float
    of: float

    def shapes(self) -> tuple[float, float]:
        """The two shapes of the beta."""
        return self.successes + 0.5, self.of - self.successes + 0.5

    def _quantile(self, u: Any) -> Any:
        return beta_quantile(*self.shapes(), u)

    def _describe(self) -> str:
        return f"{show(self.successes)} of {show(self.of)}"


@dataclass(frozen=True)
class MeanSd(Number):
    """Beta for a share, lognormal for a positive number, normal for a real one."""

    mean: float
    sd: float

    @property
    def varies(self) -> bool:
        return self.sd != 0

    def shapes(self) -> tuple[float, float]:
        """The two shapes of a share's beta."""
        size = self.mean * (1 - self.mean) / self.sd**2 - 1
        return self.mean * size, (1 - self.mean) * size

    def on_scale(self) -> tuple[float, float]:
        """Mean and standard deviation of a positive number's logarithm, of a real number itself."""
        if self.domain == "positive":
            variance = math.log1p((self.sd / self.mean) ** 2)
            return math.log(self.mean) - variance / 2, math.sqrt(variance)
        return self.mean, self.sd

    def _quantile(self, u: Any) -> Any:
        if self.domain == "share":
            return beta_quantile(*self.shapes(), u)
        mean, sd = self.on_scale()
        return inverse(self.domain, mean + sd * normal_quantile(u))

    def _describe(self) -> str:
        return f"mean {show(self.mean)}, sd {show(self.sd)}"


@dataclass(frozen=True)
class Values(Number):
    """Each of the values equally likely."""

    values: tuple[float, ...]

    @property
    def varies(self) -> bool:
        return min(self.values) != max(self.values)

    def _quantile(self, u: Any) -> Any:
        ordered = sorted(self.values)
        last = len(ordered) - 1
        if isinstance(u, float):
            return float(ordered[min(int(u * len(ordered)), last)])
        import numpy as np

        return np.asarray(ordered, dtype=float)[np.minimum((np.asarray(u) * len(ordered)).astype(int), last)]

    def _describe(self) -> str:
        return "one of " + ", ".join(show(value) for value in self.values)


@dataclass(frozen=True)
class WinProbability(Number):
    """The open deals' own win probabilities as they stand, × ``times``; has no value of its own."""

    @property
    def certain(self) -> bool:
        return True

    def _quantile(self, u: Any) -> Any:
        raise TypeError("the open deals' win probabilities differ; there is no one value")

    def _describe(self) -> str:
        return "as in the deals file"


Numbers = tuple[Number, ...]
"""One number for all quarters, or one per quarter (the last goes on)."""


def at_quarter(numbers: Numbers, quarter: int) -> Number:
    """The number that holds in a quarter; before the start the first one does."""
    return numbers[min(max(quarter, 0), len(numbers) - 1)]
