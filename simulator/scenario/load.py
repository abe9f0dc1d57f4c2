"""Reading scenario files; with :mod:`~simulator.scenario.dump` the only place that knows YAML.

YAML 1.2: ``no`` and ``on`` are text, numbers may hold underscores. Nodes are composed, never constructed, so
that nothing in a file can execute anything; aliases are expanded up to a bound.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

from simulator.errors import Fault, ScenarioError
from simulator.scenario.build import build_scenario
from simulator.scenario.changes import apply_changes, plain_value
from simulator.scenario.extends import merge_parents
from simulator.scenario.faults import Faults
from simulator.scenario.file_text import text_of
from simulator.scenario.model import Scenario
from simulator.scenario.nodes import Node, Place, node_from
from simulator.scenario.syntax import explain
from simulator.scenario.tables import Tables

MOST_VALUES = 100_000
MOST_DEPTH = 50

Source = str | os.PathLike[str] | Mapping[str, Any] | Scenario


def load(source: Source, *, overrides: Iterable[str | tuple[str, Any]] = ()) -> Scenario:
    """Read a scenario: parents merged, changes applied, checked, defaults filled in.

    Parameters
    ----------
    source : a path, ``"-"`` for standard input, or a mapping as in a scenario file. Relative paths in a file
        start from its folder; in a mapping or standard input from the current directory.
    overrides : changes on top, as ``"PATH=VALUE"`` or ``(path, value)``; values as for
        :meth:`~simulator.scenario.model.Scenario.with_changes`.

    Raises
    ------
    ScenarioError : anything wrong with the scenario, all of it at once.

    Examples
    --------
    >>> plan = load("scenarios/twenty-five-customers.yaml", overrides=["segments.inbound.volume=+10%"])
    >>> plan.segments["inbound"].volume.per_quarter[0].value
    1100.0
    """
    overrides = [overrides] if isinstance(overrides, str) else list(overrides)
    if isinstance(source, Scenario):
        return change(source, overrides) if overrides else source
    faults = Faults()
    if isinstance(source, Mapping):
        try:
            tree, name = node_from(plain_value(source), Place(folder=os.curdir)), None
        except RecursionError:
            raise ScenarioError(f"is nested more than {MOST_DEPTH} levels deep, or holds itself") from None
    elif isinstance(source, (str, os.PathLike)):
        name = os.fspath(source)
        if "\n" in name:
            raise ScenarioError("this is a text, not the name of a file; load takes a path, '-' or a mapping")
        tree = read_file(name, faults)
    else:
        raise TypeError(f"load takes a path, '-' or a mapping, not {type(source).__name__}")
    tree = merge_parents(tree, None if name in (None, "-") else name, read_file, faults)
    return _finish(tree, overrides, name, faults, Tables())


def change(scenario: Scenario, changes: Iterable[str | tuple[str, Any]]) -> Scenario:
    """The same scenario with changes, as ``overrides`` of :func:`load`; the files are not read again."""
    return _finish(scenario._tree, list(changes), scenario.file, Faults(), scenario._tables or Tables())


def _finish(tree: Node, changes: list[Any], name: str | None, faults: Faults, tables: Tables) -> Scenario:
    changed = apply_changes(tree, changes, parse_value, faults)
    scenario = build_scenario(changed, faults, tables, name)
    scenario._tree, scenario._file, scenario._tables = changed, name, tables
    scenario._warnings = tuple(faults.warnings)
    return scenario


def read_file(name: str, faults: Faults, place: Place | None = None, order: int = 0) -> Node:
    """The nodes of a file; ``place`` is where another file names it."""
    text = text_of(name, place)
    folder = os.curdir if name == "-" else os.path.dirname(name) or os.curdir
    return parse(text, Place("stdin" if name == "-" else name, 1, folder, order), faults)


def parse(text: str, place: Place, faults: Faults) -> Node:
    """The nodes of a YAML text whose top level is a mapping."""
    node = _compose(text, place)
    if node is None:
        raise ScenarioError([Fault(place.file, None, None, "the file is empty")])
    tree = _convert(node, place, faults)
    if not tree.mapping:
        kind = "a list" if tree.list else "a single value"
        raise ScenarioError([Fault(place.file, tree.place.line, None, f"is {kind}, not a scenario (keys and values)")])
    return tree


def parse_value(text: str, place: Place, faults: Faults) -> Node | None:
    """A value written on the command line, in YAML; None where a fault was noted."""
    if not text.strip():
        return Node("", place)
    try:
        node = _compose(text, place)
    except ScenarioError as error:
        fault = error.faults[0]
        faults.add(place, None, fault.message)
        return None
    return Node(None, place) if node is None else _replace(_convert(node, place, faults), place)


def _replace(node: Node, place: Place) -> Node:
    """The same values, all at one place: a change has no lines."""
    return node_from(node.plain(), place)


def _compose(text: str, place: Place) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    def stop(line: int | None, message: str) -> ScenarioError:
        return ScenarioError([Fault(place.file, line if place.line else None, None, message)])

    try:
        return YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if "end of stream" in (error.problem or "") and error.context_mark:
            mark = error.context_mark
        line = None if mark is None else mark.line + 1
        lines = text.splitlines()
        shown = lines[line - 1] if line and line <= len(lines) else ""
        raise stop(line, explain(error.problem or "", error.context or "", shown, error.context_mark)) from None
    except RecursionError:
        raise stop(None, f"is nested more than {MOST_DEPTH} levels deep") from None
    except (YAMLError, ValueError, AttributeError, TypeError, KeyError, IndexError, AssertionError) as error:
        match = re.search(r"unacceptable character #x([0-9a-fA-F]+)", str(error))
        if match:
            line = text.count("\n", 0, text.find(chr(int(match[1], 16)))) + 1
            raise stop(line, f"holds a control character (#x{match[1]}); only text is allowed") from None
        raise stop(None, "is not valid YAML") from None


_TAGS = {
    f"tag:yaml.org,2002:{name}": name
    for name in ("str", "int", "float", "bool", "null", "map", "seq", "timestamp", "merge", "value")
}


def _convert(node: Any, place: Place, faults: Faults) -> Node:
    """Nodes of composed YAML; a tag or a runaway alias stops it."""
    converter = _Converter(place, faults)
    tree = converter.convert(node, place)
    if converter.tags:
        raise ScenarioError(converter.tags)
    return tree


class _Converter:
    """Turns composed YAML into nodes, noting duplicate keys, tags and runaway aliases."""

    def __init__(self, place: Place, faults: Faults):
        self.place, self.faults, self.count = place, faults, 0
        self.tags: list[Fault] = []
        self.top = place

    def at(self, node: Any) -> Place:
        line = node.start_mark.line + 1 if self.place.line else None
        return Place(self.place.file, line, self.place.folder, self.place.order)

    def convert(self, node: Any, place: Place, path: str = "", depth: int = 0) -> Node:
        self.count += 1
        if self.count > MOST_VALUES or depth > MOST_DEPTH:
            what = (
                f"is nested more than {MOST_DEPTH} levels deep, or an alias holds itself"
                if depth > MOST_DEPTH
                else f"expands to more than {MOST_VALUES:,} values; an alias may hold aliases of aliases"
            )
            where = place if depth > MOST_DEPTH else self.top
            raise ScenarioError([Fault(where.file, where.line, None, what)])
        tag = _TAGS.get(str(node.tag))
        if tag is None:
            shown = str(node.tag).replace("tag:yaml.org,2002:", "!!")
            self.tags.append(
                Fault(place.file, place.line, path or None, f"the tag {shown} is not allowed; tags are never executed")
            )
        if isinstance(node.value, list):
            if type(node).__name__ == "MappingNode":
                return Node(self._mapping(node, path, depth), place)
            return Node(
                [
                    self.convert(item, self.at(item), f"{path}.{index + 1}" if path else str(index + 1), depth + 1)
                    for index, item in enumerate(node.value)
                ],
                place,
            )
        return Node(_scalar(node.value, tag), place)

    def _mapping(self, node: Any, path: str, depth: int) -> dict[str, Node]:
        found: dict[str, Node] = {}
        for key, value in node.value:
            place = self.at(key)
            if isinstance(key.value, list):
                self.faults.add(place, path, "a key must be text, not a list or a mapping")
                continue
            name = key.value
            inside = f"{path}.{name}" if path else name
            if depth == 0:
                self.top = place
            item = self.convert(value, place, inside, depth + 1)
            if name in found:
                before = found[name].place.line
                self.faults.add(place, inside, f"the key is there twice{f', first in line {before}' if before else ''}")
            elif name == "<<":
                self.faults.add(place, inside, "merge keys are not supported; use extends")
            else:
                found[name] = item
        return found


def _scalar(text: str, tag: str | None) -> Any:
    if tag in ("int", "float"):
        digits = text.replace("_", "")
        try:
            if tag == "float":
                return float(re.sub(r"(?i)\.(inf|nan)", r"\1", digits))
            return int(digits, 0) if re.match(r"[-+]?0[xob]", digits) else int(digits)
        except ValueError:
            return text
    if tag == "bool":
        return {"true": True, "false": False}.get(text.lower(), text)
    return None if tag == "null" else text
