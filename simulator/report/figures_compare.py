"""Plans on one axis: how the same trials fall under each."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from simulator.analysis.compare_result import ComparedTarget, Comparison
from simulator.files import whole
from simulator.report.figures import DARK, GREY, PANEL, STYLE, _number_axis, line_between
from simulator.report.tables_compare import headline
from simulator.report.wording import clean, goal, segment_label, unit_label
from simulator.scenario.model import Target
from simulator.simulation.metrics import Metric
from simulator.simulation.result import Result, TargetEstimate
from simulator.statistics.intervals import Estimate, as_percent

LINES: tuple[dict[str, Any], ...] = (
    {"color": "#777777", "linewidth": 1.0}, {"color": DARK, "linewidth": 2.0},
    {"color": "#b35806", "linewidth": 1.6, "linestyle": (0, (5, 2))},
    {"color": "#1b7837", "linewidth": 1.6, "linestyle": (0, (1, 1.2))},
    {"color": "#762a83", "linewidth": 1.6, "linestyle": (0, (5, 1, 1, 1))},
)  # fmt: skip
MOST_PANELS = 6
NOWHERE = Estimate(0.0, 0.0, 0.0, 0.0)
"""Stands for a probability where only the words of a target are wanted."""


def draw(comparison: Comparison) -> Figure:
    """A panel per target that the first plan has, or wins and bookings where there is none."""
    first = comparison.results[0]
    panels: list[tuple[Any, ...]] = []
    for row in comparison.targets:
        place = next((i for i, t in enumerate(first.scenario.targets) if t.name == row.name), None)
        if place is not None and row.other == 1 and len(panels) < MOST_PANELS:
            panels.append((first.scenario.targets[place], row))
    if not panels:
        panels = [(row.metric, row.period) for row in headline(comparison)]
    columns = 1 if len(panels) == 1 else 2
    rows = -(-len(panels) // columns)
    with rc_context(STYLE):
        size = (PANEL[0] * columns + 0.4, PANEL[1] * rows + 1.1)
        figure = Figure(figsize=size, layout=ConstrainedLayoutEngine(h_pad=0.12, w_pad=0.14))
        for number, panel in enumerate(panels):
            axes = figure.add_subplot(rows, columns, number + 1)
            if isinstance(panel[0], Target):
                _target(axes, comparison, *panel)
            else:
                _plain(axes, comparison, *panel)
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower left", ncols=min(4, len(labels)), frameon=False)
        figure.suptitle(
            fill(clean(_suptitle(comparison)), 62 * columns),
            x=0.012,
            ha="left",
            fontsize=12,
            fontweight="bold",
            color=DARK,
        )
        about = f"{first.trials:,} trials, seed {first.seed}, the same luck in all plans"
        figure.supxlabel(about, x=0.99, ha="right", fontsize=7.5, color="#666666")
    return figure


def save(comparison: Comparison, path: str | os.PathLike[str]) -> None:
    """Draw a comparison to a ``.png`` or ``.svg`` file."""
    kind = Path(path).suffix.lower().lstrip(".")
    metadata = {"Title": "Comparison"} | ({"Date": None} if kind == "svg" else {})
    with rc_context(STYLE), whole(path) as temporary:
        draw(comparison).savefig(temporary, format=kind, metadata=metadata)


def _suptitle(comparison: Comparison) -> str:
    names = comparison.labels
    plans = {scenario.name for scenario in comparison.scenarios}
    what = f"{', '.join(names[1:])} against {names[0]}"
    return f"{plans.pop()}: {what}" if len(plans) == 1 else what


def _target(axes: Axes, comparison: Comparison, target: Target, row: ComparedTarget) -> None:
    first = comparison.results[0]
    metric = first.metric(target.metric)
    period = target.period.label
    found = []
    for result in comparison.results:
        shared = target.metric in result and _has(result, period)
        known = shared and all(name in result.segments for name in _names(target.segment))
        values = result.values(target.metric, period, target.segment) if known else None
        if values is not None and values.ndim == 2:
            values = values.min(axis=1) if target.at_least is not None else values.max(axis=1)
        found.append(values)
    bound = target.at_least if target.at_least is not None else target.at_most
    assert bound is not None
    label = clean(unit_label(metric, first.scenario.currency))
    where = f" in {period}" + clean(segment_label(target.segment))
    if target.period.each:
        where = " in each trial's " + ("lowest" if target.at_least is not None else "highest") + " quarter"
    _lines(axes, comparison, found, metric, bound, target.at_least is not None)
    chances = " → ".join("–" if p is None else as_percent(p.value) for p in row.probabilities)
    asked = goal(first, TargetEstimate.of(target, NOWHERE))
    axes.set_title(fill(f"{chances} chance of {clean(asked)}", 58))
    axes.set_xlabel(label + where)


def _has(result: Result, period: str) -> bool:
    """Whether a period lies in a plan's horizon."""
    try:
        result.calendar.period(period)
    except ValueError:
        return False
    return True


