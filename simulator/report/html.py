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
from simulator.report.html_assumptions import assumption_groups
from simulator.report.html_charts import amount, both, fan, histogram, shares, target_values, tornado
from simulator.report.html_known import known_numbers
from simulator.report.layout import said, short_label
from simulator.report.wording import average, clean, compact, goal, segment_label, threshold, unit_label
from simulator.scenario.labels import EVERYWHERE
from simulator.simulation.metrics import SLIPPED_DEALS, SLIPPED_VALUE
from simulator.simulation.result import Result, TargetEstimate
from simulator.statistics.intervals import as_percent, in_words, percentiles

if TYPE_CHECKING:
    from jinja2 import Environment

    from simulator.scenario.model import Scenario

MOST_FANS = 3
WANTED = 0.8


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
    looked_at = first or _stand_in(result)
    return {
        "name": clean(result.scenario.name),
        "description": clean(result.scenario.description),
        "answer": answer(result),
        "result": result,
        "targets": [_gauge(result, target) for target in targets],
        "together": result.all_targets if len(targets) > 1 else None,
        "independent": float(np.prod([t.value for t in targets])) if len(targets) > 1 else None,
        "fans": [_fan(result, target) for target in _metrics_to_show(targets or (looked_at,))],
        "histogram": _histogram(result, looked_at, first is not None),
        "subject": None if first is None else goal(result, first),
        "tornado": _tornado(sensitivity, first, result.scenario),
        "known": known_numbers(result, first) if first else [],
        "first": first,
        "luck": _luck(luck, result, first),
        "levers": _levers(levers, result.scenario),
        "wanted": WANTED,
        "slips": _slips(result, luck),
        "scorecards": {"title": scorecards.TITLE, "heads": scorecards.heads(result), "rows": scorecards.rows(result)}
        if result.kpis
        else None,
        "comparison": _comparison(results, comparison),
        "percentiles": _percentiles(result),
        "assumptions": assumption_groups(result.scenario),
        "provenance": _provenance(results),
        "notes": [clean(text) for r in results for text in (*r.scenario.warnings, *r.notes)],
    }


def answer(result: Result) -> list[str]:
    """The answer in a sentence or two.

    Returns
    -------
    list of str: the sentence itself, then what qualifies it.
    """
    targets = result.targets
    if not targets:
        wins, last = result.metric(result.scenario.stages[-1]), result.quarters[-1]
        low, middle, high = np.percentile(result.values(wins.name, last), (10, 50, 90))
        return [
            f"{amount(middle, wins)} {wins.label} in {last} is the middle of what may happen.",
            f"Eight futures in ten end between {amount(low, wins)} and {amount(high, wins)}. The plan has no target.",
        ]
    if len(targets) == 1:
        (target,) = targets
        return [f"{_capital(goal(result, target))}: {_odds(target.value)}."]
    joint = result.all_targets
    assert joint is not None
    worst = min(targets, key=lambda t: t.value)
    return [
        f"All {len(targets)} targets together: {_odds(joint.value)}.",
        f"The least likely is {goal(result, worst)}: {as_percent(worst.value)}.",
    ]


def _odds(probability: float) -> str:
    words = in_words(probability)
    return f"{words} ({as_percent(probability)})"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _stand_in(result: Result) -> TargetEstimate:
    """What a plan without targets is looked at by: the last quarter's wins against their median."""
    wins, last = result.scenario.stages[-1], result.quarters[-1]
    median = float(np.floor(np.median(result.values(wins, last))))
    estimate = result.probability(wins, at_least=median, period=last)
    return TargetEstimate(
        estimate.value, estimate.standard_error, estimate.low, estimate.high, name=f"the median of {wins} in {last}",
        metric=wins, period=result.calendar.period(last), at_least=median,
    )  # fmt: skip


def _state(probability: float) -> str:
    return "likely" if probability >= WANTED else "open" if probability >= 0.5 else "unlikely"


def _gauge(result: Result, target: TargetEstimate) -> dict[str, Any]:
    return {
        "goal": _capital(clean(goal(result, target))), "name": clean(target.name), "probability": target.value,
        "percent": as_percent(target.value), "words": in_words(target.value), "state": _state(target.value),
        "low": as_percent(target.low, 1), "high": as_percent(target.high, 1),
        "bar": round(100 * target.value, 2),
        "by_quarter": [] if target.by_quarter is None else
        [(label, as_percent(e.value)) for label, e in target.by_quarter.items()],
    }  # fmt: skip


