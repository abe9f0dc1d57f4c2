"""Simulating what was named on the command line, with progress and a word when it takes a while."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from simulator.cli.output import Bar, say

if TYPE_CHECKING:
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
    from simulator.simulation.simulate import pick_seed, simulate

    picked = None
    if seed is None and any(plan.simulation.seed is None for plan in plans):
        picked = pick_seed()
        say(f"No seed given: using {picked}; --seed {picked} plays the same luck again.")
    results = []
    for plan in plans:
        own = picked if seed is None and plan.simulation.seed is None else seed
        with Bar(plan.name) as bar:
            results.append(simulate(plan, trials=trials, seed=own, threads=threads, keep=keep, progress=bar))
    return results


def announce_compiling() -> None:
    """Tell a person that the first run takes longer, and why."""
    from simulator.kernels.jit import is_compiled
    from simulator.kernels.lean import start_compiler

    start_compiler()
    if not is_compiled():
        say("Compiling the simulation for this machine: up to half a minute, the first time only.")
