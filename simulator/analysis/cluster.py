"""Variants on a Dask cluster: the same rows, made elsewhere. Scheduling and retries are Dask's."""

from __future__ import annotations

import itertools
import pickle
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from simulator.errors import RunError, UsageError

if TYPE_CHECKING:
    from simulator.analysis.sweep_work import Work

PATIENCE = 10
"""Seconds in which a scheduler has to answer."""

RETRIES = 3
"""How often a variant is handed out again when its worker fails; a worker that dies costs none of these."""


def play_on_cluster(
    address: str, work: Work, numbers: Collection[int], progress: Callable[[int, int], None] | None = None
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
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise RunError(f"no Dask scheduler answers at {address} ({type(error).__name__})") from None
    with client:
        try:
            # the plan goes with every variant: data lent to one worker would be lost with it
            plan = pickle.dumps(replace(work, variants=()))
            # a few per thread at a time: a long list of waiting tasks would only weigh on the scheduler
            window = 4 * max(1, sum(client.nthreads().values()))
            waiting = iter(numbers)
            futures = [_submit(client, plan, work, number) for number in itertools.islice(waiting, window)]
            finished = as_completed(futures, loop=client.loop)
            for done, future in enumerate(finished, 1):
                number, row = future.result()
                yield number, row
                if progress is not None:
                    progress(done, len(numbers))
                following = next(waiting, None)
                if following is not None:
                    finished.add(_submit(client, plan, work, following))
        except (OSError, RuntimeError) as error:
            raise RunError(f"the cluster at {address} failed: {error}") from error


def _submit(client: Any, plan: bytes, work: Work, number: int) -> Any:
    return client.submit(_one, plan, number, work.variants[number], pure=False, retries=RETRIES)


@lru_cache(maxsize=4)
def _unpacked(plan: bytes) -> Work:
    work: Work = pickle.loads(plan)
    return work


def _one(plan: bytes, number: int, values: tuple[Any, ...]) -> tuple[int, list[Any]]:
    """What a worker does: one variant, in one thread."""
    return number, _unpacked(plan).play_at(values, number, 1, None)
