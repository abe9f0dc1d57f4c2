"""``extends``: a plan that says only what is different from another one.

Mappings merge key by key; numbers, ranges, spreads, volumes and lists are replaced whole; targets and events
merge by name; ``KEY: null`` removes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from simulator.errors import Fault, ScenarioError
from simulator.scenario.faults import Faults, nearest, show
from simulator.scenario.names import event_name, target_name
from simulator.scenario.nodes import Node

ReadFile = Callable[..., Node]

_MERGED = {
    ("segments",),
    ("segments", "*"),
    ("segments", "*", "conversion"),
    ("segments", "*", "lag_weeks"),
    ("segments", "*", "slips"),
    ("segments", "*", "follow_up"),
    ("segments", "*", "follow_up", "*"),
    ("capacity",),
    ("capacity", "*"),
    ("segments", "*", "pull_ins"),
    ("segments", "*", "customers"),
    ("segments", "*", "accounts"),
    ("segments", "*", "accounts", "personas"),
    ("segments", "*", "accounts", "personas", "*"),
    ("opening",),
    ("market",),
    ("market", "conversion"),
    ("market", "volume"),
    ("payback",),
    ("simulation",),
}
"""Mappings that merge key by key; all others are values, replaced whole."""

_BY_NAME: dict[tuple[str, ...], Callable[[Node], str | None]] = {
    ("targets",): target_name,
    ("market", "events"): event_name,
}
_FREE = {
    ("segments",),
    ("segments", "*", "conversion"),
    ("segments", "*", "lag_weeks"),
    ("segments", "*", "follow_up"),
    ("segments", "*", "accounts", "personas"),
    ("capacity",),
}
"""Mappings whose keys are names; removing one that is not there is a mistake."""


def merge_parents(tree: Node, name: str | None, read_file: ReadFile, faults: Faults) -> Node:
    """The tree with its parent, and the parent's parent, merged into it."""
    chain = [tree]
    files = [] if name is None else [os.path.realpath(name)]
    shown = [] if name is None else [name]
    while (named := chain[-1].get("extends")) is not None:
        if not isinstance(named.value, str) or not named.value.strip() or "\0" in named.value:
            what = "one parent, the name of a scenario file"
            raise _stop(named, f"{show(named.plain())} is not {what}", faults)
        parent = os.path.normpath(os.path.join(named.place.folder, named.value.strip()))
        if os.path.realpath(parent) in files:
            circle = " -> ".join([*shown[files.index(os.path.realpath(parent)) :], parent])
            raise _stop(named, f"goes round in a circle: {circle}", faults)
        try:
            chain.append(read_file(parent, faults, named.place, len(chain)))
        except ScenarioError as error:
            faults.include(error, named.place)
            faults.check()
        files.append(os.path.realpath(parent))
        shown.append(parent)
    merged = chain.pop()
    merged = Node({key: item for key, item in merged.items() if key != "extends"}, merged.place)
    while chain:
        child = chain.pop()
        own = Node({key: item for key, item in child.items() if key != "extends"}, child.place)
        merged = _merge(merged, own, (), faults)
    return merged


def _stop(node: Node, message: str, faults: Faults) -> ScenarioError:
    error = ScenarioError([Fault(node.place.file, node.place.line, "extends", message)])
    faults.include(error, node.place)
    faults.check()
    return error


def _merge(parent: Node, child: Node, path: tuple[str, ...], faults: Faults) -> Node:
    pattern = (path[0], "*", *path[2:]) if path[:1] in (("segments",), ("capacity",)) and len(path) > 1 else path
    if len(pattern) == 4 and pattern[2] == "follow_up":
        pattern = (*pattern[:3], "*")
    if len(pattern) == 5 and pattern[3] == "personas":
        pattern = (*pattern[:4], "*")
    if pattern in _BY_NAME and parent.list and child.list:
        return _merge_named(parent, child, _BY_NAME[pattern])
    if not (parent.mapping and child.mapping and (not path or pattern in _MERGED)):
        return child
    merged: dict[str, Any] = dict(parent.value)
    for key, item in child.items():
        if item.value is None:
            if key in merged:
                del merged[key]
            elif pattern in _FREE:
                known = list(parent.value)
                faults.add(item, ".".join((*path, key)), f"there is nothing to remove{nearest(key, known)}")
            else:
                merged[key] = item
        elif key in merged:
            merged[key] = _merge(merged[key], item, (*path, key), faults)
        else:
            merged[key] = item
    return Node(merged, child.place)


def _merge_named(parent: Node, child: Node, name_of: Callable[[Node], str | None]) -> Node:
    """Items of one name merge; new ones follow. An item's keys merge, its numbers are replaced whole."""
    items = list(parent.value)
    names = [name_of(item) for item in items]
    for item in child.value:
        name = name_of(item)
        if name is not None and name in names:
            index = names.index(name)
            kept = {key: value for key, value in items[index].items() if key not in item.value}
            own = {key: value for key, value in item.items() if value.value is not None}
            items[index] = Node({**kept, **own}, item.place)
        else:
            items.append(item)
    return Node(items, child.place)
