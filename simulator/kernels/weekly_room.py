"""Room for the trials of plans with teams or follow-up, made once outside compiled code."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.plan import Plan
from simulator.kernels.teams import Follow, PeopleTerms, Teams

# flows of a team, outcomes of leads, and parts of ratios, each a row of a tally
WAITING, GONE_COLD, WORKED = range(3)
NOT_REACHED, OUT, TO_NURTURE, RETURNED, TURNED_AWAY = range(5)
BUSY, STAFFED, WORK = range(3)
GOOD, SEEN, WRONG = range(
    3
)  # at a bar: good ones that came to it, and of those behind it who was reached, and not good


class Floor(NamedTuple):
    """Where leads stand and deals wait. R is 1 + the most often that any lead can come back."""

    came: NDArray[np.int64]  # (R, S, T, week) who comes to a stage, afresh or back for the r-th time
    seen: NDArray[np.int64]  # (R, S, T, week of entry, 7) counters of a cohort: see weekly_leads
    wait: NDArray[np.int64]  # (N, S × R, week of entry) who waits
    oldest: NDArray[np.int64]  # (N,) no one waits who came before
    credit: NDArray[np.float64]  # (N,) part of a lead that is left of last week's work
    chosen: NDArray[np.int64]  # (S × R,)
    takes: NDArray[np.int64]  # (S × R × week, 3)
    next_deal: NDArray[np.int64]  # (S, week of birth) number of the next deal to start
    free: NDArray[np.int64]  # (N, S, week) deals that leave a seller free from that week on
    at_work: NDArray[np.int64]  # (N, S) deals that have a seller
    words: NDArray[np.uint64]  # (week,)


class Tally(NamedTuple):
    """Counts and money by segment and column; the first column is what lies before the start."""

    stages: NDArray[np.int64]  # (S, T + 4, 1 + column)
    money: NDArray[np.float64]  # (S, 4, 1 + column)
    team: NDArray[np.int64]  # (S, N, 3, 1 + column)
    outcome: NDArray[np.int64]  # (S, 5, 1 + column)
    part: NDArray[np.float64]  # (S, N, 3, 1 + column) people-weeks
    bar: NDArray[np.float64]  # (S, 3, 1 + column); (S, 0, 1 + column) where no score passes leads on


class Rows(NamedTuple):
    """Where metrics of people stand in the results."""

    total: NDArray[np.int64]  # (3,) of all teams, −1 without teams
    team: NDArray[np.int64]  # (N, 3) −1 where there is one team only
    outcome: NDArray[np.int64]  # (5,) −1 without follow-up, or without a bar


class WeeklyRoom(NamedTuple):
    """Scratch arrays of one thread."""

    terms: PeopleTerms
    floor: Floor
    tally: Tally


def make_weekly_room(plan: Plan, teams: Teams, follow: Follow, columns: int) -> WeeklyRoom:
    """Room for one thread."""
    shape = plan.shape
    s, t, quarters, n = shape.segments, shape.stages, shape.warm + shape.quarters, teams.stage.size
    weeks, rounds = 13 * quarters, 1 + int(follow.limit.max(initial=0))
    return WeeklyRoom(
        PeopleTerms(
            np.zeros((n, weeks)), np.ones((n, quarters)), np.zeros((n, quarters), np.int64), np.ones((n, quarters)),
            np.zeros((5, s, t, quarters)), np.full((s, t, quarters), -1.0),
        ),
        Floor(
            came=np.zeros((rounds, s, t, weeks), np.int64), seen=np.zeros((rounds, s, t, weeks, 7), np.int64),
            wait=np.zeros((n, s * rounds, weeks), np.int64), oldest=np.zeros(n, np.int64), credit=np.zeros(n),
            chosen=np.zeros(s * rounds, np.int64), takes=np.zeros((s * rounds * weeks, 3), np.int64),
            next_deal=np.zeros((s, weeks), np.int64), free=np.zeros((n, s, weeks + 1), np.int64),
            at_work=np.zeros((n, s), np.int64), words=np.zeros(weeks, np.uint64),
        ),
        Tally(
            np.zeros((s, t + 4, columns + 1), np.int64), np.zeros((s, 4, columns + 1)),
            np.zeros((s, n, 3, columns + 1), np.int64), np.zeros((s, 5, columns + 1), np.int64),
            np.zeros((s, n, 3, columns + 1)), np.zeros((s, 3 if (follow.good >= 0).any() else 0, columns + 1)),
        ),
    )  # fmt: skip
