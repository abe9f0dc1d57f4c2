"""Scorecards in the terminal: each segment against what it is judged on."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from simulator.report.layout import from_to, plain_table
from simulator.report.wording import clean, compact, level, threshold, unit_label
from simulator.simulation.metrics import SPEND
from simulator.simulation.result import Result
from simulator.simulation.scorecards import Score, scorecards
from simulator.statistics.intervals import as_percent

TITLE = "Scorecards: each segment against what it is judged on"


def heads(result: Result) -> list[str]:
    """The columns of a scorecard."""
    money = ["spend", "each costs"] if SPEND in result else []
    return ["segment", "judged on", "chance", "P10 – P90", *money]


def rows(result: Result) -> list[list[str]]:
    """A row per KPI, as text."""
    return [_row(result, score) for score in scorecards(result)]


def _row(result: Result, score: Score) -> list[str]:
    kpi, metric = score.kpi, result.metric(score.kpi.metric)
    bound, sign = (kpi.at_least, "≥") if kpi.at_least is not None else (kpi.at_most, "≤")
    assert bound is not None
    asked = f"{metric.label} {sign} {threshold(bound, metric.priced)} in {kpi.period.label}"
    if not kpi.name.startswith((f"{kpi.metric} >= ", f"{kpi.metric} <= ")):
        asked = f"{kpi.name}: {asked}"
    low, high = (level(score.summary[key], metric) for key in ("p10", "p90"))
    cells = [clean(score.segment), clean(asked), as_percent(kpi.value), from_to(low, high)]
    if SPEND in result:
        cells.append("–" if score.spend is None else compact(score.spend.value))
        cells.append("–" if score.cost_of_each is None else _each(score.cost_of_each.value))
    return cells


def _each(value: float) -> str:
    return f"{value:,.2f}" if value < 100 else compact(value)


def scorecard_table(result: Result) -> RenderableType:
    """One row per KPI; for ``each quarter`` the percentiles are those of the horizon."""
    table = plain_table(*heads(result), left=2)
    for row in rows(result):
        table.add_row(*row)
    parts: list[RenderableType] = [Text(TITLE, style="bold"), table]
    if any(score.kpi.period.each for score in scorecards(result)):
        labels = dict.fromkeys(
            unit_label(result.metric(s.kpi.metric), clean(result.scenario.currency))
            for s in scorecards(result)
            if s.kpi.period.each
        )
        parts.append(Text(f"In every quarter: percentiles of {', '.join(labels)} are over the horizon.", style="dim"))
    return Group(*parts)
