"""Deals that are open at the start: what each of them counts for."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

import numpy as np
from numpy.typing import NDArray

from simulator.exact import classes, deals
from simulator.exact.memory import mark
from simulator.exact.outline import OpenDealOutline
from simulator.exact.terms import Points, Terms, by_week
from simulator.exact.weather import shocked

Floats = NDArray[np.float64]
Chances = dict[int, Floats]
Repeats = tuple[Floats, bool, int]


def open_deal_rows(
    points: Points, segment: int, asked: deals.Weights | Repeats
) -> Iterator[tuple[OpenDealOutline, Floats]]:
    """Each open deal of a segment with its chances: (point, channel), or (point, channel, times) of repeats."""
    if isinstance(asked, deals.Weights) and not asked.of_deals:
        return
    terms = points.terms(segment)
    for deal in points.outline.deals:
        if deal.segment == segment:
            yield deal, _chances(points, terms, deal, asked)


def open_deal_classes(points: Points, segment: int, asked: classes.Asked) -> Iterator[tuple[OpenDealOutline, Chances]]:
    """Each open deal of a segment with the probability (point,) of every set of events."""
    terms = points.terms(segment)
    for deal in points.outline.deals:
        if deal.segment != segment:
            continue
        course, laws, shares, _ = _course(points, terms, deal)
        found: Chances = {}
        for law, share, fate in zip(laws, shares, classes.due_classes(course, asked), strict=True):
            for mask, p in fate.items():
                found[mask] = found.get(mask, np.zeros(1)) + share * (law * p).sum(axis=1)
        yield deal, found


def _course(
    points: Points, terms: Terms, deal: OpenDealOutline
) -> tuple[deals.Course, list[Floats], list[Floats], Hashable]:
    """How an open deal goes on; per kind the law of its due week (point, week) and its share (point,); a fingerprint.

    Deals of one segment differ by their pushes and their own win probability alone: those that share them share
    the course.
    """
    outline = points.outline
    win_stage, first = outline.stages - 1, outline.warm
    rate, counted = terms.rate[win_stage], deal.pushes
    if deal.own is not None:
        own = np.atleast_1d(np.asarray(points.values[deal.own], np.float64))[:, None]
        weather = points.weather
        rate = shocked(own, weather.rate_shift.get(win_stage), weather.rate_factor.get(win_stage))
        rate, counted = np.broadcast_to(rate, (rate.shape[0], outline.all_quarters)), 0
    course = deals.Course(
        by_week(rate), by_week(terms.slip), by_week(terms.factor), terms.delay,
        np.array([max(0, outline.segments[deal.segment].limit - deal.pushes)]), np.array([counted]),
        terms.losses is not None,
    )  # fmt: skip
    wins = np.minimum(1.0, rate[:, first] * terms.factor[:, first] ** counted)
    laws = [_due_law(points, deal, terms.lag[win_stage].laws[first])]
    shares: list[Floats] = [np.ones(1)]
    if terms.losses is not None:
        laws.append(_due_law(points, deal, terms.losses.laws[first]))
        shares = [wins, 1 - wins]
    own_rate = None if deal.own is None else mark(rate)
    return course, laws, shares, ("open", terms.of_deals, outline.weeks, own_rate, deal.pushes)


def _chances(points: Points, terms: Terms, deal: OpenDealOutline, asked: deals.Weights | Repeats) -> Floats:
    course, laws, shares, key = _course(points, terms, deal)
    if isinstance(asked, deals.Weights):
        wanted = asked
        fates: tuple[Floats, ...] = points.memory.recall((key, wanted.mark), lambda: deals.due(course, wanted))
        total: Floats = asked.end.astype(bool).astype(np.float64)[None, :]  # it is there at each end unless decided
        if len(fates) < len(laws):  # winners and losers count for the same
            fates = fates * len(laws)
        for law, share, fate in zip(laws, shares, fates, strict=True):
            total = total + share[:, None] * np.einsum("nw,ncw->nc", *_match(law, fate))
        return total
    inside, out_only, most = asked
    at_least = points.memory.recall(
        (key, mark(inside), out_only, most),
        lambda: deals.due_repeats(course, inside, out_only=out_only, most=most),
    )
    rows = []
    for fate in at_least:
        parts = [s[:, None] * np.einsum("nw,ncw->nc", *_match(law, fate)) for law, s in zip(laws, shares, strict=True)]
        rows.append(sum(parts[1:], parts[0]))
    if not rows:
        return np.zeros((1, inside.shape[0], 0))
    exactly = [one - two for one, two in zip(rows, [*rows[1:], np.zeros(1)], strict=True)]
    return np.stack(np.broadcast_arrays(*exactly), axis=2)


def _match(law: Floats, fate: Floats) -> tuple[Floats, Floats]:
    rows = max(law.shape[0], fate.shape[0])
    return np.broadcast_to(law, (rows, law.shape[1])), np.broadcast_to(fate, (rows, *fate.shape[1:]))


def _due_law(points: Points, deal: OpenDealOutline, cycle: Floats) -> Floats:
    """P(first due in a week) (point, week); what is due after the horizon is left out."""
    outline = points.outline
    room = outline.weeks - outline.start
    found = np.zeros((cycle.shape[0], outline.weeks))
    if deal.due is not None:
        if deal.due < room:
            found[:, outline.start + deal.due] = 1.0
        return found
    gone = cycle[:, : deal.age].sum(axis=1, keepdims=True)
    left = 1.0 - gone
    stale = left[:, 0] <= 1e-12  # older than any cycle: due at once
    coming = cycle[:, deal.age : deal.age + room] / np.where(stale[:, None], 1.0, left)
    found[:, outline.start : outline.start + coming.shape[1]] = coming
    found[stale] = 0.0
    found[stale, outline.start] = 1.0
    return found
