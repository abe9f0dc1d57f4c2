"""Variants on a Dask cluster: the same rows, made elsewhere. Scheduling and retries are Dask's."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Any

from simulator.errors import RunError, UsageError

if TYPE_CHECKING:
    from simulator.analysis.sweep import _Work

RETRIES = 3
"""How often a variant is handed out again when its worker fails; a worker that dies costs none of these."""


def play_on_cluster(
    address: str, work: _Work, numbers: Collection[int], progress: Callable[[int, int], None] | None = None
) -> Iterator[tuple[int, list[Any]]]:
    """(number, what it gave) as workers finish. Each variant runs in one thread of one worker.

    Raises
    ------
    UsageError : the extra ``cluster`` is not installed. RunError : no scheduler answers there.
    """
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise UsageError(
            "--cluster needs Dask: install it with pip install 'pipeline-simulator[cluster]', on the workers too"
        ) from None
    try:
        client = Client(address, timeout=10, set_as_default=False)
    except (OSError, ValueError) as error:
        raise RunError(f"no Dask scheduler answers at {address} ({type(error).__name__})") from None
    with client:
        try:
            shared = client.scatter(work, broadcast=False, hash=False)
            # a few per thread at a time: a long list of waiting tasks would only weigh on the scheduler
            window = 4 * max(1, sum(client.nthreads().values()))
            waiting = iter(numbers)
            futures = [_submit(client, shared, number) for number in itertools.islice(waiting, window)]
            finished = as_completed(futures)
            done = 0
            for future in finished:
                number, row = future.result()
                yield number, row
                done += 1
                if progress is not None:
                    progress(done, len(numbers))
                following = next(waiting, None)
                if following is not None:
                    finished.add(_submit(client, shared, following))
        except (OSError, RuntimeError) as error:
            raise RunError(f"the cluster at {address} failed: {error}") from error


def _submit(client: Any, work: Any, number: int) -> Any:
    return client.submit(_one, work, number, pure=False, retries=RETRIES)


def _one(work: _Work, number: int) -> tuple[int, list[Any]]:
    return number, work.play(number, 1, None)
