"""Levers drawn: how far each has to be moved, by itself, to get there."""

from __future__ import annotations

import os
from pathlib import Path
from textwrap import fill

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter

from simulator.analysis.solve_result import Answer, Solution
from simulator.files import whole
from simulator.report.figures import DARK, GREY, STYLE
from simulator.report.layout import said
from simulator.report.tables_solve import lever_name, percent, relative_text
from simulator.report.wording import clean, made_by
from simulator.statistics.intervals import as_percent


def draw(found: Solution) -> Figure:
    """One bar per lever: its change against today; levers that are not enough are grey."""
    shown = [answer for answer in found.answers if answer.relative is not None]
    with rc_context(STYLE):
        size = (7.6, 1.6 + 0.42 * max(2, len(found.answers)))
        figure = Figure(figsize=size, layout=ConstrainedLayoutEngine(h_pad=0.1, w_pad=0.1))
        axes = figure.add_subplot()
        widths = [100 * (answer.relative or 0.0) for answer in shown]
        reach = max([abs(x) for x, answer in zip(widths, shown, strict=True) if answer.reached] or [100.0])
        limit = 1.5 * reach
        drawn = [max(-limit, min(limit, x)) for x in widths]
        axes.barh(range(len(shown)), drawn, 0.62, color=[DARK if answer.reached else GREY for answer in shown])
        for place, (x, answer) in enumerate(zip(drawn, shown, strict=True)):
            # to the right of today even for bars that go left, where names of levers would be written over
            spot = (max(x, 0.0), place)
            axes.annotate(_words(found, answer), spot, (4, 0), textcoords="offset points", va="center", fontsize=8)
        axes.set_yticks(range(len(shown)), [lever_name(found, answer) for answer in shown])
        axes.invert_yaxis()
        axes.axvline(0, color="black", linewidth=1)
        left, right = min([0.0, *drawn]), max([0.0, *drawn])
        room = 0.55 * (right - left or 1)
        axes.set_xlim(1.05 * left, right + room)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:+g}%" if x else "today"))
        axes.set_xlabel("change of the lever, all else as planned")
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x", color="#e6e6e6", linewidth=0.8)
        figure.suptitle(fill(_title(found), 84), x=0.012, ha="left", fontsize=11, fontweight="bold")
        about = f"{clean(found.scenario.name)}: {made_by(found)}"
        figure.supxlabel(about, x=0.99, ha="right", fontsize=7.5, color="#666666")
    return figure


def save(found: Solution, path: str | os.PathLike[str]) -> None:
    """Draw a solution to a ``.png`` or ``.svg`` file."""
    kind = Path(path).suffix.lower().lstrip(".")
    metadata = {"Title": "What would get us there"} | ({"Date": None} if kind == "svg" else {})
    with rc_context(STYLE), whole(path) as temporary:
        draw(found).savefig(temporary, format=kind, metadata=metadata)


def _title(found: Solution) -> str:
    enough = sum(answer.reached for answer in found.answers)
    count = len(found.answers)
    wanted = percent(found.wanted)
    article = "an" if wanted.startswith("8") or wanted.split(".")[0].rstrip("%") in ("11", "18") else "a"
    what = f"{article} {wanted} chance of {clean(found.goal.name or '')} (now {as_percent(found.probability.value)})"
    if enough == 0:
        return f"No lever alone gets to {what}"
    return f"{enough} of {count} levers can get to {what} alone" if enough < count else f"Any of these gets to {what}"


def _words(found: Solution, answer: Answer) -> str:
    change = relative_text(answer)
    if not answer.reached:
        return f"{change}: not enough, {as_percent(answer.probability.value)}"
    if answer.as_factor:
        return change
    now, then = (said(value, answer.path, found.scenario) for value in (answer.now, answer.value))
    return f"{change}: {now} → {then}"
