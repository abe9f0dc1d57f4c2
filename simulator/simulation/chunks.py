"""Trials played chunk by chunk, in threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from simulator.kernels.engine import Engine
from simulator.kernels.jit import PLAIN, compiling, expect, is_kept, remember
from simulator.kernels.open_deals import Fates
from simulator.kernels.room import make_room
from simulator.simulation.desk import Arrays, Desk
from simulator.simulation.groups import group_seeds
from simulator.simulation.lower import Lowered, table_jobs
from simulator.simulation.setup import Setup
from simulator.simulation.threads import in_threads
from simulator.simulation.weekly import chunk_player

_CHUNK = 500  # trials between two looks at Ctrl-C and the progress bar


def play_chunks(
    lowered: Lowered,
    seeds: np.ndarray,
    arrays: Arrays,
    setup: Setup,
    first_trial: int,
    progress: Callable[[int, int], None] | None,
) -> None:
    """Fill the arrays, chunk by chunk, in threads; between chunks Ctrl-C and progress get a turn."""
    trials = setup.trials
    size = min(_CHUNK, trials)
    weekly = None if lowered.people is None else chunk_player(lowered, seeds, arrays.column, arrays.columns)
    if lowered.customers is not None:
        from simulator.simulation.follow import trials_at_a_time

        size = min(size, trials_at_a_time(lowered))
    desks: list[Desk] = []  # one per thread at work; list.pop and append are atomic
    plan, form = compiled_form(lowered)
    all_accounts = lowered.accounts is not None and bool(lowered.accounts.played.all())
    run = Engine(form)
    if lowered.accounts is not None:  # they are played by a kernel of their own
        form = "accounts" if all_accounts else f"{form}-accounts"
    expect(form)

    def chunk(start: int) -> tuple[int, np.ndarray]:
        stop = min(start + size, trials)
        if weekly is not None:
            return stop - start, arrays.play(weekly, start, stop, first_trial)
        desk = desks.pop() if desks else Desk(lowered, arrays, size)
        counts, cents, parts = desk.counts, desk.cents, desk.parts
        if stop - start < size:  # the last: a slice would be laid out differently, and need a compilation of its own
            counts, cents, parts = (
                np.empty((*a.shape[:2], stop - start, a.shape[3]), a.dtype) for a in (counts, cents, parts)
            )
        fates = Fates(arrays.outcome[start:stop], arrays.week[start:stop], arrays.slips[start:stop],
                      np.zeros_like(arrays.stale))  # fmt: skip
        done = 0
        if desk.followers is not None:
            desk.followers.wins.used[0] = 0
        while True:
            # a static plan's tables of arrivals survive in the room from chunk to chunk
            entries = 0
            if not all_accounts:
                done, entries = run(
                    *desk.arguments(plan, seeds, first_trial + start, done, arrays.column, counts, cents, fates)
                )
            if not entries:
                if desk.accounts is not None:
                    desk.accounts.play(seeds, first_trial + start, counts, cents, parts, fates, desk.details()[2])
                if desk.followers is None or desk.followers.fits():
                    break
                done, fates.stale[:] = 0, 0  # there is room for all wins now
                continue
            desk.room = make_room(lowered.plan, arrays.columns, entries + entries // 4)
        if desk.followers is not None:
            if desk.accounts is not None:
                desk.followers.sort()
            desk.followers.play(seeds, first_trial + start, counts, cents)
        if desk.accounts is not None:
            arrays.parts[:, :, start:stop] = parts
        arrays.counts[:, :, start:stop], arrays.cents[:, :, start:stop] = counts, cents
        desks.append(desk)
        return stop - start, fates.stale

    done = 0
    for count, stale in in_threads(chunk, range(0, trials, size), setup.threads):
        arrays.stale += stale
        if done == 0:
            remember(form)
        done += count
        if progress is not None:
            progress(done, trials)


def compile_ahead(lowered: Lowered, by: str) -> None:
    """Compile what the first plan of a kind needs, on two processors.

    What trials call by an address, the bridge from Python, and what fills the tables of a plan, is left to another
    process meanwhile.
    """
    plan, form = compiled_form(lowered)
    if lowered.people is not None or lowered.accounts is not None or is_kept(form):
        return  # kernels of their own, or compiled before
    from simulator.kernels.beside import Helper

    seeds, arrays = group_seeds(0), Arrays(lowered, 1, by)
    desk = Desk(lowered, arrays, 1)
    fates = Fates(arrays.outcome, arrays.week, arrays.slips, arrays.stale)
    arguments = desk.arguments(plan, seeds, 0, 0, arrays.column, desk.counts, desk.cents, fates)
    engine = Engine(form)
    with compiling(form), Helper([*table_jobs(lowered.plan), *engine.others(*arguments)]):
        engine.compile(*arguments)


def compiled_form(lowered: Lowered) -> tuple[tuple[Any, ...], str]:
    """The parts of a plan as the engine takes them, and the name of the form in which it is compiled for them.

    What a plan does not have is None, and the compiled form has nothing of it: half of the time to compile went
    into parts that most plans do without.
    """
    plan = lowered.plan if lowered.quiet is None else lowered.quiet
    opening = plan.opening if plan.opening.deal_segment.size + plan.opening.lead_segment.size > 0 else None
    parts = (
        ("weekly", lowered.people is not None), ("closely", lowered.closing is not None),
        ("opening", opening is not None),
    )  # fmt: skip
    return (*plan[:-1], opening), "-".join([PLAIN, *(name for name, has in parts if has)])
