"""The picture of a luck report: shares of the spread, the luck band, and what an outcome changed."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from numpy.typing import NDArray

from simulator.analysis.luck import Luck
from simulator.analysis.luck_actual import Afterwards
from simulator.files import whole
from simulator.report.figures import DARK, GREY, LIGHT, MIDDLE, STYLE, _nice, _number_axis, line_between
from simulator.report.tables_luck import MEANING, amount, headline_of, subject_words
from simulator.report.wording import clean, compact

_SHADES = {"assumptions": DARK, "market": MIDDLE, "demand": "#8db6d9", "deals": LIGHT, "slips": GREY,
           "customers": "#d9c7a0"}  # fmt: skip
_HATCHES = {"assumptions": "", "market": "", "demand": "//", "deals": "", "slips": "..", "customers": "xx"}
MOST_ROWS = 12


def draw(found: Luck) -> Figure:
    """Shares of the spread, the luck band, and where there was an outcome, the assumptions before and after.

    Examples
    --------
    >>> import simulator as sim
    >>> found = sim.luck(sim.load("scenarios/twenty-five-customers.yaml"), trials=500, seed=7)
    >>> len(draw(found).axes)
    2
    """
    after = found.actual
    learned = 0 if after is None else min(len(after.learned), MOST_ROWS)
    heights = [2.5, 3.6] + ([1.5 + 0.3 * learned] if learned else [])
    with rc_context(STYLE):
        figure = Figure(figsize=(8.4, sum(heights) + 0.5), layout=ConstrainedLayoutEngine(h_pad=0.12, w_pad=0.14))
        # each part keeps its own left margin: the long names of assumptions must not squeeze the rest
        parts = np.atleast_1d(np.asarray(figure.subfigures(len(heights), 1, height_ratios=heights)))
        _shares(parts[0].add_subplot(), found)
        _band(parts[1].add_subplot(), found)
        if after is not None and learned:
            _learned(parts[2].add_subplot(), after)
        figure.suptitle(f"{clean(found.scenario.name)}: {subject_words(found)}", x=0.012, ha="left", fontsize=13,
                        fontweight="bold", color=DARK)  # fmt: skip
        parts[-1].supxlabel(f"{found.provenance.trials:,} trials, seed {found.provenance.seed}", x=0.99, ha="right",
                            fontsize=7.5, color="#666666")  # fmt: skip
    return figure


def save(found: Luck, path: str | os.PathLike[str]) -> None:
    """Draw a luck report to a ``.png`` or ``.svg`` file; the same report gives the same bytes.

    Raises
    ------
    ExportError : the file cannot be written.
    """
    kind = Path(path).suffix.lower().lstrip(".")
    metadata = {"Title": clean(found.scenario.name)} | ({"Date": None} if kind == "svg" else {})
    with rc_context(STYLE), whole(path) as temporary:
        draw(found).savefig(temporary, format=kind, metadata=metadata)


def _shares(axes: Axes, found: Luck) -> None:
    """One stacked bar, labelled inside where there is room and below where there is not."""
    start = 0.0
    shown = [one for one in found.shares if one.share > 0.0]
    for one in shown:
        width = 100 * one.share
        axes.barh(0, width, left=start, height=0.8, color=_SHADES[one.group], hatch=_HATCHES[one.group],
                  edgecolor="white", linewidth=1.2, label=f"{one.group}: {MEANING[one.group]}")  # fmt: skip
        dark = one.group in ("assumptions", "market")
        if width >= 5:
            text = f"{one.group}\n{width:.0f}%" if width >= 11 else f"{width:.0f}%"
            box = None if dark or not _HATCHES[one.group] else {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
            axes.text(start + width / 2, 0, text, ha="center", va="center", fontsize=8.5,
                      color="white" if dark else "black", bbox=box)  # fmt: skip
        start += width
    axes.set_title(_wide(headline_of(found)))
    axes.set_xlim(0, max(start, 100.0))
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("% of the variance, explained one group after the other")
    if shown:
        axes.legend(loc="upper left", bbox_to_anchor=(-0.01, -0.42), ncols=2, frameon=False, fontsize=7.5,
                    columnspacing=1.6)  # fmt: skip


def _band(axes: Axes, found: Luck) -> None:
    """Perfect execution against the plan as it is, on one axis."""
    metric, band = found.subject.metric, found.band
    parting = _parting(found)
    edges = _edges(np.concatenate([found.values, found.perfect]), metric.priced, parting)
    axes.hist(found.values, bins=edges, weights=np.full(len(found.values), 100 / len(found.values)), color=GREY,
              label="the plan with all it does not know")  # fmt: skip
    axes.hist(found.perfect, bins=edges, weights=np.full(len(found.perfect), 100 / len(found.perfect)), color=DARK,
              histtype="step", linewidth=1.6, label="executed perfectly: luck alone")  # fmt: skip
    axes.axvspan(band.p10, band.p90, color=LIGHT, alpha=0.55, zorder=0,
                 label=f"luck band: {amount(band.p10, metric)} to {amount(band.p90, metric)}")  # fmt: skip
    if parting is not None:
        axes.axvline(parting, color="black", linestyle="--", linewidth=1.3, label="target")
    if found.actual is not None:
        for one in found.actual.values:
            if one.metric.name == metric.name and found.actual.period == found.subject.period:
                happened = f"what happened: {amount(one.value, metric)}"
                axes.axvline(one.value, color="black", linewidth=2.2, label=happened)
    money = f"{clean(found.scenario.currency)} " if metric.priced else ""
    plan = compact(band.plan) if metric.priced else f"{band.plan:,.1f}"
    between = f"{amount(band.p10, metric)} and {amount(band.p90, metric)}"
    axes.set_title(
        _wide(f"Even executed perfectly, a plan of {money}{plan} {clean(metric.label)} lands between {between}")
    )
    axes.set_xlabel(f"{subject_words(found)}{f' ({clean(found.scenario.currency)})' if money else ''}")
    axes.set_ylabel("% of trials")
    _number_axis(axes.xaxis, metric)
    axes.legend(loc="upper left", bbox_to_anchor=(-0.01, -0.2), ncols=3, frameon=False, fontsize=7.5)


def _learned(axes: Axes, after: Afterwards) -> None:
    """P10 to P90 of each assumption before and after, each on its own scale from the plan's P10 to its P90."""
    rows = after.learned[:MOST_ROWS]
    for y, one in enumerate(rows):
        low, middle, high = one.prior
        width = (high - low) or 1.0
        axes.plot([0, 1], [y - 0.16, y - 0.16], color=GREY, linewidth=6, solid_capstyle="butt",
                  label="plan: P10 to P90" if y == 0 else None)  # fmt: skip
        axes.plot((middle - low) / width, y - 0.16, "|", color="black", markersize=8)
        after_low, after_middle, after_high = ((x - low) / width for x in one.posterior)
        axes.plot([after_low, after_high], [y + 0.16, y + 0.16], color=DARK, linewidth=6, solid_capstyle="butt",
                  label="after what happened" if y == 0 else None)  # fmt: skip
        axes.plot(after_middle, y + 0.16, "|", color="white", markersize=8)
        axes.text(1.32, y, f"{100 * one.below_median:.0f}%" + (" !" if one.doubtful else ""), va="center", ha="right",
                  fontsize=8, fontweight="bold" if one.doubtful else "normal")  # fmt: skip
    axes.text(1.32, -0.75, "P(below plan's P50)", ha="right", fontsize=7.5, color="#666666")
    axes.set_yticks(range(len(rows)), [clean(one.label) for one in rows])
    axes.set_ylim(len(rows) - 0.4, -1.1)
    axes.set_xlim(-0.35, 1.35)
    axes.set_xticks([0, 1], ["plan's P10", "plan's P90"])
    doubtful = [one.label for one in rows if one.doubtful]
    axes.set_title(_wide(
        f"What happened casts doubt on {clean(', '.join(doubtful[:2]))}" if doubtful
        else "What happened leaves every assumption standing"
    ))  # fmt: skip
    axes.legend(loc="upper left", bbox_to_anchor=(-0.02, 0), borderaxespad=3.2, ncols=2, frameon=False, fontsize=7.5)


def _parting(found: Luck) -> float | None:
    """Where what meets the target parts from what misses it."""
    bound = found.subject.bound
    return None if bound is None else line_between(bound, found.subject.at_least is not None, found.subject.metric)


def _edges(values: NDArray[np.float64], money: bool, parting: float | None) -> list[float]:
    """Bin edges, one of them where the target lies."""
    low, high = (float(x) for x in np.percentile(values, (0.1, 99.9)))
    width = _nice((high - low) / 36) if money else max(1.0, np.ceil((high - low + 1) / 44))
    start = parting if parting is not None else 0.0 if money else np.floor(low) - 0.5
    first, last = np.floor((low - start) / width), np.ceil((high - start) / width)
    return [float(x) for x in start + width * np.arange(first, last + 2)]


def _wide(title: str) -> str:
    from textwrap import fill

    return fill(title, 88, break_long_words=False)
