"""What drives the number: one assumption at a time, or shares of the variance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, overload

from simulator.analysis.sobol import SobolShares, sobol
from simulator.analysis.tornado import Tornado, tornado
from simulator.errors import UsageError
from simulator.scenario.model import Scenario


@overload
def sensitivity(
    scenario: Scenario,
    *,
    method: Literal["tornado"] = "tornado",
    target: str | None = None,
    trials: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Tornado: ...
@overload
def sensitivity(
    scenario: Scenario,
    *,
    method: Literal["sobol"],
    target: str | None = None,
    trials: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> SobolShares: ...
def sensitivity(
    scenario: Scenario,
    *,
    method: Literal["tornado", "sobol"] = "tornado",
    target: str | None = None,
    trials: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Tornado | SobolShares:
    """Which assumptions matter.

    Parameters
    ----------
    method : ``tornado`` moves each assumption to its own P10 and P90 (certain ones by ±10%) and
        shows what becomes of the target's probability and of the mean. ``sobol`` splits the variance
        of the metric among the uncertain assumptions, the market and luck: first-order and total
        indices, with intervals; numbers tied by name or correlation are one.
    target : name of the target, or ``all``; by default the first. Means and variances are of its
        metric in its period.
    trials, seed, threads : as for :func:`simulator.simulate`; every run is in the same luck.
    progress : called with (done, total).

    Raises
    ------
    UsageError : no such target or method.

    Examples
    --------
    >>> import simulator as sim
    >>> plan = sim.load("scenarios/twenty-five-customers.yaml")
    >>> found = sensitivity(plan, trials=500, seed=7)
    >>> found.effects[0].move.certain
    True
    """
    if method not in ("tornado", "sobol"):
        raise UsageError(f"method: {method!r} is neither 'tornado' nor 'sobol'")
    analyse = tornado if method == "tornado" else sobol
    return analyse(scenario, target=target, trials=trials, seed=seed, threads=threads, progress=progress)
