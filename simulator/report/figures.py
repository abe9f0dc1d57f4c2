"""The picture of a forecast: how each metric may run, and how often each target is met.

The only place that imports matplotlib. Figures are made without pyplot, so that nothing global is
touched and no screen is needed.
"""

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
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from simulator.exact.result import Forecast
from simulator.files import whole
from simulator.report.wording import (
    clean,
    compact,
    goal,
    level,
    made_by,
    priced,
    segment_label,
    threshold,
    unit_label,
    when,
)
from simulator.simulation.metrics import BOOKINGS, Metric
from simulator.simulation.result import Fall, TargetEstimate
from simulator.statistics.bins import percentiles_counted
from simulator.statistics.intervals import as_percent

Segment = str | tuple[str, ...] | None

DARK, MIDDLE, LIGHT, GREY = "#08306b", "#4a87bd", "#c3d8ec", "#c8c8c8"
"""One hue from dark to light and a grey: they stay apart in a black and white print."""

STYLE: Any = {
    "font.size": 9, "axes.titlesize": 10, "axes.titleweight": "bold", "axes.titlelocation": "left",
    "axes.titlepad": 9, "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": "#666666",
    "axes.labelcolor": "#333333", "xtick.color": "#333333", "ytick.color": "#333333", "axes.axisbelow": True,
    "figure.dpi": 100, "savefig.dpi": 150, "svg.hashsalt": "simulator", "svg.fonttype": "path",
    "text.parse_math": False,  # a $ is money
}  # fmt: skip

PANEL = (6.0, 3.1)
"""Width and height of one chart in inches."""

HEADROOM = 1.25
"""Height of a histogram's axis over its tallest bar: the legend fits between."""


def draw(result: Forecast) -> Figure:
    """One row per metric: on the left how it may run by quarter, on the right its targets.

    The metrics are wins, bookings, and every other one that has a target.

    Examples
    --------
    >>> import simulator as sim
    >>> result = sim.simulate(sim.load("scenarios/twenty-five-customers.yaml"), trials=500, seed=7)
    >>> figure = draw(result)
    >>> figure.axes[1].get_title(loc="left").endswith("25 wins or more in 2027-Q4")
    True
    """
    subjects = _subjects(result)
    rows = sum(max(1, len(targets)) for _, _, targets in subjects)
    has_targets = bool(result.targets)
    with rc_context(STYLE):
        size = (PANEL[0] * (2 if has_targets else 1) + 0.6, PANEL[1] * rows + 0.9)
        figure = Figure(figsize=size, layout=ConstrainedLayoutEngine(h_pad=0.14, w_pad=0.14))
        grid = figure.add_gridspec(rows, 2 if has_targets else 1)
        row = 0
        for metric, segment, targets in subjects:
            alone = slice(None) if not targets else 0
            fan(figure.add_subplot(grid[row, alone]), result, metric, segment, targets)
            for offset, target in enumerate(targets):
                histogram(figure.add_subplot(grid[row + offset, 1]), result, target)
            row += max(1, len(targets))
        figure.suptitle(_suptitle(result), x=0.012, ha="left", fontsize=13, fontweight="bold", color=DARK)
        figure.supxlabel(made_by(result), x=0.99, ha="right", fontsize=7.5, color="#666666")
    return figure


def save(result: Forecast, path: str | os.PathLike[str]) -> None:
    """Draw a result to a ``.png`` or ``.svg`` file; the same result gives the same bytes.

    Raises
    ------
    ExportError : the file cannot be written.
    """
    kind = Path(path).suffix.lower().lstrip(".")
    metadata = {"Title": clean(result.scenario.name)} | ({"Date": None} if kind == "svg" else {})
    with rc_context(STYLE), whole(path) as temporary:
        draw(result).savefig(temporary, format=kind, metadata=metadata)


