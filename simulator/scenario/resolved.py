"""The resolved form: a scenario as plain values with every default filled in."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from simulator.scenario.accounts import Accounts
from simulator.scenario.customers import NEEDS, Customers
from simulator.scenario.model import Event, Payback, Segment, Slips, Spend, Target
from simulator.scenario.part import Part
from simulator.scenario.spreads import FixedSpread, MeanCv, Sample, Spread, WeeksTable
from simulator.scenario.uncertain import Certain, Number, Numbers, Values, WinProbability

if TYPE_CHECKING:
    from simulator.scenario.model import Opening, Scenario

_COMMON = ("name", "times", "domain", "unit")


def tidy(value: float) -> int | float:
    """A whole number without ``.0``."""
    return int(value) if float(value).is_integer() and abs(value) < 1e15 else float(value)


def plain_number(number: Number) -> Any:
    """A number as it is written in a scenario file."""
    if isinstance(number, Certain):
        return tidy(number.value)
    written: dict[str, Any] = {}
    if isinstance(number, Values):
        written["values"] = [tidy(value) for value in number.values]
    elif not isinstance(number, WinProbability):
        written = {f.name: tidy(getattr(number, f.name)) for f in fields(number) if f.name not in _COMMON}
    if number.name is not None:
        written["name"] = number.name
    if number.times != 1.0 or isinstance(number, WinProbability):
        written["times"] = tidy(number.times)
    return written


def plain_numbers(numbers: Numbers) -> Any:
    """One number, or a list of them."""
    items = [plain_number(number) for number in numbers]
    return items[0] if len(items) == 1 else items


def plain_spread(spread: Spread, folder: str | None = None) -> Any:
    """A spread as it is written; with ``folder`` None its data stand in for the file."""
    if isinstance(spread, FixedSpread):
        return plain_numbers(spread.value)
    written: dict[str, Any] = {key: plain_numbers(numbers) for key, numbers in spread.parts()}
    if isinstance(spread, MeanCv):
        written["family"] = spread.family
    elif isinstance(spread, WeeksTable) and spread.unit == "contacts":
        written["shares"] = [tidy(share) for share in spread.weeks[1:]]
    elif isinstance(spread, WeeksTable):
        written["weeks"] = [tidy(share) for share in spread.weeks]
    elif isinstance(spread, Sample):
        written["values"] = list(spread.data) if folder is None else relative(spread.file, folder)
        written["column"] = spread.column
    if spread.times != 1.0:
        written["times"] = tidy(spread.times)
    return written


def relative(file: str, folder: str) -> str:
    """A path that leads to the file from a folder; absolute where none does (another drive)."""
    try:
        return os.path.relpath(file, folder).replace(os.sep, "/")
    except ValueError:
        return os.path.abspath(file)


def _segment(segment: Segment, folder: str | None) -> dict[str, Any]:
    volume = segment.volume
    written: dict[str, Any] = {
        "volume": {
            "stage": volume.stage,
            "per_quarter": plain_numbers(volume.per_quarter),
            "growth": plain_numbers(volume.growth),
            "dispersion": plain_numbers(volume.dispersion),
        }
    }
    if volume.weekly_profile is not None:
        written["volume"]["weekly_profile"] = [tidy(share) for share in volume.weekly_profile]
    written["conversion"] = {stage: plain_numbers(rate) for stage, rate in segment.conversion.items()}
    written["lag_weeks"] = {stage: plain_spread(spread, folder) for stage, spread in segment.lag_weeks.items()}
    if segment.deal_size is not None:
        written["deal_size"] = plain_spread(segment.deal_size, folder)
    written["slips"] = _slips(segment.slips, folder)
    if segment.accounts is not None:
        written["accounts"] = _accounts(segment.accounts, folder)
    if segment.follow_up:
        written["follow_up"] = {stage: _part(follow, folder) for stage, follow in segment.follow_up.items()}
    if segment.spend is not None:
        written["spend"] = _spend(segment.spend, folder)
    if segment.kpi:
        kpis = [{key: item for key, item in _target(kpi).items() if key != "segment"} for kpi in segment.kpi]
        written["kpi"] = kpis[0] if len(kpis) == 1 else kpis
    if segment.linearity is not None:
        written["linearity"] = [tidy(share) for share in segment.linearity]
    if segment.pull_ins is not None:
        written["pull_ins"] = {
            "probability": plain_numbers(segment.pull_ins.probability),
            "by_weeks": plain_spread(segment.pull_ins.by_weeks, folder),
            "value_factor": plain_numbers(segment.pull_ins.value_factor),
        }
    if segment.customers is not None:
        written["customers"] = _customers(segment.customers)
    return written


def _accounts(accounts: Accounts, folder: str | None) -> dict[str, Any]:
    """What is given, and the usual win rates written out where the plan says none."""
    rest = accounts.model_copy(update={"win_rate": None, "personas": ()})
    written = {key: value for key, value in _part(rest, folder).items() if key != "personas"}
    if isinstance(accounts.win_rate, tuple):
        written["win_rate"] = [{"contacts": row.contacts, "rate": plain_number(row.rate)} for row in accounts.win_rate]
    elif accounts.win_rate is not None:
        written["win_rate"] = _part(accounts.win_rate, folder)
    if accounts.personas:
        written["personas"] = {name: _part(persona, folder) for name, persona in accounts.personas.items()}
    return written


def _customers(customers: Customers) -> dict[str, Any]:
    """What says something: a contract without a renewal has no term."""
    written: dict[str, Any] = {}
    for key, value in dict(customers).items():
        without = NEEDS.get(key)
        if value is None or (without is not None and getattr(customers, without) is None):
            continue
        written[key] = value if isinstance(value, int) else plain_numbers(value)
    return written


def _part(part: Part, folder: str | None) -> dict[str, Any]:
    """A part as it is written, what is not given left out."""
    written: dict[str, Any] = {}
    for key, value in part:
        if isinstance(value, Number):
            written[key] = plain_number(value)
        elif isinstance(value, Spread):
            written[key] = plain_spread(value, folder)
        elif isinstance(value, tuple):
            numbers = bool(value) and isinstance(value[0], Number)
            written[key] = plain_numbers(value) if numbers else [tidy(v) if isinstance(v, float) else v for v in value]
        elif value is not None:
            written[key] = value
    return written


def _spend(spend: Spend, folder: str | None) -> dict[str, Any]:
    written: dict[str, Any] = {key: plain_numbers(getattr(spend, key)) for key in ("per_quarter", "per_arrival")}
    if spend.response is not None:
        keys = ("most", "half_at", "steepness")
        written["response"] = {key: plain_numbers(getattr(spend.response, key)) for key in keys}
        written["lag_weeks"] = plain_spread(spend.lag_weeks, folder)
    return written


def _slips(slips: Slips, folder: str | None) -> dict[str, Any]:
    written: dict[str, Any] = {
        "probability": plain_numbers(slips.probability),
        "delay_weeks": plain_spread(slips.delay_weeks, folder),
        "limit": slips.limit,
        "win_rate_factor": plain_numbers(slips.win_rate_factor),
    }
    for key, row_key in (("by_pushes", "pushes"), ("by_size", "above")):
        rows = [
            {
                row_key: tidy(getattr(row, row_key)),
                "slip_probability": plain_number(row.slip_probability),
                "win_rate": plain_number(row.win_rate),
            }
            for row in getattr(slips, key)
        ]
        if rows:
            written[key] = rows
    return written


def _opening(scenario: Scenario, folder: str | None) -> dict[str, Any]:
    opening: Opening = scenario.opening
    written: dict[str, Any] = {"warm_up_quarters": opening.warm_up_quarters}
    for key in ("deals", "leads", "customers"):
        rows = getattr(opening, key)
        if rows is None:
            continue
        file = table_file(scenario, key)
        if folder is None or file is None:
            said = (dict(row) for row in rows)
            written[key] = [{k: v for k, v in row.items() if k != "contacts" or v is not None} for row in said]
        else:
            written[key] = relative(file, folder)
    if opening.win_probability is not None:
        written["win_probability"] = plain_number(opening.win_probability)
    return written


def table_file(scenario: Scenario, key: str) -> str | None:
    """Where the table of the opening position lies, from the current directory."""
    node = scenario._tree
    for step in ("opening", key):
        node = node.get(step) if node is not None and node.mapping else None
    return None if node is None else os.path.join(node.place.folder, node.value.strip())


def _event(event: Event) -> dict[str, Any]:
    return {
        "name": event.name,
        "probability": tidy(event.probability),
        "quarters": event.quarters,
        "slip_probability": plain_number(event.slip_probability),
        "volume": plain_number(event.volume),
        "deal_size": plain_number(event.deal_size),
        **{stage: plain_number(rate) for stage, rate in event.rates.items()},
    }


def _target(target: Target) -> dict[str, Any]:
    written: dict[str, Any] = {"metric": target.metric}
    for key in ("at_least", "at_most"):
        if getattr(target, key) is not None:
            written[key] = tidy(getattr(target, key))
    written["in"] = target.in_
    if target.segment is not None:
        written["segment"] = list(target.segment) if isinstance(target.segment, tuple) else target.segment
    written["name"] = target.name
    return written


def plain(scenario: Scenario, folder: str | None = os.curdir) -> dict[str, Any]:
    """The resolved form, itself a valid document.

    Files are named relative to ``folder``; with None their contents stand in for them.
    """
    market = scenario.market
    shocks: dict[str, Any] = {
        "conversion": {key: tidy(value) for key, value in dict(market.conversion).items()},
        "volume": {key: tidy(value) for key, value in dict(market.volume).items()},
    }
    if market.slip_concentration is not None:
        shocks["slip_concentration"] = tidy(market.slip_concentration)
    shocks["events"] = [_event(event) for event in market.events]
    simulation: dict[str, Any] = {"trials": scenario.simulation.trials}
    if scenario.simulation.seed is not None:
        simulation["seed"] = scenario.simulation.seed
    payback = {key: plain_number(getattr(scenario.payback, key)) for key in ("gross_margin", "deal_months")}
    spends = any(segment.spend is not None for segment in scenario.segments.values())
    return {
        "format": scenario.format,
        "name": scenario.name,
        "description": scenario.description,
        "start": scenario.start,
        "quarters": scenario.quarters,
        "fiscal_year_starts": scenario.fiscal_year_starts,
        "currency": scenario.currency,
        "stages": list(scenario.stages),
        "segments": {name: _segment(segment, folder) for name, segment in scenario.segments.items()},
        **({"capacity": {n: _part(t, folder) for n, t in scenario.capacity.items()}} if scenario.capacity else {}),
        "opening": _opening(scenario, folder),
        "market": shocks,
        "correlations": [{"between": list(item.between), "rank": tidy(item.rank)} for item in scenario.correlations],
        "targets": [_target(target) for target in scenario.targets],
        # a plan that spends nothing reads as it always did
        **({"payback": payback} if spends or scenario.payback != Payback.model_construct() else {}),
        "simulation": simulation,
    }


def fingerprint(scenario: Scenario) -> str:
    """SHA-256 of the resolved content, tables by their contents, keys in order."""
    text = json.dumps(plain(scenario, None), sort_keys=True, default=str, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()
