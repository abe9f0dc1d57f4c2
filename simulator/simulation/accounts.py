"""Playing accounts: the pass that fills in the segments which have them, and the parts of its ratios."""

from __future__ import annotations

import numpy as np

from simulator.kernels.account_plan import make_desk
from simulator.kernels.accounts import run_accounts
from simulator.kernels.open_deals import Fates
from simulator.kernels.room import make_room
from simulator.kernels.wins import Wins, make_wins
from simulator.simulation.lower import Lowered
from simulator.simulation.lower_accounts import PARTS


class AccountPlayer:
    """What a thread needs to play the accounts of a chunk of trials."""

    def __init__(self, lowered: Lowered, column: np.ndarray, columns: int):
        assert lowered.accounts is not None and lowered.account_closing is not None
        self.plan, self.accounts = lowered.plan, lowered.accounts
        self.rates, self.closing = lowered.account_rates, lowered.account_closing
        self.column, self.columns = column, columns
        self.room = make_room(self.plan, columns)
        self.desk = make_desk(self.plan.shape.warm + self.plan.shape.quarters)
        self.nobody = make_wins(0)

    def play(
        self,
        seeds: np.ndarray,
        first: int,
        counts: np.ndarray,
        cents: np.ndarray,
        parts: np.ndarray,
        fates: Fates,
        wins: Wins | None,
    ) -> None:
        """Fill the rows of the segments with accounts, the fates of their open deals, and the list of wins."""
        plan, done = self.plan, 0
        while True:
            room = self.room
            done, entries = run_accounts(
                plan.shape, plan.numbers, plan.spreads, plan.market, plan.segments, plan.opening, self.accounts,
                self.rates, self.closing, seeds, first, done, room.terms, room.tables, room.weather, room.draws,
                room.leads, room.arrivals, room.book, plan.streams.arrivals, self.desk, self.column, counts,
                cents, parts, fates, self.nobody if wins is None else wins,
            )  # fmt: skip
            if not entries:
                break
            self.room = make_room(plan, self.columns, entries + entries // 4)


def account_parts(parts: np.ndarray) -> dict[str, np.ndarray]:
    """The parts of ratios by name, of float64 (segment, part, trial, column)."""
    return {name: parts[:, row] for row, name in enumerate(PARTS)}
