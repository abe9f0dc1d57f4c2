"""The columns of an export: one value per trial, under a name that every sheet takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from simulator.errors import ExportError
from simulator.export.names import Names, identifier

if TYPE_CHECKING:
    from simulator.quarters import Period
    from simulator.simulation.result import Result, TargetEstimate

DRAW_DIGITS = 12
"""Significant digits of exported draws: a spreadsheet compares with 15, so none is lost in a count."""


@dataclass(frozen=True)
class Series:
    """One column.

    Attributes
    ----------
    name : safe in every format, ``wins_2027Q4``, ``mqls_2027Q4__inbound``, ``draw_inbound_conversion_mqls``
    label : for people
    values : int64 or float64 (trial,); money in whole cents of the currency, draws to 12 digits
    kind : count, money, or number (a draw of an assumption)
    period : as in a target; None for a draw
    path : of the assumption; None for a metric
    """

    name: str
    label: str
    values: NDArray[np.int64] | NDArray[np.float64]
    kind: Literal["count", "money", "ratio", "number"]
    metric: str | None = None
    period: str | None = None
    segment: str | tuple[str, ...] | None = None
    path: str | None = None


Key = tuple[str, str, str | tuple[str, ...] | None, bool]


class Columns:
    """Every column of one result, each made once.

    Totals of every metric and quarter come first, then what targets need besides (segments, longer
    periods, the worst quarter of "each quarter"), then the draw of each uncertain assumption.

    A ratio that is undefined in some trials (NaN) is left out unless ``undefined`` are wanted.

    Raises
    ------
    ExportError : a target speaks of such a ratio, and only defined numbers are wanted.
    """

    def __init__(self, result: Result, names: Names | None = None, suffix: str = "", *, undefined: bool = False):
        self.result = result
        self._undefined = undefined
        self._names = names or Names()
        self._suffix = suffix
        self._by_key: dict[Key, Series] = {}
        self._places = {name: f"segment_{i + 1}" for i, name in enumerate(result.segments)}
        for metric in result.metrics:
            for label in result.quarters:
                if undefined or not np.isnan(result.values(metric.name, label)).any():
                    self._add(metric.name, result.calendar.period(label), None)
        self.targets = tuple(self.of_target(target) for target in result.targets)
        self.kpis = tuple(self._of_kpi(kpi) for kpi in result.kpis)
        self.draws = tuple(self._draw(path, values) for path, values in result.assumptions.items())

    @property
    def metrics(self) -> tuple[Series, ...]:
        """Columns of metrics, in the order they were made."""
        return tuple(self._by_key.values())

    @property
    def all(self) -> tuple[Series, ...]:
        """Metrics, then draws."""
        return (*self.metrics, *self.draws)

    def quarter(self, metric: str, label: str, segment: str | tuple[str, ...] | None = None) -> Series:
        """The column of a metric in a quarter."""
        return self._add(metric, self.result.calendar.period(label), segment)

    def of_target(self, target: TargetEstimate) -> Series:
        """The column a target's threshold is compared with; made with those of its quarters."""
        for label in self.result.quarters:
            self.quarter(target.metric, label, target.segment)
        return self._add(target.metric, target.period, target.segment, lowest=target.at_least is not None)

    def _of_kpi(self, kpi: TargetEstimate) -> Series | None:
        """The column a segment's KPI is compared with; None for a ratio that is undefined in some trials."""
        values = self.result.values(kpi.metric, kpi.period, kpi.segment)
        if not self._undefined and np.isnan(values).any():
            return None
        return self._add(kpi.metric, kpi.period, kpi.segment, lowest=kpi.at_least is not None)

    def flow(self, metric: str, kpi: TargetEstimate) -> Series:
        """A metric of a KPI's segment over its period; of ``each quarter`` over the horizon."""
        return self._add(metric, self.result.calendar.period("horizon") if kpi.period.each else kpi.period, kpi.segment)

    def _name_of(self, metric: str, period: Period, segment: str | Sequence[str] | None, lowest: bool) -> str:
        if period.each:
            when = "lowest_quarter" if lowest else "highest_quarter"
        else:
            when = identifier(period.label.replace("..", " to "))
        name = f"{identifier(metric)}_{when}"
        if segment is not None:
            chosen = (segment,) if isinstance(segment, str) else segment
            name += "__" + "_".join(identifier(s, self._places[s]) for s in chosen)
        return self._names.take(name + self._suffix)

    def _add(self, metric: str, period: Period, segment: str | Sequence[str] | None, lowest: bool = True) -> Series:
        if segment is not None and not isinstance(segment, str):
            segment = tuple(segment)
        key: Key = (metric, period.label, segment, lowest or not period.each)
        if key in self._by_key:
            return self._by_key[key]
        values = self.result.values(metric, period, segment)
        if values.ndim == 2:
            values = values.min(axis=1) if lowest else values.max(axis=1)
        what = self.result.metric(metric)
        if not self._undefined and np.isnan(values).any():
            share = float(np.isnan(values).mean())
            raise ExportError(
                f"a target speaks of {metric} in {period.label}, which is undefined in {share:.1%} of the trials; "
                "export to .csv, .parquet or .json, or leave the target out"
            )
        when = period.label if not period.each else f"{'lowest' if lowest else 'highest'} quarter"
        label = f"{what.label}, {when}"
        if segment is not None:
            label += f", {segment if isinstance(segment, str) else ' + '.join(segment)}"
        self._by_key[key] = Series(
            self._name_of(metric, period, segment, lowest), label, values, what.kind,
            metric=metric, period=period.label, segment=segment,
        )  # fmt: skip
        return self._by_key[key]

    def _draw(self, path: str, values: NDArray[np.float64]) -> Series:
        short = path.removeprefix("segments.")
        name = self._names.take(f"draw_{identifier(short, 'assumption')}{self._suffix}")
        return Series(name, path, rounded(values), "number", path=path)


def rounded(values: NDArray[np.float64], digits: int = DRAW_DIGITS) -> NDArray[np.float64]:
    """Values to so many significant digits, exactly as text of that length reads back."""
    return np.array([float(f"{value:.{digits}g}") for value in np.asarray(values, dtype=np.float64)])