# -- charts -------------------------------------------------------------------------------------
def fan(
    axes: Axes, result: Forecast, metric: Metric, segment: Segment = None, targets: Sequence[TargetEstimate] = ()
) -> None:
    """Percentiles 5, 25, 50, 75 and 95 of a metric by quarter, with its targets marked."""
    rows = [result.summarise(metric.name, label, segment) for label in result.quarters]
    keys = ("p05", "p25", "p50", "p75", "p95")
    low, lower, middle, upper, high = (np.array([row[key] for row in rows], float) for key in keys)  # None is NaN
    x = np.arange(len(rows), dtype=float)
    _bands(axes, x, (low, high), LIGHT, "9 trials in 10" if result.trials else "9 times in 10")
    _bands(axes, x, (lower, upper), MIDDLE, "half of the trials" if result.trials else "half of the time")
    _line(axes, x, middle)
    for target in targets:
        _mark(axes, target, metric)
    last = result.quarters[-1]
    metric_name = metric.label[0].upper() + metric.label[1:]
    cases = "trials" if result.trials else "cases"
    between = f"{_between(low[-1], high[-1], metric, result.scenario.currency)} in 9 of 10 {cases}"
    axes.set_title(_fold(f"{metric_name}{clean(segment_label(segment))} in {last}: {between}"))
    axes.set_xticks(x, _quarter_ticks(result.quarters))
    axes.set_xlim(-0.4, len(x) - 0.6)
    moment = {"end": " at quarter's end", "ratio": " in the quarter"}.get(metric.combine, " per quarter")
    axes.set_ylabel(clean(unit_label(metric, result.scenario.currency)) + moment)
    _number_axis(axes.yaxis, metric)
    if low.min() < 0.5 * axes.get_ylim()[1]:
        axes.set_ylim(bottom=0)
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.8)
    axes.legend(
        loc="upper left", bbox_to_anchor=(-0.02, -0.11), ncols=4 if len(targets) < 2 else 3,
        frameon=False, fontsize=7.5, handlelength=1.6, columnspacing=1.4,
    )  # fmt: skip


def histogram(axes: Axes, result: Forecast, target: TargetEstimate) -> None:
    """How the trials fall around a target; those that make it are dark."""
    metric = result.metric(target.metric)
    fall = result.falls(target)
    bound = target.at_least if target.at_least is not None else target.at_most
    assert bound is not None
    label = clean(unit_label(metric, result.scenario.currency))
    if target.period.each:
        label += " in each trial's " if result.trials else " in the "
        label += ("lowest" if target.at_least is not None else "highest") + " quarter"
    else:
        label += f" {when(result, target)}"
    label += clean(segment_label(target.segment))
    edges = _edges(fall, bound, target, metric)
    share = 100 / fall.trials.sum()
    heights = [np.histogram(fall.values[w], edges, weights=fall.trials[w])[0] * share for w in (fall.met, ~fall.met)]
    centres, widths = (edges[:-1] + edges[1:]) / 2, np.diff(edges)
    gap = 0.88 if len(edges) < 45 else 1.0
    axes.bar(centres, heights[0], widths * gap, color=DARK, label=f"meets the target: {as_percent(target.value)}")
    axes.bar(
        centres, heights[1], widths * gap, bottom=heights[0], color=GREY,
        label=f"misses it: {as_percent(1 - target.value)}",
    )  # fmt: skip
    line = line_between(bound, target.at_least is not None, metric)
    axes.axvline(line, 0, 1.06 / HEADROOM, color="black", linewidth=1.2, linestyle=(0, (4, 2)))
    axes.set_title(_fold(f"{as_percent(target.value)} chance of {clean(goal(result, target))}"))
    axes.set_xlabel(label)
    axes.set_ylabel("share of trials" if result.trials else "probability")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}%"))
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    _number_axis(axes.xaxis, metric)
    axes.set_xlim(edges[0], edges[-1])
    top = float((heights[0] + heights[1]).max())
    axes.set_ylim(0, top * HEADROOM)
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.8)
    axes.legend(frameon=False, fontsize=8, loc="upper right", ncols=2, handlelength=1.0, borderaxespad=0.1)


# -- details ------------------------------------------------------------------------------------
def _subjects(result: Forecast) -> list[tuple[Metric, Segment, list[TargetEstimate]]]:
    """What gets a row: wins, bookings, then every other metric and segment that has targets."""
    keys: dict[tuple[str, Segment], list[TargetEstimate]] = {(result.scenario.stages[-1], None): []}
    if BOOKINGS in result:
        keys[BOOKINGS, None] = []
    for target in result.targets:
        keys.setdefault((target.metric, target.segment), []).append(target)
    return [(result.metric(name), segment, targets) for (name, segment), targets in keys.items()]


def _suptitle(result: Forecast) -> str:
    name = clean(result.scenario.name)
    joint = result.all_targets
    if joint is None:
        return name
    if len(result.targets) == 1:
        return f"{name}: {as_percent(joint.value)} chance of the target"
    every = "both" if len(result.targets) == 2 else f"all {len(result.targets)}"
    return f"{name}: {as_percent(joint.value)} chance of {every} targets together"


