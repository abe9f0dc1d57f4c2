"""Columns of written amounts to numbers: currency signs, thousands separators, decimal commas, brackets."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simulator.calibration.dates import MISSING

_STRIP = re.compile(r"[^\d.,()\-+kKmMbBnNeE]")
_SHAPE = re.compile(r"^(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(bn|[kKmMbB])?n?$")
_SCALE = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "bn": 1e9}


def parse_amounts(values: Sequence[str | None]) -> tuple[NDArray[np.float64], dict[str, int]]:
    """Read a column of amounts: float64 (row,) with NaN where missing or unreadable, and the unreadable texts.

    Whether a comma is decimal is decided for the whole column: ``1.234,50`` anywhere, or a comma followed by
    anything but three digits, says that it is.

    Examples
    --------
    >>> parse_amounts(["$1,200.50", "(300)", "1.2M", ""])[0].tolist()
    [1200.5, -300.0, 1200000.0, nan]
    >>> parse_amounts(["1.234,50 €", "12,5"])[0].tolist()
    [1234.5, 12.5]
    """
    texts = [value.strip() if value else "" for value in values]
    known: dict[str, float] = {}
    bad: dict[str, int] = {}
    comma = _comma_is_decimal(set(texts))
    out = np.empty(len(texts))
    for row, text in enumerate(texts):
        if text not in known:
            known[text] = np.nan if text.casefold() in MISSING else _one(text, comma)
        out[row] = known[text]
        if np.isnan(out[row]) and text.casefold() not in MISSING:
            bad[text] = bad.get(text, 0) + 1
    return out, bad


def _comma_is_decimal(texts: set[str]) -> bool:
    votes = 0
    for text in texts:
        dot, comma = text.rfind("."), text.rfind(",")
        if dot >= 0 and comma >= 0:
            votes += 1 if comma > dot else -1
        elif comma >= 0 and text.count(",") == 1:
            digits = re.match(r"\d*", text[comma + 1 :])
            if digits and len(digits[0]) != 3:
                votes += 1
    return votes > 0


def _one(text: str, comma: bool) -> float:
    core = _STRIP.sub("", text.replace("EUR", "").replace("USD", "").replace("GBP", "").replace("BRL", ""))
    negative = core.startswith("-") or (core.startswith("(") and core.endswith(")"))
    core = core.strip("()-+")
    if comma:
        core = core.replace(".", "").replace(",", ".")
    else:
        core = core.replace(",", "")
        if core.count(".") > 1:
            core = core.replace(".", "")
    found = _SHAPE.match(core)
    if not found:
        return float("nan")
    value = float(found[1]) * _SCALE[(found[2] or "").casefold()]
    return -value if negative else value
