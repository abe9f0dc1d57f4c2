"""The whole model, one individual after another: slow, obvious, a specification that runs.

    >>> arrays = simulate(scenario, trials=1000, seed=1)        # doctest: +SKIP
    >>> arrays["wins"], arrays["wins", "inbound"]               # (trial, quarter)     # doctest: +SKIP

Nothing is shared with the engine; with the exact answers only the parameters of a trial (`World`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.oracles import customers, laws
from tests.oracles.exact import arrival_means
from tests.oracles.world import WEEKS, OpenDeal, OpenLead, SegmentPlan, World, correlated, draw_world

NOTHING_LEFT = 2_000
"""After so many refused proposals a lag has nothing left beyond an age."""

MONEY = ("bookings", "created_pipeline", "open_pipeline", "slipped_value")
OTHER_COUNTS = ("losses", "open_deals", "slips", "slipped_deals")

Tally = dict[str, np.ndarray]
"""Metric -> (quarter,) of one segment of one trial."""


def simulate(scenario: Any, *, trials: int, seed: int) -> dict[Any, np.ndarray]:
    """Play ``trials`` trials.

    Returns
    -------
    dict : metric -> (trial, quarter) total, and (metric, segment) -> the segment's.
    """
    rng = np.random.default_rng(seed)
    correlations = correlated(scenario)
    names = list(scenario.segments)
    metrics: tuple[str, ...] = (*scenario.stages, *OTHER_COUNTS, *MONEY)
    if any(segment.customers is not None for segment in scenario.segments.values()):
        metrics += (*customers.COUNTS, *customers.MONEY)
    out: dict[Any, np.ndarray] = {
        (metric, name): np.zeros((trials, scenario.quarters)) for metric in metrics for name in names
    }
    for trial in range(trials):
        world = draw_world(scenario, rng, correlations)
        for name in names:
            tally = play_segment(world, world.segments[name], rng)
            for metric in metrics:
                out[metric, name][trial] = tally[metric]
    for metric in metrics:
        out[metric] = np.sum([out[metric, name] for name in names], axis=0)
    return out


def play_segment(world: World, plan: SegmentPlan, rng: np.random.Generator) -> Tally:
    every = (*world.stages, *OTHER_COUNTS, *MONEY, *customers.COUNTS, *customers.MONEY)
    tally: Tally = {metric: np.zeros(world.quarters) for metric in every}

    born = play_funnel(world, plan, rng, tally)
    for week in born:
        if week < 0 and world.deals is not None:
            continue  # the deals of the file replace those born in the warm-up
        q = world.quarter(week)
        value = plan.size[q].draw(rng) if plan.size else 0.0
        if week >= 0:
            tally["created_pipeline"][week // WEEKS] += value
        wins = None
        if plan.losses is None:
            due = week + laws.draw_weeks(plan.lag[world.last_stage][q], rng)
        else:
            wins = bool(rng.random() < plan.rate[world.last_stage][q] * plan.details.win(0, value))
            due = week + laws.draw_weeks((plan.lag[world.last_stage] if wins else plan.losses)[q], rng)
        due = max(week, plan.details.bunched(due, rng))
        due, worth = plan.details.pulled_in(world, due, week, rng)
        play_deal(world, plan, rng, tally, due, value, born=week, wins=wins, worth=worth)

    for deal in world.deals or ():
        if deal.segment == plan.name:
            play_open_deal(world, plan, rng, tally, deal)

    here = [customer for customer in world.customers if customer.segment == plan.name]
    for customer in here:
        customers.play_customer(
            world,
            plan.customers,
            rng,
            tally,
            since=customer.since,
            present=0,
            arr=customer.arr,
            stated=customer.renewal,
        )
    customers.finish(tally, sum(customer.arr for customer in here))
    for metric in MONEY:
        tally[metric] = np.round(tally[metric], 2)
    return tally


# --------------------------------------------------------------------------------------- before the deal
def play_funnel(world: World, plan: SegmentPlan, rng: np.random.Generator, tally: Tally) -> list[int]:
    """Weeks in which deals are born, the warm-up's among them."""
    entering: dict[int, list[int]] = {stage: [] for stage in range(len(world.stages))}
    lumpy = plan.paid is not None and max(plan.dispersion) > 1
    means = arrival_means(world, plan.name) if lumpy else None
    for week in range(world.first_week, world.end):
        entering[plan.entry] += [week] * arrivals(world, plan, rng, week, means)
    if plan.paid is not None and not lumpy:
        entering[plan.entry] += paid_arrivals(world, plan, rng)
    for lead in world.leads or ():
        if lead.segment == plan.name:
            for _ in range(lead.count):
                week = play_lead(world, plan, rng, lead)
                if week is not None and week < world.end:
                    entering[lead.stage + 1].append(week)

    for stage in range(plan.entry, world.last_stage):
        for week in entering[stage]:
            if week >= 0:
                tally[world.stages[stage]][week // WEEKS] += 1
        if stage == world.birth_stage:
            break
        luck = rng.random(len(entering[stage])).tolist()
        for week, u in zip(entering[stage], luck, strict=True):
            q = world.quarter(week)
            if u < plan.rate[stage + 1][q]:
                arrives = week + laws.draw_weeks(plan.lag[stage + 1][q], rng)
                in_flight_at_start = week < 0 <= arrives
                if arrives < world.end and not (in_flight_at_start and world.leads is not None):
                    entering[stage + 1].append(arrives)
    return entering[world.birth_stage]


def paid_arrivals(world: World, plan: SegmentPlan, rng: np.random.Generator) -> list[int]:
    """Weeks in which those come whom money brings: each week's money brings its own, after their own lags."""
    came, busiest = [], max(plan.moved)
    for spent in range(-WEEKS * world.warm_up, world.end):
        q = world.quarter(spent)
        for _ in range(rng.poisson(plan.paid[q] / WEEKS * busiest)):
            week = spent + laws.draw_weeks(plan.paid_lag[q], rng)
            if world.first_week <= week < world.end and rng.random() < plan.moved[world.quarter(week)] / busiest:
                came.append(week)
    return came


def arrivals(
    world: World, plan: SegmentPlan, rng: np.random.Generator, week: int, means: np.ndarray | None = None
) -> int:
    q = world.quarter(week)
    mean, dispersion = plan.volume[q] * plan.profile[week % WEEKS], plan.dispersion[q]
    if means is not None:  # lumps have no individuals who were brought one by one
        mean = means[week + WEEKS * world.warm_up]
    if mean <= 0:
        return 0
    if dispersion > 1:
        return int(rng.negative_binomial(mean / (dispersion - 1), 1 / dispersion))
    return int(rng.poisson(mean))


def play_lead(world: World, plan: SegmentPlan, rng: np.random.Generator, lead: OpenLead) -> int | None:
    """Relive a lead until a life in which it is still in its stage at the start; when it goes on, or None."""
    q = world.quarter(lead.entered)
    for _ in range(NOTHING_LEFT):
        if rng.random() >= plan.rate[lead.stage + 1][q]:
            return None  # stays for good
        week = lead.entered + laws.draw_weeks(plan.lag[lead.stage + 1][q], rng)
        if week >= 0:
            return week
    return None


# --------------------------------------------------------------------------------------- deals
def play_open_deal(world: World, plan: SegmentPlan, rng: np.random.Generator, tally: Tally, deal: OpenDeal) -> int:
    now = world.quarter(0)
    own = plan.rate[world.last_stage] if deal.own is None else deal.own
    pushes_that_count = 0 if deal.own is not None else deal.pushes
    wins = None
    if plan.losses is not None:
        size = deal.amount if deal.own is None else None
        chance = own[now] * plan.factor[now] ** pushes_that_count * plan.details.win(pushes_that_count, size)
        wins = bool(rng.random() < chance)
    due = deal.due
    if due is None:
        lag = plan.lag[world.last_stage] if wins in (None, True) else plan.losses
        assert lag is not None
        due = 0  # when nothing is left
        for _ in range(NOTHING_LEFT):
            weeks = laws.draw_weeks(lag[now], rng)
            if weeks >= deal.age:
                due = weeks - deal.age
                break
        due = plan.details.bunched(due, rng)
    due, worth = plan.details.pulled_in(world, due, 0, rng)
    return play_deal(
        world, plan, rng, tally, due, deal.amount, born=-1, wins=wins, worth=worth,
        pushes=deal.pushes, pushes_that_count=pushes_that_count, rate=own, own=deal.own is not None,
    )  # fmt: skip


def play_deal(
    world: World,
    plan: SegmentPlan,
    rng: np.random.Generator,
    tally: Tally,
    due: int,
    value: float,
    *,
    born: int,
    wins: bool | None,
    pushes: int = 0,
    pushes_that_count: int = 0,
    rate: list[float] | None = None,
    worth: float = 1.0,
    own: bool = False,
) -> int:
    """A deal's life from its first due week on; returns the week of its decision, the end of the plan for none.

    Won on that first due week, it is worth ``worth`` of its value.

    ``wins`` is None where the decision falls on the due week, else what was decided at birth. ``pushes`` so far
    count towards the limit, ``pushes_that_count`` of them towards the factor.
    """
    rate = plan.rate[world.last_stage] if rate is None else rate
    luck = rng.random()  # one win uniform for life
    outcome = None
    details, size = plan.details, None if own else value
    while due < world.end:
        q = world.quarter(due)
        if rng.random() < plan.slip[q] * details.slip(pushes, value):
            if pushes >= plan.limit:
                outcome = "loss"
                break
            pushes += 1
            pushes_that_count += 1
            if wins:
                before, after = (details.win(n, None) for n in (pushes_that_count - 1, pushes_that_count))
                wins = bool(rng.random() < (plan.factor[q] * after / before if before else 0.0))
            delay = max(1, laws.draw_weeks(plan.delay[q], rng))
            delay = max(1, details.bunched(due + delay, rng) - due)
            worth = 1.0
            if due >= 0:
                tally["slips"][due // WEEKS] += 1
                if (due + delay) // WEEKS > due // WEEKS:
                    tally["slipped_deals"][due // WEEKS] += 1
                    tally["slipped_value"][due // WEEKS] += value
            due += delay
            continue
        if wins is None:
            chance = rate[q] * plan.factor[q] ** pushes_that_count * details.win(pushes_that_count, size)
            wins = bool(luck < chance)
        outcome = "win" if wins else "loss"
        break

    if outcome is not None and due >= 0:
        if outcome == "win":
            tally[world.stages[-1]][due // WEEKS] += 1
            tally["bookings"][due // WEEKS] += value * worth
            if plan.customers is not None:
                customers.win(world, plan, rng, tally, due, value * worth)
        else:
            tally["losses"][due // WEEKS] += 1
    decided = world.end if outcome is None else due
    for quarter in range(world.quarters):
        last_week = WEEKS * quarter + WEEKS - 1
        if born <= last_week < decided:
            tally["open_deals"][quarter] += 1
            tally["open_pipeline"][quarter] += value
    return decided
