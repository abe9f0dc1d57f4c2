"""Checked arguments of a run; imports nothing heavy, so that answers without sampling can use it."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass

from simulator.errors import UsageError
from simulator.scenario.model import Scenario

LARGEST_SEED = 2**63 - 1


def pick_seed() -> int:
    """A seed for a run that was given none; short enough to be typed again."""
    return secrets.randbelow(2**31)


@dataclass(frozen=True)
class Setup:
    """Checked arguments of a run."""

    trials: int
    seed: int
    threads: int


def _processors() -> int:
    """Processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def check_arguments(scenario: Scenario, trials: int | None, seed: int | None, threads: int | None) -> Setup:
    """Fill in what was not said, refuse what cannot be.

    Raises
    ------
    UsageError : trials or threads below 1, or a seed outside 0 … 2**63 − 1.
    """
    trials = scenario.simulation.trials if trials is None else trials
    seed = scenario.simulation.seed if seed is None else seed
    seed = pick_seed() if seed is None else seed
    threads = _processors() if threads is None else threads
    for name, value in (("trials", trials), ("threads", threads)):
        if isinstance(value, bool) or int(value) != value or value < 1:
            raise UsageError(f"{name}: {value} is not a whole number of at least 1")
    if isinstance(seed, bool) or int(seed) != seed or not 0 <= seed <= LARGEST_SEED:
        raise UsageError(f"seed: {seed} is not a whole number from 0 to 2**63 - 1")
    return Setup(int(trials), int(seed), min(int(threads), 256))
