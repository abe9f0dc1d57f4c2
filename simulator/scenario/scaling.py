"""Relative changes: ``+10%``, ``-5%``, ``*1.2``, and what they do to what is written."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from simulator.scenario.nodes import Node, Place

_PERCENT = re.compile(r"([+-])\s*(\d+(?:\.\d*)?|\.\d+)\s*%")
_FACTOR = re.compile(r"[*×]\s*((?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)")


def factor_of(value: Any) -> Decimal | None:
    """The factor of a relative change (``+10%`` is 1.1), None where the value is none.

    >>> factor_of("+10%"), factor_of("-5%"), factor_of("*1.2"), factor_of("0.3")
    (Decimal('1.1'), Decimal('0.95'), Decimal('1.2'), None)
    """
    if not isinstance(value, str):
        return None
    text = value.strip()
    if match := _PERCENT.fullmatch(text):
        share = Decimal(match[2]) / 100
        return 1 + share if match[1] == "+" else 1 - share
    if match := _FACTOR.fullmatch(text):
        return Decimal(match[1])
    return None


def multiply(value: float, factor: Decimal) -> float | int:
    """A product as one would work it out by hand: 0.4 × 1.1 is 0.44."""
    try:
        product = float(Decimal(repr(value)) * factor)
    except ArithmeticError:
        return float(value) * float(factor)
    return int(product) if isinstance(value, int) and product.is_integer() and abs(product) < 2**53 else product


def scale(node: Node, factor: Decimal, place: Place) -> Node:
    """A number, list or mapping times a factor; mappings keep what they say and gain ``times``."""
    if node.list:
        return Node([scale(item, factor, place) for item in node.value], place)
    if node.mapping:
        times = node.get("times")
        before = times.value if times is not None else 1
        if isinstance(before, (int, float)) and not isinstance(before, bool):
            return Node({**node.value, "times": Node(multiply(before, factor), place)}, place)
        return node
    if isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
        return Node(multiply(node.value, factor), place)
    return node
