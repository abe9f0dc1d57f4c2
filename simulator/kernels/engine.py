"""The engine as Python calls it: three kernels, each compiled for itself and kept on disk.

What plays trials is one; what sets a trial's terms, once per trial, is another, and so is the bridge from Python, which
takes the plan's hundred arrays out of their tuples. Together they take a processor twice as long to compile as the
first alone takes one: see :mod:`simulator.kernels.beside`.
"""

from __future__ import annotations

from typing import Any

from simulator.kernels.apart import kinds_of
from simulator.kernels.jit import in_form
from simulator.kernels.trials import TERMS, TRIALS, enter_trials

TERMS_FORM = "terms"
"""The name under which what sets terms is kept: it is the same for all plans."""


class Engine:
    """``run_trials`` in a form. Calling it takes the arguments from ``shape`` on: a Plan's parts, seeds, first, begin,
    a Room's parts, column, counts, cents, fates, closing, details, wins."""

    def __init__(self, form: str):
        self.form = form
        self._bridge: Any = in_form(enter_trials, _bridge(form))
        self._codes: tuple[int, int] | None = None

    def __call__(self, *arguments: Any) -> tuple[int, int]:
        if self._codes is None:  # arguments are of the same types in every call
            terms, trials = _kinds(arguments)
            terms_code = TERMS.address(TERMS_FORM, terms)  # first: only then may what calls it be compiled
            self._codes = TRIALS.address(self.form, trials), terms_code
        done, entries = self._bridge(*self._codes, *arguments)
        return done, entries

    def compile(self, *arguments: Any) -> None:
        """Compile what plays trials with such arguments, and nothing else."""
        terms, trials = _kinds(arguments)
        TERMS.expect(terms)
        TRIALS.compile(self.form, trials)

    def others(self, *arguments: Any) -> list[tuple[str, str, tuple[Any, ...]]]:
        """What else such arguments need, as jobs for :mod:`simulator.kernels.beside`."""
        terms, trials = _kinds(arguments)
        return [("simulator.kernels.trials", "TERMS.compile", (TERMS_FORM, terms)),
                (__name__, "compile_bridge", (self.form, trials))]  # fmt: skip


def compile_bridge(form: str, trials: tuple[Any, ...]) -> None:
    """Compile the way from Python to ``run_trials`` for arguments of these types."""
    TRIALS.expect(trials)
    bridge: Any = in_form(enter_trials, _bridge(form))
    bridge.compile((*kinds_of(0), *trials))


def _bridge(form: str) -> str:
    return f"{form}-bridge"


def _kinds(arguments: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The types of what ``set_terms`` and ``run_trials`` are handed."""
    kinds = kinds_of(*arguments)
    _streams, _opening, seeds, first, _begin = kinds[5:10]
    return (*kinds[:5], seeds, first, *kinds[10:14], *kinds_of(True)), (*kinds_of(0), *kinds)
