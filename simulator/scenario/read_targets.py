"""Reading targets: which metric, how much, when, for whom."""

from __future__ import annotations

from typing import Any

from simulator.scenario.faults import as_period, listed, nearest, show
from simulator.scenario.forms import SpecialForm
from simulator.scenario.model import Target
from simulator.scenario.names import default_name
from simulator.scenario.nodes import Node
from simulator.scenario.people_metrics import OUTCOMES, team_metrics
from simulator.scenario.read_plan import unknown
from simulator.scenario.reading import (
    BAD,
    Reading,
    is_mapping,
    join,
    keys_of,
    read_fields,
    reads,
)

MONEY_METRICS = ("bookings", "created_pipeline", "open_pipeline", "slipped_value")
OTHER_METRICS = ("losses", *MONEY_METRICS[:2], "open_deals", "open_pipeline", "slips", "slipped_deals", "slipped_value")


def metrics_of(stages: tuple[str, ...]) -> tuple[str, ...]:
    """Everything a target can speak of."""
    return (*stages, *(metric for metric in OTHER_METRICS if metric not in stages))


def people_metrics(reading: Reading) -> tuple[str, ...]:
    """What teams and follow-up add."""
    follows = any(s is not BAD and s.follow_up for s in reading.segments.values())
    return (*team_metrics(reading.teams), *(OUTCOMES if follows else ()))


@reads("metric")
def read_metric(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    if not reading.stages_known:
        return BAD
    metrics = (*metrics_of(reading.stages), *people_metrics(reading))
    if node.value in (*team_metrics(("",)), *OUTCOMES) and node.value not in metrics:
        what = "capacity" if node.value in team_metrics(("",)) else "follow_up"
        return reading.fault(node, path, f"{node.value!r} needs {what}, which this plan does not have")
    if not isinstance(node.value, str) or node.value not in metrics:
        return reading.fault(node, path, unknown(node.plain(), "a metric", metrics))
    return node.value


@reads("period")
def read_period(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    value = node.value
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return reading.fault(
            node,
            path,
            f"{show(node.plain())} is not a period; allowed: 2027-Q3, 2027, 2027-Q1..2027-Q3, each quarter, horizon",
        )
    if reading.calendar is None:
        return BAD
    try:
        return reading.calendar.period(value)
    except ValueError as error:
        return reading.fault(node, path, f"{error}{as_period(value) or nearest(value, ('each quarter', 'horizon'))}")


@reads("target segment")
def read_target_segment(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    items = node.value if node.list else [node]
    if not items:
        return reading.fault(node, path, "the list is empty; leave it out for all segments")
    names: list[Any] = []
    for item in items:
        name = show(item.value) if isinstance(item.value, int) and not isinstance(item.value, bool) else item.value
        if not isinstance(name, str) or name not in reading.segments:
            known = list(reading.segments) or ["none"]
            names.append(reading.fault(item, path, unknown(item.plain(), "a segment", known)))
        elif name in names:
            names.append(reading.fault(item, path, f"{show(name)} is there twice"))
        else:
            names.append(name)
    if BAD in names:
        return BAD
    return tuple(names) if node.list else names[0]


def read_targets(node: Node, path: str, reading: Reading) -> Any:
    """All targets; their names are unique."""
    if not node.list:
        return reading.fault(node, path, f"{show(node.plain())} is not a list of targets")
    targets: list[Any] = []
    names: dict[str, int] = {}
    for index, item in enumerate(node.value):
        target = _target(item, join(path, index + 1), reading)
        if target is not BAD:
            if target.name in names:
                target = reading.fault(
                    item, join(path, index + 1), f"the name {target.name!r} is that of target {names[target.name]} too"
                )
            else:
                names[target.name] = index + 1
        targets.append(target)
    return BAD if BAD in targets else tuple(targets)


def _target(node: Node, path: str, reading: Reading) -> Any:
    if not is_mapping(node, path, keys_of(Target), reading):
        return BAD
    name = node.get("name")
    if name is not None and isinstance(name.value, str) and name.value.strip():
        path = join("targets", name.value.strip())
    values = read_fields(Target, node, path, reading, skip=("name",))
    period = values.pop("in")
    if name is not None:
        values["name"] = reading_name(name, join(path, "name"), reading)
    limits = [key for key in ("at_least", "at_most") if node.get(key) is not None]
    if len(limits) != 1:
        which = "both at_least and at_most" if limits else "neither at_least nor at_most"
        reading.fault(node, path, f"{which}; allowed: exactly one of them")
        return BAD
    if values["metric"] in MONEY_METRICS:
        _check_money(node, path, values, reading)
    if BAD in (*values.values(), period):
        return BAD
    if period.partial:
        inside = listed([reading.calendar.label(q) for q in period.quarters], "and") if reading.calendar else ""
        where = f"{node.place.file}:{node.place.line}: " if node.place.line else ""
        reading.faults.warn(
            f"{where}{path}: only {inside} of the fiscal year {period.label} "
            f"{'is' if len(period.quarters) == 1 else 'are'} inside the horizon"
        )
    values.setdefault(
        "name",
        default_name(
            values["metric"], values.get("at_least"), values.get("at_most"), period.label, values.get("segment")
        ),
    )
    return Target.model_construct(**{**values, "in": period.label, "period": period})


def reading_name(node: Node, path: str, reading: Reading) -> Any:
    from simulator.scenario.forms import TextForm
    from simulator.scenario.reading import read_text

    return read_text(TextForm("a name"), node, path, reading)


def _check_money(node: Node, path: str, values: dict[str, Any], reading: Reading) -> None:
    """A target on money needs a deal size in every segment it speaks of."""
    segment = values.get("segment")
    if segment is BAD:
        return
    wanted = list(reading.segments) if segment is None else [segment] if isinstance(segment, str) else list(segment)
    lacking = [
        name
        for name in wanted
        if reading.segments.get(name, BAD) is not BAD and reading.segments[name].deal_size is None
    ]
    if lacking:
        reading.fault(
            node,
            path,
            f"{values['metric']} needs a deal_size in every segment; {listed(lacking, 'and')} "
            f"{'has' if len(lacking) == 1 else 'have'} none",
        )
        values["metric"] = BAD
