"""The parts of the JSON Schema that describe single values: numbers, ranges, spreads."""

from __future__ import annotations

import copy
from typing import Any

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
from simulator.scenario.number_forms import FORMS, bounds
from simulator.scenario.part import MOST_VOLUME
from simulator.scenario.people import ORDERS
from simulator.scenario.scales import Domain
from simulator.scenario.spreads import FAMILIES

Schema = dict[str, Any]
IDENTIFIER = "^[A-Za-z_][A-Za-z0-9_]*$"


def ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def one_of(*parts: Schema) -> Schema:
    return {"anyOf": list(parts)}


def fragment(form: Form) -> Schema:
    """What a form accepts."""
    if isinstance(form, NumberForm):
        low, high, open_low = bounds(form)
        number: Schema = {"type": "number", "exclusiveMinimum" if open_low else "minimum": low, "maximum": high}
        if low <= -1e9:
            number = {"type": "number"}
        one = one_of(number, ref(f"{form.domain}_range"))
        if not isinstance(form, NumbersForm):
            return one
        return one_of(*one["anyOf"], {"type": "array", "items": one, "minItems": 1, "description": "By quarter."})
    if isinstance(form, SpreadForm):
        return ref("delay" if form.delay and form.unit == "weeks" else form.unit)
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
    "additionalProperties": fragment(NumbersForm("share")),
}
_SHARES: Schema = {"type": "array", "items": {"type": "number", "minimum": 0, "maximum": 1}, "minItems": 1}
_SPECIAL: dict[str, Schema] = {
    "stage": {"type": "string", "pattern": IDENTIFIER},
    "stages": {"type": "array", "items": {"type": "string", "pattern": IDENTIFIER}, "minItems": 2, "uniqueItems": True},
    "profile": {**_SHARES, "minItems": 13, "maxItems": 13},
    "volume": one_of(*fragment(NumbersForm("positive", zero=True, most=MOST_VOLUME))["anyOf"], ref("Volume")),
    "spend": one_of(*fragment(NumbersForm("positive", zero=True, most=1e12))["anyOf"], ref("Spend")),
    "response": ref("Response"),
    "conversion": _RATES,
    "lag_weeks": {"type": "object", "propertyNames": {"pattern": IDENTIFIER}, "additionalProperties": ref("weeks")},
    "capacity": {"type": "object", "propertyNames": {"pattern": IDENTIFIER}, "additionalProperties": ref("Team")},
    "follow_up": {"type": "object", "propertyNames": {"pattern": IDENTIFIER}, "additionalProperties": ref("FollowUp")},
    "team stage": {"type": "string", "pattern": IDENTIFIER},
    "team segments": one_of(
        {"type": ["string", "integer"]}, {"type": "array", "items": {"type": ["string", "integer"]}, "minItems": 1}
    ),
    "ramp": _SHARES,
    "order": {"enum": list(ORDERS)},
    "deals": {"type": "string"},
    "leads": {"type": "string"},
    "open customers": {"type": "string"},
    "by_pushes": {"type": "array", "items": ref("ByPushes")},
    "by_size": {"type": "array", "items": ref("BySize")},
    "pull_ins": one_of(ref("PullIns"), {"type": "null"}),
    "customers": one_of(ref("Customers"), {"type": "null"}),
    "accounts": one_of(ref("Accounts"), {"type": "null"}),
    "by_contacts": one_of({"type": "array", "items": ref("ByContacts"), "minItems": 1}, ref("WinCurve")),
    "personas": {
        "type": "object",
        "propertyNames": {"pattern": IDENTIFIER},
        "additionalProperties": ref("Persona"),
    },
    "win_probability": one_of(
        *fragment(NumberForm("share"))["anyOf"],
        {
            "type": "object",
            "properties": {"times": {"type": "number", "exclusiveMinimum": 0}},
            "required": ["times"],
            "additionalProperties": False,
        },
    ),
    "rates": {},
    "events": {"type": "array", "items": ref("Event")},
    "between": {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2},
    "correlations": {"type": "array", "items": ref("Correlation")},
    "metric": {"type": "string"},
    "period": {"type": ["string", "integer"], "examples": ["2027-Q3", "2027-Q1..2027-Q3", "each quarter", "horizon"]},
    "target segment": one_of(
        {"type": ["string", "integer"]}, {"type": "array", "items": {"type": ["string", "integer"]}, "minItems": 1}
    ),
    "kpi": one_of(ref("Kpi"), {"type": "array", "items": ref("Kpi"), "minItems": 1}),
    "targets": {"type": "array", "items": ref("Target")},
    "start": {"type": "string", "pattern": r"^\d{4}-(Q[1-4]|\d{2}-\d{2})$"},
    "segments": {"type": "object", "minProperties": 1, "additionalProperties": ref("Segment")},
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
    return one_of(*parts)


def _spread(form: SpreadForm) -> Schema:
    size = NumbersForm("positive", zero=True)
    inner, least = fragment(NumbersForm("positive")), bounds(size)[0]
    plain = {"type": "number", "minimum" if form.unit != "money" else "exclusiveMinimum": least}
    family = {"enum": list(FAMILIES), "description": "lognormal for money, else gamma, if left out."}
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
    if form.unit == "contacts":
        parts.append(_object({"shares": _SHARES, "times": _TIMES}, ("shares",), "Shares with 1, 2, … contacts."))
    if form.unit == "weeks":
        parts.append(_object({"weeks": _SHARES, "times": _TIMES}, ("weeks",), "P(0 weeks), P(1 week), …"))
    return one_of(*parts)


def value_schemas() -> Schema:
    domains: tuple[Domain, ...] = ("share", "positive", "real")
    spreads = {"weeks": SpreadForm("weeks"), "money": SpreadForm("money"), "delay": SpreadForm("weeks", delay=True),
               "contacts": SpreadForm("contacts", delay=True)}  # fmt: skip
    return {
        **{f"{domain}_range": _ranges(domain) for domain in domains},
        **{name: _spread(form) for name, form in spreads.items()},
    }
