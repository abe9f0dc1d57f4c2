"""Simulating what was named on the command line, with progress and a word when it takes a while."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, cast

from simulator.cli.output import Bar, say
from simulator.cli.seeds import forget_seed, picked_seed

if TYPE_CHECKING:
    from simulator.exact.result import Forecast
    from simulator.scenario.model import Scenario
    from simulator.simulation.result import Result


def simulate_all(
    plans: Sequence[Scenario],
    *,
    trials: int | None,
    seed: int | None,
    threads: int | None,
    keep: Literal["trials", "auto"] = "trials",
) -> list[Result]:
    """Every plan played; those without a seed of their own share one, and so their luck.

    ``keep="auto"`` sums trials up as they are played where they would not fit into memory.
    """
    announce_compiling()
    from simulator.simulation.simulate import simulate

    results = []
    for plan, own in zip(plans, _seeds(plans, seed), strict=True):
        with Bar(plan.name) as bar:
            results.append(simulate(plan, trials=trials, seed=own, threads=threads, keep=keep, progress=bar))
    return results


def forecast_all(
    plans: Sequence[Scenario], *, engine: str, trials: int | None, seed: int | None, threads: int | None
) -> list[Forecast]:
    """Every plan by the engine asked for; see :func:`simulator.exact.forecast.forecast`."""
    from simulator.exact.forecast import forecast

    chosen = cast(Literal["auto", "exact", "simulate"], engine)
    results = []
    for plan, own in zip(plans, _seeds(plans, seed), strict=True):
        with Bar(plan.name) as bar:
            results.append(
                forecast(plan, engine=chosen, trials=trials, seed=own, threads=threads, progress=bar,
                         before_simulating=announce_compiling)
            )  # fmt: skip
    if not any(_drawn(result) for result in results):
        forget_seed()
    return results


def _drawn(result: Forecast) -> bool:
    """Whether anything of it depends on the seed."""
    joint = getattr(result.all_targets, "engine", "exact")
    return result.engine != "exact" or any(t.engine != "exact" for t in result.targets) or joint != "exact"


def _seeds(plans: Sequence[Scenario], seed: int | None) -> list[int | None]:
    """The seed of each plan: the one given, its own, or a new one that is told in the end."""
    missing = seed is None and any(plan.simulation.seed is None for plan in plans)
    picked = picked_seed() if missing else None
    return [picked if seed is None and plan.simulation.seed is None else seed for plan in plans]


def announce_compiling() -> None:
    """From now on, tell a person that the first run of a kind of plan takes longer, and why."""
    import gc

    from simulator.kernels import jit
    from simulator.kernels.lean import start_compiler

    start_compiler()
    jit.before_compiling = _say_compiling
    jit.after_compiling = gc.freeze  # to look through what the compiler left takes 0.3 s; this process ends soon


def _say_compiling() -> None:
    say("Compiling the simulation for this machine: ten seconds or so, the first time for plans of this kind only.")
