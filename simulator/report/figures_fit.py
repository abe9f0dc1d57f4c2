"""Pictures of a fit and of a backtest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simulator.report.figures import DARK, GREY, LIGHT, MIDDLE, STYLE

if TYPE_CHECKING:
    from simulator.backtest.result import Backtest
    from simulator.calibration.fitted import Fit

WIDE, HIGH = 7.2, 3.5


def _figure(width: float = WIDE, height: float = HIGH) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def _percent(axes: Axes, axis: str = "y") -> None:
    getattr(axes, f"{axis}axis").set_major_formatter(lambda value, _: f"{100 * value:g}%")


def cycle(fit: Fit, step: int) -> Figure:
    """How many have gone on by age: the fit against the model-free estimate, and the share a naive ratio would give."""
    transition = fit.timed[step]
    spells, whole = transition.spells, transition.whole
    weeks, won, lost = fit.incidence(step)
    with rc_context(STYLE):
        figure, axes = _figure()
        slow = max(lag.quantile(0.97) for lag in (whole.lag, whole.loss_lag) if lag is not None)
        top = max(min(float(weeks[-1]), 1.6 * slow), 4.0)
        grid = np.linspace(0, top, 300)
        axes.step(weeks, won, where="post", color=DARK, lw=1.8, label="seen, corrected for censoring (Aalen-Johansen)")
        axes.plot(
            grid, whole.p * whole.lag.cdf(grid), color=MIDDLE, lw=2, ls="--", label=f"fitted ({transition.family})"
        )
        if whole.loss_lag is not None:
            axes.step(weeks, lost, where="post", color="#888888", lw=1.2, label="lost, seen")
            axes.plot(
                grid,
                (1 - whole.p) * whole.r * whole.loss_lag.cdf(grid),
                color="#888888",
                lw=1.4,
                ls="--",
                label="lost, fitted",
            )
        naive = whole.events / max(whole.count, 1)
        axes.axhline(naive, color="#555555", lw=1, ls=":")
        axes.annotate(
            f"converted ÷ entered: {100 * naive:.1f}%",
            (top, naive),
            xytext=(0, -11),
            textcoords="offset points",
            ha="right",
            fontsize=8,
            color="#555555",
        )
        axes.set(
            xlabel=f"weeks since entering {spells.stage}",
            ylabel=f"share gone on into {spells.into}",
            ylim=(0, None),
            xlim=(0, top),
        )
        _percent(axes)
        axes.set_title(
            f"{100 * whole.p:.1f}% of {spells.stage} go on into {spells.into}, half of them within "
            f"{whole.lag.quantile(0.5):.1f} weeks"
        )
        figure.legend(frameon=False, fontsize=8, loc="outside lower center", ncols=2)
    return figure


def rates(fit: Fit, step: int) -> Figure:
    """Each segment's rate with its 80% range."""
    from scipy import special

    transition = fit.timed[step]
    names = fit.history.segments
    order = np.argsort([cure.x[0] for cure in transition.segments])
    with rc_context(STYLE):
        figure, axes = _figure(height=max(1.6, 0.26 * len(order) + 1.0))
        for row, index in enumerate(order):
            cure = transition.segments[index]
            low, high = special.expit(cure.x[0] - 1.2816 * cure.sd()), special.expit(cure.x[0] + 1.2816 * cure.sd())
            axes.plot([low, high], [row, row], color=MIDDLE, lw=4, solid_capstyle="butt")
            axes.plot(cure.p, row, "o", color=DARK, ms=5)
        axes.set_yticks(range(len(order)), [f"{names[i]}  ({transition.segments[i].events:,.0f})" for i in order])
        best, worst = transition.segments[order[-1]].p, transition.segments[order[0]].p
        axes.set(
            xlabel=f"share of {transition.spells.stage} that ever goes on; bar: 80% range; in brackets: conversions",
            xlim=(0, None),
        )
        _percent(axes, "x")
        axes.set_title(
            f"Segments convert between {100 * worst:.0f}% and {100 * best:.0f}%"
            if len(order) > 1
            else f"{100 * best:.1f}% convert"
        )
    return figure


def drifting(fit: Fit, step: int) -> Figure:
    """Conversions each week against what the fit expects of those who were there."""
    drift, spells = fit.drifts[step], fit.timed[step].spells
    seen, expected = drift.observed.sum(axis=0), drift.expected.sum(axis=0)
    with rc_context(STYLE):
        figure, axes = _figure(height=3.0)
        weeks = np.arange(-len(seen), 0) + 1
        axes.bar(weeks, seen, width=0.85, color=LIGHT, label="happened")
        axes.plot(weeks, expected, color=DARK, lw=1.8, label="expected of those in flight")
        axes.set(xlabel="weeks before the as-of date", ylabel=f"{spells.into} a week", ylim=(0, None))
        said = (
            f"Rates run at {drift.ratio:.2f} times their average today"
            if drift.ratio != 1
            else "No clear drift of the rate"
        )
        axes.set_title(f"{said}: {spells.stage} into {spells.into}")
        figure.legend(frameon=False, fontsize=8, loc="outside lower center", ncols=2)
    return figure


