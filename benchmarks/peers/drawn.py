"""Uncertain numbers drawn over the trial axis with NumPy: one draw per trial, or a plain number.

Shared names and rank correlations are not supported here; a plan that has them is a ``ValueError``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import expit, logit

Draws = np.ndarray | float


def number(rng: np.random.Generator, written: Any, domain: str, trials: int) -> Draws:
    """Draws (trial,) of what is written in a scenario; a plain number stays one."""
    if isinstance(written, int | float):
        return float(written)
    if "name" in written:
        raise ValueError("shared names are not supported by this program")
    drawn = _draws(rng, written, domain, trials) * written.get("times", 1.0)
    return np.minimum(drawn, 1.0) if domain == "share" else drawn


def by_quarter(
    rng: np.random.Generator, written: Any, domain: str, trials: int, plan_quarters: list[int]
) -> np.ndarray:
    """(trial or 1, quarter): a list has an item per quarter of the plan, and its last goes on."""
    items = written if isinstance(written, list) else [written]
    drawn = [np.atleast_1d(number(rng, item, domain, trials)) for item in items]
    return np.stack(np.broadcast_arrays(*[drawn[min(quarter, len(items) - 1)] for quarter in plan_quarters]), axis=1)


def _draws(rng: np.random.Generator, written: dict[str, Any], domain: str, trials: int) -> np.ndarray:
    line, back = {"share": (logit, expit), "positive": (np.log, np.exp)}.get(domain, (float, lambda x: x))
    keys = set(written) - {"times"}
    if keys == {"min", "likely", "max"}:
        low, likely, high = (written[key] for key in ("min", "likely", "max"))
        rise, fall = 4 * (likely - low) / (high - low), 4 * (high - likely) / (high - low)
        return low + (high - low) * rng.beta(1 + rise, 1 + fall, size=trials)
    if keys == {"p10", "p90"}:
        low, high = line(written["p10"]), line(written["p90"])
        return back((low + high) / 2 + (high - low) / 2.5631031310892007 * rng.standard_normal(trials))
    if keys == {"p10", "p50", "p90"}:  # Keelin (2016), the metalog through three quantiles
        low, middle, high = (line(written[key]) for key in ("p10", "p50", "p90"))
        chance = rng.random(trials)
        wide, skew = (high - low) / (2 * np.log(9)), (low + high - 2 * middle) / (0.8 * np.log(9))
        return back(middle + logit(chance) * (wide + skew * (chance - 0.5)))
    if keys == {"successes", "of"}:
        return rng.beta(written["successes"] + 0.5, written["of"] - written["successes"] + 0.5, size=trials)
    if keys == {"mean", "sd"}:
        mean, sd = written["mean"], written["sd"]
        if domain == "share":
            size = mean * (1 - mean) / sd**2 - 1
            return rng.beta(mean * size, (1 - mean) * size, size=trials)
        if domain == "positive":
            sigma = np.sqrt(np.log1p((sd / mean) ** 2))
            return mean * np.exp(sigma * rng.standard_normal(trials) - sigma**2 / 2)
        return mean + sd * rng.standard_normal(trials)
    if keys == {"values"}:
        return rng.choice(np.array(written["values"], dtype=float), size=trials)
    raise ValueError(f"not a number this program knows: {written}")
