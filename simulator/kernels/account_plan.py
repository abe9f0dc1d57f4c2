"""What a plan says of accounts, as the kernels see it, and room to play them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.plan import Flags, Ints, Words


class Accounts(NamedTuple):
    """What the plan says of accounts. S segments, Q quarters; arrays of ints without comment hold slots."""

    played: Flags  # (S,)
    limited: Flags  # (S,) whether there is an end of accounts
    number: Ints  # (S,)
    again: Ints  # (S, QT) spreads, −1: never
    contacts: Ints  # (S, QT) spreads
    group: Ints  # (S, QT) spreads, −1: no bound
    joining: Ints  # (S, 2, Q) contacts per week: before the deal, in it
    qualified_at: Ints  # (S,) contacts
    deal_needs: Ints  # (S,) contacts
    known: Ints  # (D,) contacts of each open deal, 0: nobody knows
    stream: Words  # (S,) of accounts
    deals: Words  # (S,)
    slips: Words  # (S,)
    rows: Ints  # (2,) of the counts: mqas, accounts_left (−1: not counted)


class Rates(NamedTuple):
    """Win rates by engaged contacts; ints are slots."""

    since: Ints  # (S, row) from how many contacts on; a large number: no such row
    rate: Ints  # (S, row, Q)
    curve: Ints  # (S, 3) most, half at, steepness; −1: rows
    persona: Words  # (S, P)
    share: Ints  # (S, P), −1: no such persona
    engaged: Ints  # (S, P) multiplier of the win rate where one is
    missing: Ints  # (S, P) where none is


class Desk(NamedTuple):
    """Room for a segment's accounts in one trial."""

    arrived: NDArray[np.int64]  # (week,) those that the volume brings
    free: NDArray[np.int64]  # (week,) accounts that are free again from that week on
    joining: NDArray[np.float64]  # (2, QT)


def make_desk(quarters: int) -> Desk:
    """Room for a plan of so many quarters, the warm-up's among them."""
    return Desk(np.zeros(13 * quarters, np.int64), np.zeros(13 * quarters, np.int64), np.zeros((2, quarters)))
