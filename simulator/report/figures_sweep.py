"""A sweep drawn: a curve over one path, a map with the 80% line over two."""

from __future__ import annotations

import os
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from simulator.analysis.sweep_result import Sweep
from simulator.analysis.vary import relative_factor
from simulator.errors import UsageError
from simulator.exact.conditional import T95
from simulator.files import whole
from simulator.report.figures import DARK, LIGHT, STYLE
from simulator.report.layout import number_text, said, short_label
from simulator.report.wording import clean, compact, made_by
from simulator.scenario.spoken import named
from simulator.statistics.intervals import as_percent, wilson

WANTED = 0.8
"""The line people plan for."""


def draw(found: Sweep) -> Figure:
    """A curve or a map of the target's probability; of the metric's mean where there is no target.

    Raises
    ------
    UsageError : more than two paths are varied, or values that are no numbers.
    """
    if len(found.paths) > 2:
        raise UsageError(f"a figure shows one or two paths; {len(found.paths)} are varied")
    with rc_context(STYLE):
        figure = Figure(figsize=(7.2, 4.6), layout=ConstrainedLayoutEngine(h_pad=0.1, w_pad=0.1))
        axes = figure.add_subplot()
        (_curve if len(found.paths) == 1 else _map)(figure, axes, found)
        played = f"{found.trials or 0:,} trials a point, seed {found.seed}"
        about = f"{clean(found.scenario.name)}: {made_by(found) if found.trials is None else played}"
        figure.supxlabel(about, x=0.99, ha="right", fontsize=7.5, color="#666666")
    return figure


def save(found: Sweep, path: str | os.PathLike[str]) -> None:
    """Draw a sweep to a ``.png`` or ``.svg`` file."""
    kind = Path(path).suffix.lower().lstrip(".")
    metadata = {"Title": "Sweep"} | ({"Date": None} if kind == "svg" else {})
    with rc_context(STYLE), whole(path) as temporary:
        draw(found).savefig(temporary, format=kind, metadata=metadata)


def _positions(found: Sweep, path: str) -> tuple[NDArray[np.float64], bool]:
    """The values of a path as numbers; relative changes in percent."""
    values = [row[path] for row in found.rows]
    factors = [relative_factor(v) if isinstance(v, str) else None for v in values]
    if all(f is not None for f in factors):
        return np.array([100 * (float(f) - 1) for f in factors if f is not None]), True
    if any(isinstance(v, str) for v in values):
        raise UsageError(f"a figure needs numbers; {path} takes {values[0]!r} and the like")
    return np.array(values, float), False


def _axis(axis: Any, found: Sweep, path: str, relative: bool) -> None:
    name = short_label(named(found.scenario, path), found.scenario)
    axis.set_label_text(f"{name} (change)" if relative else name)
    axis.set_major_formatter(FuncFormatter(lambda x, _: _place(found, path, relative, x)))


def _place(found: Sweep, path: str, relative: bool, x: float) -> str:
    """A position on an axis, as people say it."""
    return (f"{x:+g}%" if x else "0%") if relative else said(x, path, found.scenario)


def _percent(axis: Any) -> None:
    axis.set_major_formatter(FuncFormatter(lambda p, _: f"{100 * p:g}%"))


def _curve(figure: Figure, axes: Axes, found: Sweep) -> None:
    x, relative = _positions(found, found.paths[0])
    order = np.argsort(x, kind="stable")
    x = x[order]
    _axis(axes.xaxis, found, found.paths[0], relative)
    name = short_label(named(found.scenario, found.paths[0]), found.scenario)
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.8)
    if found.goal.name is None:
        means = found.column(f"mean: {found.goal.metric}")[order]
        axes.plot(x, means, color=DARK, marker="o", markersize=3)
        axes.set_title(
            fill(f"Mean {found.goal.subject}: {number_text(means[0])} to {number_text(means[-1])} over this range", 66)
        )
        axes.set_ylabel(f"mean {found.goal.subject}")
        return
    p = found.column("probability")[order]
    if found.engine != "exact":
        ends = _intervals(found, p, found.column("standard_error")[order])
        words = "Monte Carlo error" if found.trials is not None else "error of the average"
        axes.fill_between(x, ends[:, 0], ends[:, 1], color=LIGHT, linewidth=0, label=f"95% interval ({words})")
    axes.plot(x, p, color=DARK, linewidth=1.8, marker="o", markersize=3.5 if len(x) < 60 else 0, label="probability")
    axes.axhline(WANTED, color="black", linewidth=1, linestyle=(0, (4, 2)), label="80%")
    axes.set_ylim(-0.02, 1.02)
    _percent(axes.yaxis)
    axes.set_ylabel("probability of the target")
    target = clean(found.goal.name)
    at = _crossing(x, p)
    if at is None:
        words = (
            f"{as_percent(float(p.min()))} to {as_percent(float(p.max()))} chance of {target} over this range of {name}"
        )
    else:
        words = f"80% chance of {target} at {name} {_place(found, found.paths[0], relative, _few(at))}"
    axes.set_title(fill(words, 66))
    axes.legend(frameon=False, fontsize=8, loc="best")


