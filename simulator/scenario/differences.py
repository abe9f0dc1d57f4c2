"""What differs between two plans, path by path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.scenario.resolved import plain

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario

_NOT_ASSUMPTIONS = ("format", "name", "description", "simulation")


def differences(first: Scenario, second: Scenario) -> list[tuple[str, Any, Any]]:
    """Where the assumptions and targets of two scenarios differ: path, value here, value there.

    A value is None where one of them says nothing. Numbers, ranges and spreads are shown as they are written;
    lists by quarter only where they differ.
    """
    found: list[tuple[str, Any, Any]] = []
    one, two = plain(first), plain(second)
    for key in one:
        if key not in _NOT_ASSUMPTIONS:
            _compare(key, _named(key, one[key]), _named(key, two[key]), first, found)
    for key in ("deals", "leads"):
        path = f"opening.{key}"
        if getattr(first.opening, key) != getattr(second.opening, key) and path not in [item[0] for item in found]:
            one, two = (getattr(side.opening, key) for side in (first, second))
            if None not in (one, two) and first.opening.win_probability == second.opening.win_probability:
                found.append((path, f"{len(one)} rows", f"{len(two)} rows"))
    return found


def _named(key: str, value: Any) -> Any:
    """Lists of named things as mappings by name."""
    if key == "targets":
        return {item["name"]: {k: v for k, v in item.items() if k != "name"} for item in value}
    if key == "market":
        events = {item["name"]: {k: v for k, v in item.items() if k != "name"} for item in value["events"]}
        return {**value, "events": events}
    if key == "correlations":
        return {" with ".join(item["between"]): item["rank"] for item in value}
    return value


def _compare(path: str, one: Any, two: Any, scenario: Scenario, found: list[tuple[str, Any, Any]]) -> None:
    if one == two:
        return
    if isinstance(one, dict) and isinstance(two, dict) and _opens(path, one, two):
        for key in dict.fromkeys((*one, *two)):
            inside = path if path.endswith(".volume") and key == "per_quarter" else f"{path}.{key}"
            _compare(inside, one.get(key), two.get(key), scenario, found)
    elif (isinstance(one, list) or isinstance(two, list)) and None not in (one, two) and path.startswith("segments."):
        for index, label in enumerate(scenario.calendar.labels):
            a, b = (_item(side, index, path) for side in (one, two))
            if a != b:
                found.append((f"{path}.{label}", a, b))
    else:
        found.append((path, one, two))


def _item(value: Any, index: int, path: str) -> Any:
    """What holds in a quarter; a name that only keeps the draws of one number together is left out."""
    item = value[min(index, len(value) - 1)] if isinstance(value, list) else value
    if isinstance(item, dict) and str(item.get("name", "")).startswith(path):
        return {key: inner for key, inner in item.items() if key != "name"}
    return item


_FORM_KEYS = {"min", "likely", "max", "p10", "p50", "p90", "successes", "of", "sd", "values", "times", "weeks"}


def _opens(path: str, one: dict[str, Any], two: dict[str, Any]) -> bool:
    """Whether two mappings are compared key by key: parts are, ranges are not, spreads of one form are."""
    keys = {*one, *two}
    spread = keys & {"mean", "median"} and "sd" not in keys
    if spread:
        return set(one) == set(two) and all(one.get(key) == two.get(key) for key in ("times", "family", "column"))
    return not keys & _FORM_KEYS or path in ("market.conversion", "market.volume")
