"""The fit report and the backtest report: one self-contained HTML page each."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from simulator.errors import SimulatorError
from simulator.files import write_text

if TYPE_CHECKING:
    from simulator.backtest.result import Backtest
    from simulator.calibration.fitted import Fit

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
body {font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 52rem; margin: 2rem auto; padding: 0 1rem}
h1 {font-size: 1.5rem; color: #08306b; margin-bottom: .2rem} h2 {font-size: 1.1rem; color: #08306b; margin-top: 2rem}
table {border-collapse: collapse; font-size: .88rem; margin: .5rem 0}
th, td {padding: .2rem .7rem; text-align: right; border-bottom: 1px solid #ddd}
th:first-child, td:first-child {text-align: left} th {color: #555; font-weight: 600; vertical-align: bottom}
.serious {border-left: 4px solid #08306b; padding-left: .6rem} li {margin: .25rem 0} .lead {font-size: 1.05rem}
.small {color: #555; font-size: .85rem}
svg {max-width: 100%; height: auto}
</style></head><body>
<h1>{{ title }}</h1><p class="small">{{ subtitle }}</p>
{% for paragraph in lead %}<p class="lead">{{ paragraph }}</p>{% endfor %}
{% for section in sections %}<h2>{{ section.title }}</h2>
{% for item in section.texts %}<p>{{ item }}</p>{% endfor %}
{% if section.findings %}<ul>{% for f in section.findings %}<li{% if f.serious %}
class="serious"{% endif %}>{{ f.text }}</li>{% endfor %}</ul>{% endif %}
{% if section.rows %}<table><tr>{% for h in section.head %}<th>{{ h }}</th>{% endfor %}</tr>
{% for row in section.rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table>
{% endif %}
{% for figure in section.figures %}{{ figure | safe }}{% endfor %}
{% endfor %}</body></html>
"""


def _render(**values: Any) -> str:
    try:
        from jinja2 import Environment
    except ImportError as error:
        raise SimulatorError("a report needs jinja2: pip install 'pipeline-simulator[fit]'") from error
    return Environment(autoescape=True).from_string(PAGE).render(**values)


def fit_page(fit: Fit, path: str | os.PathLike[str]) -> None:
    """Write the fit report: data quality first, then what was fitted and how well it describes the history."""
    from simulator.report import figures_fit as draw

    history, quality = fit.history, fit.quality
    sections: list[dict[str, Any]] = [
        {
            "title": "Data quality",
            "texts": [
                "Read: "
                + (", ".join(f"{name} ({n:,} rows)" for name, n in quality.rows.items()) or "a history in memory")
                + ". Marked findings can change the forecast."
            ],
            "findings": [
                {"text": str(f), "serious": f.serious} for f in sorted(quality.findings, key=lambda f: not f.serious)
            ],
        },
        {"title": "What enters", "figures": [draw.svg(draw.entries(fit))]},
    ]
    for step, (transition, drift) in enumerate(zip(fit.timed, fit.drifts, strict=True)):
        scores = ", ".join(
            f"{name} {value:,.1f}" for name, value in sorted(transition.scores.items(), key=lambda item: -item[1])
        )
        sections.append(
            {
                "title": f"{transition.spells.stage} into {transition.spells.into}",
                "texts": [
                    f"Lag family: {transition.family}. Held-out log-likelihood (larger is better): "
                    f"{scores or 'not compared'}.",
                    f"Records can be watched for {transition.spells.follow_up:.0f} weeks; 90% of the fitted lag "
                    f"has passed after {transition.whole.lag.quantile(0.9):.1f}. "
                    f"Between quarters the odds varied by {100 * drift.sd:.0f}% beyond chance ({drift.blocks} "
                    f"stretches, and a usual 20%).",
                ],
                "head": ["segment", "entered", "went on", "so far", "ever (80% range)", "median weeks"],
                "rows": [_row(name, cure) for name, cure in zip(history.segments, transition.segments, strict=True)],
                "figures": [
                    draw.svg(draw.cycle(fit, step)),
                    draw.svg(draw.rates(fit, step)),
                    draw.svg(draw.drifting(fit, step)),
                ],
            }
        )
    figure = draw.sizes(fit)
    if figure is not None:
        sections.append({"title": "Deal sizes", "figures": [draw.svg(figure)]})
    if fit.slips is not None:
        slips = fit.slips
        sections.append(
            {
                "title": "Slips",
                "texts": [
                    f"{slips.pushes:,} pushes among {slips.tests:,} due dates met or pushed: "
                    f"{100 * slips.probability:.0f}% slip, by {slips.delay:.1f} weeks on average; "
                    f"{slips.earlier:,} close dates were moved forward. Each push multiplies the chance of winning "
                    f"by {2.718281828 ** slips.factor[0]:.2f}. "
                    + (
                        "Quarters differ by no more than chance."
                        if slips.concentration is None
                        else f"Over {slips.concentration[1]} quarters that chance varied by more than luck "
                        f"(concentration {slips.concentration[0]:.0f})."
                    )
                ],
            }
        )
    write_text(
        path,
        _render(
            title=f"Fit of {len(history):,} records as of {fit.as_of}",
            subtitle=", ".join(fit.sources),
            sections=sections,
            lead=[*fit.notes]
            or [
                "Nothing stands in the way of using this fit; a backtest says how well it would have foretold the past."
            ],
        ),
    )


