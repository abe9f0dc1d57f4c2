"""A comparison in the terminal: what differs, what it does to the targets, who ends ahead."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from simulator.analysis.compare_result import ComparedMetric, ComparedTarget, Comparison
from simulator.report.layout import notes, plain_table, points, title, value_text
from simulator.report.tables_scorecards import TITLE
from simulator.report.wording import average, clean, unit_label
from simulator.simulation.metrics import BOOKINGS
from simulator.statistics.intervals import Estimate, as_percent

SAME_LUCK = (
    "ahead: {other} has more of it in the same luck, that is in the same trial of both plans; level: just as much. "
    "All plans are dealt the same luck, so what differs between them is the plan."
)


def compare_table(comparison: Comparison) -> RenderableType:
    """Everything about a comparison; differences are against the first plan."""
    first = comparison.results[0]
    names = comparison.labels
    head = f"{first.trials:,} trials, seed {first.seed}, the same luck in all plans"
    if comparison.how.family is not None:
        head += f"; chance of each target: {comparison.answered}"
    plans = {scenario.name for scenario in comparison.scenarios}
    what = " against ".join(reversed(names)) if len(names) == 2 else f"{', '.join(names[1:])} against {names[0]}"
    what = f"{plans.pop()}: {what}" if len(plans) == 1 else what
    parts: list[RenderableType] = [title(what), Text(head, style="dim"), ""]
    parts += [_differences(comparison), ""]
    if comparison.targets:
        joint = comparison.all_targets if len(comparison.targets) > 1 else ()
        parts += [_targets(comparison, (*comparison.targets, *joint), "target"), ""]
    if comparison.scorecards:
        parts += [
            Text(TITLE, style="bold"),
            _targets(comparison, comparison.scorecards, "judged on"),
            "",
        ]
    parts += [_metrics(comparison, k) for k in range(1, len(names))]
    other = f"“{clean(names[1])}”" if len(names) == 2 else "the other plan"
    parts += ["", Text(SAME_LUCK.format(other=other), style="dim"), *notes(comparison.notes)]
    return Group(*parts)


def _differences(comparison: Comparison) -> RenderableType:
    if not comparison.differences:
        return Text("What differs: nothing; the plans say the same")
    table = plain_table("what differs", *comparison.labels, fold=True)
    width = 32 if len(comparison.labels) == 2 else 24
    paths = [broken(clean(row["path"]), width) for row in comparison.differences]
    table.columns[0].no_wrap = True
    for path, row in zip(paths, comparison.differences, strict=True):
        table.add_row(path, *(value_text(value) for value in _without_name(row["values"])))
    return table


def broken(path: str, width: int = 32) -> str:
    """A path on as many lines as it needs, broken where it has a dot, or where a name is longer than a line.

    >>> broken("segments.outbound.conversion.mqls.2027-Q2").split()
    ['segments.outbound.conversion.', 'mqls.2027-Q2']
    """
    lines = [""]
    for part in re.findall(rf"[^.]{{0,{width - 3}}}\.|[^.]{{1,{width - 2}}}", path):
        if lines[-1] and len(lines[-1]) + len(part) > width:
            lines.append("  ")
        lines[-1] += part
    return "\n".join(lines)


def _without_name(values: list[Any]) -> list[Any]:
    """Ranges without the name they share: it does not differ."""
    if not all(isinstance(value, dict) for value in values) or len({str(v.get("name")) for v in values}) > 1:
        return values
    return [{key: item for key, item in value.items() if key != "name"} for value in values]


def _targets(comparison: Comparison, shown: Sequence[ComparedTarget], head: str) -> RenderableType:
    """Targets or KPIs in all plans, and by how much they differ."""
    two = len(comparison.labels) == 2
    table = plain_table(head, *comparison.labels, *(("points", "95% interval") if two else ()), fold=True)
    for row in shown:
        if row.other > 1:
            continue
        cells = ["–" if p is None else as_percent(p.value) for p in row.probabilities]
        table.add_row(clean(row.name), *cells, *(_change(row.difference) if two else ()))
    if two:
        return table
    extra = plain_table("difference to the first, in points", *comparison.labels[1:])
    by_name: dict[str, list[ComparedTarget]] = {}
    for row in shown:
        by_name.setdefault(row.name, []).append(row)
    for name, rows in by_name.items():
        extra.add_row(clean(name), *(" ± ".join(_with_error(row.difference)) for row in rows))
    return Group(table, "", extra)


def _change(difference: Estimate | None) -> tuple[str, str]:
    if difference is None:
        return ("–", "–")
    d = difference
    return points(d.value), "exact" if d.low == d.high else f"{points(d.low)} to {points(d.high)}"


def _with_error(difference: Estimate | None) -> tuple[str, ...]:
    return ("–",) if difference is None else (points(difference.value), f"{196 * difference.standard_error:.1f}")


def _metrics(comparison: Comparison, other: int) -> RenderableType:
    first = comparison.results[0]
    rows = headline(comparison, other)
    if not rows:
        return Text("")
    names = comparison.labels
    table = plain_table("in the same luck", "in", "mean", "difference", "ahead", "level", "behind")
    for row in rows:
        metric = first.metric(row.metric)
        difference = f"{'+' if row.difference.value >= 0 else ''}{average(row.difference.value, metric)}"
        shares = [as_percent(x) for x in (row.race.ahead, row.race.level, row.race.behind)]
        table.add_row(
            clean(unit_label(metric, first.scenario.currency)), row.period,
            f"{average(row.means[0], metric)} → {average(row.means[1], metric)}", difference, *shares,
        )  # fmt: skip
    head: list[RenderableType] = [title(f"{names[other]} against {names[0]}")] if len(names) > 2 else []
    return Group(*head, table)


def headline(comparison: Comparison, other: int = 1) -> list[ComparedMetric]:
    """Wins and bookings over the horizon, and what has targets in its period; what both plans share."""
    first = comparison.results[0]
    shared = {(row.metric, row.period): row for row in comparison.metrics if row.other == other}
    wins = first.scenario.stages[-1]
    longest = next((p.label for p in reversed(first.calendar.periods) if (wins, p.label) in shared), None)
    keys = [] if longest is None else [(wins, longest), (BOOKINGS, longest)]
    for target in first.scenario.targets:
        keys.append((target.metric, "horizon" if target.period.each else target.period.label))
    found: list[ComparedMetric] = []
    for key in dict.fromkeys(keys):
        if key in shared and not any(_same(comparison, key, (row.metric, row.period)) for row in found):
            found.append(shared[key])
    return found


def _same(comparison: Comparison, one: tuple[str, str], two: tuple[str, str]) -> bool:
    """One metric over the same quarters: a year and a horizon may be the same."""
    calendar = comparison.results[0].calendar
    return one[0] == two[0] and calendar.period(one[1]).quarters == calendar.period(two[1]).quarters
