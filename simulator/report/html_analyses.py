"""What the page says of analyses: what drives the first target, what would get it there, luck and slips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.report.html_charts import amount, both, shares, tornado
from simulator.report.html_targets import capital
from simulator.report.layout import said, short_label
from simulator.report.wording import average, clean, compact, unit_words
from simulator.scenario.labels import EVERYWHERE
from simulator.simulation.metrics import SLIPPED_DEALS, SLIPPED_VALUE
from simulator.simulation.result import Result, TargetEstimate
from simulator.statistics.intervals import as_percent

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario


def drivers(
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
    low, high = (as_percent(p) for p in sorted((top["probability_low"], top["probability_high"])))
    moves = f"{capital(top['label'])} moves it most: {low} to {high}"
    return {
        "title": moves if low != high else "no number alone moves it",
        "charts": both(tornado, moved, first.value),
        "trials": top.get("trials"),
        "rows": [{
            "label": r["label"], "low": r["low_text"], "high": r["high_text"],
            "p_low": as_percent(r["probability_low"]), "p_high": as_percent(r["probability_high"]),
            "certain": bool(r.get("certain")),
        } for r in moved],
    }  # fmt: skip


def luck_section(luck: Mapping[str, Any] | None, result: Result, first: TargetEstimate | None) -> dict[str, Any] | None:
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
            f"({unit_words(metric, result.scenario.currency)}) in eight futures out of ten."
        )
    title = f"{100 * max(0.0, min(1.0, chance)):.0f}% of the spread is luck of the draw, which no plan removes"
    if not any(float(r["share"]) for r in rows):
        title, text = "Nothing varies: every future ends alike", ""
    return {
        "title": title, "charts": both(shares, rows), "text": text,
        "rows": [(g["label"], g["text"]) for g in shares(rows, 720)["bars"]],
    }  # fmt: skip


def lever_section(rows: Sequence[Mapping[str, Any]] | None, plan: Scenario) -> dict[str, Any]:
    """Levers that get there first, the smallest change on top."""
    ordered = sorted(rows or (), key=lambda r: (not r["reached"], abs(float(r.get("relative") or 9e9))))
    everywhere = all(not str(r["path"]).startswith("segments.") or "segments.*." in str(r["path"]) for r in ordered)
    found: list[dict[str, Any]] = []
    for row in ordered:
        path = str(row["path"])
        in_vain = not row["reached"] and row["value"] == row.get("now")
        factor = bool(row.get("as_factor")) or in_vain
        name = short_label(str(row.get("label") or path), plan)
        relative = row.get("relative")
        found.append({
            "label": name.removesuffix(f" ({EVERYWHERE})") if everywhere else name, "path": clean(path),
            "value": "" if factor else said(row["value"], path, plan),
            "now": "" if factor or row.get("now") is None else said(row["now"], path, plan),
            "change": "–" if in_vain else _change(relative),
            "reached": bool(row["reached"]), "probability": as_percent(row["probability"]),
        })  # fmt: skip
    return {
        "rows": found,
        "values": any(row["value"] for row in found),
        "together": everywhere and len(plan.segments) > 1 and any("segments.*." in row["path"] for row in found),
    }


def _change(relative: float | None) -> str:
    if relative is None:
        return ""
    return "to nothing" if relative < -0.97 else f"{100 * relative:+.0f}%"


def slip_section(result: Result, luck: Mapping[str, Any] | None) -> dict[str, Any] | None:
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
