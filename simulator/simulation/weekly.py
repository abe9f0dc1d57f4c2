"""Playing plans with teams or follow-up: their kernel, their arrays, the parts of their ratios."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.kernels.room import Room, make_room
from simulator.quarters import WEEKS
from simulator.simulation.lower_people import part_names

if TYPE_CHECKING:
    from simulator.kernels.weekly_room import WeeklyRoom
    from simulator.simulation.lower import Lowered
    from simulator.simulation.result import Part

Outputs = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""counts, cents, parts (…, trial, column); outcome, week, slips (trial, deal); stale (deal,)."""


ChunkPlayer = Callable[[int, Any], None]


def count_parts(lowered: Lowered) -> int:
    """How many parts of ratios there are; none in a plan without people or accounts."""
    if lowered.accounts is not None:
        from simulator.simulation.lower_accounts import PARTS

        return len(PARTS)
    return 0 if lowered.people is None else len(part_names(lowered.people))


def chunk_player(lowered: Lowered, seeds: np.ndarray, column: np.ndarray, columns: int) -> ChunkPlayer:
    """A function that plays the trials from a number on, as many as its outputs hold, and fills those.

    It is made once per run and called by several threads: what a thread works with is handed from call to call.
    """
    from simulator.kernels.weekly import run_weekly
    from simulator.kernels.weekly_room import make_weekly_room

    people = lowered.people
    assert people is not None
    desks: list[tuple[Room, WeeklyRoom]] = []  # list.pop and append are atomic

    def play(first: int, outputs: Outputs) -> None:
        room, weekly = desks.pop() if desks else (
            make_room(lowered.plan, columns), make_weekly_room(lowered.plan, people.teams, people.follow, columns)
        )  # fmt: skip
        counts, cents, parts, *fates = outputs
        done = 0
        while True:
            done, entries = run_weekly(
                *lowered.plan, people.teams, people.follow, people.rows, seeds, first, done, room.terms, room.tables,
                room.weather, room.draws, room.leads, room.arrivals, *weekly, column, counts, cents, parts, *fates,
            )  # fmt: skip
            if not entries:
                break
            room = make_room(lowered.plan, columns, entries + entries // 4)
        desks.append((room, weekly))

    return play


def named_parts(lowered: Lowered, parts: np.ndarray, by: str) -> dict[str, Part]:
    """The parts of ratios by name; ``weeks`` are those of a column, the same for all segments."""
    if lowered.accounts is not None:
        from simulator.simulation.accounts import account_parts

        return dict(account_parts(parts))
    if lowered.people is None:
        return {}
    width = 1.0 if by == "week" else float(WEEKS)
    found: dict[str, Part] = {name: parts[:, row] for row, name in enumerate(part_names(lowered.people))}
    return found | {"weeks": np.full(parts.shape[3], width)}
