"""The JSON Schema of the scenario file, generated from the model: editors complete and check as one types.

What a schema cannot say (which conversions a segment needs, quarters inside the horizon) is left to ``load``.
"""

from __future__ import annotations

import copy
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from simulator.scenario.closing import ByPushes, BySize, PullIns
from simulator.scenario.forms import (
    Form,
    NumberForm,
)
from simulator.scenario.model import (
    Accounts,
    ByContacts,
    Correlation,
    Customers,
    Event,
    FollowUp,
    Persona,
    Response,
    Scenario,
    Segment,
    Spend,
    Target,
    Team,
    Volume,
    WinCurve,
)
from simulator.scenario.resolved import plain_number, plain_numbers, plain_spread
from simulator.scenario.schema_values import Schema, fragment, one_of, value_schemas
from simulator.scenario.spreads import Spread
from simulator.scenario.uncertain import Number

_PARTS = (
    Segment,
    ByPushes,
    BySize,
    PullIns,
    Customers,
    Accounts,
    ByContacts,
    WinCurve,
    Persona,
    Volume,
    Spend,
    Response,
    FollowUp,
    Team,
    Event,
    Correlation,
    Target,
)
"""What special forms point to."""
VARIED = ("Segment", "Team", "FollowUp", "Target", "Event", "Slips", "PullIns", "Customers", "Accounts", "Persona")
"""Parts of which a file with ``extends`` may give a few keys only."""


def json_schema() -> Schema:
    """The JSON Schema (draft 2020-12) of a scenario file.

    Examples
    --------
    >>> json_schema()["properties"]["quarters"]["maximum"]
    200
    """
    parts: list[Any] = [(part, "validation") for part in (Scenario, *_PARTS)]
    _, written = models_json_schema(parts, by_alias=True, schema_generator=_Generator)
    definitions = {name: _filled(part) for name, part in written["$defs"].items()}
    schema = definitions.pop("Scenario")
    definitions.update(value_schemas())
    _adapt(definitions)
    variants = {f"{name}Variant": _variant(definitions[name]) for name in VARIED}
    for part in variants.values():
        for name in ("Slips", "FollowUp", "PullIns", "Customers", "Accounts", "Persona"):
            _point(part, name, f"{name}Variant")
    market = copy.deepcopy(definitions["Market"])
    _point(market, "Event", "EventVariant")
    variants["MarketVariant"] = _variant(market)
    definitions.update(variants)
    schema["properties"]["extends"] = {
        "type": "string",
        "description": "A scenario file; everything not said here comes from there.",
    }
    whole = {key: schema["properties"].pop(key) for key in ("segments", "capacity", "targets", "market")}
    variant = {key: _pointed(part, key) for key, part in whole.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Scenario",
        "description": "A plan for the pipeline simulator.",
        "type": "object",
        "properties": {**schema["properties"], **dict.fromkeys(whole, True)},
        "additionalProperties": False,
        "if": {"required": ["extends"]},
        "then": {"properties": variant},
        "else": {"required": ["start", "quarters", "segments"], "properties": whole},
        "$defs": definitions,
    }


class _Generator(GenerateJsonSchema):
    """Pydantic's generator, with defaults in the words of the file."""

    def encode_default(self, dft: Any) -> Any:
        if isinstance(dft, Spread):
            return plain_spread(dft)
        if isinstance(dft, Number):
            return plain_number(dft)
        if isinstance(dft, tuple) and dft and isinstance(dft[0], Number):
            return plain_numbers(dft)
        return list(dft) if isinstance(dft, tuple) else dft


def _filled(part: Any) -> Any:
    """Forms replaced by what they accept; titles that only repeat the key dropped."""
    if isinstance(part, list):
        return [_filled(item) for item in part]
    if not isinstance(part, dict):
        return part
    form = part.get("x-form")
    kept = {key: _filled(value) for key, value in part.items() if not _is_noise(key, value)}
    return {**fragment(form), **kept} if isinstance(form, Form) else kept


def _is_noise(key: str, value: Any) -> bool:
    """Titles that repeat the key, defaults that say nothing."""
    return key == "x-form" or (key == "title" and isinstance(value, str)) or (key == "default" and value is None)


def _adapt(definitions: Schema) -> None:
    """Where the file is written differently from how the model holds it; what may be left out may be null."""
    event, target = definitions["Event"], definitions["Target"]
    event["properties"].pop("rates")
    event["additionalProperties"] = fragment(NumberForm("positive", zero=True, most=1000.0))
    for key in ("period", "name"):
        shown = target["properties"].pop(key)
        if key == "name":
            target["properties"][key] = shown
        if key in target["required"]:
            target["required"].remove(key)
    target["oneOf"] = [{"required": ["at_least"]}, {"required": ["at_most"]}]
    definitions["Kpi"] = kpi = copy.deepcopy(target)
    kpi["properties"].pop("segment")
    volume = definitions["Volume"]
    volume["required"] = ["per_quarter"]
    definitions["Team"]["required"] = ["people"]
    definitions["Segment"]["required"] = ["volume", "conversion"]


def _variant(part: Schema) -> Schema:
    """A part of a file with ``extends``: nothing is required, null removes."""
    part = copy.deepcopy(part)
    for key in ("required", "oneOf"):
        part.pop(key, None)
    part["properties"] = {key: one_of(value, {"type": "null"}) for key, value in part["properties"].items()}
    return part


def _pointed(part: Schema, key: str) -> Schema:
    part = copy.deepcopy(part)
    for name in ("Segment", "Team", "Target", "Market"):
        _point(part, name, f"{name}Variant")
    if key in ("segments", "capacity"):
        part["additionalProperties"] = one_of(part["additionalProperties"], {"type": "null"})
    return one_of(part, {"type": "null"})


def _point(part: Any, name: str, other: str) -> None:
    """Let references to one definition lead to another."""
    if isinstance(part, dict):
        if part.get("$ref") == f"#/$defs/{name}":
            part["$ref"] = f"#/$defs/{other}"
        for value in part.values():
            _point(value, name, other)
    elif isinstance(part, list):
        for value in part:
            _point(value, name, other)
