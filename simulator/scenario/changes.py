"""Changing a document by paths: values that replace what is there, and factors that scale it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from simulator.quarters import Calendar
from simulator.scenario.faults import Faults, show
from simulator.scenario.nodes import FIRST_CHANGE, Node, Place, node_from
from simulator.scenario.paths import calendar_of, find, split_assignment, unknown_path
from simulator.scenario.scaling import factor_of, scale
from simulator.scenario.slots import SHORT, Slot, is_wide

ParseValue = Callable[[str, Place, Faults], Node | None]


def apply_changes(tree: Node, changes: Iterable[Any], parse: ParseValue, faults: Faults) -> Node:
    """The document with changes made one after the other; ``tree`` stays as it is.

    Parameters
    ----------
    changes : ``"PATH=VALUE"`` or ``(path, value)``.
    parse : reads a value written as text.
    """
    for number, item in enumerate(changes):
        order = FIRST_CHANGE + number
        if isinstance(item, str):
            place = Place(f"--set {item.strip()}", None, ".", order)
            pair = split_assignment(item, tree)
            if pair is None or not pair[0]:
                faults.add(place, None, "is not PATH=VALUE, as segments.inbound.volume=1200")
                continue
            path, value = pair
        else:
            path, value = item
            place = Place(f"change of {path} to {value if isinstance(value, str) else show(value)}", None, ".", order)
        tree = _apply(tree, str(path), value, place, parse, faults)
    return tree


def _apply(tree: Node, path: str, value: Any, place: Place, parse: ParseValue, faults: Faults) -> Node:
    found, label = find(tree, path)
    if not found:
        faults.add(place, path if place.file and path not in place.file else None, unknown_path(tree, path))
        return tree
    calendar = calendar_of(tree)
    quarter = None
    if label is not None:
        if calendar is None:
            return tree
        if label not in calendar.labels:
            faults.add(place, None, f"{label} is outside the horizon ({calendar.labels[0]} to {calendar.labels[-1]})")
            return tree
        quarter = calendar.labels.index(label)
    factor = None if all(slot.kind in ("text", "list") for slot in found) else factor_of(value)
    new: Node | None = None
    if factor is None:
        new = _parsed(found[0], value, place, parse, faults)
        if new is None:
            return tree
    many = len(found) > 1
    changed = 0
    for slot in found:
        if new is None:
            assert factor is not None
            before = _current(slot)
            if before is None and slot.kind != "own":
                if not many:
                    faults.add(place, None, "there is nothing yet that could be changed by a factor; give a value")
                continue
            done = _scaled(slot, before, factor, quarter, calendar, place, faults)
        else:
            done = _replaced(slot, new, quarter, calendar, place, faults)
        if done is not None:
            changed += 1
            tree = put(tree, slot, done)
    if factor is not None and many and not changed and not len(faults):
        faults.add(place, None, "there is nothing yet that could be changed by a factor; give a value")
    return tree


def _parsed(slot: Slot, value: Any, place: Place, parse: ParseValue, faults: Faults) -> Node | None:
    """The new value as nodes."""
    if isinstance(value, str):
        if slot.kind == "text" and slot.keys[-1] != "segment":
            return node_from(value, place) if value.strip() not in ("null", "~") else Node(None, place)
        if re.fullmatch(r"\+\s*[\d.]+", value.strip()):
            faults.add(
                place,
                None,
                f"{value.strip()} is neither a value ({value.strip().lstrip('+ ')}) nor a relative change (+10%, *1.2)",
            )
            return None
        return parse(value, place, faults)
    return node_from(plain_value(value), place)


def plain_value(value: Any) -> Any:
    """Values of the model, of NumPy, paths and dates in the words of a scenario file."""
    from simulator.scenario.resolved import plain_number, plain_numbers, plain_spread
    from simulator.scenario.spreads import Spread
    from simulator.scenario.uncertain import Number

    if isinstance(value, Number):
        return plain_number(value)
    if isinstance(value, Spread):
        return plain_spread(value, ".")
    if isinstance(value, tuple) and value and all(isinstance(item, Number) for item in value):
        return plain_numbers(value)
    if isinstance(value, Mapping):
        return {key: plain_value(item) for key, item in value.items()}
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, date):
        return value.isoformat()[:10]
    if isinstance(value, (list, tuple)):
        return [plain_value(item) for item in value]
    if hasattr(value, "tolist"):
        return plain_value(value.tolist())
    return value


def _current(slot: Slot) -> Node | None:
    """What holds at a slot, the default where nothing is written."""
    if slot.node is not None:
        return slot.node
    return None if slot.default is None else node_from(slot.default, Place())


def _scaled(
    slot: Slot,
    before: Node | None,
    factor: Decimal,
    quarter: int | None,
    calendar: Calendar | None,
    place: Place,
    faults: Faults,
) -> Node | None:
    if slot.kind == "own" and before is None:
        return node_from({"times": float(factor)}, place)
    assert before is not None
    if slot.kind in ("text", "list"):
        faults.add(place, None, f"{slot.path} is not a number; a relative change does not apply")
        return None
    if not before.mapping and before.value == 0:
        faults.warn(f"{place.file}: {slot.path} is 0, a relative change leaves it so")
    if quarter is None:
        return scale(before, factor, place)
    items = _by_quarter(slot, before, calendar, place, faults)
    if items is None:
        return None
    items[quarter] = scale(items[quarter], factor, place)
    return Node(items, place)


def _replaced(
    slot: Slot, new: Node, quarter: int | None, calendar: Calendar | None, place: Place, faults: Faults
) -> Node | None:
    if quarter is None:
        return new
    before = _current(slot)
    if before is None:
        faults.add(place, None, f"{slot.path} has no value yet; give it one for all quarters first")
        return None
    items = _by_quarter(slot, before, calendar, place, faults)
    if items is None:
        return None
    items[quarter] = new
    return Node(items, place)


def _by_quarter(slot: Slot, node: Node, calendar: Calendar | None, place: Place, faults: Faults) -> list[Node] | None:
    """One item per quarter. An uncertain number keeps its one draw: the items share its path as a name."""
    if slot.kind == "spread" and node.mapping:
        inside = next((key for key in ("mean", "median") if key in node.value), "mean")
        faults.add(place, None, f"{slot.path} is a spread; allowed: {slot.path}.{inside}.QUARTER")
        return None
    assert calendar is not None
    items = list(node.value) if node.list else [node]
    if not items:
        return None
    labels = calendar.labels
    if len(items) < len(labels):
        last = items[-1]
        own = slot.path if len(items) == 1 and not node.list else f"{slot.path}.{labels[len(items) - 1]}"
        if last.mapping and "name" not in last.value:
            last = Node({**last.value, "name": Node(own, place)}, last.place)
        items = [*items[:-1], *[last] * (len(labels) - len(items) + 1)]
    return items[: len(labels)] + items[len(labels) :]


def put(tree: Node, slot: Slot, new: Node) -> Node:
    """The document with a new node at a slot; mappings on the way are made where they are missing."""
    keys = slot.keys
    if keys[0] == "segments" and len(keys) > 3 and keys[2] in SHORT:
        return _put_short(tree, slot, new)
    return _put(tree, keys, new)


def _put_short(tree: Node, slot: Slot, new: Node) -> Node:
    """A volume may be written short (a number, a list, a range) or wide (a mapping with its keys); so may spend."""
    keys, part = slot.keys, str(slot.keys[2])
    volume: Node | None = tree
    for key in keys[:3]:
        volume = volume.get(str(key)) if volume is not None and volume.mapping else None
    wide = is_wide(part, volume)
    if keys[3] == "per_quarter" and (not wide or (len(keys) == 4 and is_wide(part, new))):
        return _put(tree, (*keys[:3], *keys[4:]), new)
    if not wide and volume is not None:
        tree = _put(tree, keys[:3], Node({"per_quarter": volume}, volume.place))
    return _put(tree, keys, new)


def _put(node: Node | None, keys: tuple[str | int, ...], new: Node) -> Node:
    if not keys:
        return new
    key, rest = keys[0], keys[1:]
    if isinstance(key, int):
        assert node is not None
        items = list(node.value)
        items[key] = _put(items[key], rest, new)
        return replace(node, value=items)
    value = dict(node.value) if node is not None and node.mapping else {}
    value[key] = _put(value.get(key), rest, new)
    return Node(value, node.place if node is not None else new.place)
