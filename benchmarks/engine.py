"""The simulator itself, as one more program among the others."""

from __future__ import annotations

from typing import Any

import numpy as np

from .funnel import Funnel

NAME = "simulator"


def prepare(funnel: Funnel, *, threads: int = 1):
    """Load the scenario once; then ``play(trials, seed)`` as any user would."""
    return player(funnel.document, funnel.metrics, threads=threads)


def player(document: dict[str, Any], metrics: tuple[str, ...], *, threads: int = 1):
    """``play(trials, seed) -> list of float64 (trial, quarter)``, one per metric, all segments together."""
    from simulator.scenario.load import load
    from simulator.simulation.simulate import simulate

    scenario = load(document)

    def play(trials: int, seed: int) -> list[np.ndarray]:
        result = simulate(scenario, trials=trials, seed=seed, threads=threads)
        return [result[metric] for metric in metrics]

    return play
