"""What drives the number: one assumption at a time, or shares of the variance."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, overload

from simulator.analysis.engine import BeforePlaying
from simulator.analysis.tornado import tornado
from simulator.analysis.tornado_result import Tornado
from simulator.errors import UsageError
from simulator.exact.forecast import Engine, check_engine
from simulator.scenario.model import Scenario

if TYPE_CHECKING:
    from simulator.analysis.sobol import SobolShares


@overload
def sensitivity(
    scenario: Scenario,
    *,
    method: Literal["tornado"] = "tornado",
    target: str | None = None,
    engine: Engine = "auto",
    trials: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    before_simulating: BeforePlaying = None,
) -> Tornado: ...
@overload
def sensitivity(
    scenario: Scenario,
    *,
    method: Literal["sobol"],
    target: str | None = None,
    engine: Engine = "auto",
    trials: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    before_simulating: BeforePlaying = None,
) -> SobolShares: ...
def sensitivity(
    scenario: Scenario,
    *,
    method: Literal["tornado", "sobol"] = "tornado",
    target: str | None = None,
    engine: Engine = "auto",
    trials: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    before_simulating: BeforePlaying = None,
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
    engine : ``auto`` works a tornado out where the plan and the target allow it and no trials are asked for (the
        same points for every assumption, so differences are known far better than probabilities), and plays it
        elsewhere; ``exact`` refuses to play, ``simulate`` always plays. ``sobol`` is played.
    trials, seed, threads : as for :func:`simulator.simulate`; every run is in the same luck.
    progress : called with (done, total).
    before_simulating : called once before anything is played, which may take a while the first time.

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
    if method == "tornado":
        return tornado(
            scenario, target=target, engine=engine, trials=trials, seed=seed, threads=threads, progress=progress,
            before_simulating=before_simulating,
        )  # fmt: skip
    check_engine(engine, trials)
    if engine == "exact":
        raise UsageError("no exact answer: shares of the variance (sobol) are played; leave --engine out")
    if before_simulating is not None:
        before_simulating()
    from simulator.analysis.sobol import sobol

    return sobol(scenario, target=target, trials=trials, seed=seed, threads=threads, progress=progress)
