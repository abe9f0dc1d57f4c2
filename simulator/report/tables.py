"""What a planner sees in the terminal: targets first, then percentiles by quarter."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich import box
from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from simulator.exact.result import Forecast
from simulator.quarters import Period
from simulator.report.wording import average, chance_words, clean, goal, level, made_by, plural, unit_label
from simulator.simulation.metrics import BOOKINGS, Metric
from simulator.simulation.result import Result, TargetEstimate
from simulator.statistics.intervals import Estimate, as_percent

WIDEST = 120
"""Tables do not grow beyond this many columns: longer lines are hard to follow."""

LEVELS = (("P10", "p10", level), ("P50", "p50", level), ("P90", "p90", level), ("mean", "mean", average))

LEGEND = "P10: 1 trial in 10 lands at or below, P50: half, P90: 9 in 10"

EXACT = "Exact: worked out, not sampled. The plan is no surer for it: that is what the probability says."

CONDITIONAL = (
    "Interval: 95%, how exactly the average over the uncertain numbers is known; luck is worked out, not sampled. "
    "It is not the uncertainty of the plan: that is the probability itself."
)

NOTE = (
    "Interval: 95%, how exactly {trials} the probability (Monte Carlo error). It is not the "
    "uncertainty of the plan: that is the probability itself."
)


def result_table(result: Forecast) -> RenderableType:
    """Everything about one result; print it with a :class:`rich.console.Console`, or see :func:`as_text`."""
    parts: list[RenderableType] = [_heading(result)]
    if result.targets:
        parts += ["", _targets(result)]
    parts += ["", _by_quarter(result)]
    if len(result.segments) > 1:
        parts += ["", _by_segment(result)]
    if isinstance(result, Result) and result.kpis:
        from simulator.report.tables_scorecards import scorecard_table

        parts += ["", scorecard_table(result)]
    parts += [Padding(Text(text, style="dim"), (1, 0, 0, 0)) for text in undefined(result)]
    parts += [Padding(Text(f"Warning: {clean(note)}", style="yellow"), (1, 0, 0, 0)) for note in warnings_of(result)]
    return Group(*parts)


def comparison_table(results: Sequence[Forecast]) -> RenderableType:
    """Target probabilities of several results side by side, at most three to a block."""
    names = list(dict.fromkeys(t.name for result in results for t in result.targets))
    labels = _distinct(results)
    blocks: list[RenderableType] = [Text("Targets side by side", style="bold")]
    for first in range(0, len(results), 3):
        chosen = results[first : first + 3]
        table = _table("target", left=1)
        for label in labels[first : first + 3]:
            table.add_column(Text(clean(label)), justify="right", max_width=14, overflow="fold")
        for name in names:
            found = [next((t for t in result.targets if t.name == name), None) for result in chosen]
            table.add_row(Text(clean(name)), *(_percent(t) if t else Text("-", style="dim") for t in found))
        joint = [_percent(r.all_targets) if r.all_targets else Text("-", style="dim") for r in chosen]
        table.add_row("all targets together", *joint)
        blocks += [table, ""]
    return Group(*blocks[:-1])


def _distinct(results: Sequence[Forecast]) -> list[str]:
    """Names to tell results apart: the plans' own, their files where two plans are called the same."""
    names = [result.scenario.name for result in results]
    return [
        f"{name} ({result.scenario.file})" if names.count(name) > 1 and result.scenario.file else name
        for name, result in zip(names, results, strict=True)
    ]


def warnings_of(result: Forecast) -> tuple[str, ...]:
    """What the scenario and the run have to warn of, each once."""
    return tuple(dict.fromkeys((*result.scenario.warnings, *result.notes)))


def as_text(table: RenderableType, width: int = 80) -> str:
    """A table as plain text without escape codes, for files and pipes."""
    paper = io.StringIO()
    console = Console(file=paper, width=min(width, WIDEST), color_system=None, force_terminal=False, emoji=False)
    console.print(table, markup=False, highlight=False)
    return "\n".join(line.rstrip() for line in paper.getvalue().splitlines()) + "\n"


