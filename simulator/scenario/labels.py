"""What a path is called in words, for tables and charts."""

from __future__ import annotations

import re

_PERIOD = re.compile(r"(.*)\.(\d{4}-Q[1-4]|P\d+)")
_SPECIAL = {"mqls": "MQLs", "sqls": "SQLs", "sals": "SALs", "mqas": "MQAs", "pqls": "PQLs"}
EVERYWHERE = "all segments"
_INNER = {"mean": "mean", "cv": "variation", "median": "median", "p90": "P90"}


def stage_label(stage: str) -> str:
    """A stage as the field writes it.

    >>> stage_label("mqls"), stage_label("sales_calls")
    ('MQLs', 'sales calls')
    """
    return _SPECIAL.get(stage, stage.replace("_", " "))


def label(path: str, stages: tuple[str, ...] = ()) -> str:
    """A path in words.

    Parameters
    ----------
    path : as from ``Scenario.numbers()``, in ``--set`` or in results.
    stages : those of the scenario, to name the stage a rate starts from.

    Examples
    --------
    >>> stages = ("visitors", "engagements", "mqls", "sqls", "wins")
    >>> label("segments.inbound.conversion.mqls", stages)
    'inbound: engagements → MQLs'
    >>> label("segments.inbound.volume.2027-Q3", stages)
    'inbound: volume in 2027-Q3'
    >>> label("segments.*.lag_weeks.wins.mean", stages)
    'weeks SQLs → wins, mean (all segments)'
    >>> label("targets.MQL floor.at_least")
    'MQL floor: at least'
    """
    if match := _PERIOD.fullmatch(path):
        return f"{label(match[1], stages)} in {match[2]}"
    top, _, rest = path.partition(".")
    if top == "segments":
        name, _, rest = rest.partition(".")
        if name == "*":
            return f"{_in_segment(rest, stages)} ({EVERYWHERE})" if rest else EVERYWHERE
        return f"{name}: {_in_segment(rest, stages)}" if rest else name
    if top == "capacity":
        name, _, rest = rest.partition(".")
        return f"{'all teams' if name == '*' else f'{stage_label(name)} team'}: {_in_team(rest)}" if rest else name
    if top == "opening":
        return {
            "win_probability": "open deals: win probability",
            "warm_up_quarters": "warm-up quarters",
            "deals": "open deals",
            "leads": "leads in flight",
            "customers": "customers at the start",
        }.get(rest, path)
    if top == "market":
        return _in_market(rest, stages)
    if top == "targets":
        name, _, key = rest.rpartition(".")
        return f"{name}: {key.replace('_', ' ')}" if name else rest
    if top == "payback":
        return {"gross_margin": "gross margin", "deal_months": "months a deal's value covers"}.get(rest, path)
    if top == "simulation":
        return rest
    return path.replace("_", " ")


def _flow(stage: str, stages: tuple[str, ...]) -> str:
    if stage == "*":
        return "every rate"
    index = stages.index(stage) if stage in stages else 0
    return f"{stage_label(stages[index - 1])} → {stage_label(stage)}" if index else f"into {stage_label(stage)}"


