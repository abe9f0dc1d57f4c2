"""A split of the budget drawn: planned and best side by side, and how far each may move."""

from __future__ import annotations

import os
from pathlib import Path
from textwrap import fill

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter

from simulator.analysis.optimize import Optimum
from simulator.files import whole
from simulator.report.figures import DARK, GREY, STYLE
from simulator.report.tables_optimize import share_text
from simulator.report.wording import clean, compact
from simulator.statistics.intervals import as_percent


def draw(found: Optimum) -> Figure:
    """Two bars per segment, and a line over the amounts that are as good."""
    with rc_context(STYLE):
        size = (7.6, 1.9 + 0.62 * max(2, len(found.parts)))
        figure = Figure(figsize=size, layout=ConstrainedLayoutEngine(h_pad=0.1, w_pad=0.1))
        axes = figure.add_subplot()
        places = range(len(found.parts))
        axes.barh([p - 0.19 for p in places], [p.channel.now for p in found.parts], 0.34, color=GREY, label="planned")
        axes.barh([p + 0.19 for p in places], [p.amount for p in found.parts], 0.34, color=DARK, label="best")
        for place, part in enumerate(found.parts):
            low, high = part.as_good
            axes.plot([low, high], [place + 0.45] * 2, color="black", linewidth=1.4, marker="|", markersize=6,
                      label="as good" if place == 0 else None)  # fmt: skip
            end = max(part.amount, part.channel.now, high)
            axes.annotate(
                f"{compact(part.channel.now)} → {compact(part.amount)}", (end, place), (6, 0),
                textcoords="offset points", va="center", fontsize=8,
            )  # fmt: skip
        axes.set_yticks(places, [clean(part.channel.segment) for part in found.parts])
        axes.invert_yaxis()
        axes.set_xlim(0, 1.22 * max([1.0, *(max(p.amount, p.channel.now, p.as_good[1]) for p in found.parts)]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: compact(value)))
        axes.set_xlabel(f"spend over the horizon ({clean(found.scenario.currency)})")
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x", color="#e6e6e6", linewidth=0.8)
        axes.legend(frameon=False, fontsize=8, ncols=3, loc="upper left", bbox_to_anchor=(-0.02, -0.2))
        figure.suptitle(fill(_title(found), 84), x=0.012, ha="left", fontsize=11, fontweight="bold")
        about = f"{clean(found.scenario.name)}: {found.trials:,} trials, seed {found.seed}"
        figure.supxlabel(about, x=0.99, ha="right", fontsize=7.5, color="#666666")
    return figure


def _title(found: Optimum) -> str:
    before, after = (as_percent(p.value) for p in (found.probability_now, found.probability))
    what = clean(found.goal.name or "")
    wanted = "" if found.wanted is None else share_text(found.wanted)
    if wanted and found.reached:
        return f"{compact(found.total)} gets to {wanted} of {what} (planned: {compact(found.total_now)})"
    if wanted:
        return f"No money gets to {wanted} of {what}: {after} at best"
    if found.gain.low > 0:
        same = abs(found.total - found.total_now) < 0.005 * found.total
        return f"{'The same money, better split: ' if same else ''}{before} → {after} chance of {what}"
    return f"Split as planned or otherwise, the chance of {what} is the same: {after}"


def save(found: Optimum, path: str | os.PathLike[str]) -> None:
    """Draw a split to a ``.png`` or ``.svg`` file."""
    kind = Path(path).suffix.lower().lstrip(".")
    metadata = {"Title": "How to split the budget"} | ({"Date": None} if kind == "svg" else {})
    with rc_context(STYLE), whole(path) as temporary:
        draw(found).savefig(temporary, format=kind, metadata=metadata)
