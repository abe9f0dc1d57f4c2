"""Customers, one after another and week by week: the naive twin, and how likely each is still there.

A year as a customer has 52 weeks. One won in week w can leave from week w + 1 on; one there at the start, from
week 0 on.
"""

from __future__ import annotations

from typing import Any

import numpy as np

WEEKS, YEAR = 13, 52
COUNTS = ("customers", "new_customers", "churned_customers")
MONEY = ("arr", "new_arr", "expansion_arr", "contraction_arr", "churned_arr", "net_new_arr")
KEYS = ("recurring", "churn", "churn_first_year", "churn_second_year", "renewal", "first_renewal", "uplift",
        "expansion", "expansion_by", "contraction", "contraction_by")  # fmt: skip


def rules_of(customers: Any, by_quarter: Any, path: str) -> dict[str, Any] | None:
    """A segment's rules with every number drawn, by ``quarter + warm_up``; None where customers are not followed."""
    if customers is None:
        return None
    drawn: dict[str, Any] = {}
    for key in KEYS:
        numbers = getattr(customers, key)
        drawn[key] = None if numbers is None else by_quarter(numbers, f"{path}.{key}")
    drawn["term"] = customers.term_months * WEEKS / 3
    return drawn


def leaving(world: Any, rules: dict[str, Any], week: int, age: int) -> float:
    """Probability to leave in a week, of a customer in week ``age`` (1, 2, …) of its life."""
    key = "churn_first_year" if age <= YEAR else "churn_second_year" if age <= 2 * YEAR else "churn"
    yearly = rules[key] if rules[key] is not None else rules["churn"]
    return 1 - (1 - yearly[world.quarter(week)]) ** (1 / YEAR)


def renewals(rules: dict[str, Any], since: int | None, stated: int | None, end: int, rng: Any = None) -> dict[int, int]:
    """Week -> number of every renewal up to the end of the horizon; ``since`` None: long ago."""
    if rules["renewal"] is None:
        return {}
    term, found = rules["term"], {}
    if stated is not None:
        number = 99 if since is None else max(1, round((stated - since) / term))
        base, count = max(0, stated), 0
    elif since is None:
        base, count, number = int(rng.uniform(0, term)), 0, 99
    else:
        base, count, number = since, 1, 1
    while (week := base + int(count * term + 0.5)) < end:
        found[week] = number
        count, number = count + 1, number + 1
    return found


def play_customer(
    world: Any, rules: dict[str, Any], rng: Any, tally: dict[str, np.ndarray], *, since: int | None, present: int,
    arr: float, stated: int | None = None,
) -> None:  # fmt: skip
    """A customer's life from week ``present`` on."""
    born = -999 * YEAR if since is None else since
    due = renewals(rules, since, stated, world.end, rng)
    left = world.end
    grows = cuts = None
    for week in range(present, world.end):
        q, age = world.quarter(week), week - born
        if grows is None or (age - 1) % YEAR == 0:  # a year begins (or has begun before the start)
            year_begins = born + 1 + YEAR * ((age - 1) // YEAR)
            grows, cuts = (year_begins + rng.integers(YEAR) for _ in range(2))
        if rng.random() < leaving(world, rules, week, age):
            left = week
            break
        if week in due:
            chance = rules["renewal"]
            if due[week] == 1 and rules["first_renewal"] is not None:
                chance = rules["first_renewal"]
            if rng.random() >= chance[q]:
                left = week
                break
            arr = _change(tally, week, arr, rules["uplift"][q])
        if week == grows and rng.random() < rules["expansion"][q]:
            arr = _change(tally, week, arr, rules["expansion_by"][q])
        if week == cuts and rng.random() < rules["contraction"][q]:
            arr = _change(tally, week, arr, -rules["contraction_by"][q])
    if left < world.end:
        tally["churned_customers"][left // WEEKS] += 1
        tally["churned_arr"][left // WEEKS] += arr
    for quarter in range(max(0, since if since is not None else 0) // WEEKS, world.quarters):
        if left > WEEKS * quarter + WEEKS - 1:
            tally["customers"][quarter] += 1


def _change(tally: dict[str, np.ndarray], week: int, arr: float, by: float) -> float:
    change = round(arr * by, 2)
    tally["expansion_arr" if change > 0 else "contraction_arr"][week // WEEKS] += abs(change)
    return arr + change


def win(world: Any, plan: Any, rng: Any, tally: dict[str, np.ndarray], week: int, value: float) -> None:
    """A deal won in a week of the horizon becomes a customer."""
    rules = plan.customers
    arr = round(value * rules["recurring"][world.quarter(week)], 2)
    tally["new_customers"][week // WEEKS] += 1
    tally["new_arr"][week // WEEKS] += arr
    play_customer(world, rules, rng, tally, since=week, present=week + 1, arr=arr)


def finish(tally: dict[str, np.ndarray], opening_arr: float) -> None:
    """What follows from what was counted: net new ARR, and ARR from it."""
    for metric in MONEY:
        tally[metric] = np.round(tally[metric], 2)
    net = tally["new_arr"] + tally["expansion_arr"] - tally["contraction_arr"] - tally["churned_arr"]
    tally["net_new_arr"] = np.round(net, 2)
    tally["arr"] = np.round(opening_arr + np.cumsum(net), 2)


def still_there(world: Any, rules: dict[str, Any], since: int, present: int) -> np.ndarray:
    """(week,) probability that a customer is there at the end of each week; 1 before ``present``."""
    due = renewals(rules, since, None, world.end)
    stays, found = 1.0, np.ones(world.end)
    for week in range(present, world.end):
        stays *= 1 - leaving(world, rules, week, week - since)
        if week in due:
            first = due[week] == 1 and rules["first_renewal"] is not None
            stays *= (rules["first_renewal"] if first else rules["renewal"])[world.quarter(week)]
        found[week] = stays
    return found


def grown(world: Any, rules: dict[str, Any], since: int, present: int) -> np.ndarray:
    """(week,) mean of what a customer spends at the end of each week over what it spent at ``present``, if it stays.

    Buying more and cutting back fall on weeks of their own, each within a year as a customer: by week n of a
    year, a share n/52 of those who will have. They are independent of each other and of who stays.
    """
    due = renewals(rules, since, None, world.end)
    found, done = np.ones(world.end), 1.0
    more = less = 0.0
    for week in range(present, world.end):
        q = world.quarter(week)
        if (week - since - 1) % YEAR == 0:
            done *= (1 + more) * (1 - less)
            more = less = 0.0
        if rules["expansion_by"] is not None:
            more += rules["expansion"][q] / YEAR * rules["expansion_by"][q]
        if rules["contraction_by"] is not None:
            less += rules["contraction"][q] / YEAR * rules["contraction_by"][q]
        if week in due:
            done *= 1 + rules["uplift"][q]
        found[week] = done * (1 + more) * (1 - less)
    return found
