"""Means of all metrics of a segment at once, by following expected numbers forwards from week to week.

A check on the laws, which are worked out backwards from what counts, and the quicker way where every
metric is wanted and no law.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.exact.outline import Outline
from simulator.exact.parts import Jump
from simulator.exact.segments import Segments
from simulator.exact.terms import Terms, by_week
from simulator.exact.values import mean_and_square
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

Floats = NDArray[np.float64]
Rows = slice | NDArray[np.int64]
ALL = slice(None)


def expected(segments: Segments, segment: int, rows: Rows = ALL) -> dict[str, Floats]:
    """Mean of every metric: name -> float64 (1 or point, quarter); stocks at the quarter's end.

    Only of those who arrive in the plan: not of deals and leads that files give.

    Parameters
    ----------
    rows : which of the points
    """
    terms, outline = segments.points.terms(segment), segments.outline
    flows = {t: _of(flow, rows) for t, flow in segments.flows(segment).items()}
    stages, birth = outline.scenario.stages, outline.stages - 2
    found = {stages[t]: _quarters(outline, flow) for t, flow in flows.items()}
    for t in range(terms.outline.entry):
        found[stages[t]] = np.zeros((1, outline.quarters))
    born = np.stack(np.broadcast_arrays(flows[birth], flows[birth] * _value(terms, rows)), axis=1)
    won, lost, slips, out = _fates(outline, terms, born, rows)
    for place, names in enumerate(
        ((stages[-1], LOSSES, SLIPS, SLIPPED_DEALS, "", OPEN_DEALS),
         (BOOKINGS, "", "", SLIPPED_VALUE, CREATED, OPEN_PIPELINE))
    ):  # fmt: skip
        left = np.cumsum(born - won - lost, axis=2)[:, place, outline.start + WEEKS - 1 :: WEEKS]
        flowing = [_quarters(outline, each[:, place]) for each in (won, lost, slips, out, born)]
        found |= {name: each for name, each in zip(names, (*flowing, left), strict=True) if name}
    return found


def _of(values: NDArray[Any], rows: Rows) -> NDArray[Any]:
    return values if values.shape[0] == 1 else values[rows]


def _quarters(outline: Outline, weekly: Floats) -> Floats:
    """Sums over the quarters of the horizon."""
    return weekly[:, outline.start :].reshape(weekly.shape[0], outline.quarters, WEEKS).sum(axis=2)


def _value(terms: Terms, rows: Rows) -> Floats:
    """Mean value of a deal by week of its birth: (1 or point, week)."""
    group = _of(terms.group, rows)
    if not terms.sizes:
        return np.zeros((1, group.shape[1] * WEEKS))
    means = [_of(mean_and_square(Jump(1, size))[0], rows) for size in terms.sizes]
    by_group = np.stack(np.broadcast_arrays(*means), axis=-1)
    rows_of = np.broadcast_to(by_group, (max(len(by_group), len(group)), by_group.shape[1]))
    chosen = np.take_along_axis(rows_of, np.broadcast_to(group, (len(rows_of), group.shape[1])), axis=1)
    return by_week(chosen)


def _fates(outline: Outline, terms: Terms, born: Floats, rows: Rows) -> tuple[Floats, Floats, Floats, Floats]:
    """Expected wins, losses, slips, slips out of the quarter: (point, channel, week) each."""
    win_stage = outline.stages - 1

    def weekly(values: Floats) -> Floats:
        return by_week(_of(values, rows))[:, None, :]

    rate, slip, factor = np.minimum(1.0, weekly(terms.rate[win_stage])), weekly(terms.slip), weekly(terms.factor)
    beyond = _of(terms.delay.beyond, rows)[:, None, :]
    lag, delay = terms.lag[win_stage].of(rows), terms.delay.of(rows)
    if terms.losses is None:
        due = [lag.forward(born)]
    else:
        due = [lag.forward(born * rate), terms.losses.of(rows).forward(born * (1 - rate))]
    won, lost, slips = np.zeros_like(due[0]), np.zeros_like(due[0]), np.zeros_like(due[0])
    limit = terms.outline.limit
    levels = min(limit, outline.weeks) if slip.any() else 0
    for s in range(levels + 1):
        moved = [each * slip for each in due]
        stay = [each - more for each, more in zip(due, moved, strict=True)]
        if len(due) == 1:
            chance = np.minimum(1.0, weekly(terms.rate[win_stage]) * factor**s)
            won = won + stay[0] * chance
            lost = lost + stay[0] * (1 - chance)
        else:
            won, lost = won + stay[0], lost + stay[1]
        whole = sum(moved[1:], moved[0])
        if s == limit:
            lost = lost + whole
            break
        slips = slips + whole
        if len(due) == 2:
            kept = np.minimum(1.0, factor)
            moved = [moved[0] * kept, moved[1] + moved[0] * (1 - kept)]
        due = [delay.forward(each) for each in moved]
    return won, lost, slips, slips * beyond
