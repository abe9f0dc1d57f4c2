"""Playing many variants of a plan in the same luck, on all processors."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from threading import Event, Lock
from typing import Any, TypeVar

from simulator.simulation.setup import Setup
from simulator.simulation.threads import in_threads

Measured = TypeVar("Measured")
Progress = Callable[[int, int], None]
Job = Callable[[int, int, Progress], Measured]
"""job(number of the variant, threads, progress) -> what is kept of it."""


class _Stopped(Exception):
    """Ends a simulation whose answer nobody waits for any more."""


class Steps:
    """Adds the progress of several simulations up: each of ``count`` tells its own (done, total).

    Results of variants come from threads; ``progress`` is called from one at a time.
    """

    def __init__(self, progress: Progress | None, count: int):
        self._progress, self._count = progress, count
        self._done: dict[int, float] = {}
        self._lock = Lock()

    def of(self, number: int) -> Progress:
        """The progress of one of them."""

        def tick(done: int, total: int) -> None:
            if self._progress is not None:
                with self._lock:
                    self._done[number] = done / total
                    self._progress(int(1000 * sum(self._done.values())), 1000 * self._count)

        return tick


def play(job: Job[Measured], numbers: Collection[int], setup: Setup, progress: Progress | None = None) -> Iterator[
    tuple[int, Measured]
]:  # fmt: skip
    """Run ``job`` for every number; (number, what it gave) as they come, in no fixed order.

    Where there are enough of them, each runs in one thread: nothing has to wait for the slowest
    chunk of each. A few take turns, each on all threads. Neither changes any number. When the
    caller stops listening (Ctrl-C, an error), what still runs ends within a chunk of trials.
    """
    steps = Steps(progress, len(numbers))
    if len(numbers) < 2 * setup.threads:
        for number in numbers:
            yield number, job(number, setup.threads, steps.of(number))
        return
    stop = Event()

    def one(number: int) -> tuple[int, Any]:
        tick = steps.of(number)

        def look(done: int, total: int) -> None:
            if stop.is_set():
                raise _Stopped
            tick(done, total)

        try:
            return number, job(number, 1, look)
        except _Stopped:
            return number, None

    found = in_threads(one, numbers, setup.threads)
    try:
        yield from found
    finally:
        stop.set()
        close = getattr(found, "close", None)
        if close is not None:
            close()