def entries(fit: Fit) -> Figure:
    """What entered the first stage each week."""
    total = fit.volumes.counts.sum(axis=0)
    with rc_context(STYLE):
        figure, axes = _figure(height=2.7)
        weeks = np.arange(-len(total), 0) + 1
        axes.bar(weeks, total, width=0.85, color=LIGHT)
        now = float(fit.volumes.level.mean.sum())
        axes.axhline(now, color=DARK, lw=1.5)
        axes.annotate(
            f"the plan starts from {now:,.0f} a week",
            (weeks[0], now),
            xytext=(2, 4),
            textcoords="offset points",
            color=DARK,
            fontsize=8,
        )
        axes.set(xlabel="weeks before the as-of date", ylabel=f"{fit.history.stages[0]} a week", ylim=(0, None))
        axes.set_title(
            f"{total[-13:].sum():,.0f} {fit.history.stages[0]} entered in the last {min(13, len(total))} weeks"
        )
    return figure


def sizes(fit: Fit) -> Figure | None:
    """Deal sizes, smallest to largest, and how much of the value the largest hold."""
    if fit.sizes is None:
        return None
    amounts = np.sort(fit.history.amount[~np.isnan(fit.history.won) & (fit.history.amount > 0)])
    top = amounts[-max(1, round(0.02 * len(amounts))) :].sum() / amounts.sum()
    with rc_context(STYLE):
        figure, axes = _figure(height=2.7)
        bins = np.geomspace(max(amounts[0], 1e-2) * 0.999, amounts[-1] * 1.001, 40)
        axes.hist(amounts, bins=list(bins), color=MIDDLE)
        axes.set_xscale("log")
        axes.set(xlabel=f"amount of won deals, {fit.currency} (log scale)", ylabel="deals")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.set_title(f"The largest 2% of {len(amounts):,} wins hold {100 * top:.0f}% of the value")
    return figure


def against(result: Backtest, name: str = "pool") -> Figure:
    """P10-P50-P90 said at each origin, and what came."""
    rows = result.table(total=True, name=name)
    with rc_context(STYLE):
        figure, axes = _figure()
        x = np.arange(len(rows))
        axes.vlines(x, [r["p10"] for r in rows], [r["p90"] for r in rows], color=LIGHT, lw=7)
        axes.plot(x, [r["p50"] for r in rows], "_", color=DARK, ms=9, mew=2)
        inside = [r["p10"] <= r["actual"] <= r["p90"] for r in rows]
        axes.plot(x, [r["actual"] for r in rows], "o", color=DARK, mfc="white", ms=5)
        step = max(1, len(rows) // 10)
        axes.set_xticks(x[::step], [r["origin"] for r in rows][::step], rotation=30, ha="right")
        axes.set(
            ylabel=f"wins in the next {result.weeks} weeks",
            xlabel="as-of date; bar: P10 to P90, dash: P50, ring: what came",
            ylim=(0, None),
        )
        axes.set_title(f"{sum(inside)} of {len(rows)} outcomes fell inside P10 to P90")
    return figure


def closeness(result: Backtest) -> Figure:
    """Mean CRPS of every forecaster."""
    scores = result.scores("all", total=False)[::-1]
    shown = [s for s in scores if s.crps < 4 * scores[-1].crps]
    with rc_context(STYLE):
        figure, axes = _figure(height=0.3 * len(shown) + 1.1)
        ours = [s.name in ("funnel", "pool") for s in shown]
        axes.barh([s.name for s in shown], [s.crps for s in shown], color=[DARK if own else GREY for own in ours])
        for row, score in enumerate(shown):
            axes.annotate(
                f"{score.crps:.2f}", (score.crps, row), xytext=(3, -3), textcoords="offset points", fontsize=8
            )
        axes.set(xlabel="mean CRPS in wins, by segment and origin: smaller is closer")
        left = len(scores) - len(shown)
        axes.set_title(f"Closest: {scores[-1].name}" + (f" ({left} far worse not shown)" if left else ""))
    return figure


def calibration(result: Backtest, name: str = "pool") -> Figure:
    """PIT histogram and reliability of target probabilities, side by side."""
    cells = result.select("all", total=False)
    pit = result.pit(name, cells)
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDE, HIGH), layout="constrained")
        left, right = figure.subplots(1, 2)
        left.hist(pit, bins=10, range=(0, 1), color=MIDDLE, edgecolor="white")
        left.axhline(len(pit) / 10, color=DARK, lw=1, ls="--")
        left.set(xlabel="where outcomes fell in the forecast (PIT)", ylabel="cells")
        left.set_title(f"{100 * ((pit >= 0.1) & (pit <= 0.9)).mean():.0f}% inside P10 to P90 (80% is right)")
        right.plot([0, 1], [0, 1], color="#888888", lw=1, ls="--")
        for said, came, count in result.reliability(name):
            right.plot(said, came, "o", color=DARK, ms=4 + 10 * np.sqrt(count / len(cells)))
            right.annotate(f"{count}", (said, came), xytext=(6, -10), textcoords="offset points", fontsize=8)
        right.set(
            xlabel="probability said: at least the run rate", ylabel="share that happened", xlim=(0, 1), ylim=(0, 1)
        )
        right.set_title("Reliability; the numbers are cells")
    return figure


def svg(figure: Figure) -> str:
    """The figure as SVG, to be put into a page."""
    import io

    out = io.StringIO()
    with rc_context(STYLE):
        figure.savefig(out, format="svg", metadata={"Date": None})
    text = out.getvalue()
    return text[text.index("<svg") :]


def pages(fit: Fit) -> list[Any]:
    """Every picture of a fit, in reading order."""
    found: list[Any] = [entries(fit)]
    for step in range(len(fit.timed)):
        found += [cycle(fit, step), rates(fit, step), drifting(fit, step)]
    return [*found, sizes(fit)]
