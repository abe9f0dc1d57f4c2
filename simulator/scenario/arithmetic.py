"""The funnel on the back of an envelope: volume × rates, every assumption at its middle value.

What anybody works out by hand, and what estimates of size start from. No time, no luck, no queue.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from simulator.scenario.uncertain import Numbers, at_quarter

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario
    from simulator.scenario.people import FollowUp
    from simulator.scenario.segment import Segment


def volume_of(segment: Segment, quarter: int) -> float:
    """How many enter a segment in a quarter by themselves: its volume, grown."""
    value = _middle(segment.volume.per_quarter, quarter)
    for grown in range(1, quarter + 1):
        value *= max(0.0, 1.0 + _middle(segment.volume.growth, grown))
    return value


def brought_by_spend(segment: Segment, quarter: int) -> float:
    """How many a quarter's budget brings, once all of them have come: most · b^k / (half_at^k + b^k)."""
    if segment.spend is None or segment.spend.response is None:
        return 0.0
    response, budget = segment.spend.response, _middle(segment.spend.per_quarter, quarter)
    if budget <= 0.0:
        return 0.0
    steepness = _middle(response.steepness, quarter)
    return _middle(response.most, quarter) / (1.0 + (_middle(response.half_at, quarter) / budget) ** steepness)


def rates_of(scenario: Scenario, segment: Segment, quarter: int) -> Iterator[float]:
    """The shares that go on, stage by stage; where leads are followed up, those reached and fit as well."""
    entry = scenario.stages.index(segment.volume.stage)
    before = scenario.stages[entry]
    for stage, numbers in segment.conversion.items():
        if scenario.stages.index(stage) <= entry:
            continue
        follow = segment.follow_up.get(before)
        if follow is not None:
            reached = _middle(follow.reached, quarter)
            if reached < 1.0:
                yield reached
            fit = fit_share(scenario, segment, before, follow, quarter)
            if fit < 1.0:
                yield fit
        yield _middle(numbers, quarter)
        before = stage


def fit_share(scenario: Scenario, segment: Segment, stage: str, follow: FollowUp, quarter: int) -> float:
    """Of those reached, the share that is what was wanted: not disqualified, or good behind a score's bar."""
    if follow.good is not None and follow.auc is not None:
        rate = segment.conversion.get(stage)
        passed_on = 1.0 if rate is None else _middle(rate, quarter)
        return good_behind_bar(passed_on, _middle(follow.good, quarter), _middle(follow.auc, quarter))
    return 1.0 if follow.disqualified is None else 1.0 - _middle(follow.disqualified, quarter)


def good_behind_bar(passed_on: float, good: float, auc: float) -> float:
    """Share of good ones among the best ``passed_on`` by a score (the binormal model of docs/explanation/model.md).

    >>> round(good_behind_bar(0.45, 0.25, 0.78), 3), good_behind_bar(1.0, 0.25, 0.78)
    (0.421, 0.25)
    """
    if not 0.0 < good < 1.0 or passed_on >= 1.0:
        return min(max(good, 0.0), 1.0)
    from statistics import NormalDist  # late: only plans with a bar need it

    normal = NormalDist()
    higher = math.sqrt(2.0) * normal.inv_cdf(min(max(auc, 1e-9), 1.0 - 1e-9))
    wanted = max(passed_on, 1e-9)
    low, high = min(higher, 0.0) - 9.0, max(higher, 0.0) + 9.0
    for _ in range(60):
        bar = 0.5 * (low + high)
        if good * normal.cdf(higher - bar) + (1.0 - good) * normal.cdf(-bar) > wanted:
            low = bar
        else:
            high = bar
    right = good * normal.cdf(higher - low)
    return right / (right + (1.0 - good) * normal.cdf(-low))


def expected_wins(scenario: Scenario) -> float:
    """About how many deals a trial wins, warm-up and open deals included, all that is born decided in time."""
    total = float(len(scenario.opening.deals or ()))
    for segment in scenario.segments.values():
        for index in range(scenario.quarters + scenario.opening.warm_up_quarters):
            quarter = max(0, index - scenario.opening.warm_up_quarters)
            arrivals = volume_of(segment, quarter) + brought_by_spend(segment, quarter)
            total += arrivals * math.prod(rates_of(scenario, segment, quarter))
    return total


def _middle(numbers: Numbers, quarter: int) -> float:
    return at_quarter(numbers, quarter).median()
