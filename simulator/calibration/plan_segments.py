"""One segment of the scenario: volume, rates, lags, sizes and slips, each with where it comes from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from simulator.calibration.correlate import Pair
from simulator.calibration.cure import Cure
from simulator.calibration.dates import day_of
from simulator.calibration.predict import scaled
from simulator.calibration.write import key, number, positive, share, spread

if TYPE_CHECKING:
    from simulator.calibration.fitted import Fit


def with_comment(line: str, comment: str) -> str:
    return f"{line:<58}  # {comment}" if comment else line


def segment_lines(
    fit: Fit,
    index: int,
    name: str,
    stages: list[str],
    folder: str,
    tables: dict[str, str],
    correlations: list[Pair],
) -> list[str]:
    lines = [f"  {key(name)}:"]
    lines += _volume(fit, index)
    rates, lags = [], []
    factor_note = ""
    for step, (transition, drift) in enumerate(zip(fit.transitions, fit.drifts, strict=True)):
        cure = transition.segments[index]
        into = stages[step + 1]
        rate = _rate(fit, step, cure)
        factor_note = f"; today {drift.ratio:.2f} times the average" if drift.ratio != 1 else ""
        had = f"{cure.events:,.0f} of {cure.count:,.0f} so far{_of_which(cure)}{factor_note}"
        if len(fit.transitions[0].segments) > 1:
            had += "" if cure.events >= 30 else "; too few to stand alone, leans on the other segments"
        rates.append(with_comment(f"      {into}: {share(rate, cure.sd())}", had))
        own = cure.lag.theta != transition.whole.lag.theta
        shared = "" if own or len(transition.segments) == 1 else f"{into} lag"
        first = cure.lag_index
        text = spread(cure.lag, cure, first, shared)
        comment = f"{transition.family}, median {cure.lag.quantile(0.5):.1f} weeks" + (
            "" if own or len(transition.segments) == 1 else ", the same for all small segments"
        )
        lags.append(with_comment(f"      {into}: {text}", comment))
        if cure.loss_lag is not None and step == len(fit.transitions) - 1:
            loss_own = cure.loss_lag.theta != (transition.whole.loss_lag.theta if transition.whole.loss_lag else ())
            loss = spread(
                cure.loss_lag,
                cure,
                first + len(cure.lag.theta),
                "" if loss_own or len(transition.segments) == 1 else "losses lag",
            )
            lags.append(
                with_comment(
                    f"      losses: {loss}",
                    f"{cure.losses:,.0f} losses"
                    + (
                        f"; {100 * (1 - cure.r):.0f}% of what is not won is never closed in the CRM"
                        if cure.r < 0.99
                        else ""
                    ),
                )
            )
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
    if (
        fit.volumes.season is not None
        and re.fullmatch(r"\d{4}-Q[1-4]", fit.start)
        and fit.fiscal_year_starts in (1, 4, 7, 10)
    ):
        first = (int(fit.start[-1]) - 1 + (fit.fiscal_year_starts - 1) // 3) % 4
        items = [
            positive(np.log(quarter * fit.volumes.season[(first + q) % 4]), sd, f"{index} volume")
            for q in range(fit.quarters)
        ]
        parts.append(f"per_quarter: [{', '.join(items)}]")
    else:
        parts.append(f"per_quarter: {positive(np.log(quarter), sd)}")
    if fit.volumes.growth is not None and abs(fit.volumes.growth[0]) > fit.volumes.growth[1] and "[" not in parts[0]:
        mean, error = fit.volumes.growth
        parts.append(f"growth: {{mean: {number(mean, 2)}, sd: {number(error, 2)}}}")
    if level.dispersion > 1:
        parts.append(f"dispersion: {number(level.dispersion)}")
    recent = counts[-13:].sum()
    window = (
        f"{recent:,.0f} in the last {min(13, len(counts))} weeks, {counts.sum():,.0f} since "
        f"{day_of(fit.volumes.first_day)}"
    )
    return [with_comment(f"    volume: {{{', '.join(parts)}}}", window)]


def _size(fit: Fit, index: int, name: str, folder: str, tables: dict[str, str]) -> str:
    assert fit.sizes is not None
    size = fit.sizes[index]
    if size.values is not None:
        file = "deal_sizes_" + re.sub(r"\W+", "_", name).strip("_").lower() + f"_{index + 1}.csv"
        tables[file] = "amount\n" + "\n".join(f"{value:.2f}" for value in np.sort(size.values)) + "\n"
        comment = f"drawn from {size.count:,} real ones; the largest 2% hold {100 * size.top_share:.0f}% of the value"
        return with_comment(f"    deal_size: {{values: {key(folder + '/' + file)}, column: amount}}", comment)
    comment = f"{size.count:,} wins with an amount" + ("" if size.count >= 10 else "; leans on the other segments")
    return with_comment(
        f"    deal_size: {{mean: {positive(np.log(size.mean), size.error)}, cv: {number(size.cv)}}}", comment
    )


def _slips(fit: Fit) -> list[str]:
    slips = fit.slips
    assert slips is not None
    return [
        "    slips:",
        with_comment(
            f"      probability: {{successes: {slips.pushes}, of: {slips.tests}, name: slips}}",
            "pushes, of due dates met or pushed",
        ),
        with_comment(
            f"      delay_weeks: {{mean: {number(max(slips.delay, 1.0))}}}",
            f"median {np.median(slips.delays):.0f}, 90% within {np.quantile(slips.delays, 0.9):.0f}",
        ),
        f"      limit: {slips.limit}",
        with_comment(
            f"      win_rate_factor: {positive(*slips.factor, name='push effect')}",
            "what each push does to the chance of winning",
        ),
    ]


def _correlate(cure: Cure, name: str, into: str, shared: str) -> list[Pair]:
    """Correlations of share, mean and spread of one step, where both are written as uncertain and it matters."""
    paths = [
        f"segments.{name}.conversion.{into}",
        f"segments.{name}.lag_weeks.{into}.mean",
        f"segments.{name}.lag_weeks.{into}.cv",
    ]
    identity = [paths[0], f"{shared} mean" if shared else paths[1], f"{shared} cv" if shared else paths[2]]
    index = [0, cure.lag_index, cure.lag_index + 1]
    written = [
        share(cure.x[0], cure.sd()),
        positive(cure.lag.theta[0], cure.sd(index[1])),
        positive(cure.lag.theta[1], cure.sd(index[2])),
    ]
    found = []
    for a, b in ((0, 1), (0, 2), (1, 2)):
        both = "p10" in written[a] and "p10" in written[b]
        value = cure.covariance[index[a], index[b]] / max(cure.sd(index[a]) * cure.sd(index[b]), 1e-12)
        if both and abs(value) >= (0.3 if shared and a == 0 else 0.1):
            found.append(
                Pair(
                    paths[a],
                    paths[b],
                    identity[a],
                    identity[b],
                    float(np.clip(value, -0.98, 0.98)),
                    bool(shared) and a == 0,
                )
            )
    return found
