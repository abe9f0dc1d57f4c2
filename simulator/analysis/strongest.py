"""The assumptions that matter most, found without playing all of them at length."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from simulator.analysis.tornado import Move, Tornado, tornado
from simulator.scenario.model import Scenario

FEW = 200
"""Trials of the first look: all in the same luck, in which large effects stand out at once."""
SPARE = 2
"""Assumptions looked at beyond those asked for, on either measure: a first look may rank neighbours wrongly."""


def strongest(
    scenario: Scenario,
    count: int = 10,
    *,
    target: str | None = None,
    trials: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Tornado:
    """The tornado of the assumptions with the largest effects.

    A first look moves every assumption in a few trials; those with the largest effects on the
    probability or on the mean are then played in all of them. A plan of fifty assumptions takes a
    third of the time of :func:`simulator.sensitivity`, whose first rows these are.

    Examples
    --------
    >>> import simulator as sim
    >>> plan = sim.load("scenarios/twenty-five-customers.yaml")
    >>> len(strongest(plan, 5, trials=500, seed=7).effects)
    5
    """
    few = min(FEW, scenario.simulation.trials if trials is None else trials)
    parts = _Halves(progress)
    look = tornado(
        scenario, target=target, engine="simulate", trials=few, seed=seed, threads=threads, progress=parts.first
    )
    chosen = dict[str, Move]()
    for size in (0, 1):
        for effect in sorted(look.effects, key=lambda e: e.size[size], reverse=True)[: count + SPARE]:
            chosen.setdefault(effect.move.path, effect.move)
    found = tornado(
        scenario, target=target, engine="simulate", trials=trials, seed=look.seed, threads=threads,
        progress=parts.second, only=tuple(chosen.values()),
    )  # fmt: skip
    return replace(found, effects=found.effects[:count])


class _Halves:
    """Two runs on one bar."""

    def __init__(self, progress: Callable[[int, int], None] | None):
        self._progress = progress

    def first(self, done: int, total: int) -> None:
        """The first half."""
        if self._progress is not None:
            self._progress(done, 2 * total)

    def second(self, done: int, total: int) -> None:
        """The other."""
        if self._progress is not None:
            self._progress(total + done, 2 * total)
