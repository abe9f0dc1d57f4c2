"""Reading stages and segments: volume, conversion and lags by stage."""

from __future__ import annotations

import re
from typing import Any

from simulator.scenario.closing import ByPushes, BySize, PullIns
from simulator.scenario.customers import NEEDS, Customers
from simulator.scenario.faults import listed, nearest, show
from simulator.scenario.forms import NumbersForm, SpecialForm, SpreadForm
from simulator.scenario.nodes import Node
from simulator.scenario.number_forms import BESIDE, KEYS
from simulator.scenario.part import DEFAULT_STAGES, NO_LAG, RESERVED_STAGES
from simulator.scenario.read_accounts import settle_win_rate
from simulator.scenario.read_follow_up import check_follow_up
from simulator.scenario.read_numbers import read_numbers
from simulator.scenario.read_spreads import read_shares, read_spread
from simulator.scenario.reading import (
    BAD,
    Reading,
    build,
    is_mapping,
    join,
    keys_of,
    read_fields,
    read_part,
    reads,
    split_number,
)
from simulator.scenario.segment import Segment, Volume

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SEGMENT = re.compile(r"[^\s.*,{}\[\]:#\"'&!|>%@`=](?:[^.*,{}\[\]\"=\n\r\t]*[^\s.*,{}\[\]\"'=])?")