def _names(segment: str | tuple[str, ...] | None) -> Sequence[str]:
    return (segment,) if isinstance(segment, str) else segment or ()


def _plain(axes: Axes, comparison: Comparison, name: str, period: str) -> None:
    first = comparison.results[0]
    metric = first.metric(name)
    found = [result.values(name, period) if name in result else None for result in comparison.results]
    _lines(axes, comparison, found, metric, None, True)
    row = comparison.metric(name, period)
    label = clean(unit_label(metric, first.scenario.currency))
    words = f"{as_percent(row.race.ahead)} of trials end with more {label}"
    axes.set_title(fill(f"{words} under {clean(comparison.labels[1])}", 58))
    axes.set_xlabel(f"{label} {'over the horizon' if period == 'horizon' else f'in {period}'}")


def _lines(
    axes: Axes,
    comparison: Comparison,
    found: Sequence[NDArray[Any] | None],
    metric: Metric,
    bound: float | None,
    up: bool,
) -> None:
    """Outlines on common bins; the first plan is filled."""
    edges = _edges([values for values in found if values is not None], metric, bound, up)
    top = 0.0
    for number, (values, name) in enumerate(zip(found, comparison.labels, strict=True)):
        if values is None:
            axes.plot([], [], label=f"{clean(name)}: not shared", **LINES[number % len(LINES)])
            continue
        heights = np.histogram(values[~np.isnan(values)], edges)[0] * (100 / len(values))
        top = max(top, float(heights.max()))
        if number == 0:
            axes.stairs(heights, edges, fill=True, color=GREY, label=clean(name))
        else:
            axes.stairs(heights, edges, label=clean(name), **LINES[number % len(LINES)])
    if bound is not None:
        axes.axvline(line_between(bound, up, metric), color="black", linewidth=1.2, linestyle=(0, (4, 2)))
    axes.set_ylim(0, 1.08 * top or 1.0)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylabel("share of trials")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}%"))
    _number_axis(axes.xaxis, metric)
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.8)


def _edges(found: Sequence[NDArray[Any]], metric: Metric, bound: float | None, up: bool) -> NDArray[np.float64]:
    """Common bins, with an edge where the target lies; trials in which a ratio is undefined have none."""
    known = [some for values in found if (some := values[~np.isnan(values)]).size]
    low = min((float(np.percentile(values, 0.1)) for values in known), default=bound or 0.0)
    high = max((float(np.percentile(values, 99.9)) for values in known), default=bound or 1.0)
    if bound is not None:
        low, high = min(low, bound), max(high, bound)
    if metric.kind == "count":
        width = max(1.0, np.ceil((high - low + 1) / 45))
        start = np.floor(low) - 0.5
    else:
        width = (high - low) / 40 or 1.0
        start = low
    if bound is not None:
        start = line_between(bound, up, metric)
    below, above = np.ceil((start - low) / width + 1e-9) + 1, np.ceil((high - start) / width + 1e-9) + 1
    return np.asarray(start + width * np.arange(-below, above + 1))
