"""What targets, events and their paths are called, also before they are checked."""

from __future__ import annotations

import re
from typing import Any

from simulator.scenario.nodes import Node
from simulator.scenario.scales import format_number


def default_name(metric: str, at_least: float | None, at_most: float | None, period: str, segment: Any) -> str:
    """The name of a target that has none.

    >>> default_name("wins", 25, None, "2027-Q4", "inbound")
    'wins >= 25 in 2027-Q4 for inbound'
    """
    sign, value = (">=", at_least) if at_least is not None else ("<=", at_most)
    text = f"{metric} {sign} {format_number(value or 0.0)} in {period}"
    if segment is None:
        return text
    return f"{text} for {segment if isinstance(segment, str) else ', '.join(segment)}"


def period_label(value: Any) -> str:
    """A period as it is shown: ``2027-Q1..2027-Q3`` without blanks."""
    return re.sub(r"\s*\.\.\s*", "..", str(value).strip())


def event_name(node: Node) -> str | None:
    """The name of an event or a target; None where it has none."""
    item = node.get("name") if node.mapping else None
    if item is None or isinstance(item.value, (dict, list, bool)):
        return None
    return str(item.value).strip() or None


def target_name(node: Node) -> str | None:
    """The name of a target, the default one where it has none of its own; None where it is faulty."""
    if not node.mapping:
        return None
    if named := event_name(node):
        return named
    value = {key: item.plain() for key, item in node.items()}
    limits = [value.get("at_least"), value.get("at_most")]
    segment = value.get("segment")
    if isinstance(segment, list):
        segment = tuple(str(name) for name in segment)
    elif segment is not None:
        segment = str(segment)
    numbers = [limit for limit in limits if isinstance(limit, (int, float)) and not isinstance(limit, bool)]
    if len(numbers) != 1 or value.get("metric") is None or value.get("in") is None:
        return None
    try:
        return default_name(
            str(value["metric"]),
            limits[0],
            None if limits[0] is not None else limits[1],
            period_label(value["in"]),
            segment,
        )
    except (OverflowError, ValueError):
        return None
