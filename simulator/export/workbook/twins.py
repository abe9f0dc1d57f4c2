"""What each formula of the workbook comes to, in NumPy: the cached values, and the tests' expectation."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[Any]
_TESTS = {">=": np.greater_equal, "<=": np.less_equal, ">": np.greater, "<": np.less}


def criterion(value: float) -> float:
    """The number a spreadsheet compares with when a criterion is glued together: 15 digits.

    >>> criterion(0.1 + 0.2)
    0.3
    """
    return float(f"{value:.15g}")


def met(values: Values, test: str, threshold: float) -> NDArray[np.bool_]:
    """Which values count in ``COUNTIF(values, test & threshold)``."""
    found: NDArray[np.bool_] = _TESTS[test](values, criterion(threshold))
    return found


def share(mask: NDArray[np.bool_]) -> float:
    """The share of trials, as COUNT / n gives it."""
    return int(np.count_nonzero(mask)) / mask.size


def percentile(values: Values, level: float) -> float:
    """PERCENTILE: linear interpolation."""
    return float(np.percentile(values, 100 * level))


def edge(values: Values, fifth: str) -> float:
    """The largest value of the lowest fifth, or the smallest of the highest."""
    count = -(-values.size // 5)
    ordered = np.sort(values)
    return float(ordered[count - 1] if fifth == "lowest" else ordered[-count])


def percent_text(probability: float) -> str:
    """As the workbook writes a probability in a sentence.

    >>> percent_text(0.46785), percent_text(0.0), percent_text(1.0)
    ('46.8%', 'less than 0.1%', 'more than 99.9%')
    """
    if probability < 0.001:
        return "less than 0.1%"
    if probability > 0.999:
        return "more than 99.9%"
    tenth = Decimal(f"{100 * probability:.12g}").quantize(Decimal("0.1"), ROUND_HALF_UP)
    return f"{float(tenth):.15g}%"


def percent_formula(cell: str) -> str:
    """The formula of :func:`percent_text`."""
    return f'IF({cell}<0.001,"less than 0.1%",IF({cell}>0.999,"more than 99.9%",ROUND(100*{cell},1)&"%"))'


def safe_target(values: Values, level: float, test: str, count: bool) -> float:
    """The threshold met in at least a share ``level`` of the trials."""
    raw = percentile(values, 1 - level if test == ">=" else level)
    if not count:
        return raw
    settled = round(raw, 6)
    return float(np.floor(settled) if test == ">=" else np.ceil(settled))


def safe_formula(name: str, test: str, count: bool) -> str:
    """The formula of :func:`safe_target`."""
    raw = f"PERCENTILE({name},{'1-conf_level' if test == '>=' else 'conf_level'})"
    if not count:
        return f"={raw}"
    return f"={'ROUNDDOWN' if test == '>=' else 'ROUNDUP'}(ROUND({raw},6),0)"


STEPS = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
"""Round widths of a bar, times a power of ten."""


def nice_step(low: float, high: float, bins: int, count: bool) -> float:
    """The next round width that takes ``low..high`` in ``bins`` + 1 bars; whole for counts."""
    raw = (high - low) / bins
    if raw <= 0:
        return 1.0
    if count and raw <= 10:
        return float(np.ceil(raw))
    power = 10.0 ** np.floor(np.log10(raw))
    ratio = raw / power
    return float(power * next((factor for factor in STEPS if ratio <= factor), 10))


def nice_formula(low: str, high: str, bins: int) -> str:
    """The formula of :func:`nice_step`; whether counts are meant is the cell named ``shown_whole``."""
    raw = f"({high}-{low})/{bins}"
    power = f"10^INT(LOG10({raw}))"
    nested = "10"
    for factor in reversed(STEPS):
        nested = f"IF({raw}/{power}<={factor},{factor},{nested})"
    return f"=IF({high}<={low},1,IF(AND(shown_whole=1,{raw}<=10),ROUNDUP({raw},0),{power}*{nested}))"


HAIR = 1e-6
"""Share of a bar's width by which it goes on beyond an amount that is just allowed."""


def parting(threshold: float, test: str, step: float, count: bool) -> float:
    """Where a bar begins, so that none holds both what meets the target and what misses it.

    >>> parting(25, ">=", 2, True), parting(6, "<=", 1, True), parting(6.5, ">=", 1, True)
    (25.0, 7.0, 7.0)
    """
    if count:
        return float(np.ceil(threshold) if test == ">=" else np.floor(threshold) + 1)
    return float(threshold if test == ">=" else threshold + HAIR * step)


def parting_formula(step: str) -> str:
    """The formula of :func:`parting` for the target that is shown."""
    whole = 'IF(shown_test=">=",-INT(-shown_threshold),INT(shown_threshold)+1)'
    return f'=IF(shown_whole=1,{whole},shown_threshold+IF(shown_test=">=",0,{HAIR:.0E}*{step}))'
