"""After the quarter: how unusual it was, and what it says about the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.analysis.luck_posterior import Learned, Play, Posterior, Progress, posterior_of
from simulator.analysis.luck_unusual import Together, Unusual, how_unusual, how_unusual_together
from simulator.errors import UsageError
from simulator.quarters import Period
from simulator.scenario.faults import nearest
from simulator.scenario.model import Scenario
from simulator.simulation.result import Result, Segments


@dataclass(frozen=True)
class Afterwards:
    """What a period's outcome says.

    ``values`` has one entry per metric that was given, in that order.
    """

    period: Period
    segment: Segments
    values: tuple[Unusual, ...]
    together: Together
    posterior: Posterior
    verdict: str
    currency: str

    @property
    def learned(self) -> tuple[Learned, ...]:
        """The uncertain assumptions before and after, the most doubtful first."""
        return self.posterior.learned

    def to_json(self) -> dict[str, Any]:
        """The documented form."""
        from simulator.analysis.luck_words import how_rare

        splits = self.posterior.splits or (None,) * len(self.values)
        return {
            "in": self.period.label,
            "segment": list(self.segment) if isinstance(self.segment, tuple) else self.segment,
            "verdict": self.verdict,
            "values": [
                {
                    "metric": one.metric.name, "value": one.value, "expected": one.expected,
                    "at_or_below": one.at_or_below, "at_or_above": one.at_or_above,
                    "words": how_rare(one, self.period, self.currency),
                    "explained": None if split is None else {
                        "assumptions": split.assumptions, "market": split.market, "luck": split.luck},
                }
                for one, split in zip(self.values, splits, strict=True)
            ],
            "together": {"all_as_extreme": self.together.all_as_extreme, "as_far": self.together.as_far},
            "method": self.posterior.method, "reason": self.posterior.reason, "bandwidth": self.posterior.bandwidth,
            "trials": self.posterior.trials, "effective_trials": self.posterior.effective,
            "enough_trials": self.posterior.enough,
            "doubtful_above": self.learned[0].threshold if self.learned else None,
            "assumptions": [one.to_json() for one in self.learned],
        }  # fmt: skip


def afterwards(
    scenario: Scenario, actual: Mapping[str, float], period: Period, segment: Segments, played: Result, play: Play,
    *, seed: int, threads: int, progress: Progress | None = None,
) -> Afterwards:  # fmt: skip
    """Compare an outcome with the plan.

    Parameters
    ----------
    actual : metric -> what it came to in the period; checked with :func:`check_actual`.
    played : the plan's trials; play : simulates further ones.
    """
    from simulator.analysis.luck_words import verdict

    simulated = np.stack([np.asarray(played.values(name, period, segment), float) for name in actual], axis=1)
    values = [
        how_unusual(played.metric(name), value, column)
        for (name, value), column in zip(actual.items(), simulated.T, strict=True)
    ]
    together = how_unusual_together(values, simulated)
    posterior = posterior_of(
        scenario, actual, period, segment, played, play, seed=seed, threads=threads, progress=progress
    )
    return Afterwards(
        period, segment, tuple(values), together, posterior,
        verdict(values, together, posterior, period, scenario.currency, played.trials), scenario.currency,
    )  # fmt: skip


def check_actual(actual: Mapping[str, float], metrics: Mapping[str, str], period: Period) -> dict[str, float]:
    """The outcome, checked; metrics: name -> kind (count, money or ratio) of those the plan has.

    Raises
    ------
    UsageError : an unknown metric, a ratio, a count that is not a whole number, anything below 0.
    """
    if period.each:
        raise UsageError("an outcome is that of one period: say which, as in: --actual wins=19 --in 2027-Q4")
    found = {}
    for name, value in actual.items():
        if name not in metrics:
            raise UsageError(f"no metric {name!r}{nearest(name, metrics) or '; there are: ' + ', '.join(metrics)}")
        if metrics[name] == "ratio":
            there = ", ".join(repr(other) for other, kind in metrics.items() if kind != "ratio")
            raise UsageError(f"{name} is a ratio, not defined in every trial, and says no more than its parts; "
                             f"give those, of: {there}")  # fmt: skip
        number = float(value)
        if not np.isfinite(number) or (number < 0 and name != "net_new_arr"):
            raise UsageError(f"{name}: {value} is not an amount that can have happened")
        if metrics[name] == "count" and number != round(number):
            raise UsageError(f"{name}: {value:g} is not a whole number, and {name} are counted")
        found[name] = number
    return found