def _intervals(found: Sweep, p: NDArray[np.float64], error: NDArray[np.float64]) -> NDArray[np.float64]:
    """(row, end) of the intervals of probabilities."""
    if found.trials is not None:
        return np.array([wilson(round(float(q) * found.trials), found.trials) for q in p])
    return np.clip(np.stack([p - T95 * error, p + T95 * error], axis=1), 0.0, 1.0)


def _crossing(x: NDArray[np.float64], p: NDArray[np.float64]) -> float | None:
    """Where the curve crosses 80%, by straight lines between points; None unless it does exactly once."""
    above = p >= WANTED
    places = np.flatnonzero(above[1:] != above[:-1])
    if len(places) != 1:
        return None
    i = int(places[0])
    return float(x[i] + (WANTED - p[i]) / (p[i + 1] - p[i]) * (x[i + 1] - x[i]))


def _few(x: float) -> float:
    """A number in three figures: more would promise what straight lines between points cannot keep."""
    return float(f"{x:.3g}")


MOST_CELLS = 11
"""Values of a path up to which each has its tick, and its cell its number."""


def _cells(axes: Axes, xs: NDArray[np.float64], ys: NDArray[np.float64], table: NDArray[np.float64], chance: bool,
           drawn: Any) -> bool:  # fmt: skip
    """Ticks at the values that were played, and the number in every cell; False where there are too many."""
    for axis, values in ((axes.xaxis, xs), (axes.yaxis, ys)):
        if len(values) <= MOST_CELLS:
            axis.set_ticks(values)
    if max(len(xs), len(ys)) > MOST_CELLS:
        return False
    low, high = (0.0, 1.0) if chance else (float(table.min()), float(table.max()))
    for (row, column), found in np.ndenumerate(table):
        value = float(found)
        dark = (value - low) / (high - low or 1.0) > 0.6
        text = as_percent(value) if chance else compact(value) if abs(value) >= 1000 else number_text(value)
        axes.text(
            float(xs[column]), float(ys[row]), text, ha="center", va="center", fontsize=8, zorder=4,
            color="white" if dark else "black", path_effects=[withStroke(linewidth=3, foreground=drawn.to_rgba(value))],
        )  # fmt: skip
    return True


def _map(figure: Figure, axes: Axes, found: Sweep) -> None:
    (x, x_relative), (y, y_relative) = (_positions(found, path) for path in found.paths)
    _axis(axes.xaxis, found, found.paths[0], x_relative)
    _axis(axes.yaxis, found, found.paths[1], y_relative)
    chance = found.goal.name is not None
    z = found.column("probability" if chance else f"mean: {found.goal.metric}").astype(float)
    limits: dict[str, Any] = {"vmin": 0.0, "vmax": 1.0} if chance else {}
    xs, ys = np.unique(x), np.unique(y)
    grid = found.design == "grid" and len(xs) * len(ys) == len(z) and min(len(xs), len(ys)) > 1
    contour: Any = None
    numbered = False
    if grid:
        table = np.full((len(ys), len(xs)), np.nan)
        table[np.searchsorted(ys, y), np.searchsorted(xs, x)] = z
        drawn: Any = axes.pcolormesh(xs, ys, table, cmap="Blues", shading="nearest", **limits)
        numbered = _cells(axes, xs, ys, table, chance, drawn)
        if chance and z.min() < WANTED <= z.max():
            contour = axes.contour(xs, ys, table, [WANTED], colors="black", linewidths=1.8)
    else:
        drawn = axes.scatter(x, y, c=z, cmap="Blues", s=26, edgecolors="#666666", linewidths=0.3, **limits)
        if chance and len(z) > 10 and z.min() < WANTED <= z.max():
            contour = axes.tricontour(x, y, z, [WANTED], colors="black", linewidths=1.8)
    if contour is not None and not numbered:
        axes.clabel(contour, fmt=lambda _: "80%", fontsize=9)
    bar = figure.colorbar(drawn, ax=axes, shrink=0.9)
    if chance:
        _percent(bar.ax.yaxis)
        bar.set_label("probability of the target")
        reached = float(np.mean(z >= WANTED))
        words = (
            f"{as_percent(float(z.min()))} to {as_percent(float(z.max()))} chance of {clean(found.goal.name or '')}; "
        )
        words += "80% on the line" if contour is not None else "80% everywhere" if reached == 1 else "nowhere 80%"
    else:
        bar.set_label(f"mean {found.goal.subject}")
        words = f"Mean {found.goal.subject}: {number_text(float(z.min()))} to {number_text(float(z.max()))}"
    axes.set_title(fill(words, 66))
