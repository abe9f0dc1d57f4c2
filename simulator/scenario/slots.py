"""Every place of a document that a path can reach: where it lies, what it takes, what holds by default."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pydantic.fields import FieldInfo

from simulator.scenario.accounts import Accounts, ByContacts, Persona, WinCurve
from simulator.scenario.closing import ByPushes, BySize, PullIns
from simulator.scenario.customers import Customers
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
from simulator.scenario.model import (
    Event,
    FollowUp,
    Market,
    Opening,
    Payback,
    Response,
    Scenario,
    Segment,
    Simulation,
    Slips,
    Spend,
    Target,
    Team,
    Volume,
)
from simulator.scenario.names import event_name, target_name
from simulator.scenario.nodes import Node
from simulator.scenario.part import DEFAULT_STAGES, Part
from simulator.scenario.reading import form_of, keys_of
from simulator.scenario.scales import format_number

Kind = Literal["numbers", "number", "spread", "plain", "text", "list", "own"]
"""``numbers`` may be a list by quarter; ``own`` are the open deals' own win probabilities."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a document.

    ``keys`` lead to it from the top, ``node`` is what is written there (None: nothing), ``default`` is
    what holds then, in the words of the file.
    """

    path: str
    keys: tuple[str | int, ...]
    kind: Kind
    form: Form | None
    node: Node | None
    default: Any = None


def kind_of(form: Form | None) -> Kind:
    """What sort of value a form takes."""
    if isinstance(form, NumbersForm):
        return "numbers"
    if isinstance(form, NumberForm):
        return "number"
    if isinstance(form, SpreadForm):
        return "spread"
    if isinstance(form, (PlainForm, WholeForm)):
        return "plain"
    if isinstance(form, TextForm):
        return "text"
    return "list"


def slots(tree: Node, path: str = "") -> Iterator[Slot]:
    """All slots of a document, which need not be free of faults; with ``path`` at least those it may reach."""
    keys = keys_of(Scenario)
    first = path.partition(".")[0]
    for key in (first,) if first in keys else keys:
        info, node = keys[key], _get(tree, key)
        if key == "segments":
            for name, segment in _items(node):
                if path and "*" not in path and not path.startswith(f"segments.{name}."):
                    continue
                yield from _segment(segment, f"segments.{name}", ("segments", name), stages_of(tree))
        elif key == "capacity":
            for name, team in _items(node):
                yield from _part(Team, team, f"capacity.{name}", ("capacity", name))
        elif key == "market":
            yield from _part(Market, node, "market", ("market",))
            yield from _events(_get(node, "events"), stages_of(tree))
        elif key == "opening":
            yield from _part(Opening, node, "opening", ("opening",))
        elif key in ("payback", "simulation"):
            yield from _part(Payback if key == "payback" else Simulation, node, key, (key,))
        else:
            yield _slot(info, node, key, (key,))
            if key == "targets":
                yield from _targets(node)


def stages_of(tree: Node) -> tuple[str, ...]:
    """The stages as written, the default ones where they are faulty."""
    node = _get(tree, "stages")
    if node is None or not node.list or len(node.value) < 2 or not all(isinstance(n.value, str) for n in node.value):
        return DEFAULT_STAGES
    return tuple(item.value for item in node.value)


def _get(node: Node | None, key: str) -> Node | None:
    return node.get(key) if node is not None and node.mapping else None


def _items(node: Node | None) -> list[tuple[str, Node]]:
    return list(node.items()) if node is not None and node.mapping else []


def _slot(info: FieldInfo, node: Node | None, path: str, keys: tuple[str | int, ...]) -> Slot:
    form = form_of(info)
    kind = kind_of(form)
    if isinstance(form, SpecialForm):
        if form.kind == "win_probability":
            kind = "own"
        elif form.kind not in (
            *("stages", "profile", "ramp", "events", "correlations", "targets"),
            *("by_pushes", "by_size", "by_contacts"),
        ):
            kind = "text"
    return Slot(path, keys, kind, form, node, _default(info))


_DEFAULTS: dict[int, Any] = {}


def _default(info: FieldInfo) -> Any:
    """A default in the words of the file; worked out once per field."""
    if id(info) not in _DEFAULTS:
        _DEFAULTS[id(info)] = _written_default(info)
    return _DEFAULTS[id(info)]


def _written_default(info: FieldInfo) -> Any:
    from simulator.scenario.resolved import plain_number, plain_numbers, plain_spread
    from simulator.scenario.spreads import Spread
    from simulator.scenario.uncertain import Number

    value = None if info.is_required() or info.default_factory is not None else info.default
    if isinstance(value, Spread):
        return plain_spread(value)
    if isinstance(value, Number):
        return plain_number(value)
    if isinstance(value, tuple):
        return plain_numbers(value) if value and isinstance(value[0], Number) else list(value)
    return value


def _part(model: type[Part], node: Node | None, path: str, keys: tuple[str | int, ...]) -> Iterator[Slot]:
    for key, info in keys_of(model).items():
        inside = _get(node, key)
        if form_of(info) is None:
            assert isinstance(info.annotation, type)
            yield from _part(info.annotation, inside, f"{path}.{key}", (*keys, key))
        else:
            yield from _open(_slot(info, inside, f"{path}.{key}", (*keys, key)))


def _open(slot: Slot) -> Iterator[Slot]:
    """A slot and the numbers written inside it."""
    yield slot
    node = slot.node
    if slot.kind == "spread":
        written = node if node is not None else None
        keys = set(written.value) if written is not None and written.mapping else set()
        if written is None and isinstance(slot.default, dict):
            keys = set(slot.default)
        inner = NumbersForm("positive")
        if "mean" in keys and isinstance(slot.form, SpreadForm) and not slot.form.delay:
            keys |= {"cv", "family"}
        for key in sorted(keys & {"mean", "cv", "median", "p90"}):
            default = 1 if key == "cv" else slot.default.get(key) if isinstance(slot.default, dict) else None
            yield from _open(
                Slot(f"{slot.path}.{key}", (*slot.keys, key), "numbers", inner, _get(written, key), default)
            )
        if "shares" in keys:
            yield Slot(f"{slot.path}.shares", (*slot.keys, "shares"), "list", None, _get(written, "shares"))
        for key in sorted(keys & {"family", "values", "column"}):
            yield Slot(f"{slot.path}.{key}", (*slot.keys, key), "text", None, _get(written, key))
        if "weeks" in keys:
            yield Slot(f"{slot.path}.weeks", (*slot.keys, "weeks"), "list", None, _get(written, "weeks"))
    elif slot.kind in ("numbers", "number") and node is not None and node.mapping:
        for key, item in node.items():
            if key == "name":
                yield Slot(f"{slot.path}.{key}", (*slot.keys, key), "text", None, item)
            else:
                yield Slot(f"{slot.path}.{key}", (*slot.keys, key), "list" if item.list else "plain", None, item)


def _segment(node: Node, path: str, keys: tuple[str | int, ...], stages: tuple[str, ...]) -> Iterator[Slot]:
    volume = _get(node, "volume")
    entry = _get(volume, "stage")
    first = stages.index(entry.value) if entry is not None and entry.value in stages else 0
    after = stages[first + 1 :]
    yield from _short("volume", volume, f"{path}.volume", (*keys, "volume"), stages)
    rates, lags = _get(node, "conversion"), _get(node, "lag_weeks")
    for stage in after:
        where = (*keys, "conversion", stage)
        yield from _open(Slot(f"{path}.conversion.{stage}", where, "numbers", NumbersForm("share"), _get(rates, stage)))
    for stage in (*after, "losses"):
        where = (*keys, "lag_weeks", stage)
        default = None if stage == "losses" else 0
        form = SpreadForm("weeks")
        yield from _open(Slot(f"{path}.lag_weeks.{stage}", where, "spread", form, _get(lags, stage), default))
    size = SpreadForm("money")
    yield from _open(Slot(f"{path}.deal_size", (*keys, "deal_size"), "spread", size, _get(node, "deal_size")))
    yield from _part(Slips, _get(node, "slips"), f"{path}.slips", (*keys, "slips"))
    for stage, follow in _items(_get(node, "follow_up")):
        yield from _part(FollowUp, follow, f"{path}.follow_up.{stage}", (*keys, "follow_up", stage))
    yield from _short("spend", _get(node, "spend"), f"{path}.spend", (*keys, "spend"), stages)
    yield from _kpis(_get(node, "kpi"), f"{path}.kpi", (*keys, "kpi"))
    for name, row, label in (("by_pushes", ByPushes, "pushes"), ("by_size", BySize, "above")):
        yield from _rows(row, label, _get(_get(node, "slips"), name), f"{path}.slips.{name}", (*keys, "slips", name))
    shares = Segment.model_fields["linearity"]
    yield _slot(shares, _get(node, "linearity"), f"{path}.linearity", (*keys, "linearity"))
    yield from _part(PullIns, _get(node, "pull_ins"), f"{path}.pull_ins", (*keys, "pull_ins"))
    yield from _accounts(_get(node, "accounts"), f"{path}.accounts", (*keys, "accounts"))
    yield from _part(Customers, _get(node, "customers"), f"{path}.customers", (*keys, "customers"))


def _accounts(node: Node | None, path: str, keys: tuple[str | int, ...]) -> Iterator[Slot]:
    """Accounts, the rows or the curve of their win rates, and their personas."""
    yield from _part(Accounts, node, path, keys)
    rates, where = _get(node, "win_rate"), (*keys, "win_rate")
    if rates is not None and rates.mapping:
        yield from _part(WinCurve, rates, f"{path}.win_rate", where)
    yield from _rows(ByContacts, "contacts", rates, f"{path}.win_rate", where)
    for name, persona in _items(_get(node, "personas")):
        yield from _part(Persona, persona, f"{path}.personas.{name}", (*keys, "personas", name))


def _rows(model: type[Part], label: str, node: Node | None, path: str, keys: tuple[str | int, ...]) -> Iterator[Slot]:
    """The rows of a table inside a segment, each called by what it starts from."""
    for index, row in enumerate(node.value if node is not None and node.list else ()):
        named = _get(row, label)
        plain = named is not None and isinstance(named.value, (int, float)) and not isinstance(named.value, bool)
        name = format_number(float(named.value)).replace(".", "_") if named is not None and plain else str(index + 1)
        for key, info in keys_of(model).items():
            yield from _open(_slot(info, _get(row, key), f"{path}.{name}.{key}", (*keys, index, key)))


SHORT: dict[str, type[Part]] = {"volume": Volume, "spend": Spend}
"""Parts that may be written short, as their ``per_quarter`` alone."""


def is_wide(part: str, node: Node | None) -> bool:
    """Whether a volume or spend is written as a mapping that says more than how many."""
    return node is not None and node.mapping and any(key in keys_of(SHORT[part]) for key in node.value)


def _short(
    part: str, node: Node | None, path: str, keys: tuple[str | int, ...], stages: tuple[str, ...]
) -> Iterator[Slot]:
    """A volume's own path is that of its ``per_quarter``, and so is that of spend."""
    wide = is_wide(part, node)
    for key, info in keys_of(SHORT[part]).items():
        inside = _get(node, key) if wide else node if key == "per_quarter" else None
        if key == "response":
            yield from _part(Response, inside, f"{path}.{key}", (*keys, key))
            continue
        slot = _slot(info, inside, path if key == "per_quarter" else f"{path}.{key}", (*keys, key))
        if key == "stage":
            slot = Slot(slot.path, slot.keys, "text", slot.form, inside, stages[0])
        yield from _open(slot)


