"""Whether the warm-up is long enough: how many of a running business's open deals it leaves out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from simulator.quarters import WEEKS
from simulator.scenario.arithmetic import fit_share
from simulator.scenario.model import Scenario
from simulator.scenario.segment import Segment

ByAge = Callable[[Scenario], np.ndarray]
LONGEST = 60  # quarters looked at
MISSED = 0.02  # share of the steady state's open deals from which it is said


def open_by_age(scenario: Scenario) -> np.ndarray:
    """Open deals of a business that has always run the first quarter's plan, by the age of their lead.

    A lead that arrived t weeks ago is an open deal with probability A(t) = P(born by t) −
    P(decided by t). Assumptions at their medians, no market.

    Returns
    -------
    float64 (week,): the expected number, 60 quarters far. Nobody waits for people in it.
    """
    # imported late: answers without sampling have this function of their own, and load no compiler
    from simulator.kernels.engine import Engine
    from simulator.kernels.jit import PLAIN, WITH_OPENING
    from simulator.kernels.open_deals import Fates
    from simulator.kernels.room import make_room
    from simulator.simulation.lower import lower

    opening = scenario.opening.model_copy(update={"warm_up_quarters": LONGEST, "deals": None, "leads": None})
    lowered = lower(scenario.model_copy(update={"opening": opening}), at_median=True, market=False)
    plan, shape = lowered.plan, lowered.plan.shape
    # no open deals, no leads in flight; but in the form in which the scenario is played, which is compiled already
    plain = lowered.people is None and lowered.closing is None and lowered.accounts is None
    as_played = plain and bool(scenario.opening.deals or scenario.opening.leads)
    opening_part, form = (plan.opening, WITH_OPENING) if as_played else (None, PLAIN)
    parts = (*plan[:-1], opening_part)
    room = make_room(plan, 1)
    weeks = WEEKS * (shape.warm + shape.quarters)
    seeds, column = np.zeros(6, np.uint64), np.zeros(weeks, np.int64)
    counts = np.empty((shape.segments, shape.stages + 4, 1, 1), np.int32)
    cents = np.empty((shape.segments, 4 if shape.money else 0, 1, 1))
    none, few = np.empty((1, 0), np.int8), np.empty((1, 0), np.int16)
    fates = Fates(none, few, few, np.empty(0, np.int64))
    run = Engine(form)
    _done, entries = run(*parts, seeds, 0, 0, *room, column, counts, cents, fates, None, None, None)
    if entries:
        room = make_room(plan, 1, entries)
        run(*parts, seeds, 0, 0, *room, column, counts, cents, fates, None, None, None)
    last = WEEKS * LONGEST
    laws = np.diff(room.tables.cdf[:, :last], prepend=0.0)

    def then(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.convolve(a, b)[:last]

    found = np.zeros(last)
    for s, segment in enumerate(scenario.segments.values()):
        born = np.zeros(last)
        born[0] = room.terms.arrivals[s, 0] / WEEKS
        if room.terms.bought.shape[1]:  # spending is felt in full long before the warm-up ends
            born[0] += room.terms.bought[s, last - 1]
        for t in range(plan.segments.entry[s] + 1, shape.stages - 1):
            stage, rate = scenario.stages[t - 1], room.terms.rate[s, t, 0]
            if lowered.people is not None and stage in segment.follow_up:
                back = laws[lowered.people.follow.back[s, t - 1, 0]]
                born = _followed(scenario, segment, stage, born, rate, partial(then, back))
            else:
                born = born * rate
            born = then(born, laws[plan.segments.lag[s, t, 0]])
        cycle = laws[plan.segments.lag[s, shape.stages - 1, 0]]
        if plan.segments.loss_lag[s, 0] >= 0:
            win = room.terms.rate[s, shape.stages - 1, 0]
            cycle = win * cycle + (1 - win) * laws[plan.segments.loss_lag[s, 0]]
        slip = room.terms.slip_limit[s, 0] / 2.0**64
        delay = laws[plan.segments.delay[s, 0]]
        decided, here = np.zeros(last), then(born, cycle)
        for slips in range(plan.segments.limit[s] + 1):
            decided += here * (1.0 if slips == plan.segments.limit[s] else 1 - slip)
            here = then(here * slip, delay)
            if here.sum() < 1e-12 * max(born.sum(), 1e-300):
                break
        found += np.cumsum(born) - np.cumsum(decided)
    return found


def _followed(
    scenario: Scenario,
    segment: Segment,
    stage: str,
    came: np.ndarray,
    rate: float,
    later: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """How many of those that come to a stage go on, by the week they came in, or came back in from nurture."""
    follow = segment.follow_up[stage]
    reached = follow.reached[0].median()
    able = reached * fit_share(scenario, segment, stage, follow, 0)
    kept = follow.nurtured[0].median() * follow.returns[0].median()
    on = np.zeros_like(came)
    for returned in range(follow.limit + 1):
        if returned > 0 and follow.returned_conversion is not None:
            rate = follow.returned_conversion[0].median()
        on += came * able * rate
        came = later(came * (1 - reached + able * (1 - rate)) * kept)
    return on


def missing_shares(scenario: Scenario, by_age: ByAge = open_by_age) -> np.ndarray:
    """What share of the steady state's open deals a warm-up of so many quarters leaves out.

    Returns
    -------
    float64 (61,): by number of quarters, from 0; a warm-up of T weeks sees Σ A(t), t < T.
    """
    deals = by_age(scenario)
    total = deals.sum()
    if total <= 0:
        return np.zeros(LONGEST + 1)
    seen = np.concatenate([[0.0], np.cumsum(deals)[WEEKS - 1 :: WEEKS]])
    return 1 - seen / total


def warm_up_note(scenario: Scenario, by_age: ByAge = open_by_age) -> str | None:
    """What to say about a warm-up that is too short, or a file of open deals that looks cut short."""
    if scenario.opening.deals is not None:
        if scenario.capacity:  # how many are usual then depends on who waits
            return None
        listed, usual = len(scenario.opening.deals), by_age(scenario).sum()
        if usual >= 10 and listed < usual / 4:
            return (
                f"{listed:,} open deals are listed where this plan, always run so, would have about {usual:,.0f}; "
                "if the file is not complete, the first quarters look emptier than they are"
            )
        return None
    quarters = scenario.opening.warm_up_quarters
    missing = missing_shares(scenario, by_age)
    here = missing[min(quarters, LONGEST)]
    if here <= MISSED:
        return None
    enough = np.flatnonzero(missing <= MISSED)
    advice = "list the open deals in opening.deals"
    if enough.size:
        advice = f"opening.warm_up_quarters: {enough[0]} would do"
    if quarters == 0:
        return f"the plan starts empty, without open deals (opening.warm_up_quarters: 0); {advice}"
    return (
        f"the warm-up of {quarters} quarter{'s' if quarters != 1 else ''} leaves out {here:.0%} of the open deals that "
        f"a running business would have at the start; {advice}"
    )
