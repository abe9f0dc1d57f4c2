"""The parts of each segment's metrics, worked out backwards from what counts to who arrives."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simulator.exact import deals, fates, leads
from simulator.exact.open_deals import open_deal_rows
from simulator.exact.parts import Jump, Lumpy, Parts, Single
from simulator.exact.terms import Points, Terms
from simulator.quarters import WEEKS
from simulator.simulation.metrics import (
    BOOKINGS,
    CREATED,
    LOSSES,
    OPEN_DEALS,
    OPEN_PIPELINE,
    SLIPPED_DEALS,
    SLIPPED_VALUE,
    SLIPS,
)

if TYPE_CHECKING:
    from simulator.exact.lumps import Drawn

Floats = NDArray[np.float64]
Quarters = tuple[int, ...]

STOCKS = (OPEN_DEALS, OPEN_PIPELINE)


class Segments:
    """The parts of each segment's metrics at some points.

    Parameters
    ----------
    lumps : segment -> arrivals to expect where those of dispersed weeks are given, see
        :func:`simulator.exact.lumps.draw_lumps`; the rest is then Poisson.
    """

    def __init__(self, points: Points, lumps: Mapping[int, Drawn] | None = None):
        self.points, self.outline, self.memory = points, points.outline, points.memory
        self.lumps = lumps or {}
        self.win_stage = self.outline.stages - 1
        self._flows: dict[int, dict[int, Floats]] = {}

    def parts(self, metric: str, periods: Sequence[Quarters], segment: int) -> list[Parts]:
        """The parts of a metric over each period (for stocks: at its end) in one segment."""
        if self._has_open(segment):  # which have numbers of their own
            return self._parts(metric, periods, segment)
        drawn = self.lumps[segment].mark if segment in self.lumps else None
        key = "parts", metric, tuple(periods), drawn, *self._asked_of(metric, segment)
        return self.memory.recall(key, lambda: self._parts(metric, periods, segment))

    def mark_of(self, segment: int) -> tuple[Hashable, ...]:
        """Fingerprint of all that the parts of a segment follow from."""
        terms, outline = self.points.terms(segment), self.outline
        when = outline.start, outline.weeks, outline.first_week, outline.first_birth, outline.scenario.stages
        return when, terms.of_leads, terms.of_births, terms.of_values

    def _asked_of(self, metric: str, segment: int) -> tuple[Hashable, ...]:
        """Of the fingerprint of a segment's parts what this metric follows from."""
        terms, stages = self.points.terms(segment), self.outline.scenario.stages
        when, leads, births, values = self.mark_of(segment)
        if metric in stages[:-1] or metric == CREATED:
            births = None
        elif metric in (SLIPS, SLIPPED_DEALS, SLIPPED_VALUE) and terms.losses is None:
            births = terms.of_slips, terms.lag[self.win_stage].mark
        return when, leads, births, values if metric in (BOOKINGS, CREATED, SLIPPED_VALUE, OPEN_PIPELINE) else None

    def _parts(self, metric: str, periods: Sequence[Quarters], segment: int) -> list[Parts]:
        terms = self.points.terms(segment)
        money = metric in (BOOKINGS, CREATED, SLIPPED_VALUE, OPEN_PIPELINE)
        if money and terms.outline.size is None and not self._has_open_deals(segment):
            return [Parts() for _ in periods]
        if metric == SLIPS or (metric in (SLIPPED_DEALS, SLIPPED_VALUE) and any(len(p) > 1 for p in periods)):
            return self._repeated(metric, periods, segment, money)
        return self._once(metric, periods, segment, money)

    def _has_open(self, segment: int) -> bool:
        return self._has_open_deals(segment) or any(lead.segment == segment for lead in self.outline.leads)

    def _has_open_deals(self, segment: int) -> bool:
        return any(deal.segment == segment for deal in self.outline.deals)

    def _inside(self, periods: Sequence[Quarters]) -> Floats:
        """(channel, week): 1 within the period."""
        found = np.zeros((len(periods), self.outline.weeks))
        for channel, period in enumerate(periods):
            for q in period:
                first = self.outline.start + WEEKS * q
                found[channel, first : first + WEEKS] = 1.0
        return found

    def _once(self, metric: str, periods: Sequence[Quarters], segment: int, money: bool) -> list[Parts]:
        """Metrics that count an individual at most once."""
        outline = self.outline
        inside = self._inside(periods)
        nothing = np.zeros_like(inside)
        stages = outline.scenario.stages
        ends = np.array([outline.start + WEEKS * (period[-1] + 1) for period in periods])
        weights = deals.Weights(
            inside if metric in (stages[-1], BOOKINGS) else nothing,
            inside if metric == LOSSES else nothing,
            inside if metric in (SLIPPED_DEALS, SLIPPED_VALUE) else nothing,
            ends if metric in STOCKS else np.zeros_like(ends),
        )
        stage = outline.stages - 2 if metric == CREATED else None
        if metric in stages[:-1]:
            stage = stages.index(metric)
        if not weights.of_deals:
            found = self._gather(segment, [nothing[None]], stage, inside, money)
        elif weights.win.any() or weights.out.any():
            found = self._by_quarter(segment, metric, periods, money)
        else:
            at_birth = self._born(segment, "open" if metric in STOCKS else metric, tuple(periods), weights)
            found = self._gather(segment, [at_birth], None, inside, money)
        for deal, chances in open_deal_rows(self.points, segment, weights):
            for channel, parts in enumerate(found):
                jump = Jump(1, None, deal.amount) if money else Jump(1)
                parts.single.append(Single(1, [(jump, chances[:, channel])]))
        return found

    def _born(self, segment: int, kind: str, periods: tuple[Quarters, ...], weights: deals.Weights) -> Floats:
        """What a deal born in a week counts for: (point, channel, week)."""
        terms = self.points.terms(segment)
        question = "fates", kind, periods, self.outline.start, self.outline.weeks

        def born() -> Floats:
            fates = self.memory.recall(
                (*question, terms.of_deals), lambda: deals.due(deals.course_of(terms, self.win_stage), weights)
            )
            return deals.born(terms, self.win_stage, fates) + weights.open_before

        return self.memory.recall((*question, "born", terms.of_births), born)

    def _by_quarter(self, segment: int, metric: str, periods: Sequence[Quarters], money: bool) -> list[Parts]:
        """Of wins and of what slips out of a quarter, which add up over quarters."""
        terms, outline = self.points.terms(segment), self.outline
        if money and terms.outline.size is None:  # only deals that were open at the start have a value
            return [Parts() for _ in periods]
        quarters = sorted({q for period in periods for q in period})
        of = fates.won if metric in (outline.scenario.stages[-1], BOOKINGS) else fates.slipped
        each = of(self.memory, outline, terms, quarters)
        dispersed = segment not in self.lumps and bool((terms.dispersion > 1).any())
        if dispersed or any(lead.segment == segment for lead in outline.leads):
            weeks = (max(x.shape[0] for x in (f.at_birth() for f in each)), outline.weeks)
            by_week_of_birth = {q: np.broadcast_to(f.at_birth(), weeks) for q, f in zip(quarters, each, strict=True)}
            at_birth = np.stack([sum(by_week_of_birth[q] for q in period) for period in periods], axis=1)
            return self._gather(segment, [at_birth], None, self._inside(periods), money)
        births = self.flows(segment)[outline.stages - 2]
        who = "masses", self.lumps[segment].mark if segment in self.lumps else None, *self.mark_of(segment)[:3]
        masses = {
            q: self.memory.recall((*who, of.__name__, q), partial(fate.masses, births))
            for q, fate in zip(quarters, each, strict=True)
        }
        found = []
        for period in periods:
            whole = sum((masses[q] for q in period[1:]), masses[period[0]])
            if money:
                groups = [np.where(terms.group == g, whole, 0.0) for g in range(len(terms.sizes))]
                pairs = list(zip(terms.sizes, groups, strict=True))
                found.append(Parts([(Jump(1, size), group.sum(axis=1)) for size, group in pairs]))
            else:
                found.append(Parts([(Jump(1), whole.sum(axis=1))]))
        return found

    def _repeated(self, metric: str, periods: Sequence[Quarters], segment: int, money: bool) -> list[Parts]:
        """Metrics that can count a deal several times: slips, and what slips out of several quarters."""
        terms = self.points.terms(segment)
        inside = self._inside(periods)
        out_only = metric != SLIPS
        most = max(len(period) for period in periods) * (1 if out_only else WEEKS)
        course = deals.course_of(terms, self.win_stage)
        at_least = deals.due_repeats(course, inside, out_only=out_only, most=most)
        at_birth = [deals.born(terms, self.win_stage, (fate,)) for fate in at_least]
        exactly = [one - two for one, two in pairwise(at_birth)] + at_birth[-1:]
        found = self._gather(segment, exactly, None, inside, money)
        repeats = (inside, out_only, most)
        for deal, chances in open_deal_rows(self.points, segment, repeats):
            for channel, parts in enumerate(found):
                jumps = [
                    (Jump(j + 1, None, deal.amount) if money else Jump(j + 1), chances[:, channel, j])
                    for j in range(chances.shape[2])
                ]
                parts.single.append(Single(1, jumps))
        return found

    def flows(self, segment: int) -> dict[int, Floats]:
        """Expected entries into each stage (point, week) of those who arrive in the plan."""
        if segment not in self._flows:
            terms = self.points.terms(segment)
            drawn = self.lumps.get(segment)

            def follow() -> dict[int, Floats]:
                entering = leads.arrivals(self.outline, terms) if drawn is None else drawn.mean
                return leads.flows(self.outline, terms, entering)

            key = "flows", None if drawn is None else drawn.mark, *self.mark_of(segment)[:2]
            self._flows[segment] = self.memory.recall(key, follow)
        return self._flows[segment]

    def _gather(
        self, segment: int, at_birth: list[Floats], stage: int | None, inside: Floats, money: bool
    ) -> list[Parts]:
        """Parts per channel from what a deal born in a week counts for, by number of times (from 1)."""
        terms, outline = self.points.terms(segment), self.outline
        if money and terms.outline.size is None:  # only deals that were open at the start have a value
            return [Parts() for _ in inside]
        groups = groups_of(terms) if money else np.ones((1, 1, 1))
        jumps = [[Jump(n + 1, terms.sizes[g] if money else None) for g in range(groups.shape[1])]
                 for n in range(len(at_birth))]  # fmt: skip
        found = [Parts() for _ in inside]
        dispersed = segment not in self.lumps and bool((terms.dispersion > 1).any())
        mine = [lead for lead in outline.leads if lead.segment == segment]
        birth = outline.stages - 2
        if not dispersed:
            flows = self.flows(segment)
            for n, response in enumerate(at_birth):
                if stage is not None and n == 0:
                    if stage in flows and not money:
                        mass = flows[stage] @ inside.T
                        for channel, parts in enumerate(found):
                            parts.poisson.append((jumps[0][0], mass[:, channel]))
                        continue
                    response = response + inside
                if stage is not None and stage not in flows:
                    continue
                for g in range(groups.shape[1]):
                    mass = np.einsum("nw,ncw->nc", *_rows(flows[birth] * groups[:, g], response))
                    for channel, parts in enumerate(found):
                        parts.poisson.append((jumps[n][g], mass[:, channel]))
        if not dispersed and not mine:
            return found
        chances: list[tuple[int, int, dict[int, Floats]]] = []
        for n, response in enumerate(at_birth):
            counted = inside if stage is not None and n == 0 else np.zeros_like(inside)
            for g in range(groups.shape[1]):
                in_group = groups[:, g, None, :]
                if stage == birth:
                    at = leads.responses(outline, terms, (response + counted) * in_group, None, counted)
                else:
                    at = leads.responses(outline, terms, response * in_group, stage if g == 0 else None, counted)
                chances.append((n, g, at))
        if dispersed:
            mean = leads.arrivals(outline, terms)
            spread = np.maximum(1.0, np.repeat(terms.dispersion, WEEKS, axis=-1))
            for channel, parts in enumerate(found):
                parts.lumpy.append(
                    Lumpy(
                        mean, spread, [(jumps[n][g], at[terms.outline.entry][:, channel]) for n, g, at in chances],
                        self.memory,
                    )
                )  # fmt: skip
        for lead in mine:
            arriving = lead_arrivals(self.points, terms, lead.stage, lead.age, lead.quarter)
            for channel, parts in enumerate(found):
                one = [
                    (jumps[n][g], np.einsum("nw,nw->n", *_rows(arriving, at[lead.stage + 1][:, channel])))
                    for n, g, at in chances
                ]
                parts.single.append(Single(lead.count, one))
        return found


