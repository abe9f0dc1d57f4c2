"""What drives the number, drawn: bars per assumption, or shares of the variance."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from textwrap import fill

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, MaxNLocator

from simulator.analysis.sobol import SobolShares
from simulator.analysis.tornado_result import Effect, Tornado
from simulator.files import whole
from simulator.report.figures import DARK, LIGHT, STYLE
from simulator.report.layout import short_label
from simulator.report.tables_sensitivity import ends_of, metric_of, shown_effects
from simulator.report.wording import average, clean, compact, made_by, plural
from simulator.statistics.intervals import as_percent

SHOWN = 15


def draw(found: Tornado | SobolShares) -> Figure:
    """The tornado, or the shares of the variance; the strongest on top."""
    with rc_context(STYLE):
        rows = len(shown_effects(found, SHOWN)) if isinstance(found, Tornado) else min(SHOWN, len(found.shares))
        figure = Figure(figsize=(9.2, 1.5 + 0.34 * max(rows, 3)), layout=ConstrainedLayoutEngine(h_pad=0.1, w_pad=0.1))
        if isinstance(found, Tornado):
            _tornado(figure, found)
        else:
            _shares(figure.add_subplot(), found)
            # below the panel: inside it there is no corner that a long bar cannot reach
            figure.legend(loc="outside lower left", ncols=3, frameon=False, fontsize=8)
        about = f"{clean(found.scenario.name)}: {made_by(found)}"
        about += ", the same luck throughout" if found.trials is not None else ""
        figure.supxlabel(about, x=0.99, ha="right", fontsize=7.5, color="#666666")
    return figure


def save(found: Tornado | SobolShares, path: str | os.PathLike[str]) -> None:
    """Draw a sensitivity to a ``.png`` or ``.svg`` file."""
    kind = Path(path).suffix.lower().lstrip(".")
    metadata = {"Title": "Sensitivity"} | ({"Date": None} if kind == "svg" else {})
    with rc_context(STYLE), whole(path) as temporary:
        draw(found).savefig(temporary, format=kind, metadata=metadata)


def _tornado(figure: Figure, found: Tornado) -> None:
    """Left the probability, right the mean; dark is the assumption at its high value."""
    effects = shown_effects(found, SHOWN)
    chance = found.probability is not None
    metric = metric_of(found)
    panels = figure.subplots(1, 2 if chance else 1, sharey=True, squeeze=False)[0]
    if found.probability is not None:
        ends = [effect.probabilities or (0.0, 0.0) for effect in effects]
        _bars(panels[0], ends, found.probability.value)
        panels[0].xaxis.set_major_formatter(FuncFormatter(lambda p, _: f"{100 * p:g}%"))
        panels[0].set_xlabel("probability of the target")
    _bars(panels[-1], [effect.means for effect in effects], found.mean.value)
    money = metric.priced
    panels[-1].xaxis.set_major_formatter(FuncFormatter(lambda x, _: compact(x) if money else f"{x:,.4g}"))
    panels[-1].set_xlabel(f"mean {found.goal.subject}")
    for axes in panels:
        axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    panels[0].set_yticks(range(len(effects)), [_name(found, effect) for effect in effects])
    panels[0].invert_yaxis()
    figure.suptitle(fill(_finding(found), 90), x=0.012, ha="left", fontsize=11, fontweight="bold")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles[:2], labels[:2], loc="outside lower left", ncols=2, frameon=False, fontsize=8)


def _finding(found: Tornado) -> str:
    if not found.effects:
        return "The plan states no assumption that could be moved"
    first = found.effects[0]
    name = short_label(first.move.label, found.scenario)
    most = f"{name[:1].upper()}{name[1:]} matters most{_as_much(found)}"
    if first.probabilities is None or found.probability is None:
        low, high = sorted(first.means)
        metric = metric_of(found)
        return f"{most}: mean {found.goal.subject} {average(low, metric)} to {average(high, metric)}"
    low, high = sorted(first.probabilities)
    return f"{most}: {as_percent(low)} to {as_percent(high)} chance of {clean(found.goal.name or '')}"


def _as_much(found: Tornado) -> str:
    """``, 4 others as much``, where the first effect is not the largest alone."""
    first, *others = found.effects
    alike = sum(all(math.isclose(a, b, rel_tol=1e-6) for a, b in zip(e.size, first.size, strict=True)) for e in others)
    return f", {plural(alike, 'other')} as much" if alike else ""


def _name(found: Tornado, effect: Effect) -> str:
    ends = ends_of(found, effect)
    mark = ", ±10%" if effect.move.certain and ends != "-10% – +10%" else ""
    return f"{short_label(effect.move.label, found.scenario)}  ({ends}{mark})"


def _bars(axes: Axes, ends: Sequence[tuple[float, float]], middle: float) -> None:
    places = range(len(ends))
    for index, colour, label in ((0, LIGHT, "assumption at its low value"), (1, DARK, "at its high value")):
        axes.barh(places, [end[index] - middle for end in ends], 0.7, left=middle, color=colour, label=label)
    axes.axvline(middle, color="black", linewidth=1)
    axes.margins(x=0.06)
    axes.grid(axis="x", color="#e6e6e6", linewidth=0.8)
    axes.tick_params(axis="y", length=0)


def _shares(axes: Axes, found: SobolShares) -> None:
    shares = found.shares[:SHOWN]
    places = range(len(shares))
    first = [100 * max(0.0, share.first.value) for share in shares]
    total = [100 * max(0.0, share.total.value) for share in shares]
    axes.barh(places, total, 0.72, color=LIGHT, label="with others (total)")
    axes.barh(places, first, 0.36, color=DARK, label="alone (first order)")
    errors = [
        [max(0.0, 100 * (s.first.value - s.first.low)) for s in shares],
        [100 * (s.first.high - s.first.value) for s in shares],
    ]
    kept = [i for i in places if shares[i].first.value >= 0]
    axes.errorbar(
        [first[i] for i in kept], kept, xerr=[[side[i] for i in kept] for side in errors], fmt="none", ecolor="black",
        elinewidth=1, capsize=2, label="95% interval",
    )  # fmt: skip
    names = [short_label(s.label, found.scenario) + ("  (≈ 0)" if s.is_noise else "") for s in shares]
    axes.set_yticks(places, names)
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}%"))
    axes.set_xlabel(f"share of the variance of {found.goal.subject}")
    top = max(shares, key=lambda share: share.first.value)
    luck = next(share for share in shares if share.kind == "luck")
    words = f"{as_percent(min(1.0, max(0.0, luck.total.value)))} of the spread is luck"
    if top.kind != "luck":
        words += f"; of what is not, {short_label(top.label, found.scenario)} is the largest part"
    axes.set_title(fill(words, 90))
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="#e6e6e6", linewidth=0.8)
