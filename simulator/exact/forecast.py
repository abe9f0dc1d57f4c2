"""The probability of every target by the best way there is: exactly, nearly so, or by simulation."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from simulator.errors import UsageError
from simulator.exact.certain import exact_result
from simulator.exact.laws import OutOfReachError
from simulator.exact.outline import Outline
from simulator.exact.reach import why_not
from simulator.exact.result import ExactResult
from simulator.exact.uncertain import conditional_result
from simulator.simulation.setup import check_arguments

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario
    from simulator.simulation.result import Result

Engine = Literal["auto", "exact", "simulate"]
ENGINES = ("auto", "exact", "simulate")


def check_engine(engine: str, trials: int | None) -> None:
    """Refuse engines that are none, and trials of what has none.

    Raises
    ------
    UsageError
    """
    if engine not in ENGINES:
        raise UsageError(f"engine: {engine!r} is none of {', '.join(ENGINES)}")
    if engine == "exact" and trials is not None:
        raise UsageError("exact answers have no trials; leave --trials out, or say --engine simulate")


def outline_of(scenario: Scenario, engine: Engine, trials: int | None) -> Outline | None:
    """The plan laid out for the exact answers; None where it is to be simulated.

    Raises
    ------
    UsageError : ``exact`` was asked for, and the plan is beyond it.
    """
    check_engine(engine, trials)
    if engine == "simulate" or (engine == "auto" and trials is not None):
        return None
    outline = Outline(scenario)
    reason = why_not(outline)
    if reason is None and (outline.certain or engine == "exact"):
        return outline
    if engine == "exact":
        raise UsageError(f"no exact answer for {scenario.name}: {reason}. --engine simulate plays it")
    return None


def forecast(
    scenario: Scenario,
    *,
    engine: Engine = "auto",
    trials: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    before_simulating: Callable[[], None] | None = None,
) -> Result | ExactResult:
    """How likely every target is, and how the quarters may run.

    Parameters
    ----------
    engine : ``auto`` answers plans of certain numbers exactly where no trials were asked for, and plays all others;
        ``exact`` also averages exact answers over what is uncertain or shared, to a tenth of a point or two, and
        refuses to play; ``simulate`` is :func:`simulator.simulate`.
    trials, seed, threads, progress : as for :func:`simulator.simulate`.
    before_simulating : called once before anything is played, which may take a while the first time.

    Returns
    -------
    ExactResult, or a Result with the arrays of its trials.

    Raises
    ------
    UsageError : ``exact`` for a plan that is beyond it; the message says which part of it is why.

    Examples
    --------
    >>> import simulator as sim
    >>> found = sim.forecast(sim.load("scenarios/twenty-five-customers.yaml"), seed=7)
    >>> found.engine, round(found.targets[0].value, 4)
    ('exact', 0.4678)
    """
    outline = outline_of(scenario, engine, trials)
    if outline is not None:
        setup = check_arguments(scenario, None, seed, threads)
        answer = exact_result if outline.certain else conditional_result
        try:
            return answer(scenario, outline, setup.seed, before_simulating)
        except OutOfReachError as reason:
            if engine == "exact":
                raise UsageError(f"no exact answer for {scenario.name}: {reason}") from None
    if before_simulating is not None:
        before_simulating()
    from simulator.simulation.simulate import simulate

    return simulate(scenario, trials=trials, seed=seed, threads=threads, keep="auto", progress=progress)
