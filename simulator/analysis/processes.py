"""Many variants worked out on several processors, each by a process of its own.

What is worked out is done in many small steps, for which the threads of one Python process wait for each
other. Other processes are started once it is worth it, given the work, and asked for one variant after the
other; this one goes on working as well. Which process made a row changes nothing in it.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from time import perf_counter
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.analysis.sweep_work import Work

Progress = Callable[[int, int], None]
Row = list[Any]

FIRST = 4
"""Variants after which it is judged whether other processes are worth their start."""
WORTH = 3.0
"""Seconds of work for each of them that are."""
PROGRAM = "import sys; sys.path[:] = {path!r}; from simulator.analysis.processes import serve; serve()"


def work_out(
    work: Work, numbers: Collection[int], processes: int, progress: Progress | None = None
) -> Iterator[tuple[int, Row]]:
    """(number, its row) as they come, from this process and up to ``processes`` − 1 others."""
    waiting, done, started = deque(numbers), 0, perf_counter()
    found: SimpleQueue[tuple[int, Row | None]] = SimpleQueue()
    others: list[_Other] = []

    def told(number: int, row: Row) -> tuple[int, Row]:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, len(numbers))
        return number, row

    try:
        while done < len(numbers):
            own = _next(waiting)
            if own is not None:
                yield told(own, work.play(own, 1, None))
            if done == FIRST and not others:
                left = (perf_counter() - started) / FIRST * len(waiting)
                others = _started(min(processes - 1, int(left / WORTH)), work, waiting, found)
            while done < len(numbers):
                try:
                    number, row = found.get(block=own is None)
                except Empty:
                    break
                if row is None:  # what is wrong is said where it is seen: here
                    waiting.append(number)
                    break
                yield told(number, row)
    finally:
        for other in others:
            other.end()


def _next(waiting: deque[int]) -> int | None:
    try:
        return waiting.popleft()
    except IndexError:
        return None


def _started(count: int, work: Work, waiting: deque[int], found: SimpleQueue[tuple[int, Row | None]]) -> list[_Other]:
    """Other processes at work; none where none may be started."""
    try:
        return [_Other(work, waiting, found) for _ in range(count)]
    except OSError:
        return []


class _Other:
    """Another process, and the thread that hands it variants and hears from it.

    What fails there is found as None, and the last it was asked for.
    """

    def __init__(self, work: Work, waiting: deque[int], found: SimpleQueue[tuple[int, Row | None]]):
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM.format(path=sys.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip
        self._thread = Thread(target=self._run, args=(work, waiting, found), daemon=True)
        self._thread.start()

    def _run(self, work: Work, waiting: deque[int], found: SimpleQueue[tuple[int, Row | None]]) -> None:
        asked, answers = self._process.stdin, self._process.stdout
        assert asked is not None and answers is not None
        try:
            pickle.dump(work, asked)
            while (number := _next(waiting)) is not None:
                row = _answer(number, asked, answers)
                found.put((number, row))
                if row is None:
                    return
        except OSError:  # it never began
            return
        finally:
            for pipe in (asked, answers):
                with suppress(OSError):
                    pipe.close()

    def end(self) -> None:
        """Stop it, whatever it does."""
        self._process.kill()
        self._process.wait()
        self._thread.join()


def _answer(number: int, asked: IO[bytes], answers: IO[bytes]) -> Row | None:
    """The row of a variant from another process; None where it failed, or has ended."""
    try:
        pickle.dump(number, asked)
        asked.flush()
        row: Row | None = pickle.load(answers)
        return row
    except (OSError, EOFError, ValueError, pickle.PickleError):
        return None


def serve() -> None:
    """What another process does: a work from the standard input, then one variant after the other until it ends.

    Answers with the row of each, or None where that failed.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asked, which ends this one
    answers: IO[bytes] = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    work: Work = pickle.load(sys.stdin.buffer)
    while True:
        try:
            number = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        try:
            row = work.play(number, 1, None)
        except Exception:
            row = None
        pickle.dump(row, answers)
        answers.flush()
