"""Reading a document into the parts of the model, noting every fault on the way.

The reader follows the model: which keys there are, what each accepts (its form), what holds when it is
left out. A value that cannot be read becomes :data:`BAD`; reading goes on, so that all faults are found.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from simulator.quarters import Calendar
from simulator.scenario.faults import Faults, listed, nearest, show
from simulator.scenario.forms import Form, PlainForm, SpecialForm, TextForm, WholeForm
from simulator.scenario.nodes import BAD, Node


@dataclass
class Reading:
    """What readers need to know: where faults go, the calendar and the stages."""

    faults: Faults
    tables: Any
    calendar: Calendar | None = None
    stages: tuple[str, ...] = ()
    stages_known: bool = False
    segments: dict[str, Any] = field(default_factory=dict)
    teams: tuple[str, ...] = ()
    has_customers: bool = False  # at the start, listed

    @property
    def born(self) -> str:
        """The stage in which a deal is born."""
        return self.stages[-2]

    def fault(self, where: Node, path: str, message: str) -> Any:
        """Note a fault and give :data:`BAD`."""
        self.faults.add(where, path, message)
        return BAD


Reader = Callable[[Any, Node, str, Reading], Any]
READERS: dict[type[Form] | str, Reader] = {}
"""By form, or by the kind of a special form."""


def reads(form: type[Form] | str) -> Callable[[Reader], Reader]:
    """Register a reader."""

    def register(reader: Reader) -> Reader:
        READERS[form] = reader
        return reader

    return register


def join(path: str, key: str | int) -> str:
    """The path one step further in."""
    return str(key) if not path else f"{path}.{key}"


def form_of(info: FieldInfo) -> Form | None:
    """The form in a field's annotation."""
    return next((item for item in info.metadata if isinstance(item, Form)), None)


