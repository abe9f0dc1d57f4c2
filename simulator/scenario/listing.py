"""A plan's assumptions as a flat list, as they were written: for tables, sheets and pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario

_VOLUME = ("stage", "per_quarter")
_NOT_ASSUMPTIONS = ("format", "name", "description", "extends", "targets", "simulation")


def written(value: Any) -> str:
    """A value as in the file, on one line.

    >>> written({"min": 0.3, "likely": 0.4, "max": 0.48}), written([1000, 1200]), written(0.30), written(None)
    ('min: 0.3, likely: 0.4, max: 0.48', '1000, 1200', '0.3', '')
    """
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_nested(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_nested(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return "" if value is None else str(value)


def _holds_numbers(path: str, value: dict[str, Any]) -> bool:
    """Whether it is a part of a segment with numbers of their own, and not one number or spread."""
    if not path.startswith("segments.") or path.count(".") != 2:
        return False
    part = path.rpartition(".")[2]
    return part in ("conversion", "lag_weeks", "slips") or (part == "volume" and not value.keys().isdisjoint(_VOLUME))


def _nested(value: Any) -> str:
    text = written(value)
    return f"({text})" if isinstance(value, dict) else f"[{text}]" if isinstance(value, (list, tuple)) else text


def assumptions(scenario: Scenario) -> list[tuple[str, str]]:
    """(path, as written) of everything that is assumed, in the order of the file; targets are not.

    >>> from simulator.scenario.load import load
    >>> plan = load({"start": "2027-Q1", "quarters": 1, "stages": ["sqls", "wins"],
    ...              "segments": {"inbound": {"volume": 90, "conversion": {"wins": {"p10": 0.2, "p90": 0.3}}}}})
    >>> assumptions(plan)[-2:]
    [('segments.inbound.volume', '90'), ('segments.inbound.conversion.wins', 'p10: 0.2, p90: 0.3')]
    """
    return [(path, written(value)) for path, value in values_as_given(scenario)]


def values_as_given(scenario: Scenario) -> list[tuple[str, Any]]:
    """(path, value) of everything that is assumed: a number, a range, a spread or a list each."""
    document = {key: value for key, value in scenario.document.items() if key not in _NOT_ASSUMPTIONS}
    return list(_rows("", document))


def _rows(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and any(isinstance(item, (dict, list)) for item in value.values()):
        for key, item in value.items():
            yield from _rows(f"{path}.{key}" if path else str(key), item)
    elif isinstance(value, dict) and value and (path.count(".") < 2 or _holds_numbers(path, value)):
        for key, item in value.items():
            yield f"{path}.{key}" if path else str(key), item
    elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        for number, item in enumerate(value, start=1):
            yield f"{path}.{item.get('name', number)}", {k: v for k, v in item.items() if k != "name"}
    elif value is not None:
        yield path, value
