"""What it costs to want every metric of the model, and what summing up instead of keeping costs."""

from __future__ import annotations

from typing import Any

from .timing import ratio, take_turns


def measure(document: dict[str, Any], *, seconds: float, rounds: int, tell) -> dict[str, Any]:
    """The time of a trial against that with the seven outputs of the race: with every metric of every segment read;
    and with everything summed up as it is played, percentiles included."""
    from simulator.scenario.load import load
    from simulator.simulation.simulate import simulate

    plan = load(document)
    stages = plan.stages
    tell(f"{document['name']}: every metric")

    def seven(trials: int, seed: int) -> object:
        result = simulate(plan, trials=trials, seed=seed, threads=1)
        return [result[metric] for metric in (*stages, "bookings", "slips")]

    def every(trials: int, seed: int) -> object:
        result = simulate(plan, trials=trials, seed=seed, threads=1)
        return [result[metric.name, who] for metric in result.metrics for who in (None, *result.segments)]

    def summed(trials: int, seed: int) -> object:
        return simulate(plan, trials=trials, seed=seed, threads=1, keep="summaries").summary()

    runs = {"seven": seven, "every": every, "summed": summed}
    speeds = take_turns(runs, seconds=max(seconds, 1.5), rounds=min(rounds, 3))
    return {
        "plan": document["name"],
        "every_metric": ratio(speeds["seven"], speeds["every"]),
        "summed_up": ratio(speeds["seven"], speeds["summed"]),
    }
