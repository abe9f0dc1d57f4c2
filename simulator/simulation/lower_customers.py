"""What becomes of won deals, and the customers at the start, as the flat arrays of the kernels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from simulator.kernels import customers as kernel
from simulator.scenario.uncertain import Certain, Numbers
from simulator.simulation.names import stream_name

if TYPE_CHECKING:
    from simulator.scenario.customers import OpenCustomer
    from simulator.scenario.model import Scenario

WEEKS_A_MONTH = 13 / 3
_ALWAYS = (Certain(1.0, domain="share"),)
_NOTHING = (Certain(0.0, domain="share"),)
_LATER = 1 << 20
"""What number a renewal has where nobody knows: not the first."""

ByQuarter = Callable[[str, Numbers, Sequence[str]], list[int]]


def lower_customers(scenario: Scenario, by_quarter: ByQuarter) -> kernel.Customers:
    """Lay out a plan's customers.

    Parameters
    ----------
    by_quarter : gives the slots of a number for every quarter: path, numbers, labels.
    """
    labels, n = scenario.calendar.labels, scenario.quarters
    names = list(scenario.segments)
    S = len(names)
    keys = ("recurring", "uplift", "expansion", "expansion_by", "contraction", "contraction_by")
    flat = {key: np.zeros((S, n), np.int64) for key in keys}
    churn, renewal = np.zeros((S, kernel.AGES, n), np.int64), np.zeros((S, 2, n), np.int64)
    term, followed = np.zeros(S), np.zeros(S, np.bool_)
    for s, (name, segment) in enumerate(scenario.segments.items()):
        rules = segment.customers
        if rules is None:
            continue
        path = f"segments.{name}.customers"
        followed[s] = True

        def slots(key: str, numbers: Numbers | None, path: str = path) -> list[int]:
            return by_quarter(f"{path}.{key}", numbers or _NOTHING, labels)

        for key in keys:
            flat[key][s] = slots(key, getattr(rules, key))
        for age, (key, stated) in enumerate(
            (
                ("churn_first_year", rules.churn_first_year),
                ("churn_second_year", rules.churn_second_year),
                ("churn", None),
            )
        ):
            churn[s, age] = slots(key, stated) if stated is not None else slots("churn", rules.churn)
        if rules.renewal is not None:
            term[s] = rules.term_months * WEEKS_A_MONTH
            renewal[s, 1] = slots("renewal", rules.renewal)
            stated = rules.first_renewal
            renewal[s, 0] = renewal[s, 1] if stated is None else slots("first_renewal", stated)
        else:
            renewal[s] = by_quarter(f"{path}.renewal", _ALWAYS, labels)
    here = scenario.opening.customers or ()
    dates = [_dates(scenario, customer, float(term[names.index(customer.segment)])) for customer in here]
    table = np.array(dates, np.int64).reshape(len(here), 4)

    def words(purpose: str, *parts: Sequence[str]) -> np.ndarray:
        return np.array([stream_name(purpose, *part) for part in parts], np.uint64).reshape(len(parts))

    return kernel.Customers(
        followed=followed, churn=churn, renewal=renewal, **flat, term=term,
        stream=words("customers", *([name] for name in names)),
        deal_name=words("opening deal", *([deal.id] for deal in scenario.opening.deals or ())),
        name=words("opening customer", *([customer.id] for customer in here)),
        segment=np.array([names.index(customer.segment) for customer in here], np.int64),
        cents=np.rint(np.array([customer.arr for customer in here], float) * 100),
        since=table[:, 0].copy(), anchor=table[:, 1].copy(), ahead=table[:, 2].copy(), renewals=table[:, 3].copy(),
    )  # fmt: skip


def _dates(scenario: Scenario, customer: OpenCustomer, term: float) -> tuple[int, int, int, int]:
    """Since which week, from where renewals are counted, how many terms to the next one, what number it has."""
    calendar = scenario.calendar
    since = kernel.LONG_AGO if customer.since is None else calendar.week_of(customer.since)
    if term <= 0:
        return since, 0, 0, 0
    if customer.renewal is not None:
        stated = calendar.week_of(customer.renewal)
        number = _LATER if customer.since is None else max(1, round((stated - since) / term))
        return since, max(0, stated), 0, number  # overdue: due in the first week
    if customer.since is None:
        return since, kernel.NEVER, 0, _LATER  # some time in the term that runs
    number = max(1, int(-since / term))
    while since + int(number * term + 0.5) < 0:
        number += 1
    return since, since, number, number
