"""The JSON Schema of the scenario file, generated from the model: editors complete and check as one types.

What a schema cannot say (which conversions a segment needs, quarters inside the horizon) is left to ``load``.
"""

from __future__ import annotations

import copy
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from simulator.scenario.forms import (
    Form,
    NumberForm,
    NumbersForm,
    PlainForm,
    SpecialForm,
    SpreadForm,
    TextForm,
    WholeForm,
)
from simulator.scenario.model import Correlation, Event, Scenario, Segment, Target, Volume
from simulator.scenario.number_forms import FORMS, bounds
from simulator.scenario.part import MOST_VOLUME
from simulator.scenario.resolved import plain_number, plain_numbers, plain_spread
from simulator.scenario.scales import Domain
from simulator.scenario.spreads import FAMILIES, Spread
from simulator.scenario.uncertain import Number

Schema = dict[str, Any]
IDENTIFIER = "^[A-Za-z_][A-Za-z0-9_]*$"


def json_schema() -> Schema:
    """The JSON Schema (draft 2020-12) of a scenario file.

    Examples
    --------
    >>> json_schema()["properties"]["quarters"]["maximum"]
    200
    """
    parts: list[Any] = [(part, "validation") for part in (Scenario, Segment, Volume, Event, Correlation, Target)]
    _, written = models_json_schema(parts, by_alias=True, schema_generator=_Generator)
    definitions = {name: _filled(part) for name, part in written["$defs"].items()}
    schema = definitions.pop("Scenario")
    definitions.update(_values())
    _adapt(definitions)
    variants = {f"{name}Variant": _variant(definitions[name]) for name in ("Segment", "Target", "Event", "Slips")}
    for part in variants.values():
        _point(part, "Slips", "SlipsVariant")
    market = copy.deepcopy(definitions["Market"])
    _point(market, "Event", "EventVariant")
    variants["MarketVariant"] = _variant(market)
    definitions.update(variants)
    schema["properties"]["extends"] = {
        "type": "string",
        "description": "A scenario file; everything not said here comes from there.",
    }
    whole = {key: schema["properties"].pop(key) for key in ("segments", "targets", "market")}
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
    return {**_fragment(form), **kept} if isinstance(form, Form) else kept


def _is_noise(key: str, value: Any) -> bool:
    """Titles that repeat the key, defaults that say nothing."""
    return key == "x-form" or (key == "title" and isinstance(value, str)) or (key == "default" and value is None)


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _one_of(*parts: Schema) -> Schema:
    return {"anyOf": list(parts)}


def _fragment(form: Form) -> Schema:
    """What a form accepts."""
    if isinstance(form, NumberForm):
        low, high, open_low = bounds(form)
        number: Schema = {"type": "number", "exclusiveMinimum" if open_low else "minimum": low, "maximum": high}
        if low <= -1e9:
            number = {"type": "number"}
        one = _one_of(number, _ref(f"{form.domain}_range"))
        if not isinstance(form, NumbersForm):
            return one
        return _one_of(*one["anyOf"], {"type": "array", "items": one, "minItems": 1, "description": "By quarter."})
    if isinstance(form, SpreadForm):
        return _ref("delay" if form.delay else form.unit)
    if isinstance(form, WholeForm):
        return {"type": "integer", "minimum": form.low, "maximum": form.high}
    if isinstance(form, PlainForm):
        if form.low < -1e9:
            return {"type": "number"}
        low_key = "exclusiveMinimum" if form.open_low else "minimum"
        high_key = "exclusiveMaximum" if form.open_high else "maximum"
        return {"type": "number", low_key: form.low, high_key: form.high}
    if isinstance(form, TextForm):
        return {"type": ["string", "number"]} | ({} if form.empty else {"minLength": 1})
    assert isinstance(form, SpecialForm)
    return copy.deepcopy(_SPECIAL[form.kind])


_RATES: Schema = {
    "type": "object",
    "propertyNames": {"pattern": IDENTIFIER},
    "additionalProperties": _fragment(NumbersForm("share")),
}
_SHARES: Schema = {"type": "array", "items": {"type": "number", "minimum": 0, "maximum": 1}, "minItems": 1}
_SPECIAL: dict[str, Schema] = {
    "stage": {"type": "string", "pattern": IDENTIFIER},
    "stages": {"type": "array", "items": {"type": "string", "pattern": IDENTIFIER}, "minItems": 2, "uniqueItems": True},
    "profile": {**_SHARES, "minItems": 13, "maxItems": 13},
    "volume": _one_of(*_fragment(NumbersForm("positive", zero=True, most=MOST_VOLUME))["anyOf"], _ref("Volume")),
    "conversion": _RATES,
    "lag_weeks": {"type": "object", "propertyNames": {"pattern": IDENTIFIER}, "additionalProperties": _ref("weeks")},
    "deals": {"type": "string"},
    "leads": {"type": "string"},
    "win_probability": _one_of(
        *_fragment(NumberForm("share"))["anyOf"],
        {
            "type": "object",
            "properties": {"times": {"type": "number", "exclusiveMinimum": 0}},
            "required": ["times"],
            "additionalProperties": False,
        },
    ),
    "rates": {},
    "events": {"type": "array", "items": _ref("Event")},
    "between": {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2},
    "correlations": {"type": "array", "items": _ref("Correlation")},
    "metric": {"type": "string"},
    "period": {"type": ["string", "integer"], "examples": ["2027-Q3", "2027-Q1..2027-Q3", "each quarter", "horizon"]},
    "target segment": _one_of(
        {"type": ["string", "integer"]}, {"type": "array", "items": {"type": ["string", "integer"]}, "minItems": 1}
    ),
    "targets": {"type": "array", "items": _ref("Target")},
    "start": {"type": "string", "pattern": r"^\d{4}-(Q[1-4]|\d{2}-\d{2})$"},
    "segments": {"type": "object", "minProperties": 1, "additionalProperties": _ref("Segment")},
    "derived": {},
}


