"""The scenario a person would have written: every fitted number with a comment on where it comes from."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from simulator.calibration.correlate import Pair, correlation_lines
from simulator.calibration.cure import Cure
from simulator.calibration.dates import day_of
from simulator.calibration.opening import leads, open_deals
from simulator.calibration.predict import scaled
from simulator.calibration.write import key, number, plan_names, positive, share, spread
from simulator.files import write_text

if TYPE_CHECKING:
    from simulator.calibration.fit import Fit

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
    lines = [f"# Fitted to {', '.join(fit.sources) or 'CRM history'}: {len(history):,} records, known until {day_of(history.as_of)}."]
    lines += _wrapped("# Ranges say how sure the history makes us: {p10, p90} is the range that holds the truth four times in five.", "# ")
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
        lines.append(f"# The history says when a lead came and when it was won, nothing in between: a deal is born, and won, on that day.")
    lines.append(f"stages: [{', '.join(stages)}]")
    lines += ["", "segments:"]
    correlations: list[Pair] = []
    for index, name in enumerate(names):
        if not _alive(fit, index):
            lines.append(f"  # {key(name)} is left out: nothing has entered it lately, and nothing is in flight.")
            continue
        lines += _segment(fit, index, name, stages, folder, tables, correlations)
    lines += _opening(fit, names, folder, tables)
    lines += _market(fit)
    if correlations:
        lines += ["", "# Estimated from the same records, these are not independent: a slower cycle goes with a higher share.", "correlations:"]
        lines += correlation_lines(correlations)
    lines += ["", "# A target makes this a plan, for example:", "# targets:", f"#   - {{metric: {stages[-1]}, at_least: 100, in: horizon}}", ""]
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


def _with_comment(line: str, comment: str) -> str:
    return f"{line:<58}  # {comment}" if comment else line


def _segment(
    fit: Fit, index: int, name: str, stages: list[str], folder: str, tables: dict[str, str],
    correlations: list[Pair],
) -> list[str]:  # fmt: skip
    lines = [f"  {key(name)}:"]
    lines += _volume(fit, index)
    rates, lags = [], []
    factor_note = ""
    for step, (transition, drift) in enumerate(zip(fit.transitions, fit.drifts, strict=True)):
        cure = transition.segments[index]
        into = stages[step + 1]
        rate = _rate(fit, step, cure)
        factor_note = f"; today {drift.factor:.2f} times the average" if drift.factor != 1 else ""
        had = f"{cure.events:,.0f} of {cure.count:,.0f} so far{_of_which(cure)}{factor_note}"
        if len(fit.transitions[0].segments) > 1:
            had += "" if cure.events >= 30 else "; too few to stand alone, leans on the other segments"
        rates.append(_with_comment(f"      {into}: {share(rate, cure.sd())}", had))
        own = cure.lag.theta != transition.whole.lag.theta
        shared = "" if own or len(transition.segments) == 1 else f"{into} lag"
        first = cure.lag_index
        text = spread(cure.lag, cure, first, shared)
        comment = f"{transition.family}, median {cure.lag.quantile(0.5):.1f} weeks" + ("" if own or len(transition.segments) == 1 else ", the same for all small segments")
        lags.append(_with_comment(f"      {into}: {text}", comment))
        if cure.loss_lag is not None and step == len(fit.transitions) - 1:
            loss_own = cure.loss_lag.theta != (transition.whole.loss_lag.theta if transition.whole.loss_lag else ())
            loss = spread(cure.loss_lag, cure, first + len(cure.lag.theta), "" if loss_own or len(transition.segments) == 1 else "losses lag")
            lags.append(_with_comment(f"      losses: {loss}", f"{cure.losses:,.0f} losses" + (f"; {100 * (1 - cure.r):.0f}% of what is not won is never closed in the CRM" if cure.r < 0.99 else "")))
        if cure.lag.family in ("gamma", "lognormal", "weibull"):
            correlations += _correlate(cure, name, into, shared)
    if fit.deals_are_leads:
        rates.append(f"      {stages[-1]}: 1")
    lines += ["    conversion:", *rates, "    lag_weeks:", *lags]
    if fit.sizes is not None:
        lines.append(_size(fit, index, name, folder, tables))
    if fit.slips is not None:
        lines += _slips(fit)
    return lines


def _of_which(cure: Cure) -> str:
    return f", {cure.losses:,.0f} lost" if cure.loss_lag is not None else ""


def _rate(fit: Fit, step: int, cure: Cure) -> float:
    """Logit of today's rate; with slips, of a deal that never slips."""
    p = scaled(cure.p, fit.drifts[step].factor)
    if fit.slips is not None and step == len(fit.transitions) - 1:
        decided = fit.slips.by_record[np.isfinite(fit.history.won) | np.isfinite(fit.history.lost)]
        p = min(p / float(np.exp(min(fit.slips.factor[0], 0.0) * decided).mean()), 0.99)
    return float(special.logit(p))