def _metrics_to_show(targets: Sequence[TargetEstimate]) -> list[TargetEstimate]:
    """The first target of each metric and segment, three at most."""
    found: dict[Any, TargetEstimate] = {}
    for target in targets:
        found.setdefault((target.metric, target.segment), target)
    return list(found.values())[:MOST_FANS]


def _fan(result: Result, target: TargetEstimate) -> dict[str, Any]:
    metric = result.metric(target.metric)
    at = target.period.quarters[-1]
    values = result.quarterly(target.metric, target.segment)[:, at]
    p25, p75 = (amount(float(v), metric) for v in np.percentile(values, (25, 75)))
    label = result.quarters[at]
    over = len(target.period.quarters) > 1 and not target.period.each and metric.combine == "sum"
    bound = target.at_least if target.at_least is not None else target.at_most
    assert bound is not None
    text = threshold(bound, metric.priced)
    ask = (
        f"the target asks {amount(bound / len(target.period.quarters), metric)} a quarter"
        if over
        else f"the target is {text}"
    )
    rows = np.percentile(result.quarterly(target.metric, target.segment), (5, 25, 50, 75, 95), axis=0)
    return {
        "title": clean(f"{_capital(metric.label)}{segment_label(target.segment)}: half of the futures end {label} "
                       f"between {p25} and {p75}; {ask}"),
        "charts": both(fan, result, target),
        "heads": ["Quarter", "P5", "P25", "Median", "P75", "P95"],
        "rows": [[q, *(amount(float(v), metric) for v in rows[:, i])] for i, q in enumerate(result.quarters)],
        "over": over,
    }  # fmt: skip


def _histogram(result: Result, target: TargetEstimate, real: bool) -> dict[str, Any]:
    metric = result.metric(target.metric)
    values = target_values(result, target)
    low, middle, high = (amount(float(v), metric) for v in np.percentile(values, (10, 50, 90)))
    what = clean(goal(result, target))
    begin = "In its worst quarter, eight" if target.period.each else "Eight"
    title = (
        f"{as_percent(target.value)} of the futures reach {what}" if target.at_least is not None
        else f"{as_percent(target.value)} of the futures stay within {what}"
    )  # fmt: skip
    if not real:
        title = f"Eight futures in ten end between {low} and {high}"
    return {
        "title": title, "charts": both(histogram, result, target),
        "text": f"{begin} futures in ten end between {low} and {high}; the middle one at {middle} "
                f"({unit_label(metric, result.scenario.currency)}).",
    }  # fmt: skip


def _tornado(
    rows: Sequence[Mapping[str, Any]] | None, first: TargetEstimate | None, plan: Scenario
) -> dict[str, Any] | None:
    """The assumptions that matter most.

    They were moved in fewer trials than the page has, in the same luck: the *changes* they make are
    known well, and are shown from the page's own probability, so that the page has one number for it.
    """
    if not rows or first is None:
        return None
    shift = first.value - float(rows[0].get("probability", first.value))
    moved = [dict(row) for row in sorted(rows, key=lambda r: -abs(r["probability_high"] - r["probability_low"]))]
    for row in moved:
        for end in ("low", "high"):
            row[f"probability_{end}"] = min(1.0, max(0.0, row[f"probability_{end}"] + shift))
            row[f"{end}_text"] = clean(said(row[f"{end}_value"], str(row["path"]), plan))
        row["label"] = short_label(str(row.get("label") or row["path"]), plan)
    top = moved[0]
    ends = sorted((top["probability_low"], top["probability_high"]))
    return {
        "title": f"{_capital(top['label'])} moves it most: {as_percent(ends[0])} to {as_percent(ends[1])}",
        "charts": both(tornado, moved, first.value),
        "trials": top.get("trials"),
        "rows": [{
            "label": r["label"], "low": r["low_text"], "high": r["high_text"],
            "p_low": as_percent(r["probability_low"]), "p_high": as_percent(r["probability_high"]),
            "certain": bool(r.get("certain")),
        } for r in moved],
    }  # fmt: skip


