"""Reading a whole plan: the top level, the market, the opening, targets and correlations."""

from __future__ import annotations

from typing import Any

from simulator.quarters import Calendar, is_start
from simulator.scenario import (  # noqa: F401  (they register readers)
    read_numbers,
    read_people,
    read_segments,
    read_spend,
    read_spreads,
    read_tables,
)
from simulator.scenario.faults import as_period, listed, nearest, show
from simulator.scenario.forms import NumberForm, SpecialForm
from simulator.scenario.model import Correlation, Event, Opening, Scenario
from simulator.scenario.nodes import Node
from simulator.scenario.part import DEFAULT_STAGES
from simulator.scenario.read_numbers import read_number
from simulator.scenario.reading import (
    BAD,
    Reading,
    build,
    check_keys,
    is_mapping,
    join,
    keys_of,
    read_fields,
    read_part,
    read_value,
    reads,
)
from simulator.scenario.rules import apply_own_probability
from simulator.scenario.uncertain import WinProbability


@reads("start")
def read_start(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    """A quarter or a date."""
    text = str(node.value)
    if not isinstance(node.value, str) or not is_start(text):
        message = f"{show(node.plain())} is neither a quarter (2027-Q1) nor a date (2027-01-04)"
        return reading.fault(node, path, message + (as_period(node.value) if "Q" in text.upper() else ""))
    if not 1900 <= int(text[:4]) <= 2200:
        return reading.fault(node, path, f"{show(text)} is not in the years 1900 to 2200")
    return text


_MULTIPLIER = NumberForm("positive", zero=True, most=1000.0)


@reads("events")
def read_events(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    """The named events."""
    if not node.list:
        return reading.fault(node, path, f"{show(node.plain())} is not a list of events")
    events, names = [], set()
    for index, item in enumerate(node.value):
        inside = join(path, label_of(item, index))
        event = _event(item, inside, reading)
        name = item.get("name") if item.mapping else None
        if name is not None and isinstance(name.value, str):  # else it is a fault already
            if name.value in names:
                event = reading.fault(name, join(inside, "name"), f"{show(name.plain())} is there twice")
            names.add(name.value)
        events.append(event)
    return tuple(events)


def label_of(item: Node, index: int) -> str:
    """What an item of a list of named things is called in a path: its name, else its number."""
    name = item.get("name") if item.mapping else None
    return name.value.strip() if name and isinstance(name.value, str) and name.value.strip() else str(index + 1)


def _event(node: Node, path: str, reading: Reading) -> Any:
    keys = [key for key in keys_of(Event) if key != "rates"]
    if not is_mapping(node, path, [*keys, "a stage"], reading):
        return BAD
    stages = reading.stages[1:] if reading.stages_known else tuple(k for k in node.value if k not in keys)
    first = node.value.get(reading.stages[0]) if reading.stages_known else None
    if first is not None:
        word = reading.stages[0]
        reading.fault(
            first, join(path, word), f"nothing flows into {word!r}; an event changes how many enter by 'volume'"
        )
        node = Node({key: item for key, item in node.items() if key != word}, node.place)
    if "rates" in node.value:
        reading.fault(node.value["rates"], join(path, "rates"), "unknown key; write the stages directly")
        node = Node({key: item for key, item in node.items() if key != "rates"}, node.place)
    check_keys(node, path, (*keys, *stages), reading)
    values = read_fields(Event, node, path, reading, skip=("rates",), known=node.value)
    values["rates"] = {
        stage: read_number(_MULTIPLIER, item, join(path, stage), reading)
        for stage in stages
        if (item := node.get(stage)) is not None
    }
    return build(Event, values)


@reads("win_probability")
def read_win_probability(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    """A share for all open deals that have one of their own, or ``{times: 1.1}`` to scale theirs."""
    if node.mapping and set(node.value) == {"times"}:
        times = read_numbers.read_times(node.value["times"], join(path, "times"), reading)
        return BAD if times is BAD else WinProbability(times=times, domain="share")
    return read_number(NumberForm("share"), node, path, reading)


@reads("correlations")
def read_correlations(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    """The list; rules between its items are checked when all numbers are known."""
    if not node.list:
        return reading.fault(node, path, f"{show(node.plain())} is not a list of correlations")
    return tuple(read_part(Correlation, item, join(path, index + 1), reading) for index, item in enumerate(node.value))


@reads("between")
def read_between(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    """Two paths."""
    if not node.list or len(node.value) != 2 or not all(isinstance(item.value, str) for item in node.value):
        return reading.fault(node, path, f"{show(node.plain())} is not a list of two paths")
    return tuple(item.value.strip() for item in node.value)


def read_plan(node: Node, reading: Reading) -> dict[str, Any]:
    """All fields of a scenario, as keyword arguments; targets, tables and rules come after."""
    keys = keys_of(Scenario)
    first = ("start", "quarters", "fiscal_year_starts", "stages")
    early: dict[str, Any] = {}
    for key in first:
        item = node.get(key)
        if item is not None:
            early[key] = read_value(keys[key], item, key, reading)
    reading.stages = DEFAULT_STAGES
    reading.stages_known = early.get("stages") is not BAD
    if reading.stages_known and "stages" in early:
        reading.stages = early["stages"]
    start, quarters = early.get("start", BAD), early.get("quarters", BAD)
    month = early.get("fiscal_year_starts", 1)
    if BAD not in (start, quarters, month):
        reading.calendar = Calendar(start, quarters, month)
    values = read_fields(
        Scenario, node, "", reading, skip=(*(k for k in first if k in early), "targets"), known=("extends",)
    )
    opening = values.get("opening")
    reading.has_customers = isinstance(opening, Opening) and bool(opening.customers)
    if isinstance(opening, Opening) and opening.deals:
        deals = apply_own_probability(opening.deals, opening.win_probability, reading.faults)
        values["opening"] = opening.model_copy(update={"deals": deals})
    return {**values, **early}


def unknown(word: Any, what: str, known: Any) -> str:
    """``'winz' is not a metric (did you mean 'wins'?)``; with the list when nothing is near."""
    hint = nearest(str(word), known)
    return f"{show(word)} is not {what}{hint or '; allowed: ' + listed(known)}"