def _volume(fit: Fit, index: int) -> list[str]:
    level, counts = fit.volumes.level, fit.volumes.counts[index]
    a, b = level.ahead(4)
    quarter = 13 * a[index] / b[index]
    sd = 1 / np.sqrt(a[index])
    parts = []
    if fit.volumes.season is not None and re.fullmatch(r"\d{4}-Q[1-4]", fit.start) and fit.fiscal_year_starts in (1, 4, 7, 10):
        first = (int(fit.start[-1]) - 1 + (fit.fiscal_year_starts - 1) // 3) % 4
        items = [positive(np.log(quarter * fit.volumes.season[(first + q) % 4]), sd, f"{index} volume") for q in range(fit.quarters)]
        parts.append(f"per_quarter: [{', '.join(items)}]")
    else:
        parts.append(f"per_quarter: {positive(np.log(quarter), sd)}")
    if fit.volumes.growth is not None and abs(fit.volumes.growth[0]) > 0.5 * fit.volumes.growth[1] and "[" not in parts[0]:
        mean, error = fit.volumes.growth
        parts.append(f"growth: {{mean: {number(mean, 2)}, sd: {number(error, 2)}}}")
    if level.dispersion > 1:
        parts.append(f"dispersion: {number(level.dispersion)}")
    recent = counts[-13:].sum()
    window = f"{recent:,.0f} in the last {min(13, len(counts))} weeks, {counts.sum():,.0f} since {day_of(fit.volumes.first_day)}"
    return [_with_comment(f"    volume: {{{', '.join(parts)}}}", window)]


def _size(fit: Fit, index: int, name: str, folder: str, tables: dict[str, str]) -> str:
    assert fit.sizes is not None
    size = fit.sizes[index]
    if size.values is not None:
        file = "deal_sizes_" + re.sub(r"\W+", "_", name).strip("_").lower() + f"_{index + 1}.csv"
        tables[file] = "amount\n" + "\n".join(f"{value:.2f}" for value in np.sort(size.values)) + "\n"
        comment = f"drawn from {size.count:,} real ones; the largest 2% hold {100 * size.top_share:.0f}% of the value"
        return _with_comment(f"    deal_size: {{values: {key(folder + '/' + file)}, column: amount}}", comment)
    comment = f"{size.count:,} wins with an amount" + ("" if size.count >= 10 else "; leans on the other segments")
    return _with_comment(f"    deal_size: {{mean: {positive(np.log(size.mean), size.error)}, cv: {number(size.cv)}}}", comment)


def _slips(fit: Fit) -> list[str]:
    slips = fit.slips
    assert slips is not None
    return [
        "    slips:",
        _with_comment(f"      probability: {{successes: {slips.pushes}, of: {slips.tests}}}", "pushes, of due dates met or pushed"),
        _with_comment(f"      delay_weeks: {{mean: {number(max(slips.delay, 1.0))}}}", f"median {np.median(slips.delays):.0f}, 90% within {np.quantile(slips.delays, 0.9):.0f}"),
        f"      limit: {slips.limit}",
        _with_comment(f"      win_rate_factor: {positive(*slips.factor)}", "what each push does to the chance of winning"),
    ]


def _correlate(cure: Cure, name: str, into: str, shared: str) -> list[Pair]:
    """Correlations of share, mean and spread of one step, where both are written as uncertain and it matters."""
    paths = [f"segments.{name}.conversion.{into}", f"segments.{name}.lag_weeks.{into}.mean", f"segments.{name}.lag_weeks.{into}.cv"]
    identity = [paths[0], f"{shared} mean" if shared else paths[1], f"{shared} cv" if shared else paths[2]]
    index = [0, cure.lag_index, cure.lag_index + 1]
    written = [share(cure.x[0], cure.sd()), positive(cure.lag.theta[0], cure.sd(index[1])), positive(cure.lag.theta[1], cure.sd(index[2]))]
    found = []
    for a, b in ((0, 1), (0, 2), (1, 2)):
        both = "p10" in written[a] and "p10" in written[b]
        value = cure.covariance[index[a], index[b]] / max(cure.sd(index[a]) * cure.sd(index[b]), 1e-12)
        if both and abs(value) >= (0.3 if shared and a == 0 else 0.1):
            found.append(Pair(paths[a], paths[b], identity[a], identity[b], float(np.clip(value, -0.98, 0.98)), bool(shared) and a == 0))
    return found


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
    return ["", *_wrapped(f"# In flight on {day_of(fit.history.as_of)}: {'; '.join(said)}.", "#   "), f"opening: {{{', '.join(parts)}}}"]


def _market(fit: Fit) -> list[str]:
    lines = ["", "market:"]
    weight = [d.observed.sum() for d in fit.drifts]
    drift = np.sqrt(13) * max(d.level.weekly_drift() if d.level.gain > 2 else 0.0 for d in fit.drifts)
    sd = min(max(float(np.average([d.sd for d in fit.drifts], weights=weight)), drift), 1.0)
    persistence = float(np.average([d.persistence for d in fit.drifts], weights=weight))
    blocks = fit.drifts[-1].blocks
    lines.append(_with_comment(f"  conversion: {{sd: {number(sd, 2)}, common: {1 if len(fit.drifts) == 1 else 0.5}, persistence: {number(persistence, 2)}}}",
                               f"what rates varied beyond chance in {blocks} stretches of the history, and a usual 0.2"))  # fmt: skip
    growing = float(np.sqrt(13) * fit.volumes.level.weekly_drift())
    lines.append(_with_comment(f"  volume: {{sd: {number(min(max(growing, 0.02), 0.5), 2)}}}", "how far a quarter's volume drifts"))
    return lines
