"""What differs between two plans, path by path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from simulator.scenario.resolved import plain

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario

Difference = tuple[str, Any, Any]

_NOT_ASSUMPTIONS = ("format", "name", "description", "simulation")


class _Side(NamedTuple):
    """A part of one plan: what it holds, tables by their contents, and how it is shown, tables by their names."""

    content: Any
    shown: Any

    def at(self, key: str) -> _Side:
        shown = self.shown.get(key) if isinstance(self.shown, dict) else None
        return _Side(self.content.get(key), shown)

    def in_quarter(self, index: int, path: str) -> _Side:
        return _Side(*(_item(value, index, path) for value in self))


def differences(first: Scenario, second: Scenario) -> list[Difference]:
    """Where the assumptions and targets of two scenarios differ: path, value here, value there.

    A value is None where one of them says nothing. Numbers, ranges and spreads are shown as they are written;
    lists by quarter only where they differ; tables by name, or by their length where the names are the same.
    """
    found: list[Difference] = []
    sides = [_Side(plain(scenario, None), plain(scenario)) for scenario in (first, second)]
    if first.opening.win_probability != second.opening.win_probability:
        for side in sides:  # which shows by itself, and not in each deal
            for deal in side.content["opening"].get("deals", ()):
                deal["win_probability"] = None
    for key in sides[0].content:
        if key not in _NOT_ASSUMPTIONS:
            one, two = (_Side(_named(key, side.content[key]), _named(key, side.shown[key])) for side in sides)
            _compare(key, one, two, first.calendar.labels, found)
    return found


def _named(key: str, value: Any) -> Any:
    """Lists of named things as mappings by name."""
    if key == "targets":
        return {item["name"]: {k: v for k, v in item.items() if k != "name"} for item in value}
    if key == "segments":
        return {name: _with_named_rows(_with_named_kpis(segment)) for name, segment in value.items()}
    if key == "market":
        events = {item["name"]: {k: v for k, v in item.items() if k != "name"} for item in value["events"]}
        return {**value, "events": events}
    if key == "correlations":
        return {" with ".join(item["between"]): item["rank"] for item in value}
    return value


def _with_named_kpis(segment: Any) -> Any:
    """A list of KPIs is one of named things, and not by quarter."""
    if isinstance(segment.get("kpi"), list):
        return {**segment, "kpi": _named("targets", segment["kpi"])}
    return segment


def _with_named_rows(value: Any) -> Any:
    """Rows of a segment's tables as mappings by what they start from."""
    if not isinstance(value, dict) or not {"by_pushes", "by_size"} & set(value.get("slips", ())):
        return value
    slips = dict(value["slips"])
    for table, start in (("by_pushes", "pushes"), ("by_size", "above")):
        if table in slips:
            slips[table] = {
                str(row[start]).replace(".", "_"): {k: v for k, v in row.items() if k != start} for row in slips[table]
            }
    return {**value, "slips": slips}


def _compare(path: str, one: _Side, two: _Side, labels: tuple[str, ...], found: list[Difference]) -> None:
    if one.content == two.content:
        return
    if isinstance(one.content, dict) and isinstance(two.content, dict) and _opens(path, one.content, two.content):
        for key in dict.fromkeys((*one.content, *two.content)):
            inside = path if path.endswith((".volume", ".spend")) and key == "per_quarter" else f"{path}.{key}"
            _compare(inside, one.at(key), two.at(key), labels, found)
    elif (
        path.startswith(("segments.", "capacity."))
        and not path.endswith((".ramp", ".segments"))
        and None not in (one.content, two.content)
        and (_list(one) or _list(two))
    ):
        for index, label in enumerate(labels):
            a, b = one.in_quarter(index, path), two.in_quarter(index, path)
            if a.content != b.content:
                found.append((f"{path}.{label}", a.shown, b.shown))
    elif one.shown == two.shown and _list(one) and _list(two):
        found.append((path, f"{len(one.content)} rows", f"{len(two.content)} rows"))
    else:
        found.append((path, one.shown, two.shown))


def _list(side: _Side) -> bool:
    return isinstance(side.content, list)


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
