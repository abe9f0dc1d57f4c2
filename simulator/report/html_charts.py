"""The page's charts as geometry: plain numbers and texts that a template turns into SVG.

Every chart is drawn twice, for a desk and for a phone; the style sheet shows one of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.quarters import Period
from simulator.report.html_scale import Scale, nice_step, thin, ticks
from simulator.report.wording import compact, level, threshold, unit_label, unit_words
from simulator.simulation.metrics import Metric
from simulator.simulation.result import Result, TargetEstimate
from simulator.statistics.intervals import as_percent, percentiles

WIDE, NARROW = 720, 340
LEVELS = (5, 25, 50, 75, 95)
BINS = {WIDE: 28, NARROW: 14}
Geometry = dict[str, Any]


def amount(value: float, metric: Metric) -> str:
    """A tick or a hovered value."""
    return compact(value) if metric.priced else level(value, metric)


def both(draw: Any, *arguments: Any) -> list[Geometry]:
    """A chart for the desk and one for the phone."""
    return [draw(*arguments, width) for width in (WIDE, NARROW)]


def needed(result: Result, target: TargetEstimate) -> dict[int, float]:
    """Quarter -> what the target asks of it: its threshold, or its even share of one over several quarters."""
    period: Period = target.period
    bound = target.at_least if target.at_least is not None else target.at_most
    assert bound is not None
    if period.each or result.metric(target.metric).combine == "ratio":
        return dict.fromkeys(period.quarters, bound)
    if result.metric(target.metric).combine == "end":
        return {period.quarters[-1]: bound}
    return dict.fromkeys(period.quarters, bound / len(period.quarters))


def fan(result: Result, target: TargetEstimate, width: int) -> Geometry:
    """Bands of a metric by quarter with what the target needs."""
    metric = result.metric(target.metric)
    bands = np.nan_to_num(percentiles(result.quarterly(target.metric, target.segment), LEVELS))
    goals = needed(result, target)
    labels = result.quarters
    height, left, right, top, bottom = (300, 62, 14, 12, 34) if width == WIDE else (240, 46, 10, 12, 30)
    lowest, highest = min(float(bands.min()), *goals.values()), max(float(bands.max()), *goals.values())
    floor = lowest if lowest < 0 or lowest > 0.6 * highest else 0.0
    marks = ticks(floor, highest, 5, metric.kind == "count")
    y = Scale(marks[0], marks[-1], height - bottom, top)
    slot = (width - left - right) / len(labels)
    xs = [round(left + slot * (i + 0.5), 2) for i in range(len(labels))]
    if len(labels) == 1:
        xs_drawn = [xs[0] - slot / 4, xs[0] + slot / 4]
        drawn = np.repeat(bands, 2, axis=1)
    else:
        xs_drawn, drawn = xs, bands

    def area(low: int, high: int) -> str:
        upper = [f"{x},{y(v)}" for x, v in zip(xs_drawn, drawn[high], strict=True)]
        lower = [f"{x},{y(v)}" for x, v in zip(xs_drawn, drawn[low], strict=True)]
        return " ".join(upper + lower[::-1])

    keep = set(thin(labels, width - left - right))
    tips = []
    for i, label in enumerate(labels):
        p5, p25, p50, p75, p95 = (amount(v, metric) for v in bands[:, i])
        need = f"; the target asks {amount(goals[i], metric)}" if i in goals else ""
        tips.append({
            "x": round(xs[i] - slot / 2, 2), "width": round(slot, 2),
            "tip": f"{label}: median {p50}; half of the futures {p25} to {p75}; nine in ten {p5} to {p95}{need}",
        })  # fmt: skip
    return {
        "kind": "fan", "width": width, "height": height, "left": left, "right": width - right, "top": top,
        "base": height - bottom, "unit": unit_words(metric, result.scenario.currency),
        "outer": area(0, 4), "inner": area(1, 3),
        "median": " ".join(f"{x},{y(v)}" for x, v in zip(xs_drawn, drawn[2], strict=True)),
        "marks": [{"y": y(v), "text": amount(v, metric)} for v in marks],
        "labels": [{"x": xs[i], "text": labels[i]} for i in range(len(labels)) if i in keep],
        "goals": [{"x1": round(xs[q] - slot * 0.32, 2), "x2": round(xs[q] + slot * 0.32, 2), "y": y(v)}
                  for q, v in goals.items()],
        "tips": tips,
    }  # fmt: skip


def target_values(result: Result, target: TargetEstimate) -> NDArray[Any]:
    """What is held against the threshold: of "each quarter" the worst."""
    values = result.values(target.metric, target.period, target.segment)
    if values.ndim == 2:
        values = values.min(axis=1) if target.at_least is not None else values.max(axis=1)
    return values


def histogram(result: Result, target: TargetEstimate, width: int) -> Geometry:
    """Shares of the trials, those that meet the target apart from those that miss it."""
    metric = result.metric(target.metric)
    values = target_values(result, target)
    values = values[~np.isnan(values)]
    bound = target.at_least if target.at_least is not None else target.at_most
    assert bound is not None
    low, high = float(values.min()), float(values.max())
    cut = np.percentile(values, (0.1, 99.9))
    shown_low, shown_high = min(float(cut[0]), bound), max(float(cut[1]), bound)
    step = nice_step(shown_high - shown_low, BINS[width])
    if metric.kind == "count":
        step = max(1.0, round(step))
    # bins begin at the target, so that none holds both what meets it and what misses it
    part, up = _parting(bound, target, metric)
    first = math.floor((shown_low - part) / step)
    count = max(1, math.floor((shown_high - part) / step) - first + 1)
    edges = part + (first + np.arange(count + 1)) * step
    if low >= 0:
        edges[0] = max(edges[0], 0.0)
    apart = (values - part) / step
    bins = np.ceil(apart - 1e-9) - 1 if up else np.floor(apart + 1e-9)
    place = np.clip(bins.astype(np.int64) - first, 0, count - 1)
    met = target.met(values)
    hits, misses = (np.bincount(place[m], minlength=count) / values.size for m in (met, ~met))
    height, left, right, top, bottom = (280, 62, 14, 26, 46) if width == WIDE else (230, 46, 10, 26, 46)
    most = float((hits + misses).max())
    marks = ticks(0.0, most, 4)
    x = Scale(float(edges[0]), float(edges[-1]), left, width - right)
    y = Scale(0.0, marks[-1], height - bottom, top)
    bars = []
    for i in range(count):
        both_parts = hits[i] + misses[i]
        if not both_parts:
            continue
        start, end = float(edges[i]), float(edges[i + 1])
        if metric.kind == "count":
            span = amount(start, metric) if step == 1 else f"{amount(start, metric)} to {amount(end - 1, metric)}"
        else:
            span = f"{amount(start, metric)} to {amount(end, metric)}"
        if i == 0 and low < start:
            span = f"up to {amount(end - (metric.kind == 'count'), metric)}"
        if i == count - 1 and high >= end:
            span = f"{amount(start, metric)} or more"
        bars.append({
            "x": round(x(start) + 0.5, 2), "width": round(max(1.0, x(end) - x(start) - 1.0), 2),
            "miss_y": y(float(misses[i])), "miss_height": round(y(0) - y(float(misses[i])), 2),
            "hit_y": y(float(both_parts)), "hit_height": round(y(float(misses[i])) - y(float(both_parts)), 2),
            "tip": f"{span}: {as_percent(float(both_parts), 1)} of the futures",
        })  # fmt: skip
    along: list[float] = []
    for most_ticks in range(6 if width == WIDE else 3, 12):  # the axis begins and ends anywhere: round numbers are few
        round_ones = ticks(float(edges[0]), float(edges[-1]), most_ticks)
        along = [t for t in round_ones if edges[0] <= t <= edges[-1]]
        if len(along) >= 3:
            break
    at = x(part)
    return {
        "kind": "histogram", "width": width, "height": height, "left": left, "right": width - right, "top": top,
        "base": height - bottom, "unit": unit_label(metric, result.scenario.currency), "bars": bars,
        "marks": [{"y": y(v), "text": f"{100 * v:g}%"} for v in marks],
        "labels": [{"x": x(t), "text": amount(t, metric)} for t in along],
        "target": at, "target_text": f"target {threshold(bound, metric.priced)}",
        "target_end": at > width * 0.72,
    }  # fmt: skip


def _parting(bound: float, target: TargetEstimate, metric: Metric) -> tuple[float, bool]:
    """The edge of bins that parts what meets a target from what misses it; whether it belongs to the bin below."""
    if metric.kind == "count":
        return (float(math.ceil(bound)) if target.at_least is not None else math.floor(bound) + 1.0), False
    return bound, target.at_most is not None


def tornado(rows: Sequence[Mapping[str, Any]], base: float, width: int) -> Geometry:
    """Probability at the low and the high value of each assumption, the widest first; rows of ``sensitivity``."""
    ordered = sorted(rows, key=lambda r: -abs(r["probability_high"] - r["probability_low"]))[:10]
    row_height, top, bottom = (44, 8, 44)
    left, right = 16, 16
    ends = [p for r in ordered for p in (r["probability_low"], r["probability_high"])] + [base]
    marks = ticks(min(ends), max(ends), 6 if width == WIDE else 3)
    marks = [m for m in marks if -1e-9 <= m <= 1 + 1e-9]
    x = Scale(marks[0], marks[-1], left, width - right)
    height = top + row_height * len(ordered) + bottom
    bars = []
    for i, row in enumerate(ordered):
        low, high = row["probability_low"], row["probability_high"]
        y = top + row_height * i
        label = str(row.get("label") or row["path"])
        bars.append({
            "label": clip(label, 92 if width == WIDE else 42), "text_y": y + 14, "y": y + 20, "height": 15,
            "low_x": min(x(low), x(base)), "low_width": round(abs(x(low) - x(base)), 2),
            "high_x": min(x(high), x(base)), "high_width": round(abs(x(high) - x(base)), 2),
            "tip": f"{label}: at {row.get('low_text') or short(row['low_value'])} {as_percent(low)}, "
                   f"at {row.get('high_text') or short(row['high_value'])} {as_percent(high)}",
        })  # fmt: skip
    return {
        "kind": "tornado", "width": width, "height": height, "top": top, "base": height - bottom + 4, "bars": bars,
        "middle": x(base), "left": left, "right": width - right,
        "marks": [{"x": x(v), "text": f"{100 * v:.3g}%"} for v in marks],
    }  # fmt: skip


def shares(rows: Sequence[Mapping[str, Any]], width: int) -> Geometry:
    """Bars of shares that sum to one, with the intervals of their own error."""
    row_height, top = 40, 4
    left, right = 4, 56
    most = max([0.01, *(float(r.get("high") or r["share"]) for r in rows)])
    x = Scale(0.0, most, left, width - right)
    bars = []
    for i, row in enumerate(rows):
        share, y = max(0.0, float(row["share"])), top + row_height * i
        said = "none" if share == 0 else "<1%" if share < 0.005 else f"{100 * share:.0f}%"
        low, high = row.get("low"), row.get("high")
        bars.append({
            "label": group_label(row["group"], width), "text_y": y + 13, "y": y + 18, "height": 14,
            "width": round(max(0.5, x(share) - left), 2), "end": round(x(share) + 6, 2), "text": said,
            "tip": f"{group_label(row['group'], WIDE)}: {said} of the spread"
            + ("" if low is None or high is None else f" ({100 * max(low, 0.0):.0f}% to {100 * high:.0f}%)"),
        })  # fmt: skip
    return {"kind": "shares", "width": width, "height": top + row_height * len(rows) + 4, "left": left, "bars": bars}


GROUPS = {
    "assumptions": ("What we do not know", ": the plan's own numbers"),
    "market": ("What moves every deal at once", ": market and events"),
    "demand": ("Luck in demand", ": who comes and who converts, before the deal"),
    "deals": ("Luck in deals", ": who wins, how big, how soon"),
    "slips": ("Luck in slips", ": what is pushed out"),
    "customers": ("Luck in customers", ": who stays, who buys more or less"),
    "interactions": ("Several of these together", ""),
}


def group_label(group: str, width: int) -> str:
    """What a share of the spread is called; shorter on a phone."""
    head, more = GROUPS.get(group, (group, ""))
    return head + more if width == WIDE else head


def clip(text: str, most: int) -> str:
    """Text cut to fit a chart; the full one is in the hover and the table."""
    return text if len(text) <= most else text[: most - 1] + "…"


def short(value: Any) -> str:
    """A number of an assumption in few digits."""
    if isinstance(value, (int, float)):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    return str(value)