def groups_of(terms: Terms) -> Floats:
    """(point, group, week): 1 where a deal born in that week has the group's law of values."""
    weekly = np.repeat(terms.group, WEEKS, axis=-1)
    return (weekly[:, None, :] == np.arange(len(terms.sizes))[None, :, None]).astype(np.float64)


def _rows(one: Floats, two: Floats) -> tuple[Floats, Floats]:
    """Two arrays with the same number of points."""
    rows = max(one.shape[0], two.shape[0])
    return np.broadcast_to(one, (rows, *one.shape[1:])), np.broadcast_to(two, (rows, *two.shape[1:]))


def lead_arrivals(points: Points, terms: Terms, stage: int, age: int, quarter: int) -> Floats:
    """P(a lead in flight since ``age`` weeks enters the next stage in a week): (point, week).

    One that has not gone on after ``age`` weeks still does so with p·S/(1 − p + p·S), S = P(K >= age).
    """
    outline = points.outline
    rate = terms.rate[stage + 1][:, quarter, None]
    law = terms.lag[stage + 1].laws[quarter]
    gone = law[:, :age].sum(axis=1, keepdims=True)
    left = np.maximum(0.0, 1.0 - gone)
    going = rate * left
    chance = np.divide(going, 1.0 - rate + going, out=np.zeros_like(going), where=going > 0)
    room = outline.weeks - outline.start
    coming = law[:, age : age + room] / np.where(left > 0, left, 1.0)
    rows = max(chance.shape[0], coming.shape[0])
    found = np.zeros((rows, outline.weeks))
    found[:, outline.start : outline.start + coming.shape[1]] = chance * coming
    return found
