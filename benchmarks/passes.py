"""Where a trial's time goes on plan R1: each pass of the engine by itself, draws × nanoseconds.

``python -m benchmarks.passes`` plays a few hundred different trials pass by pass, as the engine does, and prints what
each pass adds. Thread time, the least of many rounds: on a busy machine that is still what the code costs.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numba
import numpy as np

from simulator.kernels import arrivals, deals, funnel
from simulator.kernels.book import clear, report
from simulator.kernels.engine import Engine
from simulator.kernels.jit import OPTIONS, PLAIN
from simulator.kernels.lanes import LANES
from simulator.kernels.room import make_room
from simulator.kernels.streams import name_weeks, substream, word
from simulator.scenario.load import load
from simulator.simulation.groups import group_seeds
from simulator.simulation.lower import lower

from .funnel import PLANS, WEEKS

ROUNDS, TRIALS, ENTRIES = 60, 300, 1000
_jit = numba.njit(**OPTIONS)


def least(run: Callable[[], object]) -> float:
    """Seconds of thread time, the least of many rounds."""
    run()
    best = np.inf
    for _ in range(ROUNDS):
        before = time.thread_time()
        run()
        best = min(best, time.thread_time() - before)
    return float(best)


@_jit
def _arrive(plan, room, seeds, n):
    for i in range(n.shape[0]):
        key = word(seeds[2], i)
        for w in range(n.shape[2]):
            n[i, 0, w] = 0
        arrivals.draw_arrivals(0, room.terms, plan.segments, plan.streams.arrivals[0], key, 0, 0, i == 0, room.arrivals,
                               room.leads.words[0], room.leads.few, n[i, 0])  # fmt: skip


@_jit
def _convert(plan, room, seeds, t, n, converted):
    words = room.leads.words
    for i in range(n.shape[0]):
        name_weeks(substream(word(seeds[2], i), plan.streams.conversion[0, t]), 0, words[0])
        for w in range(n.shape[2]):
            words[1, w], room.leads.real[w] = room.terms.rate_limit[0, t, 0], room.terms.rate[0, t, 0]
        funnel.convert(n[i, t - 1], words[1], room.leads.real, words[0], room.leads.few, converted[i])


@_jit
def _lag(plan, room, seeds, t, n, converted):
    words, tables = room.leads.words, room.tables
    for i in range(n.shape[0]):
        name_weeks(substream(word(seeds[2], i), plan.streams.lag[0, t]), 0, words[0])
        for w in range(n.shape[2]):
            n[i, t, w] = 0
        funnel.spread_over_weeks(converted[i], words[0], plan.segments.lag[0, t], tables.cdf, tables.words,
                                 tables.guide, 0, n.shape[2], 0, room.leads.few, room.leads.rows, room.leads.below,
                                 room.leads.landed, n[i, t])  # fmt: skip


@_jit
def _deals(plan, room, seeds, n, counts, cents, passes):
    """Deals pass after pass; with fewer ``passes``, the last ones are left out."""
    terms, tables, spreads, book, weeks = room.terms, room.tables, plan.spreads, room.book, n.shape[2]
    last = n.shape[1] - 1
    drawn = 0
    for i in range(n.shape[0]):
        room.place[0], room.place[1] = 0, 0
        count = deals.draw_deals(
            room.cohort, n[i, last - 1], room.place, 0, weeks, tables.words, tables.guide, plan.segments.lag[0, last],
            plan.segments.loss_lag[0], terms.rate[0, last], substream(word(seeds[3], i), plan.streams.deals[0]),
            substream(word(seeds[4], i), plan.streams.slips[0]), room.leads.words,
        )  # fmt: skip
        drawn += count
        if passes > 1:
            deals.value_deals(room.cohort, count, terms.size[0], terms.size_kind[0], spreads.data, spreads.curves)
        if passes > 2:
            deals.set_weeks(terms.rate[0, last], terms.factor[0], terms.slip_limit[0], plan.segments.delay[0],
                            room.by_week)  # fmt: skip
            deals.settle_deals(room.cohort, count, room.by_week, plan.segments.limit[0], False, weeks, tables.words,
                               tables.guide, book)  # fmt: skip
        if passes > 3:
            report(n[i], book, 0, True, 0, counts, cents)
            clear(room.leads.n, book)
    return drawn


def measure() -> list[tuple[str, float, float]]:
    """(pass, draws per trial, microseconds per trial) of every pass, in order."""
    scenario = load(PLANS / "r1.yaml")
    plan, seeds = lower(scenario).plan, group_seeds(1)
    columns, stages = plan.shape.quarters, plan.shape.stages
    weeks = WEEKS * columns
    room = make_room(plan, columns, ENTRIES)
    counts, cents = np.empty((stages + 4, 1, columns), np.int32), np.empty((4, 1, columns))
    fates = trials_fates()
    Engine(PLAIN)(*plan[:-1], None, seeds, 0, 0, *room, np.repeat(np.arange(1, columns + 1), WEEKS), counts[None],
                  cents[None], fates, None, None, None)  # fmt: skip
    n = np.zeros((TRIALS, stages, weeks), np.int64)
    converted = np.zeros((TRIALS, weeks + LANES), np.int64)
    found = [("arrivals by week", float(weeks), least(lambda: _arrive(plan, room, seeds, n)))]
    for t in range(1, stages - 1):
        name = scenario.stages[t]
        asked = n[:, t - 1].sum() / TRIALS
        found.append((f"who becomes {name}", asked, least(lambda t=t: _convert(plan, room, seeds, t, n, converted))))
        going = converted.sum() / TRIALS
        found.append((f"when: lags of {name}", going, least(lambda t=t: _lag(plan, room, seeds, t, n, converted))))
    born = _deals(plan, room, seeds, n, counts, cents, 1) / TRIALS
    before = 0.0
    for passes, name in enumerate(("deals: names, cycles, win uniforms", "deals: values", "deals: slips and decisions",
                                   "results written, books cleared"), 1):  # fmt: skip
        total = least(lambda passes=passes: _deals(plan, room, seeds, n, counts, cents, passes))
        found.append((name, born, total - before))
        before = total
    return [(name, draws, seconds / TRIALS * 1e6) for name, draws, seconds in found]


def trials_fates():
    """Room for the fates of no open deals."""
    from simulator.kernels.open_deals import Fates

    few = np.empty((1, 0), np.int16)
    return Fates(np.empty((1, 0), np.int8), few, few, np.empty(0, np.int64))


def table() -> list[str]:
    """The measurement as Markdown."""
    rows = measure()
    lines = ["| pass | draws per trial | ns per draw | µs per trial |", "| --- | ---: | ---: | ---: |"]
    lines += [f"| {name} | {draws:,.0f} | {1e3 * micro / draws:.2f} | {micro:.2f} |" for name, draws, micro in rows]
    return [*lines, f"| together | | | {sum(row[2] for row in rows):.1f} |"]


if __name__ == "__main__":
    print("\n".join(table()))
