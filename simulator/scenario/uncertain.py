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

from simulator.scenario.scales import (
    LN9,
    Z90,
    Domain,
    beta_quantile,
    forward,
    inverse,
    normal_quantile,
)


@dataclass(frozen=True, kw_only=True)
class Number:
    """Base of all numbers.

    Parameters
    ----------
    name : uses of one name share the uniform, each through its own distribution.
    times : multiplies what is drawn; a share is then capped at 1.
    domain : ``share``, ``positive`` or ``real``.
    """

    name: str | None = None
    times: float = 1.0
    domain: Domain = "real"

    @property
    def certain(self) -> bool:
        """Whether it has the same value in every trial."""
        return False

    def _quantile(self, u: Any) -> Any:
        raise NotImplementedError

    def quantile(self, u: Any) -> Any:
        """The value below which a share ``u`` of the trials lies, ``times`` applied.

        Parameters
        ----------
        u : float or float64 array, 0..1.

        Examples
        --------
        >>> round(Range(0.52, 0.66, domain="share").quantile(0.9), 6)
        0.66
        """
        if isinstance(u, int):
            u = float(u)
        value = self._quantile(u)
        if self.times != 1.0:
            value = value * self.times
        if self.domain == "share" and self.times > 1.0:
            if isinstance(value, float):
                return min(1.0, value)
            import numpy as np

            return np.minimum(1.0, value)
        return value

    def median(self) -> float:
        """The middle value over trials."""
        return float(self.quantile(0.5))

    def describe(self) -> str:
        """In words, for tables: ``P10 0.52 – P90 0.66``."""
        words = self._describe()
        if self.times != 1.0:
            words += f", × {self.times:.6g}"
        return f"{words} (shared: {self.name})" if self.name else words

    def _describe(self) -> str:
        raise NotImplementedError


def _show(value: float) -> str:
    text = f"{value:,.6g}"
    return f"{value:,.0f}" if "e" in text and abs(value) < 1e15 and abs(value) >= 1 else text


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
        return _show(self.value)


@dataclass(frozen=True)
class Pert(Number):
    """PERT: a beta on ``min``..``max`` with λ = 4 around ``likely`` (Malcolm et al. 1959)."""

    min: float
    likely: float
    max: float

    def _quantile(self, u: Any) -> Any:
        width = self.max - self.min
        a = 1 + 4 * (self.likely - self.min) / width
        b = 1 + 4 * (self.max - self.likely) / width
        return self.min + width * beta_quantile(a, b, u)

    def _describe(self) -> str:
        return f"{_show(self.min)} – {_show(self.max)}, likely {_show(self.likely)}"


@dataclass(frozen=True)
class Range(Number):
    """Normal on the scale of its domain, with the two quantiles given."""

    p10: float
    p90: float

    def _quantile(self, u: Any) -> Any:
        low, high = forward(self.domain, self.p10), forward(self.domain, self.p90)
        return inverse(self.domain, (low + high) / 2 + (high - low) / (2 * Z90) * normal_quantile(u))

    def _describe(self) -> str:
        return f"P10 {_show(self.p10)} – P90 {_show(self.p90)}"


@dataclass(frozen=True)
class Metalog(Number):
    """Three-term metalog through the quantiles, on the scale of its domain (Keelin 2016, SPT)."""

    p10: float
    p50: float
    p90: float

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
        return f"P10 {_show(self.p10)} – P50 {_show(self.p50)} – P90 {_show(self.p90)}"


@dataclass(frozen=True)
class Successes(Number):
    """A share seen as ``successes`` out of ``of``: Beta(successes + ½, of − successes + ½) (Jeffreys)."""

    successes: float
    of: float

    def _quantile(self, u: Any) -> Any:
        return beta_quantile(self.successes + 0.5, self.of - self.successes + 0.5, u)

    def _describe(self) -> str:
        return f"{_show(self.successes)} of {_show(self.of)}"


@dataclass(frozen=True)
class MeanSd(Number):
    """Beta for a share, lognormal for a positive number, normal for a real one."""

    mean: float
    sd: float

    def _quantile(self, u: Any) -> Any:
        if self.domain == "share":
            size = self.mean * (1 - self.mean) / self.sd**2 - 1
            return beta_quantile(self.mean * size, (1 - self.mean) * size, u)
        if self.domain == "positive":
            variance = math.log1p((self.sd / self.mean) ** 2)
            return inverse("positive", math.log(self.mean) - variance / 2 + math.sqrt(variance) * normal_quantile(u))
        return self.mean + self.sd * normal_quantile(u)

    def _describe(self) -> str:
        return f"mean {_show(self.mean)}, sd {_show(self.sd)}"


@dataclass(frozen=True)
class Values(Number):
    """Each of the values equally likely."""

    values: tuple[float, ...]

    def _quantile(self, u: Any) -> Any:
        ordered = sorted(self.values)
        last = len(ordered) - 1
        if isinstance(u, float):
            return float(ordered[min(int(u * len(ordered)), last)])
        import numpy as np

        return np.asarray(ordered, dtype=float)[np.minimum((np.asarray(u) * len(ordered)).astype(int), last)]

    def _describe(self) -> str:
        return "one of " + ", ".join(_show(value) for value in self.values)


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