@reads("stages")
def read_stages(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    """The names of the stages, in order."""
    if not node.list:
        return reading.fault(node, path, f"{show(node.plain())} is not a list of stages")
    if len(node.value) < 2:
        return reading.fault(node, path, f"{len(node.value)} stages; allowed: 2 or more, the last is the win")
    if len(node.value) > 50:
        return reading.fault(node, path, f"{len(node.value)} stages; allowed: 2 to 50")
    names: list[Any] = []
    for index, item in enumerate(node.value):
        inside, name = join(path, index + 1), item.value
        if not isinstance(name, str) or not _IDENTIFIER.fullmatch(name):
            names.append(
                reading.fault(item, inside, f"{show(item.plain())} is not a stage name; allowed: letters, digits and _")
            )
        elif name in RESERVED_STAGES:
            names.append(reading.fault(item, inside, f"{name!r} cannot name a stage; it means something else already"))
        elif name in names:
            names.append(reading.fault(item, inside, f"{name!r} is there twice"))
        else:
            names.append(name)
    return BAD if BAD in names else tuple(names)


@reads("stage")
def read_entry_stage(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    """The stage a segment enters: any but the last."""
    if not reading.stages_known:
        return BAD
    allowed = reading.stages[:-1]
    if node.value not in allowed:
        if node.value == reading.stages[-1]:
            return reading.fault(
                node, path, f"nothing can enter at {node.value!r}, the last stage; allowed: {listed(allowed)}"
            )
        hint = nearest(str(node.value), allowed) if isinstance(node.value, str) else ""
        return reading.fault(node, path, f"{show(node.plain())} is not one of {listed(allowed)}{hint}")
    return node.value


@reads("profile")
def read_profile(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    """The shares of the 13 weeks."""
    return read_shares(node, path, reading, 13)


@reads("volume")
def read_volume(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    """A number, a list, a range, or the mapping that says more."""
    keys = keys_of(Volume)
    if node.mapping and not set(node.value) <= {*KEYS, *BESIDE}:
        misplaced = [key for key in node.value if key in {*KEYS, *BESIDE} and key not in keys]
        skip = ["stage"]
        if misplaced:
            shown = "{" + ", ".join(f"{key}: {show(node.value[key].plain())}" for key in misplaced) + "}"
            where = node.value[misplaced[0]]
            reading.fault(where, path, f"{shown} belongs inside per_quarter: write {{per_quarter: {shown}, …}}")
            skip += [] if node.get("per_quarter") else ["per_quarter"]
        values: dict[str, Any] = {"per_quarter": BAD}
        values.update(read_fields(Volume, node, path, reading, skip=skip, known=misplaced))
        stage = node.get("stage")
        if stage is not None:
            values["stage"] = read_entry_stage(form, stage, join(path, "stage"), reading)
        else:
            values["stage"] = reading.stages[0] if reading.stages_known else BAD
        return build(Volume, values)
    numbers = read_numbers(_PER_QUARTER, node, path, reading)
    return Volume.model_construct(stage=reading.stages[0] if reading.stages_known else BAD, per_quarter=numbers)


_PER_QUARTER = next(item for item in Volume.model_fields["per_quarter"].metadata if isinstance(item, NumbersForm))
_RATE = NumbersForm("share")
_LAG = SpreadForm("weeks")


def check_stage_keys(
    node: Node, path: str, after: tuple[str, ...], reading: Reading, extra: tuple[str, ...] = (), why: str = ""
) -> None:
    """Note keys that are not stages reached from the entry stage."""
    for key, item in node.items():
        if key in after or key in extra:
            continue
        if key in reading.stages:
            reading.fault(
                item,
                join(path, key),
                f"nothing flows into {key!r} here{why}; allowed: {listed((*after, *extra), 'and')}",
            )
        else:
            known = (*after, *extra)
            if key in keys_of(Segment):
                hint = f"; {key} belongs one level up: check the indentation"
            else:
                hint = split_number(node, key) or nearest(key, known) or f"; allowed: {listed(known, 'and')}"
            reading.fault(item, join(path, key), f"unknown stage{hint}")


def read_segment(node: Node, path: str, reading: Reading) -> Any:
    """One segment: the volume first, since it says at which stage the segment enters."""
    if not is_mapping(node, path, keys_of(Segment), reading):
        return BAD
    if not node.value:
        return reading.fault(node, path, "the segment is empty; volume and conversion are required")
    values = read_fields(Segment, node, path, reading, skip=("conversion", "lag_weeks"))
    _check_sizes(values, node, path, reading)
    entry = _entry(values["volume"], reading)
    conversion, lags = node.get("conversion"), node.get("lag_weeks")
    if entry is None:
        values.update(_read_loosely(node, path, reading))
        return build(Segment, values)
    after = reading.stages[reading.stages.index(entry) + 1 :]
    why = f", the segment enters at {entry!r}"
    values["conversion"] = BAD
    unsaid = () if values.get("accounts") is None else after[-1:]  # accounts say it by engaged contacts
    if conversion is None and after == unsaid:
        values["conversion"] = {}
    elif conversion is None:
        reading.fault(node, join(path, "conversion"), f"is required, with {listed(after, 'and')}")
    elif is_mapping(conversion, join(path, "conversion"), after, reading):
        values["conversion"] = _conversion(conversion, join(path, "conversion"), after, why, reading, unsaid)
    settle_win_rate(values, node, path, reading)
    values["lag_weeks"] = dict.fromkeys(after, NO_LAG)
    if lags is not None:
        values["lag_weeks"] = BAD
        if is_mapping(lags, join(path, "lag_weeks"), (*after, "losses"), reading):
            check_stage_keys(lags, join(path, "lag_weeks"), after, reading, ("losses",), why)
            values["lag_weeks"] = {
                stage: NO_LAG if item is None else read_spread(_LAG, item, join(path, f"lag_weeks.{stage}"), reading)
                for stage in (*after, "losses")
                if (item := lags.get(stage)) is not None or stage != "losses"
            }
    return build(Segment, values)


def _check_sizes(values: dict[str, Any], node: Node, path: str, reading: Reading) -> None:
    """What depends on the size of deals needs their sizes."""
    slips = node.get("slips")
    rows = slips.get("by_size") if slips is not None and slips.mapping else None
    if rows is not None and rows.list and rows.value and node.get("deal_size") is None:
        reading.fault(rows, join(path, "slips.by_size"), "says nothing without a deal_size")


def _conversion(
    node: Node, path: str, after: tuple[str, ...], why: str, reading: Reading, unsaid: tuple[str, ...] = ()
) -> Any:
    check_stage_keys(node, path, after, reading, (), why)
    rates = {}
    for stage in after:
        item = node.get(stage)
        if item is None and stage in unsaid:
            continue
        if item is None:
            where = node.value.get(stage, node)
            what = "is required: the share that goes on into this stage"
            rates[stage] = reading.fault(where, join(path, stage), what)
        else:
            rates[stage] = read_numbers(_RATE, item, join(path, stage), reading)
    return rates


def _entry(volume: Any, reading: Reading) -> str | None:
    """The stage a segment enters, also when the rest of its volume is faulty; None where that is unknown."""
    if isinstance(volume, Volume):
        return None if volume.stage is BAD else volume.stage
    return reading.stages[0] if reading.stages_known else None


def _read_loosely(node: Node, path: str, reading: Reading) -> dict[str, Any]:
    """Find the faults that do not depend on the stages."""
    found: dict[str, Any] = {"conversion": {}, "lag_weeks": {}}
    for key, values in found.items():
        inside = node.get(key)
        if inside is None or not is_mapping(inside, join(path, key), DEFAULT_STAGES, reading):
            continue
        for stage, item in inside.items():
            if item.value is not None:
                where = join(path, f"{key}.{stage}")
                values[stage] = (
                    read_numbers(_RATE, item, where, reading)
                    if key == "conversion"
                    else read_spread(_LAG, item, where, reading)
                )
    return found


@reads("pull_ins")
def read_pull_ins(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    """Deals closed early."""
    return read_part(PullIns, node, path, reading)


@reads("by_pushes")
def read_by_pushes(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    """Rows that hold from a number of slips on."""
    return _read_rows(ByPushes, "pushes", node, path, reading)


@reads("by_size")
def read_by_size(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    """Rows that hold above a size."""
    return _read_rows(BySize, "above", node, path, reading)


def _read_rows(model: Any, key: str, node: Node, path: str, reading: Reading) -> Any:
    """A list of rows, each from a greater number on than the one before."""
    if not node.list:
        shown = "{" + ", ".join(keys_of(model)) + "}"
        return reading.fault(node, path, f"{show(node.plain())} is not a list of rows {shown}")
    rows: list[Any] = []
    before = None
    for index, item in enumerate(node.value):
        row = read_part(model, item, join(path, index + 1), reading)
        here = BAD if row is BAD else getattr(row, key)
        if here is BAD:
            rows.append(BAD)
            continue
        if before is not None and here <= before:
            what = f"{show(here)} is not above {show(before)}, that of the row before"
            row = reading.fault(item.value[key], join(path, f"{index + 1}.{key}"), what)
        before = here
        rows.append(row)
    return BAD if BAD in rows else tuple(rows)


@reads("customers")
def read_customers(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    """What becomes of won deals; keys that say nothing without another one need it."""
    found = read_part(Customers, node, path, reading)
    if found is BAD:
        return BAD
    for key, other in NEEDS.items():
        item = node.get(key)
        if item is not None and node.get(other) is None:
            what = re.split("[.:;]", Customers.model_fields[other].description or "")[0]
            reading.fault(item, join(path, key), f"says nothing without {other}: {what[:1].lower()}{what[1:]}")
            return BAD
    return found


@reads("segments")
def read_segments(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    """All segments by name."""
    if not node.mapping:
        return reading.fault(node, path, f"{show(node.plain())} is not a mapping of segments by name")
    if not node.value:
        return reading.fault(node, path, "there are no segments; allowed: one or more, by name")
    segments: dict[str, Any] = {}
    for name, item in node.items():
        inside = join(path, name)
        if not _SEGMENT.fullmatch(name) or not name.isprintable() or len(name) > 80:
            reading.fault(
                item,
                inside,
                f"{show(name)} cannot name a segment; allowed: letters, digits, spaces, _, - and the like, no dots, "
                "commas, stars, quotes or brackets",
            )
            segments[name] = BAD
        if item.value is None:
            segments[name] = reading.fault(item, inside, "the segment is empty; volume and conversion are required")
            continue
        if name in ("all", "total"):
            reading.faults.warn(f"{inside}: tables call the sum of all segments {name!r} too")
        segment = read_segment(item, inside, reading)
        check_follow_up(segment, item, inside, reading)
        if name not in segments:
            segments[name] = segment
    reading.segments = segments
    return segments
