"""A sweep in the terminal: a row per variant, or the corners of a long one."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from simulator.analysis.sweep_result import Sweep
from simulator.report.layout import notes, plain_table, said, short_label, title
from simulator.report.wording import average, clean, made_by, unit_label
from simulator.scenario.spoken import named
from simulator.simulation.metrics import Metric, metrics_in
from simulator.statistics.intervals import as_percent

MOST_ROWS = 60


def sweep_table(found: Sweep) -> RenderableType:
    """The rows: what is varied, the target's probability, the mean of its metric."""
    plan, goal = found.scenario, found.goal
    metric = next(m for m in metrics_in(plan) if m.name == goal.metric)
    names = [short_label(named(plan, path), plan) for path in found.paths]
    noisy = any(row["standard_error"] for row in found.rows)
    chance_of = ("probability", *(("± points",) if noisy else ()))
    head = [*names, *(chance_of if goal.name is not None else ()), _mean_of(found, metric)]
    table = plain_table(*head, left=0, fold=True)
    for row in found.rows[:MOST_ROWS]:
        p = row["probability"]
        chance = [] if p is None else [as_percent(p), *([f"{196 * row['standard_error']:.1f}"] if noisy else [])]
        cells = [said(row[path], path, plan) for path in found.paths]
        table.add_row(*cells, *chance, average(row[f"mean: {goal.metric}"], metric))
    parts: list[RenderableType] = [
        title(clean(plan.name), f"{len(found.rows):,} variants, {_made_by(found)}"),
        Text(f"target: {clean(goal.name)}" if goal.name is not None else "no target: means only"), "", table,
    ]  # fmt: skip
    if len(found.rows) > MOST_ROWS:
        parts.append(
            Text(f"… {len(found.rows) - MOST_ROWS:,} more; -o FILE.csv or .parquet has all of them", style="dim")
        )
    return Group(*parts, *notes(found.notes))


def _mean_of(found: Sweep, metric: Metric) -> str:
    """``mean bookings (USD) in 2027``."""
    rest = found.goal.subject.removeprefix(metric.name)
    return f"mean {unit_label(metric, found.scenario.currency)}{rest}"


def _made_by(found: Sweep) -> str:
    return f"{found.trials:,} trials each, seed {found.seed}" if found.trials is not None else made_by(found)
