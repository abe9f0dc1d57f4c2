"""Accounts as the flat arrays of the kernels, and the plan without them for the trials of the other segments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from simulator.kernels.account_plan import Accounts, Rates
from simulator.kernels.plan import Plan
from simulator.kernels.response import LAG
from simulator.scenario.accounts import WinCurve
from simulator.scenario.part import certain
from simulator.scenario.uncertain import Number, Numbers
from simulator.simulation.metrics import Metric
from simulator.simulation.names import stream_name

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario
    from simulator.scenario.spreads import Spread

_NO_ROW = 1 << 40
_NONE = certain(0.0, "positive")
PARTS = ("contacts at wins", "accounts won", "contacts at losses", "accounts lost")
"""Numerators and denominators of contacts per win and per loss."""
WIDEST = 260
"""Contacts that the tables of spreads have room for at least."""

ByQuarter = Callable[[str, Numbers, Sequence[str]], list[int]]


def lower_accounts(
    scenario: Scenario,
    slot: Callable[[str, Number], int],
    by_quarter: ByQuarter,
    spreads: Callable[[str, Spread], list[int]],
    quarter: np.ndarray,
    metrics: Sequence[Metric],
) -> tuple[Accounts, Rates]:
    """Lay out a plan's accounts; neutral where a segment has none.

    Parameters
    ----------
    slot, by_quarter : give slots of numbers; spreads : indices of a spread of at least one for every quarter.
    quarter : (QT,) whose plan holds in each quarter from the first of the warm-up.
    """
    labels, n, wins = scenario.calendar.labels, scenario.quarters, scenario.stages[-1]
    segments = list(scenario.segments.items())
    S = len(segments)
    rules = [segment.accounts for _name, segment in segments if segment.accounts is not None]
    width = max(len(rule.win_rate) if isinstance(rule.win_rate, tuple) else 1 for rule in rules)
    roles = max(len(rule.personas) for rule in rules)
    number, again = np.zeros(S, np.int64), np.full((S, n), -1)
    contacts, group = np.zeros((S, n), np.int64), np.full((S, n), -1)
    joining = np.zeros((S, 2, n), np.int64)
    since, rate = np.full((S, width), _NO_ROW), np.zeros((S, width, n), np.int64)
    curve = np.full((S, 3), -1)
    persona, share = np.zeros((S, roles), np.uint64), np.full((S, roles), -1)
    engaged, missing = np.zeros((S, roles), np.int64), np.zeros((S, roles), np.int64)
    for s, (name, segment) in enumerate(segments):
        rule, path = segment.accounts, f"segments.{name}.accounts"
        if rule is None:
            continue
        if rule.number is not None:
            number[s] = slot(f"{path}.number", rule.number)
        contacts[s] = spreads(f"{path}.contacts", rule.contacts)
        if rule.again_after_weeks is not None:
            again[s] = spreads(f"{path}.again_after_weeks", rule.again_after_weeks)
        if rule.buying_group is not None:
            group[s] = spreads(f"{path}.buying_group", rule.buying_group)
        joining[s] = by_quarter(f"{path}.contacts_per_week", rule.contacts_per_week, labels)
        if rule.contacts_per_week_in_deal is not None:
            joining[s, 1] = by_quarter(f"{path}.contacts_per_week_in_deal", rule.contacts_per_week_in_deal, labels)
        if isinstance(rule.win_rate, WinCurve):
            stated = rule.win_rate
            for i, key in enumerate(("most", "half_at", "steepness")):
                curve[s, i] = slot(f"{path}.win_rate.{key}", getattr(stated, key))
        elif rule.win_rate is not None:
            for row, line in enumerate(rule.win_rate):
                since[s, row] = line.contacts
                rate[s, row] = slot(f"{path}.win_rate.{line.key}.rate", line.rate)
        else:  # one rate for all
            since[s, 0] = 1
            rate[s, 0] = by_quarter(f"segments.{name}.conversion.{wins}", segment.conversion[wins], labels)
        for p, (role, says) in enumerate(rule.personas.items()):
            where = f"{path}.personas.{role}"
            persona[s, p] = stream_name("persona", role)
            share[s, p] = slot(f"{where}.share", says.share)
            engaged[s, p] = slot(f"{where}.win_rate", says.win_rate)
            missing[s, p] = slot(f"{where}.win_rate_without", says.win_rate_without)
    names = [metric.name for metric in metrics]

    def words(purpose: str) -> np.ndarray:
        return np.array([stream_name(purpose, name) for name, _segment in segments], np.uint64)

    def ints(values: Sequence[int] | np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(values, dtype=np.int64)

    have = [segment.accounts for _name, segment in segments]
    found = Accounts(
        played=np.array([rule is not None for rule in have], np.bool_),
        limited=np.array([rule is not None and rule.number is not None for rule in have], np.bool_),
        number=number, again=ints(again[:, quarter]), contacts=ints(contacts[:, quarter]),
        group=ints(group[:, quarter]), joining=joining,
        qualified_at=ints([1 if rule is None else rule.qualified_at for rule in have]),
        deal_needs=ints([1 if rule is None else rule.deal_needs for rule in have]),
        known=ints([deal.contacts or 0 for deal in scenario.opening.deals or ()]),
        stream=words("account"), deals=words("account deal"), slips=words("account slips"),
        rows=ints([names.index("mqas"), names.index("accounts_left") if "accounts_left" in names else -1]),
    )  # fmt: skip
    return found, Rates(ints(since), rate, ints(curve), persona, ints(share), engaged, missing)


def without_accounts(plan: Plan, accounts: Accounts, zero: int) -> Plan:
    """The same plan with nothing in the segments of accounts: no volume, no spend that brings any, nothing open.

    ``zero`` is the slot of a certain 0.
    """
    segments, opening = plan.segments, plan.opening
    volume, response = segments.volume.copy(), segments.response.copy()
    volume[accounts.played] = zero
    if response.size:
        response[accounts.played, LAG] = -1
    segment_of = [np.where(accounts.played[of], -1, of) if of.size else of
                  for of in (opening.deal_segment, opening.lead_segment)]  # fmt: skip
    return plan._replace(
        segments=segments._replace(volume=volume, response=response),
        opening=opening._replace(deal_segment=segment_of[0], lead_segment=segment_of[1]),
    )
