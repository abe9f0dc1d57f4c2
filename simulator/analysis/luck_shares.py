"""Shares of the spread: how much of it assumptions, the market, demand, deals, slips and customers make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.luck_subject import Subject
from simulator.scenario.model import Scenario
from simulator.simulation.result import Result
from simulator.statistics.intervals import Z95
from simulator.statistics.pick_freeze import chain_shares

GROUPS = ("assumptions", "market", "demand", "deals", "slips", "customers")
"""Order of the chain: from what was decided first to what happens last. The last is for plans that follow customers."""
LUCK = GROUPS[2:]
"""Luck of the draw."""

SHARE_TRIALS = 4_000
"""Trials that suffice for shares and for the luck band: of a run's 4 in 10 are used, but not fewer than these."""

Play = Callable[..., Result]


@dataclass(frozen=True)
class Share:
    """A group's share of the variance.

    ``share`` is what is explained when the group becomes known after all groups before it in the
    chain; ``low`` and ``high`` are a 95% interval of its Monte Carlo error. ``total_effect`` is what
    would go if the group alone were known in advance, interplay with all others included. ``open`` is
    False for a group from which the plan draws nothing: its share is 0, not estimated.
    """

    group: str
    share: float
    low: float
    high: float
    total_effect: float
    standard_error: float
    total_effect_error: float
    open: bool

    def to_json(self) -> dict[str, float | str]:
        """The documented form."""
        return {
            "group": self.group, "share": self.share, "low": self.low, "high": self.high,
            "total_effect": self.total_effect, "standard_error": self.standard_error,
            "total_effect_low": self.total_effect - Z95 * self.total_effect_error,
            "total_effect_high": self.total_effect + Z95 * self.total_effect_error,
        }  # fmt: skip


def enough(trials: int) -> int:
    """How many of a run's trials are played again for shares and for the luck band."""
    return min(trials, max(SHARE_TRIALS, (2 * trials) // 5))


def open_groups(scenario: Scenario) -> tuple[bool, ...]:
    """Which groups the plan draws anything from, in the order of the chain; customers only where they are followed."""
    market = scenario.market
    uncertain = any(not number.certain for _path, number in scenario.numbers())
    shared = bool(market.conversion.sd or market.volume.sd or market.slip_concentration or market.events)
    slipping = any(
        not (number.certain and number.median() == 0.0)
        for segment in scenario.segments.values()
        for number in segment.slips.probability
    )
    pulled = any(segment.pull_ins is not None for segment in scenario.segments.values())
    followed = any(segment.customers is not None for segment in scenario.segments.values())
    return (uncertain, shared, True, True, slipping or pulled, *((True,) if followed else ()))


def shares_of_spread(
    scenario: Scenario, subject: Subject, values: NDArray[np.float64], play: Play
) -> tuple[Share, ...]:
    """Estimate the chain of shares for a metric.

    Parameters
    ----------
    values : (trial,) the metric in the plan as it is.
    play : simulates the same trials with some groups drawn afresh: ``play(redraw=("deals", "slips"), trials=5000)``.
    """
    is_open = open_groups(scenario)
    groups = GROUPS[: len(is_open)]
    trials = enough(len(values))
    steps = [values[:trials]]
    for place in range(len(groups) - 1, -1, -1):
        # from here on all groups have other luck, but what is drawn from none of them stays as it is
        redraw = tuple(group for group, used in zip(groups[place:], is_open[place:], strict=True) if used)
        steps.append(subject.values(play(redraw=redraw, trials=trials)) if is_open[place] else steps[-1])
    found = chain_shares(steps[::-1])
    return tuple(
        Share(
            group, float(found.share[i]), float(found.low[i]), float(found.high[i]), float(found.total[i]),
            float(found.standard_error[i]), float(found.total_standard_error[i]), is_open[i],
        )
        for i, group in enumerate(groups)
    )  # fmt: skip
