"""What the assumptions and the market of each point make of every number of a segment."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simulator.exact.assumptions import Value
from simulator.exact.beta import slip_quantile
from simulator.exact.lags import weeks_law
from simulator.exact.memory import Memory, mark
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
    known: Memory = field(default_factory=Memory, compare=False, repr=False)
    mark: Hashable = None


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

    @cached_property
    def of_leads(self) -> Hashable:
        """Fingerprint of what leads do before they are deals."""
        win, own = max(self.rate, default=0), self.outline
        before = [t for t in self.rate if t < win]
        stages = tuple((t, mark(self.rate[t]), self.lag[t].mark) for t in before)
        return own.entry, mark(own.profile), mark(self.arrivals), mark(self.dispersion), stages

    @cached_property
    def of_deals(self) -> Hashable:
        """Fingerprint of what deals do from their first due week on."""
        win = max(self.rate, default=0)
        return mark(self.rate[win]), self.of_slips, self.of_factor, self.losses is None

    @cached_property
    def of_slips(self) -> Hashable:
        """Fingerprint of how deals slip."""
        return mark(self.slip), self.delay.mark, self.outline.limit

    @cached_property
    def of_factor(self) -> Hashable:
        """Fingerprint of what slips leave of the chance to be won."""
        return mark(self.factor)

    @cached_property
    def of_births(self) -> Hashable:
        """Fingerprint of what deals do from their birth on."""
        win = max(self.rate, default=0)
        return self.of_deals, self.lag[win].mark, None if self.losses is None else self.losses.mark

    @cached_property
    def of_values(self) -> Hashable:
        """Fingerprint of deal values."""
        return tuple(size.mark for size in self.sizes), mark(self.group)


class Points:
    """Points of everything that is uncertain or shared: rows of normal scores.

    Parameters
    ----------
    z : float64 (point, dimension): first the normals of the assumptions, then those of the market
    hold : path -> value of uncertain numbers that are held
    memory : of variants of the plan at the same points, which share what does not differ
    """

    def __init__(
        self, outline: Outline, z: Floats, hold: Mapping[str, float] | None = None, memory: Memory | None = None
    ):
        self.outline, self.memory = outline, Memory() if memory is None else memory
        own = len(outline.numbers.normals)
        self.count = z.shape[0]
        whole: tuple[Floats, Floats] = self.memory.recall(
            ("halves", id(z), own), lambda: (np.ascontiguousarray(z[:, :own]), np.ascontiguousarray(z[:, own:]), z)
        )[:2]
        self.values, self.marks = outline.numbers.at(whole[0], hold or {}, self.memory)
        self._weather_mark = ("weather", id(whole[1]), *outline.market_marks(self.marks))
        self.weather = self.memory.recall(self._weather_mark, lambda: (draw(outline, whole[1], self.values), whole[1]))[
            0
        ]
        self._shifts: dict[tuple[int, int], Shift] = {}
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
        key = (cut, id(forms))  # forms live as long as the outline
        if key not in self._shifts:
            marks = {id(form): self._mark_of(form) for form in forms}
            warm, kept = self.outline.warm, self.outline.weeks_kept

            def make() -> Shift:
                different = {id(form): form for form in forms}
                laws = {
                    key: weeks_law(form, self.values[form.a], self.values[form.b], kept)
                    for key, form in different.items()
                }
                by_quarter = [laws[id(form)] for form in (*forms[:1] * warm, *forms)]
                return Shift(by_quarter, self.outline.weeks, cut)

            whole = ("shift", cut, warm, self.outline.weeks, kept, *(marks[id(form)] for form in forms))
            self._shifts[key] = self.memory.recall(whole, make)
        return self._shifts[key]

    def _mark_of(self, form: SpreadForm) -> Hashable:
        """Fingerprint of a spread with its numbers."""
        return form.kind, form.times, form.delay, form.points, form.shares, self.marks[form.a], self.marks[form.b]

    def terms(self, index: int) -> Terms:
        """The terms of a segment."""
        if index not in self._terms:
            segment = self.outline.segments[index]
            self._terms[index] = self.memory.recall(self._segment_mark(segment), lambda: self._make(segment))
        return self._terms[index]

    def _segment_mark(self, segment: SegmentOutline) -> Hashable:
        """Fingerprint of all that the terms of a segment follow from."""

        def slots(numbers: tuple[int, ...]) -> Hashable:
            return tuple(self.marks[slot] for slot in numbers)

        def forms(spreads: tuple[SpreadForm, ...] | None) -> Hashable:
            return None if spreads is None else tuple(map(self._mark_of, spreads))

        outline = self.outline
        when = outline.start, outline.weeks, outline.weeks_kept, outline.first_week, outline.given_leads, outline.stages
        return (
            "terms", self.count, when, self._weather_mark, outline.scenario.market.slip_concentration,
            segment.entry, segment.limit, mark(segment.profile),
            *map(slots, (segment.volume, segment.growth, segment.dispersion, segment.slip, segment.factor)),
            tuple((stage, slots(rate)) for stage, rate in segment.rate.items()),
            tuple((stage, forms(lag)) for stage, lag in segment.lag.items()),
            *map(forms, (segment.losses, segment.delay, segment.size)),
        )  # fmt: skip

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
            score, mean = weather.slip_score, slip
            slip = self.memory.recall(
                ("slip", concentration, mark(mean), mark(score)),
                lambda: slip_quantile(mean, float(concentration or 0.0), score),
            )
        last = self.outline.stages - 1
        sizes, group = self.sizes(segment)
        return Terms(
            segment, np.maximum(volume, 0.0), self._grid(segment.dispersion), rate, slip, self._grid(segment.factor),
            {t: self.shift(forms, lead=t < last) for t, forms in segment.lag.items()},
            None if segment.losses is None else self.shift(segment.losses),
            self.shift(segment.delay), sizes, group,
        )  # fmt: skip

    def sizes(self, segment: SegmentOutline) -> tuple[tuple[Size, ...], NDArray[np.int64]]:
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
            whole = ("size", self._mark_of(chosen), mark(factor))
            sizes.append(Size(chosen, self.values[chosen.a], self.values[chosen.b], factor, self.memory, whole))
        return tuple(sizes), group.reshape(code.shape)


def dimensions(outline: Outline) -> int:
    """How many normal scores a point has."""
    return len(outline.numbers.normals) + len(market_dimensions(outline))


def by_week(quarterly: Floats) -> Floats:
    """(…, quarter) to (…, week)."""
    return np.repeat(quarterly, WEEKS, axis=-1)