def _row(name: str, cure: Any) -> list[str]:
    from scipy import special

    low, high = special.expit(cure.x[0] - 1.2816 * cure.sd()), special.expit(cure.x[0] + 1.2816 * cure.sd())
    return [
        name,
        f"{cure.count:,.0f}",
        f"{cure.events:,.0f}",
        f"{100 * cure.events / max(cure.count, 1):.1f}%",
        f"{100 * cure.p:.1f}% ({100 * low:.1f} to {100 * high:.1f}%)",
        f"{cure.lag.quantile(0.5):.1f}",
    ]


MODE_TITLES = {
    "all": "Everything: those in flight and those still to come",
    "open": "Only what was in flight on the day",
    "given": "With the arrivals of the window given",
}


def backtest_page(result: Backtest, path: str | os.PathLike[str]) -> None:
    """Write the backtest report."""
    from simulator.report import figures_fit as draw

    sections: list[dict[str, Any]] = [
        {
            "title": "Said and come",
            "figures": [
                draw.svg(draw.against(result)),
                draw.svg(draw.closeness(result)),
                draw.svg(draw.calibration(result)),
            ],
        }
    ]
    for mode in dict.fromkeys(cell.mode for cell in result.cells):
        scores = result.scores(mode, total=False)
        sections.append(
            {
                "title": MODE_TITLES[mode],
                "texts": [
                    f"{len(result.select(mode, total=False)):,} cells (origin and segment). Skill is against: "
                    f"{scores[0].reference}."
                ],
                "head": ["forecaster", "CRPS", "skill", "± s.e.", "in 50%", "in 80%", "in 95%", "Brier", "bias"],
                "rows": [
                    [
                        s.name,
                        f"{s.crps:.2f}",
                        f"{100 * s.skill:+.0f}%",
                        "-" if s.standard_error != s.standard_error else f"{100 * s.standard_error:.0f}%",
                        *(f"{100 * s.coverage[c]:.0f}%" for c in (50, 80, 95)),
                        f"{s.brier:.3f}",
                        f"{100 * s.bias:+.0f}%",
                    ]
                    for s in scores
                ],
            }
        )
    write_text(
        path,
        _render(
            title=f"Backtest to {result.as_of}: the next {result.weeks} weeks, {result.every} origins",
            subtitle=f"{result.periods} periods that do not overlap; standard errors are blocked by period",
            lead=[result.conclusion],
            sections=sections,
        ),
    )
