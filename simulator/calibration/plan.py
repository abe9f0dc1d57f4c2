"""The scenario a person would have written: every fitted number with a comment on where it comes from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simulator.calibration.correlate import Pair, correlation_lines
from simulator.calibration.dates import day_of
from simulator.calibration.opening import leads, open_deals
from simulator.calibration.plan_segments import segment_lines, with_comment
from simulator.calibration.write import key, number, plan_names
from simulator.errors import FitError
from simulator.files import write_text

if TYPE_CHECKING:
    from simulator.calibration.fitted import Fit

DEAL = "deals"


def write_plan(fit: Fit, path: Path) -> list[Path]:
    """Write the scenario to ``path`` and its tables to a folder beside it; each file whole or not at all."""
    folder = f"{path.stem}-tables"
    text, tables = plan_text(fit, folder)
    written = [path]
    if tables:
        (path.parent / folder).mkdir(exist_ok=True)
    for name, content in tables.items():
        write_text(path.parent / folder / name, content)
        written.append(path.parent / folder / name)
    write_text(path, text)
    return written


def plan_text(fit: Fit, folder: str) -> tuple[str, dict[str, str]]:
    """The scenario's text, and the tables it names: {file name: content}."""
    history = fit.history
    names = plan_names(history.segments)
    tables: dict[str, str] = {}
    stages = list(history.stages)
    if fit.deals_are_leads:
        deal = DEAL if stages[0] != DEAL else "signatures"
        stages = [stages[0], deal, stages[1]]
    lines = [
        f"# Fitted to {', '.join(fit.sources) or 'CRM history'}: {len(history):,} records, known until "
        f"{day_of(history.as_of)}."
    ]
    lines += _wrapped(
        "# Ranges say how sure the history makes us: {p10, p90} is the range that holds the truth four times in five.",
        "# ",
    )
    for note in fit.notes:
        lines += _wrapped(f"# Note: {note}.", "#   ")
    lines += [
        "format: 1",
        f"name: {key(fit.name)}",
        f"start: {fit.start}",
        f"quarters: {fit.quarters}",
    ]
    if fit.fiscal_year_starts != 1:
        lines.append(f"fiscal_year_starts: {fit.fiscal_year_starts}")
    lines.append(f"currency: {key(fit.currency)}")
    if fit.deals_are_leads:
        lines.append(
            "# The history says when a lead came and when it was won, nothing in between: a deal is born, and won, "
            "on that day."
        )
    lines.append(f"stages: [{', '.join(stages)}]")
    lines += ["", "segments:"]
    correlations: list[Pair] = []
    if not any(_alive(fit, index) for index in range(len(names))):
        raise FitError(
            f"nothing has entered {stages[0]} in the 26 weeks before {day_of(history.as_of)}, and nothing is in "
            f"flight: "
            "there is nothing to plan from; give an earlier --as-of"
        )
    for index, name in enumerate(names):
        if not _alive(fit, index):
            lines.append(f"  # {key(name)} is left out: nothing has entered it lately, and nothing is in flight.")
            continue
        lines += segment_lines(fit, index, name, stages, folder, tables, correlations)
    lines += _opening(fit, names, folder, tables)
    lines += _market(fit)
    if correlations:
        lines += [
            "",
            "# Estimated from the same records, these are not independent: a slower cycle goes with a higher share.",
            "correlations:",
        ]
        lines += correlation_lines(correlations)
    lines += [
        "",
        "# A target makes this a plan, for example:",
        "# targets:",
        f"#   - {{metric: {stages[-1]}, at_least: 100, in: horizon}}",
        "",
    ]
    return "\n".join(lines), tables


def _wrapped(text: str, more: str) -> list[str]:
    words, lines, line = text.split(), [], ""
    for word in words:
        if line and len(line) + 1 + len(word) > 116:
            lines.append(line)
            line = more + word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line]


def _alive(fit: Fit, index: int) -> bool:
    level = fit.volumes.level
    entered = fit.volumes.counts[index, -26:].sum()
    still = any(((t.spells.segment == index) & (t.spells.kind == 0)).any() for t in fit.transitions)
    return bool(entered > 0 or still) and bool(level.mean[index] * 13 > 1e-6)


def _opening(fit: Fit, names: list[str], folder: str, tables: dict[str, str]) -> list[str]:
    parts, said = [], []
    steps = len(fit.transitions) if fit.deals_are_leads else len(fit.transitions) - 1
    if not fit.deals_are_leads:
        text, kept, dead, expected = open_deals(fit, names)
        if kept:
            tables["open_deals.csv"] = text
            parts.append(f"deals: {key(folder + '/open_deals.csv')}")
            said.append(f"{kept:,} open deals, {expected:,.1f} wins expected of them: each has the chance of its age")
            if fit.sizes is None:
                said.append("no amounts are known: 1 each")
        if dead:
            said.append(f"{dead:,} older than any that ever closed are left out: their chances are below 0.2%")
    if steps:
        text, total = leads(fit, names, steps)
        if total:
            tables["leads_in_flight.csv"] = text
            parts.append(f"leads: {key(folder + '/leads_in_flight.csv')}")
            said.append(f"{total:,} leads in flight")
    if not parts:
        return []
    return [
        "",
        *_wrapped(f"# In flight on {day_of(fit.history.as_of)}: {'; '.join(said)}.", "#   "),
        f"opening: {{{', '.join(parts)}}}",
    ]


def _market(fit: Fit) -> list[str]:
    lines = ["", "market:"]
    weight = [d.observed.sum() + 1.0 for d in fit.drifts]
    drift = np.sqrt(13) * max(d.level.weekly_drift() if d.level.gain > 2 else 0.0 for d in fit.drifts)
    sd = min(max(float(np.average([d.sd for d in fit.drifts], weights=weight)), drift), 1.0)
    said = f"what rates varied beyond chance in {fit.drifts[-1].blocks} stretches of the history, and a usual 0.2"
    if (shock := fit.drifts[-1].shock) is not None:
        said = f"set by weighing, so that the range is that of the pool; measured: {number(sd, 2)}"
        sd = shock
    persistence = float(np.average([d.persistence for d in fit.drifts], weights=weight))
    common = 1 if len(fit.drifts) == 1 else 0.5
    lines.append(
        with_comment(
            f"  conversion: {{sd: {number(sd, 2)}, common: {common}, persistence: {number(persistence, 2)}}}",
            said,
        )
    )
    if fit.slips is not None and fit.slips.concentration is not None:
        value, quarters = fit.slips.concentration
        lines.append(
            with_comment(
                f"  slip_concentration: {number(value, 2)}",
                f"the chance of slipping varied more than by luck over {quarters} quarters",
            )
        )
    growing = float(np.sqrt(13) * fit.volumes.level.weekly_drift())
    lines.append(
        with_comment(
            f"  volume: {{sd: {number(min(max(growing, 0.02), 0.5), 2)}}}", "how far a quarter's volume drifts"
        )
    )
    return lines
