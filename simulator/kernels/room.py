"""Room to work for one thread: every array that a trial needs, made once, outside compiled code."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.arrivals import Arrivals
from simulator.kernels.book import BORN, CELLS, STRANDS, Book
from simulator.kernels.deals import Cohort, Weeks
from simulator.kernels.funnel import LAGGED_ONE_BY_ONE, MARGIN, MOST_LIMITS
from simulator.kernels.lanes import LANES
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
    words: NDArray[np.uint64]  # (2, week + 8)
    whole: NDArray[np.int64]  # (2, week + 8)
    real: NDArray[np.float64]  # (week,)
    few: NDArray[np.int64]  # (week + 8,) individuals with uniforms, or lags, of their own
    rows: NDArray[np.uint64]  # (individual of a week × 8,) words of eight weeks' lags
    below: NDArray[np.int64]  # (25 × (margin, week + 8),) how many of these are below each limit
    landed: NDArray[np.int64]  # (week + lag + 16,) arrivals


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
        slip_key=np.zeros(size, np.uint64), slipped=np.zeros(size, np.uint64), lag=np.zeros(size, np.uint64),
        bits=np.zeros(size, np.uint64), win=np.zeros(size),
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
        Leads(np.zeros((t, weeks), np.int64), np.zeros((2, weeks + LANES), np.uint64),
              np.zeros((2, weeks + LANES), np.int64), np.zeros(weeks), np.zeros(weeks + LANES, np.int64),
              np.zeros(LANES * LAGGED_ONE_BY_ONE, np.uint64),
              np.zeros((MOST_LIMITS + 1) * (MARGIN + weeks + LANES), np.int64),
              np.zeros(weeks + shape.weeks_kept + 2 * LANES + MOST_LIMITS, np.int64)),
        Arrivals(np.zeros((kept, weeks + 1, entries)), np.zeros((kept, 3, weeks + LANES), np.int64),
                 np.zeros((weeks + 1, 3))),
        _cohort(BATCH, quarters), np.zeros(2, np.int64),
        Weeks(np.zeros(weeks + 1), np.zeros(weeks + 1), np.zeros(weeks + 1, np.uint64), np.zeros(weeks + 1, np.int64),
              np.zeros(weeks + 1, np.int64),
              np.zeros(weeks + 1, np.int64), np.zeros(weeks + 1, np.int64)),
        Book(np.zeros((BORN + 1, columns + 2), np.int64), np.zeros((BORN + 1, columns + 2)),
             np.zeros(STRANDS * (columns + 2) * CELLS)),
    )  # fmt: skip
