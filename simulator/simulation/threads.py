"""Work shared out to threads."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any


def in_threads(work: Callable[[int], Any], items: Collection[int], threads: int) -> Iterator[Any]:
    """Results of ``work`` over ``items`` as they come; stops handing out work when interrupted."""
    if threads == 1 or len(items) == 1:
        yield from map(work, items)
        return
    pool = ThreadPoolExecutor(min(threads, len(items)), thread_name_prefix="simulate")
    waiting = iter(items)
    running: set[Future[Any]] = set()
    try:
        for item in waiting:
            running.add(pool.submit(work, item))
            if len(running) >= 2 * threads:
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    yield future.result()
        while running:
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                yield future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
