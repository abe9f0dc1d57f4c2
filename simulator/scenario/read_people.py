"""Reading teams (``capacity``): who works which stage, for which segments."""

from __future__ import annotations

import re
from typing import Any

from simulator.scenario.faults import listed, nearest, show
from simulator.scenario.forms import SpecialForm
from simulator.scenario.nodes import Node
from simulator.scenario.people import ORDERS, Team
from simulator.scenario.people_metrics import team_metrics
from simulator.scenario.reading import BAD, Reading, as_float, build, is_mapping, join, keys_of, read_fields, reads

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@reads("capacity")
def read_capacity(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    """Teams by name; one named like a stage works that stage."""
    if not node.mapping:
        return reading.fault(node, path, f"{show(node.plain())} is not a mapping of teams by name, as mqls")
    teams: dict[str, Any] = {}
    for name, item in node.items():
        inside = join(path, name)
        if not _NAME.fullmatch(name):
            reading.fault(item, inside, f"{show(name)} is not a name of a team; allowed: letters, digits and _")
        teams[name] = _team(item, name, inside, reading)
    _check_shared(teams, node, path, reading)
    _check_names(teams, node, path, reading)
    reading.teams = tuple(teams)
    return BAD if BAD in teams.values() else teams


def _team(node: Node, name: str, path: str, reading: Reading) -> Any:
    if not is_mapping(node, path, keys_of(Team), reading):
        return BAD
    values = read_fields(Team, node, path, reading, skip=("stage",))
    stage = node.get("stage")
    values["stage"] = _stage(stage or node, join(path, "stage") if stage else path, name, stage is None, reading)
    if values["stage"] is BAD:
        return BAD
    _check_work(values, node, path, reading)
    passing = [n for n, segment in reading.segments.items() if _passes(segment, values["stage"], reading)]
    for one in values.get("segments") or ():
        if one is not BAD and one in reading.segments and one not in passing and reading.segments[one] is not BAD:
            where = node.get("segments") or node
            reading.fault(
                where, join(path, "segments"), f"{one!r} enters after {values['stage']!r}, nobody works it there"
            )
    if values.get("segments") is BAD:
        return BAD
    return build(Team, values)


def _stage(node: Node, path: str, name: str, default: bool, reading: Reading) -> Any:
    if not reading.stages_known:
        return BAD
    allowed = reading.stages[:-1]
    value = name if default else node.value
    if value in allowed:
        return value
    if value == reading.stages[-1]:
        return reading.fault(node, path, f"nobody works {value!r}, the last stage; allowed: {listed(allowed)}")
    if default:
        hint = nearest(name, allowed) or f" write stage: with one of {listed(allowed)}"
        return reading.fault(node, path, f"{name!r} is not a stage, so which one do they work?{hint}")
    hint = nearest(str(value), allowed) if isinstance(value, str) else ""
    return reading.fault(node, path, f"{show(node.plain())} is not one of {listed(allowed)}{hint}")


def _check_work(values: dict[str, Any], node: Node, path: str, reading: Reading) -> None:
    """Leads are worked per week, deals are kept open: which of the two follows from the stage."""
    born = values["stage"] == reading.born
    needed, other = ("open_deals_each", "each_per_week") if born else ("each_per_week", "open_deals_each")
    what = "deals are born there" if born else "its leads are no deals yet"
    if (wrong := node.get(other)) is not None:
        reading.fault(wrong, join(path, other), f"is not for {values['stage']!r}: {what}; write {needed}")
    elif values.get(needed) is None:
        reading.fault(node, join(path, needed), f"is required for {values['stage']!r}: {what}")


def _passes(segment: Any, stage: str, reading: Reading) -> bool:
    """Whether a segment's leads come through a stage."""
    if segment is BAD or segment.volume is BAD or segment.volume.stage is BAD:
        return False
    return reading.stages.index(segment.volume.stage) <= reading.stages.index(stage)


def _check_shared(teams: dict[str, Any], node: Node, path: str, reading: Reading) -> None:
    """At each stage a segment has one team."""
    taken: dict[tuple[str, str], str] = {}
    for name, team in teams.items():
        if team is BAD or team.stage is BAD:
            continue
        passing = [n for n, segment in reading.segments.items() if _passes(segment, team.stage, reading)]
        for one in passing if team.segments is None else team.segments:
            other = taken.setdefault((team.stage, one), name)
            if other != name:
                reading.fault(
                    node.value[name], join(path, name),
                    f"{other!r} works {one!r} at {team.stage!r} already; say in segments who works what",
                )  # fmt: skip
                break


def _check_names(teams: dict[str, Any], node: Node, path: str, reading: Reading) -> None:
    for name in teams:
        clash = [m for m in team_metrics(tuple(teams)) if m in reading.stages]
        if clash:
            reading.fault(
                node.value[name], join(path, name), f"a stage is called {clash[0]!r}, as a metric of teams is"
            )
            return


@reads("team stage")
def read_team_stage(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    """Read with the team, which gives it its default."""
    return node.value


@reads("team segments")
def read_team_segments(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    """A segment or a list of them."""
    names: list[Any] = []
    for item in node.value if node.list else [node]:
        name = show(item.value) if isinstance(item.value, int) and not isinstance(item.value, bool) else item.value
        if not isinstance(name, str) or name not in reading.segments:
            known = list(reading.segments)
            hint = nearest(str(name), known) or f"; allowed: {listed(known or ['none'])}"
            names.append(reading.fault(item, path, f"{show(item.plain())} is not a segment{hint}"))
        elif name in names:
            names.append(reading.fault(item, path, f"{show(name)} is there twice"))
        else:
            names.append(name)
    if not names:
        return reading.fault(node, path, "the list is empty; leave it out for all segments")
    return BAD if BAD in names else tuple(names)


@reads("ramp")
def read_ramp(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    """Shares of a full workload, one after the other."""
    if not node.list or not node.value:
        return reading.fault(node, path, f"{show(node.plain())} is not a list of shares, as [0.25, 0.5, 0.75, 1]")
    found = []
    for index, item in enumerate(node.value):
        value = as_float(item, join(path, index + 1), reading)
        if value is not BAD and not 0 <= value <= 1:
            value = reading.fault(item, join(path, index + 1), f"{show(value)} is not in [0, 1]")
        found.append(value)
    return BAD if BAD in found else tuple(found)


@reads("order")
def read_order(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    """In which order waiting leads are worked."""
    if node.value not in ORDERS:
        hint = nearest(str(node.value), ORDERS) if isinstance(node.value, str) else ""
        return reading.fault(node, path, f"{show(node.plain())} is not one of {listed(ORDERS)}{hint}")
    return node.value