def _events(node: Node | None, stages: tuple[str, ...]) -> Iterator[Slot]:
    multiplier = form_of(Event.model_fields["volume"])
    for index, item in enumerate(node.value if node is not None and node.list else ()):
        name = event_name(item) or str(index + 1)
        start, keys = f"market.events.{name}", ("market", "events", index)
        for key, info in keys_of(Event).items():
            if key != "rates":
                yield from _open(_slot(info, _get(item, key), f"{start}.{key}", (*keys, key)))
        for stage in stages[1:]:
            yield from _open(Slot(f"{start}.{stage}", (*keys, stage), "number", multiplier, _get(item, stage), 1))


def _kpis(node: Node | None, path: str, keys: tuple[str | int, ...]) -> Iterator[Slot]:
    """A KPI has the segment's name before it; of several each has its own, or its number."""
    if node is None or not (node.mapping or node.list):
        return
    for index, item in enumerate(node.value if node.list else [node]):
        names = (f".{event_name(item) or index + 1}", f".{index + 1}") if node.list else ("",)
        for name in dict.fromkeys(names):
            for key, info in keys_of(Target).items():
                if key != "segment":
                    inside = (*keys, index, key) if node.list else (*keys, key)
                    yield _slot(info, _get(item, key), f"{path}{name}.{key}", inside)


def _targets(node: Node | None) -> Iterator[Slot]:
    for index, item in enumerate(node.value if node is not None and node.list else ()):
        for name in dict.fromkeys((target_name(item) or str(index + 1), str(index + 1))):
            for key, info in keys_of(Target).items():
                yield _slot(info, _get(item, key), f"targets.{name}.{key}", ("targets", index, key))
