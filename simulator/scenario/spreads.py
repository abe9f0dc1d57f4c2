"""How things differ from each other: lags, delays and deal sizes, one draw per lead or deal.

A spread is what differs between individuals; the numbers inside it may themselves be uncertain, and
may change by quarter. ``times`` multiplies what is drawn, before weeks are put on whole weeks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from simulator.scenario.uncertain import Numbers

Unit = Literal["weeks", "money", "contacts"]
Family = Literal["gamma", "lognormal", "weibull", "exponential"]

FAMILIES: tuple[Family, ...] = ("gamma", "lognormal", "weibull", "exponential")


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Base of all spreads.

    Parameters
    ----------
    times : multiplies the drawn weeks or money.
    unit : ``weeks``, ``money``, or engaged ``contacts``, which are put on whole ones as weeks are.
    """

    times: float = 1.0
    unit: Unit = "weeks"

    def parts(self) -> Iterator[tuple[str, Numbers]]:
        """The numbers inside, by the key they are written under."""
        return iter(())

    def describe(self) -> str:
        """In words, for tables: ``mean 8, cv 0.5 (gamma)``."""
        words = self._describe()
        return words if self.times == 1.0 else f"{words}, × {self.times:.6g}"

    def _describe(self) -> str:
        raise NotImplementedError


def _words(numbers: Numbers) -> str:
    return " | ".join(number.describe() for number in numbers)


@dataclass(frozen=True)
class FixedSpread(Spread):
    """The same for all, by quarter; the numbers are certain."""

    value: Numbers

    def parts(self) -> Iterator[tuple[str, Numbers]]:
        yield "", self.value

    def _describe(self) -> str:
        return _words(self.value)


@dataclass(frozen=True)
class MeanCv(Spread):
    """A family with a mean and a coefficient of variation (sd / mean)."""

    mean: Numbers
    cv: Numbers
    family: Family

    def parts(self) -> Iterator[tuple[str, Numbers]]:
        yield "mean", self.mean
        if self.family != "exponential":  # whose cv is 1, always
            yield "cv", self.cv

    def _describe(self) -> str:
        return f"mean {_words(self.mean)}, cv {_words(self.cv)} ({self.family})"


@dataclass(frozen=True)
class MedianP90(Spread):
    """Lognormal with a median and a 90th percentile."""

    median: Numbers
    p90: Numbers

    def parts(self) -> Iterator[tuple[str, Numbers]]:
        yield "median", self.median
        yield "p90", self.p90

    def _describe(self) -> str:
        return f"median {_words(self.median)}, P90 {_words(self.p90)} (lognormal)"


@dataclass(frozen=True)
class WeeksTable(Spread):
    """P(0 weeks), P(1 week), …; sums to 1. Of contacts, who are at least one, too: P(0) is 0."""

    weeks: tuple[float, ...]

    def _describe(self) -> str:
        if self.unit == "contacts":
            return "shares of 1, 2, … " + ", ".join(f"{share:.4g}" for share in self.weeks[1:])
        return "weeks " + ", ".join(f"{share:.4g}" for share in self.weeks)


@dataclass(frozen=True)
class Sample(Spread):
    """Drawn from real values, each equally likely."""

    data: tuple[float, ...] = field(repr=False)
    file: str = field(compare=False)
    column: str

    def _describe(self) -> str:
        return f"drawn from {len(self.data)} values of {self.column}"


@dataclass(frozen=True)
class Geometric(Spread):
    """Geometric on 1, 2, … weeks; the mean is at least 1."""

    mean: Numbers

    def parts(self) -> Iterator[tuple[str, Numbers]]:
        yield "mean", self.mean

    def _describe(self) -> str:
        return f"mean {_words(self.mean)} (geometric)"
