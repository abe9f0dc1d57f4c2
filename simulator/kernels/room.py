"""Room to work for one thread: every array that a trial needs, made once, outside compiled code."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.deals import Cohort
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


class Arrivals(NamedTuple):
    """Tables of arrivals; those of a static plan are kept from trial to trial."""

    table: NDArray[np.float64]  # (S or 1, row, entry)
    guide: NDArray[np.int32]  # (S or 1, row, 64)
    known: NDArray[np.float64]  # (S or 1, row, 4)


class Book(NamedTuple):
    """What a segment's deals need and leave behind."""

    own: NDArray[np.float64]  # (D, QT) win probabilities of open deals
    nothing: NDArray[np.float64]  # (0, QT)
    place: NDArray[np.int64]  # (2,)
    tally: NDArray[np.int64]  # (count metric, 1 + column)
    money: NDArray[np.float64]  # (4, 1 + column)


class Room(NamedTuple):
    """Scratch arrays; nothing in them outlives a call but the tables of arrivals of a static plan."""

    terms: Terms
    tables: Tables
    weather: Weather
    draws: Draws
    leads: Leads
    arrivals: Arrivals
    cohort: Cohort
    open_deals: Cohort
    book: Book


def _cohort(size: int) -> Cohort:
    def whole() -> NDArray[np.int64]:
        return np.zeros(size, np.int64)

    def words() -> NDArray[np.uint64]:
        return np.zeros(size, np.uint64)

    return Cohort(
        born=whole(), due=whole(), key=words(), slip_key=words(), cycle_bits=words(), slip_bits=words(),
        win=np.zeros(size), settled=np.full(size, -1.0), value=np.full(size, -1.0), pushes=whole(), outcome=whole(),
        slips=whole(),
    )  # fmt: skip


def make_room(plan: Plan, columns: int, entries: int = 1) -> Room:
    """Room for one thread; ``entries`` is the length of the tables of arrivals."""
    shape = plan.shape
    s, t, quarters = shape.segments, shape.stages, shape.warm + shape.quarters
    weeks, spreads, given = 13 * quarters, plan.spreads.kind.size, plan.opening.deal_segment.size
    kept = s if shape.static else 1
    terms = Terms(
        np.zeros((s, quarters)), np.ones((s, quarters)), np.zeros((s, t, quarters)),
        np.zeros((s, t, quarters), np.uint64), np.zeros((s, quarters), np.uint64), np.ones((s, quarters)),
        np.zeros((s, quarters, 3)), np.full((s, quarters, 4), -1),
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
              np.zeros(weeks)),
        Arrivals(np.zeros((kept, weeks + 1, entries)), np.zeros((kept, weeks + 1, ARRIVAL_GUIDE), np.int32),
                 np.full((kept, weeks + 1, 4), -1.0)),
        _cohort(BATCH), _cohort(given),
        Book(np.full((given, quarters), -1.0), np.zeros((0, quarters)), np.zeros(2, np.int64),
             np.zeros((t + 4, columns + 1), np.int64), np.zeros((4, columns + 1))),
    )  # fmt: skip
