"""Trials as rows, a block at a time: what CSV and Parquet are written from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from simulator.export.series import Columns
from simulator.simulation.blocks import block_size

if TYPE_CHECKING:
    from simulator.simulation.result import Result


@dataclass(frozen=True)
class Labels:
    """A column of texts of which there are few: row i holds ``names[places[i]]``."""

    names: tuple[str, ...]
    places: NDArray[np.int32]


Piece = dict[str, Any]
"""Some rows of a table: column -> array, list or :class:`Labels`."""


@dataclass(frozen=True)
class Layout:
    """What the pieces of one file have in common.

    ``scenarios`` are the names of all, where there are several; ``columns`` the series that all of them have.
    """

    table: Literal["trials", "long"]
    scenarios: tuple[str, ...]
    columns: tuple[str, ...]

    @classmethod
    def of(cls, results: Sequence[Result], table: Literal["trials", "long"]) -> Layout:
        """From a result of every scenario, of however few trials."""
        names = [[s.name for s in Columns(result, undefined=True).all] for result in results]
        common = tuple(name for name in names[0] if all(name in others for others in names[1:]))
        return cls(table, tuple(r.scenario.name for r in results) if len(results) > 1 else (), common)

    def pieces(self, result: Result, scenario: int, *, first: int = 0) -> Iterator[Piece]:
        """A result in blocks of trials.

        Parameters
        ----------
        scenario : its place among ``scenarios``
        first : its first trial, counted from 0
        """
        series = self._wide(result) if self.table == "trials" else _long(result)
        size = block_size(result.metrics, len(result.segments), len(result.quarters))
        for start in range(0, result.trials, size):
            stop = min(start + size, result.trials)
            numbers = np.arange(first + start + 1, first + stop + 1)
            if self.table == "trials":
                piece: Piece = {"trial": numbers} | {name: values[start:stop] for name, values in series.items()}
            else:
                piece = _stacked(series, numbers, start, stop)
            if self.scenarios:
                piece = {"scenario": Labels(self.scenarios, np.full(_length(piece), scenario, np.int32))} | piece
            yield piece

    def _wide(self, result: Result) -> dict[Any, NDArray[Any]]:
        found = {s.name: s.values for s in Columns(result, undefined=True).all}
        return {name: found[name] for name in self.columns}


def _length(piece: Piece) -> int:
    return len(piece["trial"])


def _long(result: Result) -> dict[Any, NDArray[Any]]:
    """Each series by metric, segment ("all" is the total) and quarter."""
    return {
        (metric.name, "all" if segment is None else segment, label): values[:, index]
        for metric in result.metrics
        for segment in (None, *result.segments)
        for values in (result.quarterly(metric.name, segment),)
        for index, label in enumerate(result.quarters)
    }


def _stacked(series: dict[Any, NDArray[Any]], numbers: NDArray[np.int64], start: int, stop: int) -> Piece:
    """Columns of the long table: trial, metric, quarter, segment, value; series below each other."""

    def labels(place: int) -> Labels:
        names = tuple(dict.fromkeys(key[place] for key in series))
        where = {name: index for index, name in enumerate(names)}
        return Labels(names, np.repeat(np.array([where[key[place]] for key in series], np.int32), len(numbers)))

    return {
        "trial": np.tile(numbers, len(series)),
        "metric": labels(0),
        "quarter": labels(2),
        "segment": labels(1),
        "value": np.concatenate([values[start:stop].astype(np.float64) for values in series.values()]),
    }
