"""Reading and writing scenario files: the only place that knows YAML."""

from __future__ import annotations

import os
from typing import Any

from simulator.scenario.faults import Faults
from simulator.scenario.model import Scenario
from simulator.scenario.nodes import Node, Place, node_from
from simulator.scenario.read_plan import read_plan
from simulator.scenario.read_targets import read_targets
from simulator.scenario.reading import BAD, Reading, contains_bad
from simulator.scenario.tables import Tables


def load(source: Any, *, overrides: Any = ()) -> Scenario:
    """Read a scenario."""
    faults = Faults()
    if isinstance(source, dict):
        tree, name = node_from(source, Place()), None
    else:
        tree, name = _read_yaml(os.fspath(source)), os.fspath(source)
    reading = Reading(faults, Tables())
    values = read_plan(tree, reading)
    targets = tree.get("targets")
    values["targets"] = () if targets is None else read_targets(targets, "targets", reading)
    faults.check()
    assert not contains_bad(values) and BAD not in values.values()
    scenario = Scenario(**values)
    scenario._tree, scenario._file, scenario._warnings = tree, name, tuple(faults.warnings)
    return scenario


def _read_yaml(path: str) -> Node:
    from ruamel.yaml import YAML

    with open(path, encoding="utf-8") as f:
        node = YAML(typ="safe", pure=True).compose(f)
    return _convert(node, Place(path, 1, os.path.dirname(path) or "."))


def _convert(node: Any, place: Place) -> Node:
    here = lambda n: Place(place.file, n.start_mark.line + 1, place.folder)  # noqa: E731
    kind = type(node).__name__
    if kind == "MappingNode":
        return Node({k.value: Node(_convert(v, place).value, here(k)) for k, v in node.value}, here(node))
    if kind == "SequenceNode":
        return Node([_convert(v, place) for v in node.value], here(node))
    tag, text = str(node.tag).rsplit(":", 1)[-1], node.value
    value: Any = text
    if tag == "int":
        value = int(text.replace("_", ""))
    elif tag == "float":
        value = float(text.replace("_", ""))
    elif tag == "bool":
        value = text.lower() == "true"
    elif tag == "null":
        value = None
    return Node(value, here(node))