def keys_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The keys a part is written with, and their fields; derived fields left out."""
    cached: dict[str, FieldInfo] | None = _KEYS.get(model)
    if cached is None:
        cached = {}
        for name, info in model.model_fields.items():
            form = form_of(info)
            if not (isinstance(form, SpecialForm) and form.kind == "derived"):
                cached[info.alias or name] = info
        _KEYS[model] = cached
    return cached


_KEYS: dict[type[BaseModel], dict[str, FieldInfo]] = {}


def read_value(info_or_form: Form | FieldInfo, node: Node, path: str, reading: Reading) -> Any:
    """Read one value in the form of its field."""
    form = info_or_form if isinstance(info_or_form, Form) else form_of(info_or_form)
    if form is None:
        assert isinstance(info_or_form, FieldInfo)
        part = info_or_form.annotation
        assert isinstance(part, type) and issubclass(part, BaseModel)
        return read_part(part, node, path, reading)
    key: type[Form] | str = form.kind if isinstance(form, SpecialForm) else type(form)
    return READERS[key](form, node, path, reading)


def check_keys(node: Node, path: str, known: Iterable[str], reading: Reading) -> None:
    """Note every key that is not known."""
    known = list(known)
    for key, item in node.items():
        if key not in known:
            if item.value is None and ":" in key:
                reading.fault(item, join(path, key), "unknown key; put a blank after the colon")
                continue
            if not path and item.mapping and {"volume", "conversion"} & set(item.value):
                hint = "; a segment belongs inside segments: check the indentation"
            else:
                hint = split_number(node, key) or nearest(key, known) or f"; allowed: {listed(known, 'and')}"
            reading.fault(item, join(path, key), f"unknown key{hint}")


def split_number(node: Node, key: str) -> str:
    """What to write for ``28,000`` in braces, which is read as 28 and a key 000; empty where it is not that."""
    keys = list(node.value)
    place = keys.index(key)
    if place == 0 or not key.isdecimal() or node.value[key].value is not None:
        return ""
    before = node.value[keys[place - 1]].value
    if not isinstance(before, int) or isinstance(before, bool):
        return ""
    thousands = len(key) == 3 and 0 < abs(before) < 1000
    return f"; a comma ends a number here (for {before},{key} write {before}{'_' if thousands else '.'}{key})"


def read_fields(
    model: type[BaseModel],
    node: Node,
    path: str,
    reading: Reading,
    *,
    skip: Iterable[str] = (),
    known: Iterable[str] = (),
) -> dict[str, Any]:
    """Read the fields of a part into keyword arguments; ``skip`` are read elsewhere."""
    keys = keys_of(model)
    check_keys(node, path, [*keys, *known], reading)
    values: dict[str, Any] = {}
    for key, info in keys.items():
        if key in skip:
            continue
        item = node.get(key)
        if item is not None:
            values[key] = read_value(info, item, join(path, key), reading)
        elif info.is_required():
            missing(node, path, key, info, reading)
            values[key] = BAD
    return values


def missing(node: Node, path: str, key: str, info: FieldInfo, reading: Reading) -> None:
    """Note that a required key is missing."""
    what = re.split(r"[.:;]", info.description or "")[0]
    where = node.value[key] if node.mapping and key in node.value else node
    reading.fault(where, join(path, key), f"is required: {what[:1].lower()}{what[1:]}" if what else "is required")


def read_part(model: type[BaseModel], node: Node, path: str, reading: Reading) -> Any:
    """Read a part whose fields have no rules between them."""
    if not is_mapping(node, path, keys_of(model), reading):
        return BAD
    return build(model, read_fields(model, node, path, reading))


def is_mapping(node: Node, path: str, known: Iterable[str], reading: Reading) -> bool:
    """Whether it is a mapping; notes a fault where not."""
    if not node.mapping:
        shown, known = show(node.plain()), list(known)
        plain = isinstance(node.value, (int, float)) and not isinstance(node.value, bool)
        hint = f" (write {{probability: {shown}}})" if plain and "probability" in known else ""
        reading.fault(node, path, f"{shown} is not a mapping{hint}; allowed keys: {listed(known, 'and')}")
    return node.mapping


def build(model: type[BaseModel], values: dict[str, Any]) -> Any:
    """The part; values that could not be read stay BAD inside it, so that the rest can still be checked."""
    return model.model_construct(**values)


_PERCENT = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*%\s*")
_SEPARATED = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_DECIMAL_COMMA = re.compile(r"-?\d+,\d+")
_SCALED = re.compile(r"(-?\d+(?:\.\d+)?)\s*([kKmM])")


def number_hint(value: Any) -> str:
    """How to write what looks like a number but is text."""
    if isinstance(value, str):
        from simulator.scenario.scales import format_number

        value = re.sub(r"^\s*(?:[$€£¥]|USD|EUR|GBP)\s*|\s*(?:[$€£¥]|USD|EUR|GBP)\s*$", "", value)
        if match := _PERCENT.fullmatch(value):
            return f" (write {format_number(round(float(match[1]) / 100, 12))})"
        if _SEPARATED.fullmatch(value):
            return f" (write {value.replace(',', '_')})"
        if _DECIMAL_COMMA.fullmatch(value):
            return f" (write {value.replace(',', '.')})"
        if match := _SCALED.fullmatch(value):
            scale = 1000 if match[2] in "kK" else 1_000_000
            return f" (write {format_number(round(float(match[1]) * scale, 6))})"
        try:
            return f" (write {format_number(float(value))}, without quotes)" if math.isfinite(float(value)) else ""
        except (ValueError, OverflowError):
            return ""
    return ""


def as_float(node: Node, path: str, reading: Reading, words: str = "a number") -> Any:
    """A finite float, or BAD."""
    value = node.value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return number
        return reading.fault(node, path, f"{show(value)} is not a finite number")
    if isinstance(value, str) and re.fullmatch(r"[-+]?\d{400,}", value):
        return reading.fault(node, path, f"a number of {len(value)} digits is too large")
    return reading.fault(node, path, f"{show(node.plain())} is not {words}{number_hint(value)}")


@reads(TextForm)
def read_text(form: TextForm, node: Node, path: str, reading: Reading) -> Any:
    value = node.value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = show(value)
    if not isinstance(value, str):
        hint = " (put it in quotes)" if isinstance(value, bool) else ""
        return reading.fault(node, path, f"{show(node.plain())} is not {form.words}{hint}")
    if form.empty:
        return value
    if not value.strip():
        return reading.fault(node, path, f"{show(value)} is not {form.words}: it is empty")
    if not value.strip().isprintable() or len(value) > 500:
        return reading.fault(node, path, f"{show(value)} is not {form.words}: one line of up to 500 letters")
    return value.strip()


@reads(WholeForm)
def read_whole(form: WholeForm, node: Node, path: str, reading: Reading) -> Any:
    value = node.value
    words = f"a whole number from {form.low:,} to {form.high:,}"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not form.low <= value <= form.high:
        if form.low == form.high:
            words = f"{form.low}, the only one there is"
        return reading.fault(node, path, f"{show(node.plain())} is not {words}")
    return value


def in_words(low: float, high: float, open_low: bool, open_high: bool) -> str:
    """A range of numbers in words: ``in [0, 1]``, ``above 0``."""
    if high >= 1e9 and low <= -1e9:
        return "a number of a sensible size"
    if high >= 1e9:
        return f"above {show(low)}" if open_low else f"{show(low)} or more"
    return f"in {'(' if open_low else '['}{show(low)}, {show(high)}{')' if open_high else ']'}"


@reads(PlainForm)
def read_plain(form: PlainForm, node: Node, path: str, reading: Reading) -> Any:
    if node.mapping or node.list:
        return reading.fault(node, path, f"{show(node.plain())} is not a plain number; this one is always certain")
    value = as_float(node, path, reading)
    if value is BAD:
        return BAD
    below = value <= form.low if form.open_low else value < form.low
    above = value >= form.high if form.open_high else value > form.high
    if below or above:
        return reading.fault(
            node, path, f"{show(value)} is not {in_words(form.low, form.high, form.open_low, form.open_high)}"
        )
    return value
