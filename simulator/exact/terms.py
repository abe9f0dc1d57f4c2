"""What the assumptions and the market of each point make of every number of a segment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simulator.exact.assumptions import Value
from simulator.exact.beta import slip_quantile
from simulator.exact.lags import weeks_law
from simulator.exact.outline import Outline, SegmentOutline, SpreadForm
from simulator.exact.shifts import Shift
from simulator.exact.weather import draw, market_dimensions, shocked
from simulator.quarters import WEEKS

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Size:
    """Deal sizes of one group of births: a spread, its numbers, and the factor of events."""

    form: SpreadForm
    a: Value
    b: Value
    factor: Value
    known: dict[tuple[float, ...], NDArray[np.complex128]] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True)
class Terms:
    """A segment at many points, by quarter from the first of the warm-up.

    Arrays are (point, quarter), with 1 point where all are the same.
    """

    outline: SegmentOutline
    arrivals: Floats
    dispersion: Floats
    rate: dict[int, Floats]
    slip: Floats
    factor: Floats
    lag: dict[int, Shift]
    losses: Shift | None
    delay: Shift
    sizes: tuple[Size, ...] = ()
    group: NDArray[np.int64] = field(default_factory=lambda: np.zeros((1, 1), np.int64))


class Points:
    """Points of everything that is uncertain or shared: rows of normal scores.

    Parameters
    ----------
    z : float64 (point, dimension): first the normals of the assumptions, then those of the market
    hold : path -> value of uncertain numbers that are held
    """

    def __init__(self, outline: Outline, z: Floats, hold: Mapping[str, float] | None = None):
        self.outline = outline
        own = len(outline.numbers.normals)
        self.count = z.shape[0]
        self.values = outline.numbers.at(z[:, :own], hold or {})
        self.weather = draw(outline, z[:, own:], self.values)
        self._shifts: dict[tuple[object, ...], Shift] = {}
        self._terms: dict[int, Terms] = {}

    def _grid(self, slots: tuple[int, ...]) -> Floats:
        """(point, quarter) of a number by quarter."""
        if len(set(slots)) == 1:
            column = np.atleast_1d(np.asarray(self.values[slots[0]], np.float64))[:, None]
            return np.broadcast_to(column, (column.shape[0], self.outline.all_quarters))
        chosen = [self.values[slots[self.outline.plan_quarter(q)]] for q in range(self.outline.all_quarters)]
        return np.stack(np.broadcast_arrays(*chosen), axis=-1).reshape(-1, self.outline.all_quarters)

    def shift(self, forms: tuple[SpreadForm, ...], *, lead: bool = False) -> Shift:
        """The operator of a lag; with ``lead``, leads that cross the start are dropped where a file replaces them."""
        cut = self.outline.start if lead and self.outline.given_leads else 0
        key = (cut, *forms)
        if key not in self._shifts:
            by_quarter = [forms[self.outline.plan_quarter(q)] for q in range(self.outline.all_quarters)]
            laws = {
                form: weeks_law(form, self.values[form.a], self.values[form.b], self.outline.weeks_kept)
                for form in dict.fromkeys(by_quarter)
            }
            self._shifts[key] = Shift([laws[form] for form in by_quarter], self.outline.weeks, cut)
        return self._shifts[key]

    def terms(self, index: int) -> Terms:
        """The terms of a segment."""
        if index not in self._terms:
            self._terms[index] = self._make(self.outline.segments[index])
        return self._terms[index]

    def _make(self, segment: SegmentOutline) -> Terms:
        weather = self.weather
        volume = self._grid(segment.volume) * weather.volume_factor
        growth = np.maximum(0.0, 1.0 + self._grid(segment.growth))
        first = np.arange(self.outline.all_quarters) <= self.outline.warm
        volume = volume * np.cumprod(np.where(first, 1.0, growth), axis=1)
        rate = {
            t: shocked(self._grid(slots), weather.rate_shift.get(t), weather.rate_factor.get(t))
            for t, slots in segment.rate.items()
        }
        slip = np.minimum(self._grid(segment.slip) * weather.slip_factor, 1.0)
        if weather.slip_score is not None:
            concentration = self.outline.scenario.market.slip_concentration
            slip = slip_quantile(slip, float(concentration or 0.0), weather.slip_score)
        last = self.outline.stages - 1
        sizes, group = self._sizes(segment)
        return Terms(
            segment, np.maximum(volume, 0.0), self._grid(segment.dispersion), rate, slip, self._grid(segment.factor),
            {t: self.shift(forms, lead=t < last) for t, forms in segment.lag.items()},
            None if segment.losses is None else self.shift(segment.losses),
            self.shift(segment.delay), sizes, group,
        )  # fmt: skip

    def _sizes(self, segment: SegmentOutline) -> tuple[tuple[Size, ...], NDArray[np.int64]]:
        """The groups of births that share a law of values, and the group of each quarter."""
        if segment.size is None:
            return (), np.zeros((1, self.outline.all_quarters), np.int64)
        forms = list(dict.fromkeys(segment.size))
        form = np.array([forms.index(segment.size[self.outline.plan_quarter(q)])
                         for q in range(self.outline.all_quarters)])  # fmt: skip
        resizing = [e for e, event in enumerate(self.outline.events) if event.resizes and event.probability > 0]
        code = self.weather.size_pattern * len(forms) + form[None, :]
        used, group = np.unique(code, return_inverse=True)
        sizes = []
        for key in used:
            chosen, factor = forms[int(key) % len(forms)], np.ones(1)
            for bit, e in enumerate(resizing):
                if int(key) // len(forms) >> bit & 1:
                    factor = factor * np.asarray(self.values[self.outline.events[e].size], np.float64)
            sizes.append(Size(chosen, self.values[chosen.a], self.values[chosen.b], factor))
        return tuple(sizes), group.reshape(code.shape)


def dimensions(outline: Outline) -> int:
    """How many normal scores a point has."""
    return len(outline.numbers.normals) + len(market_dimensions(outline))


def by_week(quarterly: Floats) -> Floats:
    """(…, quarter) to (…, week)."""
    return np.repeat(quarterly, WEEKS, axis=-1)
