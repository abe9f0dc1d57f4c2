"""Everybody plays the same plan: checked first, then timed in turns."""

from __future__ import annotations

from contextlib import ExitStack
from statistics import median
from typing import Any

from . import exact
from .check import WrongAnswer, check
from .funnel import Funnel
from .programs import PROGRAMS, Program, on_two, stacked
from .timing import calibrate, ratio, take_turns

YARDSTICK = "numpy"
TENTH_OF_A_POINT = 0.001


def race(
    funnel: Funnel, *, only: set[str] | None, seconds: float, rounds: int, visitors: tuple[int, ...], tell
) -> list[dict[str, Any]]:
    """One row per program: deviation from the exact answer, trials per second on one and two, by visitors.

    A program that cannot run here has a ``note``; one whose answer is wrong has an ``error`` and no times.
    """
    answer = exact.solve(funnel)
    rows: dict[str, dict[str, Any]] = {}
    plays = {}
    for program in PROGRAMS:
        if only and program.key not in only and program.key != YARDSTICK:
            continue
        row: dict[str, Any] = {"program": program.key, "general": program.general}
        rows[program.key] = row
        tell(f"{funnel.name}: checking {program.key}")
        try:
            row["name"] = program.name
            play = program.load().prepare(funnel)
            row["checked_trials"] = calibrate(play, max(seconds, 0.5))
            row["deviation"] = check(stacked(play(row["checked_trials"], 11)), answer, funnel.metrics)
            plays[program.key] = play
        except (ImportError, FileNotFoundError) as reason:
            row.update(name=row.get("name", program.key), note=f"not run: {reason}")
        except WrongAnswer as reason:
            row["error"] = str(reason)
    tell(f"{funnel.name}: timing in turns")
    speeds = take_turns(plays, seconds=seconds, rounds=rounds)
    probability = answer.wins_probability
    for key, speed in speeds.items():
        rows[key].update(
            trials_per_second=median(speed),
            rounds=speed,
            ratio=ratio(speed, speeds[YARDSTICK]),
            trials_to_tenth_of_a_point=probability * (1 - probability) / TENTH_OF_A_POINT**2,
            seconds_to_tenth_of_a_point=probability * (1 - probability) / TENTH_OF_A_POINT**2 / median(speed),
        )
    rounds = min(rounds, 3)
    for program in PROGRAMS:
        if program.key not in plays:
            continue
        tell(f"{funnel.name}: {program.key} on two")
        rows[program.key].update(_two(program, funnel, plays[program.key], seconds, rounds))
        for times in visitors:
            tell(f"{funnel.name}: {program.key}, visitors x{times}")
            rows[program.key].update(_busier(program, funnel, plays[program.key], times, seconds, rounds))
    return list(rows.values())


def _two(program: Program, funnel: Funnel, play, seconds: float, rounds: int) -> dict[str, Any]:
    with ExitStack() as stack:
        both = stack.enter_context(on_two(program, funnel))
        speeds = take_turns({"one": play, "two": both}, seconds=seconds, rounds=rounds)
    return {"two_trials_per_second": median(speeds["two"]), "two_ratio": ratio(speeds["two"], speeds["one"])}


def _busier(program: Program, funnel: Funnel, play, times: int, seconds: float, rounds: int) -> dict[str, Any]:
    """Cost of a trial with more visitors and the first rate divided by as much, checked as well."""
    busier = funnel.busier(times)
    other = program.load().prepare(busier)
    trials = calibrate(other, seconds)
    check(stacked(other(trials, 12)), exact.solve(busier), busier.metrics)
    speeds = take_turns({"plain": play, "busier": other}, seconds=seconds, rounds=rounds)
    return {f"cost_x{times}": ratio(speeds["plain"], speeds["busier"])}
