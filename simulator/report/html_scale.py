"""Scales and ticks of the page's charts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Maps ``low..high`` to ``start..end`` pixels."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return round(self.start + share * (self.end - self.start), 2)


def nice_step(span: float, most: int) -> float:
    """A step of 1, 2 or 5 times a power of ten that cuts ``span`` into at most ``most`` parts.

    >>> nice_step(47, 6), nice_step(0.9, 5), nice_step(0, 5)
    (10.0, 0.2, 1.0)
    """
    if span <= 0 or most < 1:
        return 1.0
    raw = span / most
    power = 10.0 ** math.floor(math.log10(raw) + 1e-12)
    for factor in (1, 2, 5, 10):
        if factor * power >= raw * (1 - 1e-9):
            return float(factor * power)
    return float(10 * power)


def ticks(low: float, high: float, most: int, whole: bool = False) -> list[float]:
    """Round numbers from below ``low`` to above ``high``.

    >>> ticks(3, 47, 5)
    [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]
    """
    step = nice_step(high - low, most)
    if whole:
        step = max(1.0, step)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(k * step, 12) for k in range(first, max(last, first + 1) + 1)]


def thin(labels: Sequence[str], width: float, letter: float = 7.0) -> list[int]:
    """Which labels have room side by side, always the last."""
    longest = max((len(label) for label in labels), default=1) * letter + 10
    every = max(1, math.ceil(len(labels) * longest / max(width, 1.0)))
    return [i for i in range(len(labels)) if (len(labels) - 1 - i) % every == 0]
