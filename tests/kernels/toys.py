"""Small kernels for tests of how kernels are compiled; another process imports them too."""

from __future__ import annotations

from typing import Any

from simulator.kernels.jit import apart, in_form, inner


@inner
def thrice(x):
    """A kernel that others call."""
    return 3 * x


def total(x, most):
    """A kernel that Python calls."""
    found = 0
    for i in range(x.size):
        found += thrice(min(x[i], most))
    return found


TOTAL = apart(total)


@TOTAL.by_address
def total_at(address, x, most):
    """As ``total``, by its address."""
    return total(x, most)


def enter(address, x, most):
    """A bridge to ``total``."""
    return total_at(address, x, most) + 1


def compile_total(form: str, kinds: tuple[Any, ...]) -> None:
    """What another process is asked to do."""
    kernel: Any = in_form(total, form)
    kernel.compile(kinds)
