"""What is answered of trials: a target's probability, how trials fall around it, the fate of open deals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simulator.errors import UsageError
from simulator.quarters import Period
from simulator.statistics.intervals import Estimate

if TYPE_CHECKING:
    from simulator.scenario.model import Target


@dataclass(frozen=True)
class TargetEstimate(Estimate):
    """The probability of one target, with what the target says.

    ``by_quarter`` is given for ``in: each quarter``: the probability of each quarter alone. ``engine`` says
    how it was found, ``error_bound`` what an answer without sampling may be off by; None where trials were counted.
    """

    name: str = ""
    metric: str = ""
    segment: str | tuple[str, ...] | None = None
    period: Period = field(default_factory=lambda: Period("horizon", ()))
    at_least: float | None = None
    at_most: float | None = None
    by_quarter: Mapping[str, Estimate] | None = None
    engine: str = "simulate"
    error_bound: float | None = None

    @classmethod
    def of(
        cls, target: Target, p: Estimate, by_quarter: Mapping[str, Estimate] | None = None, *,
        engine: str = "simulate", error_bound: float | None = None,
    ) -> TargetEstimate:  # fmt: skip
        """How likely a target of a scenario is."""
        return cls(
            p.value, p.standard_error, p.low, p.high, name=target.name, metric=target.metric, segment=target.segment,
            period=target.period, at_least=target.at_least, at_most=target.at_most, by_quarter=by_quarter,
            engine=engine, error_bound=error_bound,
        )  # fmt: skip

    def to_json(self, **more: Any) -> dict[str, Any]:
        """The documented JSON form, with ``more`` that an engine has to say."""
        return {
            "name": self.name, "metric": self.metric,
            "segment": list(self.segment) if isinstance(self.segment, tuple) else self.segment,
            "in": self.period.label, "at_least": self.at_least, "at_most": self.at_most, "engine": self.engine,
            **estimate_json(self), **more,
            "by_quarter": None if self.by_quarter is None else [
                {"in": label, **estimate_json(e)} for label, e in self.by_quarter.items()],
        }  # fmt: skip

    def met(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        """Which of ``values`` meet the threshold."""
        return meets(values, self.at_least, self.at_most)


def estimate_json(p: Estimate) -> dict[str, Any]:
    """The documented JSON form of a probability."""
    return {"probability": p.value, "standard_error": p.standard_error, "low": p.low, "high": p.high}


def meets(values: NDArray[Any], at_least: float | None, at_most: float | None) -> NDArray[np.bool_]:
    """Which values are on the right side of the threshold; exactly one must be given."""
    if (at_least is None) == (at_most is None):
        raise UsageError("give exactly one of at_least and at_most")
    return np.asarray(values >= at_least if at_least is not None else values <= at_most)


@dataclass(frozen=True)
class Fall:
    """How trials fall around a target.

    Attributes
    ----------
    values : (value,) what the target's threshold is compared with; over each quarter, that of the worst quarter
    met : bool (value,) whether it meets the target
    trials : int64 (value,) in how many trials
    """

    values: NDArray[Any]
    met: NDArray[np.bool_]
    trials: NDArray[np.int64]


@dataclass(frozen=True)
class DealFates:
    """What became of the open deals of ``opening.deals``.

    Attributes
    ----------
    ids : tuple of str (deal,)
    outcome : int8 (trial, deal): 1 won, -1 lost, 0 still open at the end
    week : int16 (trial, deal): week of the decision from the start; -1 where still open
    slips : int16 (trial, deal): slips within the horizon
    amount : float64 (deal,), currency
    """

    ids: tuple[str, ...]
    outcome: NDArray[np.int8]
    week: NDArray[np.int16]
    slips: NDArray[np.int16]
    amount: NDArray[np.float64]

    @property
    def won(self) -> NDArray[np.bool_]:
        """bool (trial, deal)"""
        return self.outcome == 1
