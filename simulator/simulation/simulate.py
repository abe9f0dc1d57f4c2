"""Running a plan: threads, chunks, memory, progress."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, Literal

import numba
import numpy as np

from simulator import __version__
from simulator.errors import RunError, UsageError
from simulator.kernels.engine import TERMS_FORM, Engine
from simulator.kernels.jit import PLAIN, compiling, expect, is_kept, remember
from simulator.kernels.open_deals import Fates
from simulator.kernels.plan import ASSUMPTIONS, CUSTOMERS, DEALS, DEMAND, MARKET, SLIPS
from simulator.kernels.room import make_room
from simulator.kernels.uncertain import draw_assumptions
from simulator.quarters import WEEKS
from simulator.scenario.model import Scenario
from simulator.simulation.adjust import Adjustment
from simulator.simulation.flags import Flags, capped_leaves
from simulator.simulation.lower import Lowered, lower, stream_name, table_jobs
from simulator.simulation.memory import available_memory, in_words
from simulator.simulation.metrics import BOOKINGS, MONTHLY_MARGIN, SPEND
from simulator.simulation.provenance import Provenance, library_versions
from simulator.simulation.result import DealFates, Part, Result
from simulator.simulation.setup import Setup as Setup
from simulator.simulation.setup import check_arguments as check_arguments
from simulator.simulation.setup import pick_seed as pick_seed
from simulator.simulation.spend import Slots, fill_spend, monthly_margin
from simulator.simulation.threads import in_threads
from simulator.simulation.warm_up import warm_up_note
from simulator.simulation.weekly import ChunkPlayer, chunk_player, count_parts, named_parts

if TYPE_CHECKING:
    from simulator.kernels.closing import Closing, Details
    from simulator.kernels.wins import Wins
    from simulator.simulation.accounts import AccountPlayer

GROUPS = {
    "assumptions": ASSUMPTIONS, "market": MARKET, "demand": DEMAND, "deals": DEALS, "slips": SLIPS,
    "customers": CUSTOMERS,
}  # fmt: skip
"""The groups of streams that can be re-drawn while the others are held."""

_CHUNK = 500  # trials between two looks at Ctrl-C and the progress bar
_M1, _M2 = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_MASK = 2**64 - 1


def group_seeds(seed: int, redraw: Collection[str] = (), replicate: int = 1) -> np.ndarray:
    """uint64 (6,): the key of each group of streams; ``redraw`` names those that get fresh luck."""
    seeds = np.empty(len(GROUPS), np.uint64)
    for name, index in GROUPS.items():
        parts = ("redrawn", name, str(replicate)) if name in redraw else ("seed",)
        z = (int(stream_name(*parts)) ^ seed) & _MASK
        z = ((z ^ (z >> 30)) * _M1) & _MASK  # the mixer of kernels/streams.py
        z = ((z ^ (z >> 27)) * _M2) & _MASK
        seeds[index] = np.uint64(z ^ (z >> 31))
    return seeds


LARGEST_KEPT = 2**30
"""Bytes of results up to which ``keep="auto"`` keeps every trial, where they fit; the same on every machine."""


MOST_SUMMED_UP = 100_000_000
"""Trials that are summed up as they are played: minutes to an hour. More is a slip of the finger."""


def memory_needed(lowered: Lowered, trials: int, columns: int) -> int:
    """Bytes that the results of so many trials take."""
    counts = sum(m.kind == "count" for m in lowered.metrics)
    money = sum(m.kind == "money" for m in lowered.metrics) + count_parts(lowered)
    cells = lowered.plan.shape.segments * columns
    # one metric at a time is widened to 8 bytes when results are read
    return trials * (cells * (4 * counts + 8 * money) + 5 * len(lowered.deal_ids) + 16 * columns)


def _refuse_if_too_large(lowered: Lowered, trials: int, columns: int) -> None:
    needed, free = memory_needed(lowered, trials, columns), available_memory()
    if needed > 0.8 * free:
        most = int(trials * 0.8 * free / needed)
        raise RunError(
            f"{trials:,} trials need {in_words(needed)} of memory for their results; {in_words(free)} are free here. "
            f"About {most:,} trials would fit; probabilities, means and percentiles of any number need hardly any "
            "(simulator run, or keep='summaries' in Python)"
        )


def _refuse_if_too_many(lowered: Lowered, trials: int) -> None:
    if trials > MOST_SUMMED_UP:
        needed = memory_needed(lowered, trials, lowered.plan.shape.quarters)
        raise RunError(
            f"{trials:,} trials: they would need {in_words(needed)} of memory to be kept, and hours to be summed up; "
            f"at most {MOST_SUMMED_UP:,} are played at once"
        )


def simulate(
    scenario: Scenario,
    *,
    trials: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    by: Literal["quarter", "week"] = "quarter",
    redraw: Collection[str] = (),
    replicate: int = 1,
    at_median: bool = False,
    market: bool = True,
    slips: bool = True,
    first_trial: int = 0,
    adjust: Adjustment | None = None,
    keep: Literal["trials", "summaries", "auto"] = "trials",
    progress: Callable[[int, int], None] | None = None,
) -> Result:
    """Play a plan many times.

    Parameters
    ----------
    scenario : from :func:`simulator.load`.
    trials, seed : by default the scenario's own; without a seed one is picked and kept in the result.
    threads : by default one per processor. The result does not depend on it.
    by : ``"week"`` for (trial, week) arrays.
    redraw : groups of luck to draw afresh while the rest is held: ``assumptions``, ``market``,
        ``demand``, ``deals``, ``slips``, ``customers``; ``replicate`` numbers such redraws.
    at_median : hold every uncertain number at its median.
    market, slips : False plays without shocks and events, or without slips.
    first_trial : number of the first trial, to go on where an earlier run ended.
    adjust : uncertain numbers to hold at a value or to draw afresh, all else being the same.
    keep : ``"summaries"`` keeps probabilities, means and percentiles only, in memory that does not grow with the
        trials (:class:`~simulator.simulation.streamed.StreamedResult`); ``"auto"`` does so where the trials would
        take more than 1 GiB, or more than there is.
    progress : called with (trials done, trials in all) between chunks.

    Returns
    -------
    Result

    Raises
    ------
    UsageError : impossible arguments.
    RunError : more trials than fit into memory, where they are to be kept.

    Examples
    --------
    >>> import simulator as sim
    >>> plan = sim.load("scenarios/twenty-five-customers.yaml")
    >>> sim.simulate(plan, trials=1000, seed=7)["wins"].shape
    (1000, 4)
    """
    setup = check_arguments(scenario, trials, seed, threads)
    unknown = [name for name in redraw if name not in GROUPS]
    if unknown:
        raise UsageError(f"redraw: no group {unknown[0]!r}; there are: {', '.join(GROUPS)}")
    if by not in ("quarter", "week"):
        raise UsageError(f"by: {by!r} is neither 'quarter' nor 'week'")
    if setup.threads > 1 and not is_kept(TERMS_FORM):  # then filling tables takes the compiler too
        _compile_ahead(lower(scenario, at_median=at_median, market=market, slips=slips, tables=False), by)
    lowered = lower(scenario, at_median=at_median, market=market, slips=slips)
    if setup.threads > 1:
        _compile_ahead(lowered, by)
    if adjust is not None:
        lowered = adjust.apply(lowered)
    seeds = group_seeds(setup.seed, redraw, replicate)
    if keep not in ("trials", "summaries", "auto"):
        raise UsageError(f"keep: {keep!r} is none of 'trials', 'summaries' and 'auto'")
    if keep == "auto":
        most = min(LARGEST_KEPT, int(0.8 * available_memory()))
        keep = "summaries" if memory_needed(lowered, setup.trials, lowered.plan.shape.quarters) > most else "trials"
    if keep == "summaries":
        _refuse_if_too_many(lowered, setup.trials)
        if by != "quarter":
            raise UsageError("by: weeks need the trials; summaries are by quarter")
        from simulator.simulation.stream import stream

        return stream(scenario, lowered, seeds, setup, first_trial, progress)
    return play_trials(scenario, lowered, seeds, setup, by=by, first_trial=first_trial, progress=progress)[0]


def play_trials(
    scenario: Scenario,
    lowered: Lowered,
    seeds: np.ndarray,
    setup: Setup,
    *,
    by: str = "quarter",
    first_trial: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Result, Flags]:
    """Some trials of a plan laid out already, and how often something in them deserves a word."""
    arrays = _Arrays(lowered, setup.trials, by)
    _play(lowered, seeds, arrays, setup, first_trial, progress)
    if lowered.spend is not None:
        _add_spend(lowered, seeds, arrays, setup, first_trial)
    return _result(scenario, lowered, arrays, setup, seeds, by, first_trial)


class _Arrays:
    """What the kernels fill, for all trials."""

    def __init__(self, lowered: Lowered, trials: int, by: str):
        plan = lowered.plan.shape
        counts = sum(m.kind == "count" for m in lowered.metrics)
        self.columns = plan.quarters * (WEEKS if by == "week" else 1)
        _refuse_if_too_large(lowered, trials, self.columns)
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


class _Desk:
    """What a thread works with. Trials are written here first: in memory of its own, and always laid out alike."""

    def __init__(self, lowered: Lowered, arrays: _Arrays, trials: int):
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


def _play(
    lowered: Lowered,
    seeds: np.ndarray,
    arrays: _Arrays,
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
    desks: list[_Desk] = []  # one per thread at work; list.pop and append are atomic
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
        desk = desks.pop() if desks else _Desk(lowered, arrays, size)
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


def _compile_ahead(lowered: Lowered, by: str) -> None:
    """Compile what the first plan of a kind needs, on two processors.

    What trials call by an address, the bridge from Python, and what fills the tables of a plan, is left to another
    process meanwhile.
    """
    plan, form = compiled_form(lowered)
    if lowered.people is not None or lowered.accounts is not None or is_kept(form):
        return  # kernels of their own, or compiled before
    from simulator.kernels.beside import Helper

    seeds, arrays = group_seeds(0), _Arrays(lowered, 1, by)
    desk = _Desk(lowered, arrays, 1)
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


def _add_spend(lowered: Lowered, seeds: np.ndarray, arrays: _Arrays, setup: Setup, first_trial: int) -> None:
    """What was spent in the trials that were played."""
    assert lowered.spend is not None
    slots = Slots(lowered.plan, seeds, first_trial, setup.trials)
    fill_spend(lowered.spend, slots, lowered.plan.segments.entry, arrays.counts, arrays.cents[:, arrays.money[SPEND]])
    if BOOKINGS in arrays.money:
        bookings = arrays.cents[:, arrays.money[BOOKINGS]]
        spend = lowered.spend
        arrays.money_parts[MONTHLY_MARGIN] = lambda: bookings / 100.0 * monthly_margin(spend, slots, setup.trials)


def _result(
    scenario: Scenario,
    lowered: Lowered,
    arrays: _Arrays,
    setup: Setup,
    seeds: np.ndarray,
    by: str,
    first_trial: int,
) -> tuple[Result, Flags]:
    def assumptions() -> dict[str, np.ndarray]:
        drawn = np.empty((setup.trials, len(lowered.leaves)))
        shape = lowered.plan.shape
        numbers = lowered.plan.numbers
        draw_assumptions(numbers, shape.at_median, seeds, first_trial, np.empty(numbers.normal_name.size), drawn)
        return {path: np.ascontiguousarray(drawn[:, i]) for i, path in enumerate(lowered.leaves)}

    deals = None
    if lowered.deal_ids:
        deals = DealFates(lowered.deal_ids, arrays.outcome, arrays.week, arrays.slips,
                          lowered.plan.opening.deal_value)  # fmt: skip
    capped = capped_leaves(lowered)
    drawn_now = assumptions() if capped else {}
    flags = Flags(setup.trials, arrays.stale, np.array([np.count_nonzero(drawn_now[p] >= 1.0) for p in capped], int))
    result = Result(
        scenario, metrics=lowered.metrics, counts=arrays.counts, cents=arrays.cents,
        provenance=provenance_of(scenario, setup),
        columns=by, deals=deals,
        parts={**named_parts(lowered, arrays.parts, by), **arrays.money_parts, **_parts(lowered, arrays, by)},
        assumptions=assumptions, notes=flags.notes(scenario, lowered),
        late_note=(lambda: warm_up_note(scenario)) if first_trial == 0 else None,
    )  # fmt: skip
    return result, flags


def provenance_of(scenario: Scenario, setup: Setup) -> Provenance:
    """Where a result of these trials comes from."""
    return Provenance(
        name=scenario.name, file=scenario.file, sha256=scenario.sha256, version=__version__, engine=Result.engine,
        trials=setup.trials, seed=setup.seed, libraries=library_versions(np, numba),
    )  # fmt: skip


def _parts(lowered: Lowered, arrays: _Arrays, by: str) -> dict[str, Callable[[], np.ndarray]]:
    """Numerators and denominators of ratios that are no metrics themselves, worked out when they are read."""
    if lowered.customers is None:
        return {}
    from simulator.simulation.follow import retention_parts

    return retention_parts(lowered.metrics, arrays.counts, arrays.cents, by == "week")
