"""What a path reaches and between which values it can be moved: for sweeps, solving and sliders."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.errors import Fault, ScenarioError
from simulator.scenario.forms import NumberForm, PlainForm, SpreadForm, WholeForm
from simulator.scenario.nodes import Node, Place, node_from
from simulator.scenario.number_forms import bounds
from simulator.scenario.paths import calendar_of, find, split_assignment, unknown_path
from simulator.scenario.slots import Kind, Slot

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario


@dataclass(frozen=True)
class Lever:
    """A place in a scenario that can be changed.

    Parameters
    ----------
    path : one path, without wildcards.
    kind : ``numbers`` (may change by quarter), ``number``, ``spread``, ``plain`` (always certain), ``text``,
        ``list`` or ``own`` (the open deals' own win probabilities).
    value : what holds, in the words of a scenario file, defaults filled in; None where nothing does.
    low, high : the least and greatest plain number allowed; ``open_low`` and ``open_high`` leave them out.
    whole : whole numbers only.
    """

    path: str
    kind: Kind
    value: Any
    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False
    whole: bool = False

    @property
    def number(self) -> float | None:
        """The value where it is one plain number."""
        plain = isinstance(self.value, (int, float)) and not isinstance(self.value, bool)
        return float(self.value) if plain else None


def levers(scenario: Scenario, path: str) -> tuple[Lever, ...]:
    """All levers a path reaches; several where it holds a wildcard.

    Raises
    ------
    ScenarioError : the path leads nowhere; the message suggests the nearest that does.

    Examples
    --------
    >>> from simulator.scenario.load import load
    >>> plan = load("scenarios/twenty-five-customers.yaml")
    >>> [(lever.path, lever.value, lever.high) for lever in levers(plan, "segments.*.conversion.wins")]
    [('segments.inbound.conversion.wins', 0.35, 1.0)]
    """
    tree: Node = scenario._tree
    found, label = find(tree, path)
    if not found:
        raise ScenarioError([Fault(path, None, None, unknown_path(tree, path))])
    calendar = calendar_of(tree)
    if label is not None and calendar is not None and label not in calendar.labels:
        where = f"{calendar.labels[0]} to {calendar.labels[-1]}"
        raise ScenarioError([Fault(path, None, None, f"{label} is outside the horizon ({where})")])
    quarter = None if label is None or calendar is None else calendar.labels.index(label)
    return tuple(_lever(slot, label, quarter) for slot in found)


def split(scenario: Scenario, text: str) -> tuple[str, str] | None:
    """``PATH=REST`` apart, as in ``--set`` and ``--vary``; the names of targets may hold ``=``."""
    return split_assignment(text, scenario._tree)


def _lever(slot: Slot, label: str | None, quarter: int | None) -> Lever:
    node = slot.node if slot.node is not None else node_from(slot.default, Place())
    value = node.plain()
    if quarter is not None and isinstance(value, list) and value:
        value = value[min(quarter, len(value) - 1)]
    limits: dict[str, Any] = {}
    form = slot.form
    if slot.kind == "own":
        limits = {"low": 0.0, "high": 1.0}
    elif isinstance(form, NumberForm):
        low, high, open_low = bounds(form)
        limits = {"low": low, "high": high, "open_low": open_low}
    elif isinstance(form, SpreadForm):
        limits = {"low": 0.0, "open_low": form.unit == "money"}
    elif isinstance(form, PlainForm):
        limits = {"low": form.low, "high": form.high, "open_low": form.open_low, "open_high": form.open_high}
    elif isinstance(form, WholeForm):
        limits = {"low": float(form.low), "high": float(form.high), "whole": True}
    return Lever(slot.path if label is None else f"{slot.path}.{label}", slot.kind, value, **limits)
