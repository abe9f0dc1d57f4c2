"""Trials written as they are played, however many there are: none is kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from simulator.errors import UsageError
from simulator.export.pieces import Layout, Piece
from simulator.export.tidy import WRITERS
from simulator.export.write import ending_of
from simulator.files import whole
from simulator.simulation.blocks import blocks
from simulator.simulation.simulate import check_arguments, simulate

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario
    from simulator.simulation.result import Result


def export_played(
    scenarios: Scenario | Sequence[Scenario],
    path: str | os.PathLike[str],
    *,
    trials: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    table: Literal["trials", "long"] = "trials",
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Play scenarios and write every trial to a ``.parquet`` or ``.csv`` file, in memory that does not grow with them.

    The file is the one that :func:`simulator.export.write.export` writes from the results of the same seed, byte for
    byte.

    Parameters
    ----------
    scenarios : one, or several that are played in the same luck and follow each other in the file.
    trials, seed, threads : as for :func:`simulator.simulate`; those of the first scenario by default.
    progress : called with (trials written, trials in all).

    Raises
    ------
    UsageError : another ending, or impossible arguments.
    ExportError : the file cannot be written; one that was there is untouched.

    Examples
    --------
    >>> from pathlib import Path
    >>> import simulator as sim
    >>> plan = sim.load("scenarios/twenty-five-customers.yaml")
    >>> export_played(plan, "doctest-trials.csv", trials=500, seed=7)
    >>> len(Path("doctest-trials.csv").read_text().splitlines())
    501
    >>> os.remove("doctest-trials.csv")
    """
    several = list(scenarios) if isinstance(scenarios, Sequence) else [scenarios]
    ending = ending_of(path)
    if ending not in WRITERS:
        raise UsageError(f"{os.fspath(path)}: only {' and '.join(WRITERS)} are written as trials come")
    setup = check_arguments(several[0], trials, seed, threads)
    layout = Layout.of([simulate(plan, trials=1, seed=setup.seed, threads=1) for plan in several], table)

    def pieces() -> Iterator[Piece]:
        for number, plan in enumerate(several):

            def rows(first: int, block: Result, number: int = number) -> list[Piece]:
                return list(layout.pieces(block, number, first=first))

            def tell(done: int, total: int, number: int = number) -> None:
                if progress is not None:
                    progress(number * total + done, len(several) * total)

            for found in blocks(rows, plan, trials=setup.trials, seed=setup.seed, threads=threads, progress=tell):
                yield from found

    with whole(path) as temporary:
        WRITERS[ending](pieces(), temporary)
