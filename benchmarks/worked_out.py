"""Answers that are worked out against trials: seconds of one processor to a standard error of 0.1 points.

And what whole analyses take that way: a tornado, a lever of solve, variants of many levers, 1,000 of them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from .check import LIMIT, WrongAnswer
from .startup import seconds_of

PLAN = Path(__file__).parent.parent / "scenarios" / "mid-market.yaml"
POINT = 0.001
"""A tenth of a percentage point."""
QUESTIONS = ("wins", "bookings")
ENDS = "-20%:+20%:{}"
LEVERS = {
    "volume": {"segments.inbound.volume": ENDS},
    "the win rate": {"segments.inbound.conversion.wins": ENDS},
    "all win rates": {"segments.*.conversion.wins": ENDS},
    "the MQL rate": {"segments.inbound.conversion.mqls": ENDS},
    "slips": {"segments.inbound.slips.probability": ENDS},
    "deal size": {"segments.inbound.deal_size": ENDS},
    "the sales cycle": {"segments.inbound.lag_weeks.wins": ENDS},
    "volume and win rate": {"segments.outbound.volume": ENDS, "segments.inbound.conversion.wins": ENDS},
}
THOUSAND = {
    "volume": ["segments.inbound.volume.per_quarter=3000:5000:1000"],
    "win rate and slips": [
        "segments.inbound.conversion.wins=-20%:+20%:40", "segments.inbound.slips.probability=-20%:+20%:25",
    ],
}  # fmt: skip


def measure(file: Path, *, rounds: int, trials: int, tell) -> dict[str, Any]:
    """One row per question, and one per analysis.

    The error of an answer averaged over points is that of its values under so many seeds, not the one it
    states; both are in the record. Seconds to the wanted error grow with the square, as for trials: an even
    cover of the points does better.
    """
    from simulator.scenario.load import load

    plan = load(file)
    tell(f"{plan.name}: worked out and played in turns")
    return {
        "plan": plan.name,
        "questions": [_question(plan, metric, rounds=rounds, trials=trials) for metric in QUESTIONS],
        "analyses": _analyses(plan, file, rounds=max(1, rounds // 4), tell=tell),
    }


def _question(plan: Any, metric: str, *, rounds: int, trials: int) -> dict[str, Any]:
    from simulator.exact.family import Family
    from simulator.exact.uncertain import PER_SET
    from simulator.simulation.simulate import simulate

    target = next(t for t in plan.targets if t.metric == metric and not t.period.each)
    place = plan.targets.index(target)
    simulate(plan, trials=50, seed=1, threads=1)  # compiled from here on
    worked, played, values, stated, hits = [], [], [], [], []
    for number in range(rounds):
        started = time.process_time()
        found = Family(plan, [target], 100 + number, PER_SET).variant().probability(target).estimate
        worked.append(time.process_time() - started)
        values.append(found.value)
        stated.append(found.standard_error)
        started = time.process_time()
        result = simulate(plan, trials=trials, seed=100 + number, threads=1)
        played.append(time.process_time() - started)
        hits.append(float(np.mean(result.target_hits[:, place])))
    p = float(np.mean(values))
    error = float(np.std(values, ddof=1))
    total = (p * (1 - p) / (trials * rounds) + error**2 / rounds) ** 0.5
    if abs(p - float(np.mean(hits))) > LIMIT * total:
        raise WrongAnswer(f"{target.name}: worked out {p:.4f}, played {np.mean(hits):.4f}")
    seconds = [w * max(error, float(np.sqrt(np.mean(np.square(stated))))) ** 2 / POINT**2 for w in worked]
    by_trials = [s * p * (1 - p) / trials / POINT**2 for s in played]
    return {
        "target": target.name,
        "probability": p,
        "seconds": median(worked),
        "error_seen": error,
        "error_stated": float(np.sqrt(np.mean(np.square(stated)))),
        "to_a_tenth": median(seconds),
        "played_to_a_tenth": median(by_trials),
        "ratio": median(b / a for a, b in zip(seconds, by_trials, strict=True)),
    }


def _analyses(plan: Any, file: Path, *, rounds: int, tell) -> list[dict[str, Any]]:
    """In this process where the name says no more; of one thread, per variant; or as whole processes."""
    import simulator as sim

    lever = f"segments.{next(iter(plan.segments))}.conversion.wins"
    tasks: dict[str, Callable[[int], Any]] = {
        "tornado": lambda seed: sim.sensitivity(plan, seed=seed, engine="exact"),
        "solve, one lever": lambda seed: sim.solve(plan, lever, seed=seed, engine="exact"),
    }
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in tasks}
    for name, change in LEVERS.items():
        tell(f"{plan.name}: variants of {name}")
        taken[f"a variant of {name}"] = [_variant(plan, change)]
    for number in range(rounds):
        for name, task in tasks.items():
            tell(f"{plan.name}: {name}")
            clock, started = time.perf_counter(), time.process_time()
            task(number)
            taken[name].append((time.perf_counter() - clock, time.process_time() - started))
    start = [sys.executable, "-m", "simulator"]
    tell(f"{plan.name}: whole processes")
    taken["tornado, the whole process"] = [
        seconds_of([*start, "sensitivity", str(file), "--seed", str(seed)]) for seed in range(rounds + 1)
    ][1:]  # the first warms caches
    for lever, values in THOUSAND.items():
        taken[f"sweep of 1,000 variants of {lever}, the whole process"] = [
            seconds_of(
                [*start, "sweep", str(file), *(part for value in values for part in ("--vary", value)), "--seed", "1"]
            )
        ]
    return [
        {"analysis": name, "seconds": median(s for s, _ in each), "processor": median(p for _, p in each)}
        for name, each in taken.items()
    ]


def _variant(plan: Any, change: dict[str, str]) -> tuple[float, float]:
    """Seconds of a variant in one thread, all targets and all means: what 24 take more than 4, shared out."""
    import simulator as sim

    found = []
    for count in (4, 24):
        vary = {path: ends.format(count if len(change) == 1 else count // 2 if path == next(iter(change)) else 2)
                for path, ends in change.items()}  # fmt: skip
        clock, started = time.perf_counter(), time.process_time()
        sim.sweep(plan, vary, seed=1, engine="exact", threads=1)
        found.append((time.perf_counter() - clock, time.process_time() - started))
    return (found[1][0] - found[0][0]) / 20, (found[1][1] - found[0][1]) / 20
