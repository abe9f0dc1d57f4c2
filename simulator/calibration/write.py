"""Fitted numbers as a person would write them in a scenario."""

from __future__ import annotations

import json
import re

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.calibration.cure import Cure
from simulator.calibration.lags import Lag

Floats = NDArray[np.float64]
Z10 = 1.2815515655446004
SURE = 0.01
"""Relative standard deviation below which a number is written as certain."""


def number(value: float, digits: int = 3) -> str:
    """Plain digits, three that count, thousands with underscores.

    >>> number(1234.4), number(0.041234), number(12.0)
    ('1_234', '0.0412', '12')
    """
    if value == 0 or not np.isfinite(value):
        return "0"
    places = max(digits - 1 - int(np.floor(np.log10(abs(value)))), 0)
    text = f"{round(value, places):_.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def share(x: float, sd: float) -> str:
    """A share that is normal on the logit: exactly the form ``{p10, p90}``."""
    low, high = special.expit(x - Z10 * sd), special.expit(x + Z10 * sd)
    if sd < SURE:
        return number(float(special.expit(x)))
    low_text, high_text = number(float(low)), number(float(high))
    return number(float(special.expit(x))) if low_text == high_text else f"{{p10: {low_text}, p90: {high_text}}}"


def positive(log_value: float, sd: float, name: str = "") -> str:
    """A positive number that is normal on the log scale."""
    low, high = number(float(np.exp(log_value - Z10 * sd))), number(float(np.exp(log_value + Z10 * sd)))
    if sd < SURE or low == high:
        return number(float(np.exp(log_value)))
    return f"{{p10: {low}, p90: {high}{f', name: {key(name)}' if name else ''}}}"


def key(text: str) -> str:
    """A name as YAML: quoted where a bare word would be misread.

    >>> key("paid_search"), key("Öst: 2"), key("no")
    ('paid_search', '"Öst: 2"', '"no"')
    """
    bare = re.fullmatch(r"[A-Za-z_][\w /&+-]*[\w+]|[A-Za-z_]", text) and " #" not in text
    if bare and text.casefold() not in ("yes", "no", "on", "off", "true", "false", "null", "y", "n", "inf", "nan"):
        return text
    return json.dumps(text, ensure_ascii=False)


def weeks(lag: Lag) -> str:
    """A lag that the grammar has no words for, week by week."""
    shares = lag.on_weeks()
    texts = [f"{value:.4f}".rstrip("0").rstrip(".") if value >= 5e-5 else "0" for value in shares]
    return "{weeks: [" + ", ".join(texts) + "]}"


def spread(lag: Lag, cure: Cure, first: int, name: str = "") -> str:
    """A lag as a spread; its parameters start at ``first`` in the parameters of the fit. A ``name`` lets segments that
    share a lag share its uncertainty too."""
    if lag.family not in ("gamma", "lognormal", "weibull"):
        return weeks(lag)
    mean = positive(lag.theta[0], cure.sd(first), f"{name} mean" if name else "")
    cv = positive(lag.theta[1], cure.sd(first + 1), f"{name} cv" if name else "")
    family = "" if lag.family == "gamma" else f", family: {lag.family}"
    return f"{{mean: {mean}, cv: {cv}{family}}}"


def rank(correlation: float) -> float:
    """Spearman's rank correlation of a bivariate normal (Kruskal 1958)."""
    return float(6 / np.pi * np.arcsin(correlation / 2))


def plan_name(text: str) -> str:
    """A segment name that can be part of a path: no dots, stars or quotes.

    >>> plan_name("acme.com  leads")
    'acme com leads'
    """
    cleaned = re.sub(r"\s+", " ", re.sub(r"[.*\"'\[\]{}:#,=%@`|<>!\\\\]+", " ", text)).strip()
    return cleaned or "unnamed"


def plan_names(segments: tuple[str, ...]) -> list[str]:
    """Names for all segments, made different where cleaning made them equal."""
    found: list[str] = []
    for text in segments:
        name, number_ = plan_name(text), 2
        while name.casefold() in (other.casefold() for other in found) or name in ("all", "total"):
            name, number_ = f"{plan_name(text)} {number_}", number_ + 1
        found.append(name)
    return found
