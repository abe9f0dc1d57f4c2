"""The metrics of a plan: what each counts, and how it adds up over quarters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from simulator.scenario.people_metrics import BAR_PARTS, TURNED_AWAY

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario

LOSSES, SLIPS, SLIPPED_DEALS, OPEN_DEALS = "losses", "slips", "slipped_deals", "open_deals"
BOOKINGS, CREATED, OPEN_PIPELINE, SLIPPED_VALUE = "bookings", "created_pipeline", "open_pipeline", "slipped_value"
SPEND, CAC, PAYBACK_MONTHS, COST_PER_SQL = "spend", "cac", "payback_months", "cost_per_sql"
MONTHLY_MARGIN = "monthly margin"  # a part of payback_months, no metric itself
GOOD, SEEN, WRONG = BAR_PARTS  # parts of what a bar does


@dataclass(frozen=True)
class Metric:
    """One thing that is counted.

    ``combine`` says how quarters add up: ``sum`` for flows, ``end`` for what stands at the end,
    ``ratio`` for the ratio of sums (never the mean of ratios), ``compound`` for the product of the
    quarters' ratios. ``label`` is how a person names it.
    ``of`` are numerator and denominator of a ratio: names of metrics, or of parts that are not shown
    themselves (:class:`~simulator.simulation.result.Result`). ``per_money`` says that a ratio is an amount of
    money, as a cost per win.
    """

    name: str
    kind: Literal["count", "money", "ratio"]
    combine: Literal["sum", "end", "ratio", "compound"]
    label: str
    of: tuple[str, str] | None = None
    per_money: bool = False

    @property
    def priced(self) -> bool:
        """Whether it is shown as an amount of money."""
        return self.kind == "money" or self.per_money


_ACRONYMS = {"mqls": "MQLs", "sqls": "SQLs", "sals": "SALs", "pqls": "PQLs", "mqas": "MQAs"}


def stage_label(stage: str) -> str:
    """How a person writes a stage: ``mqls`` → ``MQLs``, ``demo_booked`` → ``demo booked``."""
    return _ACRONYMS.get(stage, stage.replace("_", " "))


def metrics_of(stages: Sequence[str], money: bool) -> tuple[Metric, ...]:
    """The metrics of a plan in the order of the result arrays: counts first, then money.

    >>> [metric.name for metric in metrics_of(["mqls", "sqls", "wins"], money=False)]
    ['mqls', 'sqls', 'wins', 'losses', 'slips', 'slipped_deals', 'open_deals']
    """
    counts = [Metric(stage, "count", "sum", stage_label(stage)) for stage in stages]
    counts += [
        Metric(LOSSES, "count", "sum", "losses"),
        Metric(SLIPS, "count", "sum", "slips"),
        Metric(SLIPPED_DEALS, "count", "sum", "slipped deals"),
        Metric(OPEN_DEALS, "count", "end", "open deals"),
    ]
    if not money:
        return tuple(counts)
    return (
        *counts,
        Metric(BOOKINGS, "money", "sum", "bookings"),
        Metric(CREATED, "money", "sum", "created pipeline"),
        Metric(SLIPPED_VALUE, "money", "sum", "slipped value"),
        Metric(OPEN_PIPELINE, "money", "end", "open pipeline"),
    )


def customer_metrics(money: bool) -> tuple[Metric, ...]:
    """What a plan counts of its customers."""
    counts = (
        Metric("customers", "count", "end", "customers"),
        Metric("new_customers", "count", "sum", "new customers"),
        Metric("churned_customers", "count", "sum", "customers lost"),
    )
    kept = Metric("customer_retention", "ratio", "compound", "customers kept", ("customers kept", "customers before"))
    if not money:
        return (*counts, kept)
    return (
        *counts,
        Metric("arr", "money", "end", "ARR"),
        Metric("new_arr", "money", "sum", "new ARR"),
        Metric("expansion_arr", "money", "sum", "expansion ARR"),
        Metric("contraction_arr", "money", "sum", "contraction ARR"),
        Metric("churned_arr", "money", "sum", "churned ARR"),
        Metric("net_new_arr", "money", "sum", "net new ARR"),
        kept,
        Metric("gross_retention", "ratio", "compound", "gross retention", ("ARR kept", "ARR before")),
        Metric("net_retention", "ratio", "compound", "net retention", ("ARR kept or grown", "ARR before")),
    )


def account_metrics(limited: bool) -> tuple[Metric, ...]:
    """What a plan counts of its accounts; ``limited`` where there is an end of them."""
    left = (Metric("accounts_left", "count", "end", "accounts left"),) if limited else ()
    return (
        Metric("mqas", "count", "sum", "MQAs"),
        *left,
        Metric("contacts_per_win", "ratio", "ratio", "contacts per win", ("contacts at wins", "accounts won")),
        Metric("contacts_per_loss", "ratio", "ratio", "contacts per loss", ("contacts at losses", "accounts lost")),
    )


def metrics_in(scenario: Scenario) -> tuple[Metric, ...]:
    """The metrics of a scenario, in the order of the result arrays: every count, then all money.

    What an optional part of the plan adds comes after what every plan has.
    """
    money = any(segment.deal_size is not None for segment in scenario.segments.values())
    found = (*metrics_of(scenario.stages, money), *_spend_metrics(scenario, money), *people_metrics(scenario))
    if any(segment.customers is not None for segment in scenario.segments.values()):
        found += customer_metrics(money or bool(scenario.opening.customers))
    accounts = [segment.accounts for segment in scenario.segments.values() if segment.accounts is not None]
    if accounts:
        found += account_metrics(any(rules.number is not None for rules in accounts))
    return in_order(found)


def people_metrics(scenario: Scenario) -> tuple[Metric, ...]:
    """What teams and follow-up add: of all teams together and, where there are several, of each."""
    found = []
    teams = list(scenario.capacity)
    for team in ("", *(teams if len(teams) > 1 else ())) if teams else ():
        end, who = (f"_{team}", f" ({stage_label(team)})") if team else ("", "")
        found += [
            Metric(f"waiting{end}", "count", "end", f"waiting{who}"),
            Metric(f"gone_cold{end}", "count", "sum", f"gone cold{who}"),
            Metric(f"worked{end}", "count", "sum", f"worked{who}"),
            Metric(f"utilisation{end}", "ratio", "ratio", f"utilisation{who}", (f"busy{end}", f"staffed{end}")),
            Metric(f"needed_people{end}", "ratio", "ratio", f"people needed{who}", (f"work{end}", "weeks")),
        ]
    if any(segment.follow_up for segment in scenario.segments.values()):
        found += [
            Metric("not_reached", "count", "sum", "not reached"),
            Metric("disqualified", "count", "sum", "disqualified"),
            Metric("nurtured", "count", "sum", "sent to nurture"),
            Metric("returned", "count", "sum", "back from nurture"),
        ]
    if any(follow.good is not None for segment in scenario.segments.values() for follow in segment.follow_up.values()):
        found += [
            Metric(TURNED_AWAY, "count", "sum", "good ones turned away"),
            Metric("false_negatives", "ratio", "ratio", "false negatives", (TURNED_AWAY, GOOD)),
            Metric("false_positives", "ratio", "ratio", "false positives", (WRONG, SEEN)),
        ]
    return tuple(found)


def _spend_metrics(scenario: Scenario, money: bool) -> list[Metric]:
    """What is spent, and what it costs to win: of plans that spend anything."""
    if not any(segment.spend is not None for segment in scenario.segments.values()):
        return []
    wins, deals = scenario.stages[-1], scenario.stages[-2]
    found = [
        Metric(SPEND, "money", "sum", "spend"),
        Metric(CAC, "ratio", "ratio", "cost per customer won", (SPEND, wins), per_money=True),
        Metric(COST_PER_SQL, "ratio", "ratio", f"cost per {_one(deals)}", (SPEND, deals), per_money=True),
    ]
    if money:
        found.append(Metric(PAYBACK_MONTHS, "ratio", "ratio", "months to pay back", (SPEND, MONTHLY_MARGIN)))
    return found


def _one(stage: str) -> str:
    """One of a stage: ``sqls`` → ``SQL``."""
    label = stage_label(stage)
    return label[:-1] if len(label) > 2 and label.endswith("s") and not label.endswith("ss") else label


def in_order(metrics: Sequence[Metric]) -> tuple[Metric, ...]:
    """Counts first, then money, then ratios; otherwise as they come."""
    return tuple(sorted(metrics, key=lambda metric: ("count", "money", "ratio").index(metric.kind)))