def _bands(axes: Axes, x: NDArray[Any], ends: tuple[Any, Any], colour: str, label: str) -> None:
    if len(x) == 1:
        axes.bar(x, ends[1] - ends[0], 0.25, bottom=ends[0], color=colour, label=label)
    else:
        axes.fill_between(x, *ends, color=colour, linewidth=0, label=label)


def _line(axes: Axes, x: NDArray[Any], middle: NDArray[Any]) -> None:
    if len(x) == 1:
        axes.hlines(middle, -0.125, 0.125, color=DARK, linewidth=2, label="median")
    else:
        axes.plot(x, middle, color=DARK, linewidth=1.8, marker="o", markersize=4, label="median")


def _mark(axes: Axes, target: TargetEstimate, metric: Metric) -> None:
    """The target in its quarter; a sum over several quarters as the even pace that reaches it."""
    bound = target.at_least if target.at_least is not None else target.at_most
    assert bound is not None
    quarters = target.period.quarters
    text = ("at least " if target.at_least is not None else "at most ") + threshold(bound, metric.priced)
    style: dict[str, Any] = {"color": "black", "linewidth": 1.6, "zorder": 5}
    if target.period.each or len(quarters) == 1 or metric.combine != "sum":
        all_of_them = target.period.each or metric.combine == "ratio"
        first, last = quarters[0] if all_of_them else quarters[-1], quarters[-1]
        style["path_effects"] = [withStroke(linewidth=3.4, foreground="white")]
        axes.hlines(bound, first - 0.3, last + 0.3, label=f"target: {text}", **style)
    else:
        style["linestyle"] = (0, (3, 2))
        pace = bound / len(quarters)
        over = f"over {len(quarters)} quarters" if target.period.label == "horizon" else f"in {target.period.label}"
        axes.hlines(pace, quarters[0] - 0.3, quarters[-1] + 0.3, label=f"even pace to {text} {over}", **style)


def _between(low: float, high: float, metric: Metric, currency: str) -> str:
    money = metric.priced
    first, last = (f"{x:,.0f}" if metric.kind == "count" else level(x, metric) for x in (low, high))
    text = first if first == last else f"{first} to {last}"
    return priced(clean(currency), text) if money else text


def _number_axis(axis: Any, metric: Metric) -> None:
    axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], integer=metric.kind == "count"))
    if metric.priced:
        axis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value)))
    elif metric.kind == "ratio":
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.4g}"))
    else:
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


def _tick(value: float) -> str:
    text = compact(value)
    letter = text[-1] if text[-1].isalpha() else ""
    return f"{float(text[:-1] if letter else text):g}{letter}"


def _quarter_ticks(labels: Sequence[str]) -> list[str]:
    """Quarter names; of many only as many as can be read."""
    step = -(-len(labels) // 8)
    return [label if index % step == 0 else "" for index, label in enumerate(labels)]


def line_between(bound: float, up: bool, metric: Metric) -> float:
    """Where values that meet a target part from those that miss it; between two whole numbers for counts.

    up : what is at least so large meets it, else what is at most so large
    """
    if metric.kind != "count":
        return bound
    return float(np.ceil(bound) - 0.5 if up else np.floor(bound) + 0.5)


def _edges(fall: Fall, bound: float, target: TargetEstimate, metric: Metric) -> NDArray[np.float64]:
    """Bin edges that never put a trial that meets the target into a bin with one that misses it."""
    low, high = (float(x) for x in percentiles_counted(fall.values, fall.trials, (0.1, 99.9)))
    low, high = min(low, bound), max(high, bound)
    if metric.kind != "count":
        width = _nice((high - low) / 32)
        start = bound
    else:
        width = float(max(1, round(_nice((high - low + 1) / 32))) if high - low > 44 else 1)
        start = line_between(bound, target.at_least is not None, metric)
    below = np.ceil((start - low) / width + 1e-9) + 1
    above = np.ceil((high - start) / width + 1e-9) + 1
    edges = start + width * np.arange(-below, above + 1)
    return edges[edges >= min(0.0, low) - (0.5 if metric.kind == "count" else 0.0) - 1e-9]


def _nice(width: float) -> float:
    """The nearest of 1, 2, 2.5, 5 × a power of ten; 1 for nothing."""
    if not width > 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(width))
    return float(min((1, 2, 2.5, 5, 10), key=lambda step: abs(step * power - width)) * power)


def _fold(title: str) -> str:
    """A title on as many lines as its chart is wide."""
    return fill(title, 58, break_long_words=False)