def _luck(luck: Mapping[str, Any] | None, result: Result, first: TargetEstimate | None) -> dict[str, Any] | None:
    if luck is None or not luck.get("shares"):
        return None
    rows = sorted(luck["shares"], key=lambda r: -float(r["share"]))
    chance = sum(float(r["share"]) for r in rows if r["group"] in ("demand", "deals", "slips", "customers"))
    band = luck.get("band") or {}
    text = ""
    if first is not None and band.get("p10") is not None and band.get("p90") is not None:
        metric = result.metric(first.metric)
        text = (
            f"Even if every assumption were exactly right, luck alone would put the result anywhere from "
            f"{amount(float(band['p10']), metric)} to {amount(float(band['p90']), metric)} "
            f"({unit_label(metric, result.scenario.currency)}) in eight futures out of ten."
        )
    return {
        "title": f"{100 * max(0.0, min(1.0, chance)):.0f}% of the spread is luck of the draw, which no plan removes",
        "charts": both(shares, rows), "text": text,
        "rows": [(g["label"], g["text"]) for g in shares(rows, 720)["bars"]],
    }  # fmt: skip


def _levers(rows: Sequence[Mapping[str, Any]] | None, plan: Scenario) -> dict[str, Any]:
    """Levers that get there first, the smallest change on top."""
    ordered = sorted(rows or (), key=lambda r: (not r["reached"], abs(float(r.get("relative") or 9e9))))
    everywhere = all(not str(r["path"]).startswith("segments.") or "segments.*." in str(r["path"]) for r in ordered)
    found: list[dict[str, Any]] = []
    for row in ordered:
        path, factor = str(row["path"]), bool(row.get("as_factor"))
        name = short_label(str(row.get("label") or path), plan)
        relative = row.get("relative")
        found.append({
            "label": name.removesuffix(f" ({EVERYWHERE})") if everywhere else name, "path": clean(path),
            "value": "" if factor else said(row["value"], path, plan),
            "now": "" if factor or row.get("now") is None else said(row["now"], path, plan),
            "change": "" if relative is None else "to nothing" if relative < -0.97 else f"{100 * relative:+.0f}%",
            "reached": bool(row["reached"]), "probability": as_percent(row["probability"]),
        })  # fmt: skip
    return {
        "rows": found,
        "values": any(row["value"] for row in found),
        "together": everywhere and len(plan.segments) > 1 and any("segments.*." in row["path"] for row in found),
    }


def _slips(result: Result, luck: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """How much is pushed out of each quarter; nothing where nothing can slip."""
    count = result.quarterly(SLIPPED_DEALS)
    if not count.any():
        return None
    money = SLIPPED_VALUE in result
    metric = result.metric(SLIPPED_DEALS)
    rows = []
    for i, label in enumerate(result.quarters):
        p10, p50, p90 = (amount(float(v), metric) for v in np.percentile(count[:, i], (10, 50, 90)))
        value = compact(float(result.quarterly(SLIPPED_VALUE)[:, i].mean())) if money else ""
        rows.append([label, average(float(count[:, i].mean()), metric), f"{p10} to {p90}", *([value] if money else [])])
        del p50
    effect = (luck or {}).get("slips") or {}
    text = ""
    if effect.get("probability_without") is not None and effect.get("probability") is not None:
        text = (
            f"Without slips the probability would be {as_percent(effect['probability_without'])} "
            f"instead of {as_percent(effect['probability'])}."
        )
        if effect.get("missed_only_by_slips") is not None:
            text += f" In {as_percent(effect['missed_only_by_slips'])} of the futures slips alone make the difference."
    mean = average(float(count[:, -1].mean()), metric)
    return {
        "title": f"{mean} deals are pushed out of {result.quarters[-1]} on average", "text": text, "rows": rows,
        "heads": ["Quarter", "Deals pushed out, mean", "8 in 10 futures",
                  *([f"Value, mean ({result.scenario.currency})"] if money else [])],
    }  # fmt: skip


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
        rows.append({"goal": _capital(clean(goal(base, target))), "cells": cells})
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
            "label": _capital(unit_label(metric, result.scenario.currency)),
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
