"""The result of a run that kept no trials."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from simulator.errors import UsageError
from simulator.quarters import Period
from simulator.scenario.model import Scenario, Target
from simulator.simulation.metrics import Metric
from simulator.simulation.provenance import Provenance
from simulator.simulation.result import PERCENTILES, Fall, Result, Segments, TargetEstimate, meets
from simulator.simulation.tally import COUNT_BITS, UNITS, Tally
from simulator.statistics.bins import bin_edges, percentiles_of
from simulator.statistics.intervals import Estimate, share_of


class StreamedResult(Result):
    """Probabilities, means and percentiles of any number of trials, none of which was kept.

    Everything that speaks of single trials (``result["wins"]``, ``values``, ``hits``, ``assumptions``,
    ``deals``) is refused. Probabilities of targets and means are exact sums over the trials. Percentiles come
    from histograms: those of counts below 131,072 are exact, any others right within the share
    ``percentile_error`` of their value.
    """

    streamed = True

    def __init__(
        self,
        scenario: Scenario,
        *,
        metrics: Sequence[Metric],
        tallies: Sequence[Tally],
        hits: NDArray[np.int64],
        joint: int,
        provenance: Provenance,
        notes: Sequence[str] = (),
        late_note: Callable[[], str | None] | None = None,
    ):
        counts, money = (sum(m.kind == kind for m in metrics) for kind in ("count", "money"))
        quarters = len(scenario.calendar.labels)
        super().__init__(
            scenario, metrics=metrics, counts=np.zeros((len(scenario.segments), counts, 0, quarters), np.int32),
            cents=np.zeros((len(scenario.segments), money, 0, quarters)), provenance=provenance,
            notes=notes, late_note=late_note,
        )  # fmt: skip
        self._tallies, self._hits, self._joint = tuple(tallies), hits, joint
        self._rows: dict[tuple[str, Segments, str], tuple[Tally, int, int]] = {}
        for tally in self._tallies:
            if tally.subject.values_of is None:
                for p, period in enumerate(tally.subject.periods):
                    for r, segment in enumerate(tally.subject.segments):
                        self._rows[tally.subject.metric, segment, period.label] = tally, p, r

    @property
    def trials(self) -> int:
        return int(self.provenance.trials or 0)

    @property
    def percentile_error(self) -> float:
        """How far a percentile of money or of a ratio may be off, as a share of its value."""
        bits = [tally.bits for tally in self._tallies if tally.kind != "count"]
        return float(2.0 ** -min(bits, default=COUNT_BITS))

    def _no_trials(self, what: str) -> NoReturn:
        raise UsageError(
            f"{what} needs the trials themselves, and none of these {self.trials:,} were kept; "
            "play fewer, or keep them (simulate(..., keep='trials'))"
        )

    def _array(self, name: str, segment: Segments, columns: Any = slice(None)) -> NDArray[Any]:
        self.metric(name)
        self._no_trials(f"the array of {name}")

    def _ratio(self, of: tuple[str, str], segment: Segments, groups: Sequence[Sequence[int]]) -> NDArray[np.float64]:
        self._no_trials(f"the array of {of[0]} by {of[1]}")

    @cached_property
    def assumptions(self) -> Any:
        self._no_trials("what was drawn for each assumption")

    @cached_property
    def target_hits(self) -> NDArray[np.bool_]:
        self._no_trials("which trials meet which target")

    def _row(self, metric: str, period: str | Period, segment: Segments) -> tuple[Tally, int, int]:
        self.metric(metric)
        wanted = self._period(period)
        key = segment if segment is None or isinstance(segment, str) else tuple(segment)
        if not wanted.each and (metric, key, wanted.label) in self._rows:
            return self._rows[metric, key, wanted.label]
        self._segment_indices(segment)
        self._no_trials(f"{metric} in {wanted.label}{'' if segment is None else f' for {segment}'}")

    def probability(
        self,
        metric: str,
        *,
        at_least: float | None = None,
        at_most: float | None = None,
        period: str | Period = "horizon",
        segment: Segments = None,
    ) -> Estimate:
        """As for any result, where the threshold does not cut a bin: always for counts below 131,072. Otherwise
        make it a target of the plan.

        Raises
        ------
        UsageError : the histogram does not tell, or the period or segments are none that were kept.
        """
        tally, p, r = self._row(metric, period, segment)
        places, counts = tally.rows.row(p * tally.shape[1] + r)
        least, width = bin_edges(places, tally.bits)
        unit = UNITS[tally.kind]
        met, last = (meets(edge / unit, at_least, at_most) for edge in (least, least + width - 1))
        if not np.array_equal(met, last):
            self._no_trials(f"a probability of {metric} that is no target of the plan")
        return share_of(int(counts[met].sum()), self.trials)

    @cached_property
    def kpi_hits(self) -> NDArray[np.bool_]:
        self._no_trials("which trials meet which KPI")

    @cached_property
    def targets(self) -> tuple[TargetEstimate, ...]:
        return self._counted(self.scenario.targets, 0)

    @cached_property
    def kpis(self) -> tuple[TargetEstimate, ...]:
        return self._counted(self.scenario.kpis, len(self.scenario.targets))

    def _counted(self, targets: Sequence[Target], first: int) -> tuple[TargetEstimate, ...]:
        found = []
        for index, target in enumerate(targets, start=first):
            estimate, *quarters = (share_of(int(count), self.trials) for count in self._hits[index])
            by_quarter = dict(zip(self.quarters, quarters, strict=True)) if target.period.each else None
            found.append(TargetEstimate.of(target, estimate, by_quarter))
        return tuple(found)

    @cached_property
    def all_targets(self) -> Estimate | None:
        return share_of(self._joint, self.trials) if self.scenario.targets else None

    def summarise(self, metric: str, period: str | Period, segment: Segments = None) -> dict[str, Any]:
        tally, p, r = self._row(metric, period, segment)
        unit, number = UNITS[tally.kind], int(tally.number[p, r])
        row: dict[str, Any] = {"metric": metric, "in": self._period(period).label, "segment": segment}
        if tally.kind == "ratio":
            row["defined"] = number / self.trials
            if not number:
                names = ("mean", "standard_error", "sd", *(f"p{level:02d}" for level in PERCENTILES))
                return row | dict.fromkeys(names)
        sd = float((tally.squares[p, r] / (number - 1)) ** 0.5 / unit) if number > 1 else 0.0
        row |= {"mean": float(tally.mean[p, r] / unit), "standard_error": sd / number**0.5, "sd": sd}
        levels = percentiles_of(*tally.rows.row(p * tally.shape[1] + r), tally.bits, PERCENTILES) / unit
        return row | {f"p{level:02d}": float(x) for level, x in zip(PERCENTILES, levels, strict=True)}

    def falls(self, target: TargetEstimate) -> Fall:
        for tally in self._tallies:
            asked = tally.subject.values_of
            if asked is not None and (asked.name, asked.metric) == (target.name, target.metric):
                break
        else:
            self._no_trials(f"how trials fall around {target.name}")
        values, trials = [], []
        for row in (0, 1):
            places, counts = tally.rows.row(row)
            least, width = bin_edges(places, tally.bits)
            values.append(_on_its_side((least + (width - 1) / 2) / UNITS[tally.kind], target, row == 0))
            trials.append(counts)
        met = np.repeat([True, False], [values[0].size, values[1].size])
        return Fall(np.concatenate(values), met, np.concatenate(trials))

    def to_json(self) -> dict[str, Any]:
        """As for any result, and ``streamed``: how far percentiles may be off."""
        error = {"percentile_error": self.percentile_error}
        return super().to_json() | {"streamed": error}

    def to_workbook(self, path: Any, *others: Result) -> None:
        self._no_trials("a workbook")


def _on_its_side(values: NDArray[np.float64], target: TargetEstimate, met: bool) -> NDArray[np.float64]:
    """Middles of bins, moved across the threshold where it cuts a bin and the trials lie on its other side."""
    upwards = (target.at_least is not None) == met
    bound = float(target.at_least if target.at_least is not None else target.at_most or 0.0)
    edge = bound if met else float(np.nextafter(bound, np.inf if upwards else -np.inf))
    return np.maximum(values, edge) if upwards else np.minimum(values, edge)
