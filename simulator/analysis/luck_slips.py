"""Quarters blown by slips: the same trials, replayed with every deal decided when it was due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.analysis.luck_subject import Subject
from simulator.simulation.metrics import SLIPPED_DEALS, SLIPPED_VALUE
from simulator.simulation.result import Result
from simulator.statistics.intervals import Estimate, mean, proportion


@dataclass(frozen=True)
class PushedOut:
    """What slips out of a quarter: deals, and their value where the plan has deal sizes."""

    quarter: str
    deals: Estimate
    deals_p90: float
    value: Estimate | None
    value_p90: float | None

    def to_json(self) -> dict[str, Any]:
        """The documented form."""
        return {
            "in": self.quarter, "deals": self.deals.value, "deals_standard_error": self.deals.standard_error,
            "deals_p90": self.deals_p90,
            "value": None if self.value is None else self.value.value,
            "value_standard_error": None if self.value is None else self.value.standard_error,
            "value_p90": self.value_p90,
        }  # fmt: skip


@dataclass(frozen=True)
class SlipEffect:
    """What slips do to a target; probabilities are None where there is no threshold.

    ``probability`` − ``probability_without`` = ``hit_only_by_slips`` − ``missed_only_by_slips``: as the
    luck is the same in both, what slipped in and what slipped out can be told apart.
    """

    probability: Estimate | None
    probability_without: Estimate | None
    missed_only_by_slips: Estimate | None
    hit_only_by_slips: Estimate | None
    mean: float
    mean_without: float
    pushed_out: tuple[PushedOut, ...]

    def to_json(self) -> dict[str, Any]:
        """The documented form."""
        document: dict[str, Any] = {}
        for key in ("probability", "probability_without", "missed_only_by_slips", "hit_only_by_slips"):
            estimate: Estimate | None = getattr(self, key)
            document[key] = None if estimate is None else estimate.value
            document[f"{key}_standard_error"] = None if estimate is None else estimate.standard_error
        return document | {
            "mean": self.mean, "mean_without": self.mean_without,
            "pushed_out": [quarter.to_json() for quarter in self.pushed_out],
        }  # fmt: skip


def slip_effect(subject: Subject, played: Result, without: Result) -> SlipEffect:
    """Compare the same trials with slips and without.

    Parameters
    ----------
    played, without : results over the same trials and luck, the second with ``slips=False``.
    """
    values, others = subject.values(played), subject.values(without)
    means, pushed = (float(values.mean()), float(others.mean())), _pushed_out(subject, played)
    if subject.bound is None:
        return SlipEffect(None, None, None, None, *means, pushed)
    hit, would = subject.met(values), subject.met(others)
    return SlipEffect(
        proportion(hit), proportion(would), proportion(~hit & would), proportion(hit & ~would), *means, pushed
    )


def _pushed_out(subject: Subject, played: Result) -> tuple[PushedOut, ...]:
    deals = played.quarterly(SLIPPED_DEALS, subject.segment)
    money = played.quarterly(SLIPPED_VALUE, subject.segment) if SLIPPED_VALUE in played else None
    return tuple(
        PushedOut(
            label, mean(deals[:, q]), float(np.percentile(deals[:, q], 90)),
            None if money is None else mean(money[:, q]),
            None if money is None else float(np.percentile(money[:, q], 90)),
        )
        for q, label in enumerate(played.quarters)
    )  # fmt: skip
