"""Plans with ranges, several segments and a market: our engine against the NumPy program of the same plan."""

from __future__ import annotations

from statistics import median
from typing import Any

import numpy as np

from . import engine
from .check import LIMIT, WrongAnswer
from .peers import numpy_midmarket
from .timing import calibrate, ratio, take_turns


def compare(document: dict[str, Any], *, seconds: float, rounds: int, tell) -> dict[str, Any]:
    """Both agree with each other first; then trials per second of both, in turns, and ours on two threads."""
    stages = document.get("stages", list(numpy_midmarket.DEFAULT_STAGES))
    metrics = (*stages[:-1], stages[-1], "bookings", "slips")
    name = document["name"]
    tell(f"{name}: comparing the distributions")
    runs = {
        "numpy": numpy_midmarket.prepare(document),
        "simulator": engine.player(document, metrics),
        "two": engine.player(document, metrics, threads=2),
    }
    deviation = agree(
        runs["numpy"](calibrate(runs["numpy"], max(seconds, 2.0)), 21).sum(axis=1),
        np.stack(runs["simulator"](calibrate(runs["simulator"], max(seconds, 2.0)), 22), axis=2),
        metrics,
    )
    tell(f"{name}: timing in turns")
    speeds = take_turns(runs, seconds=seconds, rounds=rounds)
    return {
        "plan": name,
        "deviation": deviation,
        "numpy": median(speeds["numpy"]),
        "simulator": median(speeds["simulator"]),
        "two_ratio": ratio(speeds["two"], speeds["simulator"]),
        "ratio": ratio(speeds["simulator"], speeds["numpy"]),
    }


def agree(first: np.ndarray, second: np.ndarray, metrics: tuple[str, ...]) -> float:
    """Largest difference of means, mean squares and products of neighbouring quarters, in standard errors."""
    worst, where = 0.0, ""
    for column, metric in enumerate(metrics):
        scale = second[:, :, column].mean() or 1.0
        for label, statistic in (
            ("mean", lambda x: x),
            ("mean square", lambda x: (x - 1) ** 2),
            ("product with the next quarter", lambda x: (x[:, 1:] - 1) * (x[:, :-1] - 1)),
        ):
            one, two = (statistic(each[:, :, column] / scale) for each in (first, second))
            error = np.sqrt(one.var(axis=0) / len(one) + two.var(axis=0) / len(two))
            with np.errstate(invalid="ignore", divide="ignore"):
                scores = np.abs(np.nan_to_num((one.mean(axis=0) - two.mean(axis=0)) / error))
            if scores.size and scores.max() > worst:
                worst, where = float(scores.max()), f"{label} of {metric}"
    if worst > LIMIT:
        raise WrongAnswer(f"the two programs differ: {where} by {worst:.1f} standard errors")
    return worst
