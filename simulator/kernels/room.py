"""Room to work for one thread: every array that a trial needs, made once, outside compiled code."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.deals import BORN, STRANDS, Book, Cohort, Weeks
from simulator.kernels.funnel import LAGGED_ONE_BY_ONE
from simulator.kernels.leads import GUIDE as ARRIVAL_GUIDE
from simulator.kernels.market import Weather
from simulator.kernels.plan import Plan
from simulator.kernels.spreads import GUIDE
from simulator.kernels.terms import Tables, Terms

BATCH = 2048  # deals settled at a time


class Draws(NamedTuple):
    """A trial's uncertain numbers."""

    z: NDArray[np.float64]  # (normal,)
    x: NDArray[np.float64]  # (leaf,)
    v: NDArray[np.float64]  # (slot,)


class Leads(NamedTuple):
    """A segment's leads in one trial."""

    n: NDArray[np.int64]  # (T, week) entries into each stage
    words: NDArray[np.uint64]  # (4, week)
    whole: NDArray[np.int64]  # (2, week)
    real: NDArray[np.float64]  # (week,)
    bits: NDArray[np.uint64]  # (individual,) words of their lags
    source: NDArray[np.int64]  # (individual,) week of entry
    landing: NDArray[np.int64]  # (week + lag,) arrivals


class Arrivals(NamedTuple):
    """Tables of arrivals; those of a static plan are kept from trial to trial."""

    table: NDArray[np.float64]  # (S or 1, row, entry)
    guide: NDArray[np.int32]  # (S or 1, row, 64)
    known: NDArray[np.float64]  # (S or 1, row, 4)


class Room(NamedTuple):
    """Scratch arrays; nothing in them outlives a call but the tables of arrivals of a static plan."""

    terms: Terms
    tables: Tables
    weather: Weather
    draws: Draws
    leads: Leads
    arrivals: Arrivals
    cohort: Cohort
    place: NDArray[np.int64]  # (2,) week and number of the next deal
    by_week: Weeks
    book: Book


def _cohort(size: int, quarters: int) -> Cohort:
    return Cohort(
        born=np.zeros(size, np.int64), due=np.zeros(size, np.int64), key=np.zeros(size, np.uint64),
        slip_key=np.zeros(size, np.uint64), bits=np.zeros(size, np.uint64), win=np.zeros(size),
        chance=np.zeros(size), value=np.zeros(size), live=np.zeros(size, np.int64), far=np.zeros(size),
        first=np.zeros(quarters + 1, np.int64),
    )  # fmt: skip


def make_room(plan: Plan, columns: int, entries: int = 1) -> Room:
    """Room for one thread; ``entries`` is the length of the tables of arrivals."""
    shape = plan.shape
    s, t, quarters = shape.segments, shape.stages, shape.warm + shape.quarters
    weeks, spreads = 13 * quarters, plan.spreads.kind.size
    kept = s if shape.static else 1
    terms = Terms(
        np.zeros((s, quarters)), np.ones((s, quarters)), np.zeros((s, t, quarters)),
        np.zeros((s, t, quarters), np.uint64), np.zeros((s, quarters), np.uint64), np.ones((s, quarters)),
        np.zeros((s, quarters, 3)), np.full((s, quarters, 4), -1),
        np.zeros((s, weeks if plan.segments.response.size else 0)),
    )  # fmt: skip
    tables = Tables(
        np.ones((spreads, shape.weeks_kept)), np.zeros((spreads, shape.weeks_kept), np.uint64),
        np.zeros((spreads, GUIDE), np.int32),
    )  # fmt: skip
    weather = Weather(
        np.zeros((t, quarters)), np.ones((t, quarters)), np.ones(quarters), np.ones(quarters), np.ones(quarters),
        np.zeros(quarters),
    )  # fmt: skip
    return Room(
        terms, tables, weather,
        Draws(np.zeros(plan.numbers.normal_name.size), np.zeros(plan.numbers.kind.size),
              plan.numbers.slot_value.copy()),
        Leads(np.zeros((t, weeks), np.int64), np.zeros((4, weeks), np.uint64), np.zeros((2, weeks), np.int64),
              np.zeros(weeks), np.zeros(13 * LAGGED_ONE_BY_ONE + 8, np.uint64),
              np.zeros(13 * LAGGED_ONE_BY_ONE + 8, np.int64), np.zeros(weeks + shape.weeks_kept, np.int64)),
        Arrivals(np.zeros((kept, weeks + 1, entries)), np.zeros((kept, weeks + 1, ARRIVAL_GUIDE), np.int32),
                 np.full((kept, weeks + 1, 4), -1.0)),
        _cohort(BATCH, quarters), np.zeros(2, np.int64),
        Weeks(np.zeros(weeks + 1), np.zeros(weeks + 1), np.zeros(weeks + 1, np.uint64), np.zeros(weeks + 1, np.int64),
              np.zeros(weeks + 1, np.int64), np.zeros(weeks + 1, np.int64)),
        Book(np.zeros((STRANDS, BORN + 1, columns + 2), np.int64), np.zeros((STRANDS, BORN + 1, columns + 2))),
    )  # fmt: skip
