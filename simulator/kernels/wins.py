"""The deals won, listed trial after trial for who follows them further."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.jit import inner


class Wins(NamedTuple):
    """The deals won from the start on, trial after trial, for who follows them further.

    ``used`` counts on beyond the room there is, so that enough can be made and the trials played again.
    """

    used: NDArray[np.int64]  # (1,)
    trial: NDArray[np.int64]  # (win,) row of the trial
    segment: NDArray[np.int64]
    week: NDArray[np.int64]  # of the win, from the start
    born: NDArray[np.int64]  # week from the start, WEEK_ZERO added; −1: open at the start
    number: NDArray[np.int64]  # among those born in that week, or of the open deal
    value: NDArray[np.float64]  # currency


def make_wins(size: int) -> Wins:
    """Room for so many wins; 0 where nobody follows them."""

    def whole() -> NDArray[np.int64]:
        return np.zeros(size, np.int64)

    return Wins(
        used=np.zeros(1, np.int64), trial=whole(), segment=whole(), week=whole(), born=whole(), number=whole(),
        value=np.zeros(size),
    )  # fmt: skip


@inner
def note_win(wins, trial, s, week, born, number, value):
    """Add a win to the list; count it where there is no room."""
    at = wins.used[0]
    if at < wins.trial.size:
        wins.trial[at], wins.segment[at], wins.week[at], wins.value[at] = trial, s, week, value
        wins.born[at], wins.number[at] = born, number
    wins.used[0] = at + 1