# -- parts --------------------------------------------------------------------------------------
def _table(*head: str, left: int = 0) -> Table:
    """A plain table; the first ``left`` columns are text, the others numbers."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="dim")
    for index, name in enumerate(head):
        table.add_column(name, justify="left" if index < left else "right", overflow="fold")
    return table


def _heading(result: Forecast) -> RenderableType:
    plan = result.scenario
    lines = [Text(clean(plan.name), style="bold")]
    if plan.description.strip():
        lines.append(Text(" ".join(clean(plan.description).split())))
    source = "" if plan.file is None else "   standard input" if plan.file == "-" else f"   {clean(plan.file)}"
    lines.append(Text(f"{made_by(result)}{source}", style="dim"))
    if isinstance(result, Result) and result.streamed:
        error = f"{100 * result.percentile_error:.1g}%"
        lines.append(Text(f"too many trials to keep: summed up, percentiles of money right to {error}", style="dim"))
    return Group(*lines)


def _percent(estimate: Estimate) -> Text:
    """A probability; the colour repeats what the number says and is never all there is."""
    p = estimate.value
    return Text(as_percent(p), style="bold " + ("green" if p >= 0.8 else "yellow" if p >= 0.5 else "red"))


def _interval(estimate: Estimate) -> str:
    if estimate.standard_error == 0 and estimate.low == estimate.high:
        return "exact"
    return f"{as_percent(estimate.low, 1)} to {as_percent(estimate.high, 1)}"


def _targets(result: Forecast) -> RenderableType:
    table = _table("target", left=1)
    table.add_column("probability", justify="right", no_wrap=True)
    table.add_column("in words", no_wrap=True)
    table.add_column("interval", justify="right", no_wrap=True, style="dim")

    def row(name: RenderableType, estimate: Estimate) -> None:
        table.add_row(name, _percent(estimate), chance_words(estimate), _interval(estimate))

    for target in result.targets:
        row(_target_name(result, target), target)
        for label, estimate in (target.by_quarter or {}).items():
            row(Text(f"  {label}", style="dim"), estimate)
    joint = result.all_targets
    if joint is not None and len(result.targets) > 1:
        table.add_section()
        row("all targets together", joint)
    return Group(table, "", Text(_note(result), style="dim"))


def _note(result: Forecast) -> str:
    """What the interval is; of answers without sampling, what is exact and what is not."""
    if isinstance(result, Result):
        return NOTE.format(trials=f"{plural(result.trials, 'trial')} know{'s' if result.trials == 1 else ''}")
    drawn = [t.name for t in result.targets if t.engine == "simulate"]
    joint = result.all_targets
    if joint is not None and joint.engine == "simulate" and len(result.targets) > 1:
        drawn.append("all targets together")
    text = EXACT if result.engine == "exact" else CONDITIONAL
    if drawn and joint is not None and joint.trials is not None:
        names = " and ".join(clean(name) for name in drawn[-2:]) if len(drawn) < 3 else f"{len(drawn)} of them"
        text += f" Drawn in {joint.trials:,} trials: {names}."
    return text


def _target_name(result: Forecast, target: TargetEstimate) -> RenderableType:
    """The name; where the planner chose one of his own, what it asks for below it."""
    name = Text(clean(target.name))
    if target.metric in target.name and target.period.label in target.name:
        return name
    return Group(name, Padding(Text(clean(goal(result, target)), style="dim"), (0, 0, 0, 2)))


def headline(result: Forecast) -> list[Metric]:
    """The metrics worth a table or a chart: wins, bookings, and what has targets."""
    wins = result.scenario.stages[-1]
    names = dict.fromkeys((wins, BOOKINGS, *(t.metric for t in result.targets)))
    return [result.metric(name) for name in names if name in result]


def undefined(result: Forecast) -> list[str]:
    """Where the ratios that are shown have nothing to divide by in some trials, a sentence for each ratio."""
    told = []
    for metric in headline(result):
        if metric.kind != "ratio":
            continue
        cells: list[tuple[str, str, str | None]] = [("", label, None) for label in (*result.quarters, "horizon")]
        cells += [(f" for {name}", "horizon", name) for name in result.segments if len(result.segments) > 1]
        lacking = []
        for who, label, segment in cells:
            share = 1 - result.summarise(metric.name, label, segment)["defined"]
            if share > 0:
                when = "over the horizon" if label == "horizon" else f"in {label}"
                lacking.append(f"{as_percent(share, 1)} of trials {when}{who}")
        if lacking:
            told.append(f"{_capital(metric.label)}: not defined in {', '.join(lacking)}; numbers are of the others.")
    return [clean(text) for text in told]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _by_quarter(result: Forecast) -> RenderableType:
    """A table per metric: quarters, fiscal years, the horizon; what spans the same quarters once.

    A year of which only a part is in the horizon says so, unless that part is the horizon.
    """
    periods = result.calendar.periods
    best: dict[tuple[int, ...], Period] = {}
    for period in sorted(periods, key=lambda p: p.partial):
        best.setdefault(period.quarters, period)
    rows = [(f"{p.label} (part)" if p.partial else p.label, p.label, None) for p in periods if best[p.quarters] is p]
    return _side_by_side(
        "By quarter", result, rows, f"   {LEGEND if result.trials is not None else LEGEND.replace('trial', 'time')}"
    )


def _by_segment(result: Forecast) -> RenderableType:
    rows = [(name, "horizon", name) for name in result.segments]
    horizon = plural(len(result.quarters), "quarter")
    return _side_by_side(f"By segment, over the whole horizon ({horizon})", result, rows)


def _side_by_side(
    title: str, result: Forecast, rows: Sequence[tuple[str, str, str | None]], more: str = ""
) -> RenderableType:
    """A table per metric, as many beside each other as fit; rows are (label, period, segment)."""
    tables = []
    for metric in headline(result):
        table = _table("", *(name for name, _, _ in LEVELS), left=1)
        table.title = Text(clean(unit_label(metric, result.scenario.currency)), style="bold")
        table.title_justify = "left"
        for label, period, segment in rows:
            values = result.summarise(metric.name, period, segment)
            table.add_row(Text(clean(label)), *(text(values[key], metric) for _, key, text in LEVELS))
        tables.append(table)
    return Group(Text.assemble((title, "bold"), (more, "dim")), Columns(tables, padding=(1, 3)))
