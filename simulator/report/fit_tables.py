"""A fit and a backtest in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from simulator.backtest.result import Backtest
    from simulator.calibration.fitted import Fit
    from simulator.calibration.quality import Quality


def quality_table(quality: Quality) -> RenderableType:
    """The data-quality page."""
    lines: list[RenderableType] = [Text("Data quality", style="bold")]
    lines.append(
        Text("Read " + (", ".join(f"{name}: {n:,} rows" for name, n in quality.rows.items()) or "a history in memory"))
    )
    for finding in sorted(quality.findings, key=lambda f: not f.serious):
        lines.append(
            Padding(
                Text(f"{'!' if finding.serious else '-'} {finding}", style="yellow" if finding.serious else ""),
                (0, 0, 0, 2),
            )
        )
    if not quality.findings:
        lines.append(Text("  nothing to report"))
    return Group(*lines)


def fit_table(fit: Fit) -> RenderableType:
    """Rates, lags and notes."""
    from scipy import special

    parts: list[RenderableType] = [quality_table(fit.quality)]
    for transition, drift in zip(fit.timed, fit.drifts, strict=True):
        table = Table(
            box=box.SIMPLE_HEAD,
            title=f"{transition.spells.stage} into {transition.spells.into}: {transition.family} lag"
            + (f", today {drift.ratio:.2f} × the average" if abs(drift.ratio - 1) >= 0.005 else ""),
            title_justify="left",
            title_style="bold",
        )
        for head in ("segment", "entered", "went on", "ever", "80% range", "weeks"):
            table.add_column(
                head, justify="left" if head == "segment" else "right", overflow="fold", no_wrap=head == "segment"
            )
        for name, cure in zip(fit.history.segments, transition.segments, strict=True):
            low, high = special.expit(cure.x[0] - 1.2816 * cure.sd()), special.expit(cure.x[0] + 1.2816 * cure.sd())
            table.add_row(
                Text(name),
                f"{cure.count:,.0f}",
                f"{cure.events:,.0f}",
                f"{100 * cure.p:.1f}%",
                f"{100 * low:.1f}-{100 * high:.1f}%",
                f"{cure.lag.quantile(0.5):.1f}",
            )
        parts += ["", table]
    parts += [Padding(Text(f"Note: {note}", style="yellow"), (0, 0, 0, 0)) for note in fit.notes]
    return Group(*parts)


def backtest_table(result: Backtest) -> RenderableType:
    """Scores by mode, and the conclusion."""
    titles = {"all": "Everything", "open": "Only what was in flight", "given": "Arrivals given"}
    parts: list[RenderableType] = [
        Text(f"Backtest to {result.as_of}: the next {result.weeks} weeks, {result.every} origins", style="bold")
    ]
    for mode in dict.fromkeys(cell.mode for cell in result.cells):
        scores = result.scores(mode, total=False)
        table = Table(
            box=box.SIMPLE_HEAD,
            title=f"{titles[mode]}: {len(result.select(mode, total=False))} cells; skill against {scores[0].reference}",
            title_justify="left",
            title_style="bold",
        )
        for head in ("forecaster", "CRPS", "skill", "± s.e.", "in 50%", "in 80%", "in 95%", "bias"):
            table.add_column(head, justify="left" if head == "forecaster" else "right")
        for s in scores:
            table.add_row(
                s.name,
                f"{s.crps:.2f}",
                f"{100 * s.skill:+.0f}%",
                "-" if s.standard_error != s.standard_error else f"{100 * s.standard_error:.0f}%",
                *(f"{100 * s.coverage[c]:.0f}%" for c in (50, 80, 95)),
                f"{100 * s.bias:+.0f}%",
            )
        parts += ["", table]
    if result.skipped:
        parts.append(
            Text(f"{sum(result.skipped.values())} origins had too little history before them and were skipped.")
        )
    parts.append(Text(result.conclusion))
    return Group(*parts)
