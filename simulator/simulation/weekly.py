"""Playing plans with teams or follow-up: their kernel, their arrays, the parts of their ratios."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.kernels.jit import in_form
from simulator.kernels.room import make_room
from simulator.quarters import WEEKS
from simulator.simulation.lower_people import People, part_names

if TYPE_CHECKING:
    from simulator.kernels.wins import Wins
    from simulator.simulation.follow import Followers
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


class _Desk:
    """What a thread works with."""

    def __init__(self, lowered: Lowered, people: People, columns: int):
        from simulator.kernels.weekly_room import make_weekly_room

        self.room = make_room(lowered.plan, columns)
        self.weekly = make_weekly_room(lowered.plan, people.teams, people.follow, columns)
        self.followers: Followers | None = None
        self.wins: Wins | None = None
        if lowered.customers is not None:
            from simulator.simulation.follow import Followers

            self.followers = Followers(lowered, columns)
        elif lowered.closing is not None:
            from simulator.kernels.wins import make_wins

            self.wins = make_wins(0)


def chunk_player(lowered: Lowered, seeds: np.ndarray, column: np.ndarray, columns: int) -> ChunkPlayer:
    """A function that plays the trials from a number on, as many as its outputs hold, and fills those.

    It is made once per run and called by several threads: what a thread works with is handed from call to call.
    """
    from simulator.kernels.weekly import run_weekly

    people, plan = lowered.people, lowered.plan
    assert people is not None
    # the number of a plan's parts is not in the type of what is None or not
    run: Any = in_form(run_weekly, "weekly" if lowered.closing is None else "weekly-closely")
    desks: list[_Desk] = []  # list.pop and append are atomic

    def play(first: int, outputs: Outputs) -> None:
        desk = desks.pop() if desks else _Desk(lowered, people, columns)
        counts, cents, parts, *fates = outputs
        followers = desk.followers
        done = 0
        if followers is not None:
            followers.wins.used[0] = 0
        while True:
            room, wins = desk.room, desk.wins if followers is None else followers.wins
            done, entries = run(
                *plan, people.teams, people.follow, people.rows, seeds, first, done, room.terms, room.tables,
                room.weather, room.draws, room.leads, room.arrivals, *desk.weekly, column, counts, cents, parts, *fates,
                lowered.closing, wins,
            )  # fmt: skip
            if entries:
                desk.room = make_room(plan, columns, entries + entries // 4)
            elif followers is None or followers.fits():
                break
            else:
                done, fates[-1][:] = 0, 0  # there is room for all wins now
        if followers is not None:
            followers.play(seeds, first, counts, cents)
        desks.append(desk)

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
