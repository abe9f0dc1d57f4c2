"""One self-contained page that a director can read: no network, no framework, prints on A4."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.errors import UsageError
from simulator.report import tables_scorecards as scorecards
from simulator.report.html_analyses import drivers, lever_section, luck_section, slip_section
from simulator.report.html_assumptions import assumption_groups
from simulator.report.html_charts import amount
from simulator.report.html_known import known_numbers
from simulator.report.html_targets import (
    WANTED,
    answer,
    capital,
    fan_section,
    gauge,
    histogram_section,
    metrics_to_show,
    stand_in,
)
from simulator.report.wording import clean, compact, goal, unit_label
from simulator.simulation.result import Result
from simulator.statistics.intervals import as_percent, in_words, percentiles

if TYPE_CHECKING:
    from jinja2 import Environment


def render_page(
    results: Result | Sequence[Result],
    *,
    sensitivity: Sequence[Mapping[str, Any]] | None = None,
    luck: Mapping[str, Any] | None = None,
    levers: Sequence[Mapping[str, Any]] | None = None,
    comparison: Mapping[str, Any] | None = None,
) -> str:
    """The page as text.

    Parameters
    ----------
    results : one result, or several of the same luck; the page is about the first and compares the others.
    sensitivity, luck, levers, comparison : the JSON forms of ``sensitivity``, ``luck``, ``solve`` and ``compare``
        for the first scenario; a section is left out where its analysis is not given.

    Examples
    --------
    >>> import simulator as sim
    >>> result = sim.simulate(sim.load("scenarios/twenty-five-customers.yaml"), trials=200, seed=7)
    >>> render_page(result).startswith("<!doctype html>")
    True
    """
    several = (results,) if isinstance(results, Result) else tuple(results)
    environment = _environment()
    style, script = (_text(name) for name in ("page.css", "page.js"))
    page = environment.get_template("page.html.j2")
    return page.render(
        style=style, script=script, style_hash=_hash(style), script_hash=_hash(script),
        **_content(several, sensitivity, luck, levers, comparison),
    )  # fmt: skip


@cache
def _text(name: str) -> str:
    return (files("simulator.report") / "templates" / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FunctionLoader(_text), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    environment.filters["own"] = Markup  # our style sheet and script only, never text of a scenario
    environment.filters |= {"percent": as_percent, "words": in_words, "compact": compact}
    return environment


def _hash(text: str) -> str:
    """For the content security policy: only this script runs, nothing is fetched."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _content(
    results: Sequence[Result],
    sensitivity: Sequence[Mapping[str, Any]] | None,
    luck: Mapping[str, Any] | None,
    levers: Sequence[Mapping[str, Any]] | None,
    comparison: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Everything the template shows, in words and geometry."""
    result = results[0]
    targets = result.targets
    first = targets[0] if targets else None
    looked_at = first or stand_in(result)
    return {
        "name": clean(result.scenario.name),
        "description": clean(result.scenario.description),
        "answer": answer(result),
        "result": result,
        "targets": [gauge(result, target) for target in targets],
        "together": result.all_targets if len(targets) > 1 else None,
        "independent": float(np.prod([t.value for t in targets])) if len(targets) > 1 else None,
        "fans": [fan_section(result, target) for target in metrics_to_show(targets or (looked_at,))],
        "histogram": histogram_section(result, looked_at, first is not None),
        "subject": None if first is None else goal(result, first),
        "tornado": drivers(sensitivity, first, result.scenario),
        "known": known_numbers(result, first) if first else [],
        "first": first,
        "luck": luck_section(luck, result, first),
        "levers": lever_section(levers, result.scenario),
        "wanted": WANTED,
        "slips": slip_section(result, luck),
        "scorecards": {"title": scorecards.TITLE, "heads": scorecards.heads(result), "rows": scorecards.rows(result)}
        if result.kpis
        else None,
        "comparison": _comparison(results, comparison),
        "percentiles": _percentiles(result),
        "assumptions": assumption_groups(result.scenario),
        "provenance": _provenance(results),
        "notes": [clean(text) for r in results for text in (*r.scenario.warnings, *r.notes)],
    }


def _comparison(results: Sequence[Result], comparison: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Targets of the first scenario in all of them, with paired differences."""
    if len(results) < 2:
        return None
    base = results[0]
    rows = []
    for index, target in enumerate(base.targets):
        cells = [{"percent": as_percent(target.value), "difference": ""}]
        for other in results[1:]:
            try:
                hits = other.hits(
                    target.metric, at_least=target.at_least, at_most=target.at_most, period=target.period.label,
                    segment=target.segment,
                )  # fmt: skip
            except UsageError:  # another horizon, other segments or stages: nothing to compare
                cells.append({"percent": "not in it", "difference": ""})
                continue
            delta = hits.astype(float) - base.target_hits[:, index]
            error = float(delta.std(ddof=1)) / delta.size**0.5 if delta.size > 1 else 0.0
            cells.append({
                "percent": as_percent(float(hits.mean())),
                "difference": f"{100 * float(delta.mean()):+.1f} points (± {196 * error:.1f})",
            })  # fmt: skip
        rows.append({"goal": capital(clean(goal(base, target))), "cells": cells})
    differences = [
        {"path": clean(str(d["path"])), "values": [clean(_written(v)) for v in d["values"]]}
        for d in (comparison or {}).get("differences", ())
    ]
    joint = [as_percent(r.all_targets.value) if r.all_targets else "" for r in results]
    return {
        "names": [clean(r.scenario.name) for r in results], "rows": rows, "differences": differences,
        "joint": joint if len(base.targets) > 1 else [],
    }  # fmt: skip


def _written(value: Any) -> str:
    from simulator.scenario.listing import written

    return "not given" if value is None else written(value)


def _percentiles(result: Result) -> list[dict[str, Any]]:
    found = []
    for metric in result.metrics:
        levels = percentiles(result.quarterly(metric.name), (10, 50, 90))
        found.append({
            "label": capital(unit_label(metric, result.scenario.currency)),
            "cells": [(amount(float(m), metric), f"{amount(float(a), metric)} – {amount(float(b), metric)}")
                      for a, m, b in levels.T],
        })  # fmt: skip
    return found


def _provenance(results: Sequence[Result]) -> list[dict[str, Any]]:
    return [
        {
            "name": clean(r.scenario.name), "file": clean(r.provenance.file or "none (made in Python)"),
            "sha256": r.provenance.sha256, "trials": f"{r.trials:,}", "seed": str(r.seed),
            "version": r.provenance.version,
            "libraries": ", ".join(f"{k} {v}" for k, v in r.provenance.libraries.items()),
        } for r in results
    ]  # fmt: skip