def _object(properties: Schema, required: tuple[str, ...], description: str) -> Schema:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


_TIMES: Schema = {"type": "number", "exclusiveMinimum": 0, "description": "Multiplies what is drawn."}
_MEANS = {
    ("min", "likely", "max"): "PERT: least, likeliest and greatest value.",
    ("p10", "p90"): "One in ten below p10, one in ten above p90.",
    ("p10", "p50", "p90"): "One in ten below p10, half below p50, one in ten above p90.",
    ("successes", "of"): "We saw so many of so many.",
    ("mean", "sd"): "Mean and standard deviation.",
    ("values",): "Each value equally likely.",
}


def _ranges(domain: Domain) -> Schema:
    value: Schema = {
        "share": {"type": "number", "minimum": 0, "maximum": 1},
        "positive": {"type": "number", "minimum": 0},
    }.get(domain, {"type": "number"})
    count = {"type": "number", "minimum": 0}
    beside = {
        "name": {"type": ["string", "number"], "description": "Numbers of one name are drawn together."},
        "times": _TIMES,
    }
    parts = []
    for keys in FORMS:
        if keys[0] == "successes" and domain != "share":
            continue
        kinds = {
            "successes": count,
            "of": count,
            "sd": count,
            "values": {"type": "array", "items": value, "minItems": 1},
        }
        parts.append(_object({**{key: kinds.get(key, value) for key in keys}, **beside}, keys, _MEANS[keys]))
    return _one_of(*parts)


def _spread(form: SpreadForm) -> Schema:
    size = NumbersForm("positive", zero=True)
    inner, least = _fragment(NumbersForm("positive")), bounds(size)[0]
    plain = {"type": "number", "minimum" if form.unit == "weeks" else "exclusiveMinimum": least}
    family = {"enum": list(FAMILIES), "description": "gamma for weeks, lognormal for money, if left out."}
    parts = [
        {**plain, "description": "The same for all."},
        {"type": "array", "items": plain, "minItems": 1, "description": "By quarter, the same for all."},
        _object(
            {"mean": inner, "cv": inner, "family": family, "times": _TIMES},
            ("mean",),
            "Mean and coefficient of variation (sd / mean); without cv it is 1"
            + (", without cv and family the delay is geometric." if form.delay else "."),
        ),
        _object({"median": inner, "p90": inner, "times": _TIMES}, ("median", "p90"), "Lognormal."),
        _object(
            {"values": {"type": "string"}, "column": {"type": "string"}, "times": _TIMES},
            ("values", "column"),
            "Drawn from real values in a CSV file.",
        ),
    ]
    if form.unit == "weeks":
        parts.append(_object({"weeks": _SHARES, "times": _TIMES}, ("weeks",), "P(0 weeks), P(1 week), …"))
    return _one_of(*parts)


def _values() -> Schema:
    domains: tuple[Domain, ...] = ("share", "positive", "real")
    spreads = {"weeks": SpreadForm("weeks"), "money": SpreadForm("money"), "delay": SpreadForm("weeks", delay=True)}
    return {
        **{f"{domain}_range": _ranges(domain) for domain in domains},
        **{name: _spread(form) for name, form in spreads.items()},
    }


def _adapt(definitions: Schema) -> None:
    """Where the file is written differently from how the model holds it; what may be left out may be null."""
    event, target = definitions["Event"], definitions["Target"]
    event["properties"].pop("rates")
    event["additionalProperties"] = _fragment(NumberForm("positive", zero=True, most=1000.0))
    for key in ("period", "name"):
        shown = target["properties"].pop(key)
        if key == "name":
            target["properties"][key] = shown
        if key in target["required"]:
            target["required"].remove(key)
    target["oneOf"] = [{"required": ["at_least"]}, {"required": ["at_most"]}]
    volume = definitions["Volume"]
    volume["required"] = ["per_quarter"]
    definitions["Segment"]["required"] = ["volume", "conversion"]


def _variant(part: Schema) -> Schema:
    """A part of a file with ``extends``: nothing is required, null removes."""
    part = copy.deepcopy(part)
    for key in ("required", "oneOf"):
        part.pop(key, None)
    part["properties"] = {key: _one_of(value, {"type": "null"}) for key, value in part["properties"].items()}
    return part


def _pointed(part: Schema, key: str) -> Schema:
    part = copy.deepcopy(part)
    for name in ("Segment", "Target", "Market"):
        _point(part, name, f"{name}Variant")
    if key == "segments":
        part["additionalProperties"] = _one_of(part["additionalProperties"], {"type": "null"})
    return _one_of(part, {"type": "null"})


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
