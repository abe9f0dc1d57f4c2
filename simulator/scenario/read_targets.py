"""Reading targets: which metric, how much, when, for whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from simulator.scenario import accounts, customers
from simulator.scenario.faults import as_period, listed, nearest, show
from simulator.scenario.forms import SpecialForm
from simulator.scenario.model import Target
from simulator.scenario.names import default_name
from simulator.scenario.nodes import Node
from simulator.scenario.people_metrics import OUTCOMES, follow_metrics, team_metrics
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
SPEND_METRICS = ("spend", "cac", "cost_per_sql", "payback_months")
_ALSO_CALLED = {"revenue": "bookings", "sales": "bookings", "deals": "wins", "pipeline": "open_pipeline"}
OTHER_METRICS = ("losses", *MONEY_METRICS[:2], "open_deals", "open_pipeline", "slips", "slipped_deals", "slipped_value")


def metrics_of(stages: tuple[str, ...]) -> tuple[str, ...]:
    """Everything a target can speak of in any plan."""
    return (*stages, *(metric for metric in (*OTHER_METRICS, *SPEND_METRICS) if metric not in stages))


def people_metrics(reading: Reading) -> tuple[str, ...]:
    """What teams and follow-up add."""
    follows = [f for s in reading.segments.values() if s is not BAD and s.follow_up for f in s.follow_up.values()]
    barred = any(follow is not BAD and follow.good is not None for follow in follows)
    return (*team_metrics(reading.teams), *follow_metrics(follows=bool(follows), barred=barred))


@reads("metric")
def read_metric(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    if not reading.stages_known:
        return BAD
    metrics = (*metrics_of(reading.stages), *people_metrics(reading))
    with_customers = any(segment is not BAD and segment.customers is not None for segment in reading.segments.values())
    if with_customers:
        metrics = tuple(dict.fromkeys((*metrics, *customers.METRICS)))
    elif node.value in customers.METRICS and node.value not in metrics:
        return reading.fault(
            node, path, f"{show(node.value)} needs 'customers' in a segment: what becomes of won deals"
        )
    if any(segment is not BAD and segment.accounts is not None for segment in reading.segments.values()):
        metrics = tuple(dict.fromkeys((*metrics, *accounts.METRICS)))
    elif node.value in accounts.METRICS and node.value not in metrics:
        return reading.fault(node, path, f"{show(node.value)} needs 'accounts' in a segment: companies, not leads")
    if node.value in (*team_metrics(("",)), *follow_metrics(follows=True, barred=True)) and node.value not in metrics:
        what = "capacity" if node.value in team_metrics(("",)) else "follow_up"
        if node.value not in OUTCOMES[:-1] and what == "follow_up":
            what = "good and auc in follow_up"
        return reading.fault(node, path, f"{node.value!r} needs {what}, which this plan does not have")
    if not _spends(reading, reading.segments) and node.value not in SPEND_METRICS:
        metrics = tuple(metric for metric in metrics if metric not in SPEND_METRICS)  # no use in offering them
    if not isinstance(node.value, str) or node.value not in metrics:
        meant = _ALSO_CALLED.get(str(node.value).lower())
        hint = f"{show(node.plain())} is not a metric (did you mean {meant!r}?)" if meant in metrics else None
        return reading.fault(node, path, hint or unknown(node.plain(), "a metric", metrics))
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
        hint = as_period(value, reading.calendar.labels) or nearest(value, ("each quarter", "horizon"))
        return reading.fault(node, path, f"{error}{hint}")


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


def _spends(reading: Reading, names: Iterable[str]) -> bool:
    """Whether any of these segments spends anything, as far as that is known."""
    return any(
        (segment := reading.segments.get(name, BAD)) is BAD or segment.spend is not None for name in names
    )  # fmt: skip


@reads("kpi")
def read_later(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    """Nothing yet: what a segment is judged on is read when all of it is known, see :func:`with_kpis`."""
    return ()


def with_kpis(segments: Any, tree: Node, targets: Any, reading: Reading) -> Any:
    """The segments with what they are judged on; names are unique among KPIs and targets."""
    if segments is BAD:
        return BAD
    names = {target.name: "a target" for target in targets if target is not BAD}
    found = dict(segments)
    for name, segment in segments.items():
        node: Node | None = tree
        for key in ("segments", name, "kpi"):
            node = node.get(key) if node is not None and node.mapping else None
        if node is None or segment is BAD:
            continue
        path = f"segments.{name}.kpi"
        if node.list and not node.value:
            reading.fault(node, path, "the list is empty; leave it out for none")
        kpis = []
        for index, item in enumerate(node.value if node.list else [node]):
            kpi = _kpi(item, join(path, index + 1) if node.list else path, name, reading)
            if kpi is not BAD and kpi.name in names:
                kpi = reading.fault(item, path, f"the name {kpi.name!r} is that of {names[kpi.name]} too")
            if kpi is not BAD:
                names[kpi.name] = f"a KPI of {name}"
                kpis.append(kpi)
        found[name] = segment.model_copy(update={"kpi": tuple(kpis)})
    return found


def _kpi(node: Node, path: str, segment: str, reading: Reading) -> Any:
    """One KPI: a target of its own segment."""
    if not is_mapping(node, path, [key for key in keys_of(Target) if key != "segment"], reading):
        return BAD
    if (other := node.value.get("segment")) is not None:
        return reading.fault(other, join(path, "segment"), "a KPI is that of its own segment; leave it out")
    return _target(Node({**node.value, "segment": Node(segment, node.place)}, node.place), path, reading)


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
    if path.startswith("targets.") and name is not None and isinstance(name.value, str) and name.value.strip():
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
    if values["metric"] in (*MONEY_METRICS, "payback_months"):
        _check_money(node, path, values, reading)
    if values["metric"] in SPEND_METRICS:
        _check_spend(node, path, values, reading)
    elif values["metric"] in customers.METRICS and values["metric"] not in reading.stages:
        _check_customers(node, path, values, reading)
    elif values["metric"] in accounts.METRICS and values["metric"] not in reading.stages:
        _check_accounts(node, path, values, reading)
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


def _check_customers(node: Node, path: str, values: dict[str, Any], reading: Reading) -> None:
    """A target on customers of segments by name needs what becomes of them in each; one on money, deal sizes."""
    segment = values.get("segment")
    if segment is BAD:
        return
    named = [] if segment is None else [segment] if isinstance(segment, str) else list(segment)
    known = {name: found for name, found in reading.segments.items() if found is not BAD}
    lacking = [name for name in named if name in known and known[name].customers is None]
    if lacking:
        verb = "has" if len(lacking) == 1 else "have"
        reading.fault(
            node, path, f"{values['metric']} needs 'customers' in the segment; {listed(lacking, 'and')} {verb} none"
        )
        values["metric"] = BAD
        return
    followed = [name for name in named or known if name in known and known[name].customers is not None]
    if values["metric"] in customers.COUNTS or values["metric"] == "customer_retention" or reading.has_customers:
        return
    if not any(known[name].deal_size is not None for name in followed):
        reading.fault(
            node, path, f"{values['metric']} needs a deal_size, or the customers at the start in opening.customers"
        )
        values["metric"] = BAD


def _check_accounts(node: Node, path: str, values: dict[str, Any], reading: Reading) -> None:
    """A target on accounts of segments by name needs accounts in each; one on how many are left, their number."""
    segment = values.get("segment")
    if segment is BAD:
        return
    named = [] if segment is None else [segment] if isinstance(segment, str) else list(segment)
    known = {name: found for name, found in reading.segments.items() if found is not BAD}
    wanted = [name for name in named or known if name in known]
    lacking = [name for name in named if name in known and known[name].accounts is None]
    what = "'accounts' in the segment"
    if not lacking and values["metric"] == "accounts_left":
        counted = [name for name in wanted if known[name].accounts is not None]
        numbered = [name for name in counted if known[name].accounts.number is not None]
        lacking = [name for name in named if name not in numbered] if named else [] if numbered else counted
        what = "accounts.number, how many there are"
    if lacking:
        verb = "has" if len(lacking) == 1 else "have"
        reading.fault(node, path, f"{values['metric']} needs {what}; {listed(lacking, 'and')} {verb} none")
        values["metric"] = BAD


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


def _check_spend(node: Node, path: str, values: dict[str, Any], reading: Reading) -> None:
    """A target on spend, or on what something costs, needs a segment that spends."""
    segment = values.get("segment")
    if segment is BAD:
        return
    wanted = list(reading.segments) if segment is None else [segment] if isinstance(segment, str) else list(segment)
    if not _spends(reading, wanted):
        who = f"{listed(wanted, 'and')} {'has' if len(wanted) == 1 else 'have'} none"
        reading.fault(node, path, f"{values['metric']} needs spend in a segment; {who}")
        values["metric"] = BAD