def _in_segment(rest: str, stages: tuple[str, ...]) -> str:
    first, _, more = rest.partition(".")
    stage, _, inner = more.partition(".")
    if first == "volume":
        return {"growth": "growth per quarter", "dispersion": "dispersion of arrivals"}.get(more, "volume")
    if first == "conversion":
        return _flow(stage, stages) + (f", {inner}" if inner else "")
    if first == "lag_weeks":
        words = "weeks to a loss" if stage == "losses" else f"weeks {_flow(stage, stages)}"
        return words + _inner(inner)
    if first == "deal_size":
        return "deal size" + _inner(more)
    if first == "spend":
        part, _, inner = more.partition(".")
        words = {
            "": "spend per quarter",
            "per_arrival": "cost of each arrival",
            "lag_weeks": "weeks from spending to arrivals",
            "response": {"most": "most that spend can bring", "half_at": "spend that brings half of it",
                         "steepness": "steepness of the response"}.get(inner, "response"),
        }.get(part, part)  # fmt: skip
        return words if part == "response" else words + _inner(inner)
    if first == "kpi":
        return f"KPI, {more.rpartition('.')[2].replace('_', ' ')}"
    if first == "slips":
        words = {
            "probability": "slip probability",
            "win_rate_factor": "win rate kept per slip",
            "delay_weeks": "weeks lost per slip",
            "limit": "slips a deal survives",
        }.get(stage, stage)
        if stage in ("by_pushes", "by_size"):
            row, _, key = inner.partition(".")
            size = row.replace("_", ".")
            who = f"deals above {float(size):,.6g}" if stage == "by_size" else f"after {_pushes(row)}"
            return f"{who}: times {_TIMES.get(key, key)}" if key else who
        return words + _inner(inner)
    if first == "follow_up":
        key, _, inner = inner.partition(".")
        words = {
            "reached": "share reached",
            "disqualified": "share disqualified",
            "good": "share worth selling to",
            "auc": "how well the score tells",
            "nurtured": "share nurtured",
            "returns": "share that comes back",
            "returns_after_weeks": "weeks until they come back",
            "returned_conversion": "rate of those who came back",
            "limit": "times a lead comes back",
        }.get(key, key)
        return f"{'every stage' if stage == '*' else stage_label(stage)}, {words}" + _inner(inner)
    if first == "pull_ins":
        words = {
            "probability": "deals pulled in",
            "by_weeks": "weeks pulled in",
            "value_factor": "value kept when pulled in",
        }.get(stage, stage)
        return words + _inner(inner)
    if first == "linearity":
        return "due dates by week of the quarter"
    if first == "accounts":
        return _in_accounts(stage, inner)
    if first == "customers":
        return {
            "recurring": "recurring share of a deal",
            "churn": "churn a year",
            "churn_first_year": "churn in the first year",
            "churn_second_year": "churn in the second year",
            "expansion": "customers that expand a year",
            "expansion_by": "expansion of those who do",
            "contraction": "customers that cut back a year",
            "contraction_by": "cut of those who do",
            "uplift": "price change at renewal",
        }.get(stage, stage.replace("_", " "))
    return rest.replace("_", " ")


def _in_accounts(key: str, inner: str) -> str:
    if key == "win_rate":
        row, _, part = inner.partition(".")
        if part == "rate":
            return f"win rate from {row} engaged contact{'' if row == '1' else 's'} on"
        return {"most": "highest win rate", "half_at": "contacts for half the highest win rate",
                "steepness": "steepness of the win rate"}.get(inner, "win rate by contacts")  # fmt: skip
    if key == "personas":
        who, _, part = inner.partition(".")
        words = {
            "share": "share of contacts",
            "win_rate": "times win rate",
            "win_rate_without": "times win rate without",
        }
        return f"{who.replace('_', ' ')}, {words.get(part, part)}" if part else who
    words = {
        "number": "target accounts",
        "again_after_weeks": "weeks until a lost account comes again",
        "contacts": "contacts at first",
        "contacts_per_week": "contacts joining a week",
        "contacts_per_week_in_deal": "contacts joining a week in a deal",
        "buying_group": "people in a buying group",
        "qualified_at": "contacts of an MQA",
        "deal_needs": "contacts that a deal needs",
    }
    return words.get(key, key.replace("_", " ")) + _inner(inner)


def _in_team(rest: str) -> str:
    key, _, inner = rest.partition(".")
    words = {
        "each_per_week": "leads each per week",
        "open_deals_each": "open deals each",
        "ramp_weeks": "weeks to ramp up",
        "attrition": "share that leaves per quarter",
        "start_weeks": "weeks until hires start",
        "replace_weeks": "weeks until leavers are replaced",
        "patience_weeks": "weeks until leads go cold",
        "waiting_factor": "rate kept per week of waiting",
    }.get(key, key.replace("_", " "))
    return words + _inner(inner)


_TIMES = {"slip_probability": "slip probability", "win_rate": "win rate"}


def _pushes(row: str) -> str:
    return "1 push" if row == "1" else f"{row} pushes"


def _inner(key: str) -> str:
    return f", {_INNER.get(key, key)}" if key else ""


def _in_market(rest: str, stages: tuple[str, ...]) -> str:
    if rest.startswith("events."):
        name, _, key = rest.removeprefix("events.").rpartition(".")
        if not name:
            return rest
        known = {
            "slip_probability": "times slip probability",
            "volume": "times volume",
            "deal_size": "times deal size",
            "probability": "probability per quarter",
            "quarters": "quarters it lasts",
        }
        return f"{name}: {known.get(key) or f'times {_flow(key, stages)}'}"
    part, _, key = rest.partition(".")
    words = {
        "conversion": "market, rates",
        "volume": "market, volume",
        "slip_concentration": "market: slip concentration",
    }
    return words.get(part, part) + (f": {key}" if key else "")
