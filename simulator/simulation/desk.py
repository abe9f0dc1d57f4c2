"""What a run fills, and what each of its threads works with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.kernels.open_deals import Fates
from simulator.kernels.room import make_room
from simulator.quarters import WEEKS
from simulator.simulation.limits import refuse_if_too_large
from simulator.simulation.lower import Lowered
from simulator.simulation.result import Part
from simulator.simulation.weekly import ChunkPlayer, count_parts

if TYPE_CHECKING:
    from simulator.kernels.closing import Closing, Details
    from simulator.kernels.wins import Wins
    from simulator.simulation.accounts import AccountPlayer


class Arrays:
    """What the kernels fill, for all trials."""

    def __init__(self, lowered: Lowered, trials: int, by: str):
        plan = lowered.plan.shape
        counts = sum(m.kind == "count" for m in lowered.metrics)
        self.columns = plan.quarters * (WEEKS if by == "week" else 1)
        refuse_if_too_large(lowered, trials, self.columns)
        week = np.arange(-WEEKS * plan.warm, WEEKS * plan.quarters)
        self.column = np.where(week < 0, 0, 1 + (week if by == "week" else week // WEEKS)).astype(np.int64)
        shape = (plan.segments, counts, trials, self.columns)
        self.counts = np.empty(shape, np.int32)
        money = [m.name for m in lowered.metrics if m.kind == "money"]
        self.money = {name: row for row, name in enumerate(money)}
        self.cents = np.empty((plan.segments, len(money), trials, self.columns))
        self.money_parts: dict[str, Part] = {}
        deals = len(lowered.deal_ids)
        self.outcome = np.zeros((trials, deals), np.int8)
        self.week = np.zeros((trials, deals), np.int16)
        self.slips = np.zeros((trials, deals), np.int16)
        self.stale = np.zeros(deals, np.int64)
        self.parts = np.empty((plan.segments, count_parts(lowered), trials, self.columns))

    def play(self, player: ChunkPlayer, start: int, stop: int, first_trial: int) -> np.ndarray:
        """Let a player fill trials start … stop − 1; returns the trials in which each open deal was stale."""
        stale = np.zeros_like(self.stale)
        large: tuple[np.ndarray, ...] = (self.counts, self.cents, self.parts)
        own = [np.empty((*array.shape[:2], stop - start, array.shape[3]), array.dtype) for array in large]
        fates = (array[start:stop] for array in (self.outcome, self.week, self.slips))
        player(first_trial + start, (*own, *fates, stale))
        for array, found in zip(large, own, strict=True):
            array[:, :, start:stop] = found
        return stale


class Desk:
    """What a thread works with. Trials are written here first: in memory of its own, and always laid out alike."""

    def __init__(self, lowered: Lowered, arrays: Arrays, trials: int):
        self.room = make_room(lowered.plan, arrays.columns)
        self.counts, self.cents = (
            np.empty((*array.shape[:2], trials, array.shape[3]), array.dtype) for array in (arrays.counts, arrays.cents)
        )
        self.closing, self.followers = lowered.closing, None
        if lowered.customers is not None:
            from simulator.simulation.follow import Followers

            self.followers = Followers(lowered, arrays.columns)
        self.accounts: AccountPlayer | None = None
        self.parts = arrays.parts[:, :0]
        if lowered.accounts is not None:
            from simulator.simulation.accounts import AccountPlayer

            self.accounts = AccountPlayer(lowered, arrays.column, arrays.columns)
            self.parts = np.empty((*arrays.parts.shape[:2], trials, arrays.columns))
        self._details: Details | None = None
        if self.closing is not None:
            from simulator.kernels.closing import make_details

            self._details = make_details(self.room.cohort.born.size)

    def arguments(self, plan: tuple[Any, ...], seeds: np.ndarray, first: int, begin: int, column: np.ndarray,
                  counts: np.ndarray, cents: np.ndarray, fates: Fates) -> tuple[Any, ...]:  # fmt: skip
        """What the engine is given."""
        return *plan, seeds, first, begin, *self.room, column, counts, cents, fates, *self.details()

    def details(self) -> tuple[Closing | None, Details | None, Wins | None]:
        """What the trials need beside the plan, where deals are settled in detail or their wins followed."""
        if self.closing is None:
            return None, None, None
        from simulator.kernels.wins import make_wins

        return self.closing, self._details, make_wins(0) if self.followers is None else self.followers.wins
