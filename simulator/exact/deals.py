"""What one deal counts for, worked out backwards from its decision to its due week and its birth.

Given the assumptions and the market, a deal's fate is a walk over weeks: due, slip or decide. Weights
say what each step counts; the expected weight of a deal that is due in a week follows from those of
later weeks. Weights are arrays (channel, week), one channel per question.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simulator.exact.memory import mark
from simulator.exact.shifts import Shift
from simulator.exact.terms import Terms, by_week

Floats = NDArray[np.float64]

NEGLIGIBLE = 1e-15
ROWS = 256


@dataclass(frozen=True)
class Weights:
    """What counts, by channel and week: a win, a loss, a slip out of its quarter, being open at the end.

    ``end`` is (channel,): the week at whose beginning deals that are still open count, or 0.
    """

    win: Floats
    loss: Floats
    out: Floats
    end: NDArray[np.int64]

    @property
    def of_deals(self) -> bool:
        return bool(self.win.any() or self.loss.any() or self.out.any() or self.end.any())

    @cached_property
    def mark(self) -> tuple[bytes, ...]:
        """Fingerprint."""
        return tuple(map(mark, (self.win, self.loss, self.out, self.end)))

    @property
    def open_before(self) -> Floats:
        """(channel, week): 1 where a deal born in that week would be open at the end, were it not decided."""
        weeks = np.arange(self.win.shape[1])
        return (weeks[None, :] < self.end[:, None]).astype(np.float64)


@dataclass(frozen=True)
class Course:
    """How deals go on from a due week; arrays (row, week), rows being points, or points × open deals.

    left : slips survived from here on, int64 (row,); counted : slips so far that the win rate counts.
    settled : whether winners and losers part at birth.
    """

    rate: Floats
    slip: Floats
    factor: Floats
    delay: Shift
    left: NDArray[np.int64]
    counted: NDArray[np.int64]
    settled: bool

    @property
    def rows(self) -> int:
        return max(self.rate.shape[0], self.slip.shape[0], self.factor.shape[0], self.delay.rows)

    def of(self, rows: slice) -> Course:
        """Some of the rows."""
        if rows.stop - rows.start == self.rows:
            return self
        rate, slip, factor = (x if x.shape[0] == 1 else x[rows] for x in (self.rate, self.slip, self.factor))
        return Course(rate, slip, factor, self.delay.of(rows), self.left, self.counted, self.settled)

    @property
    def levels(self) -> int:
        """Slips to look at: no more than there are weeks, none where nothing slips."""
        return min(int(self.left.max(initial=0)), self.slip.shape[-1]) if self.slip.any() else 0


def course_of(terms: Terms, win_stage: int, rate: Floats | None = None) -> Course:
    """The course of deals born in the plan; ``rate`` (1 or point, quarter) in place of its own win rate."""
    return Course(
        by_week(terms.rate[win_stage] if rate is None else rate), by_week(terms.slip), by_week(terms.factor),
        terms.delay, np.array([terms.outline.limit]), np.array([0]), terms.losses is not None,
    )  # fmt: skip


def due(course: Course, weights: Weights) -> tuple[Floats, ...]:
    """Expected weight of a deal due in each week: (row, channel, week).

    One array, or two where winners and losers part at birth and count for different things: of winners, of losers.
    """
    pieces = [_due(course.of(rows), weights) for rows in _blocks(course.rows)]
    if len(pieces) == 1:
        return pieces[0]
    return tuple(np.concatenate(kind) for kind in zip(*pieces, strict=True))


def _blocks(rows: int) -> list[slice]:
    """Rows a few at a time: what is made of them on the way stays in the processor's cache."""
    return [slice(first, min(first + ROWS, rows)) for first in range(0, rows, ROWS)]


def _due(course: Course, weights: Weights) -> tuple[Floats, ...]:
    open_before = weights.open_before
    win, loss = weights.win - open_before, weights.loss - open_before  # 1 for open is added at birth
    shape = course.rows, *win.shape
    first, stop = _weeks(win, loss, weights.out)
    win, loss = win[:, :stop], loss[:, :stop]
    alike = bool((win == loss).all())
    slip, factor = course.slip[:, None, :stop], course.factor[:, None, :stop]
    out = weights.out[:, :stop] * course.delay.beyond[:, None, :stop] if weights.out.any() else None
    kinds = 2 if course.settled and not alike else 1
    after: list[Floats | None] = []  # weeks from ``begun`` on; None where all are 0
    begun = stop + course.delay.reach
    for s in range(course.levels, -1, -1):
        start = max(0, min(first, begun - course.delay.reach))  # who is due before it counts for nothing
        here: list[Floats | None] = []
        if kinds == 2:
            values: list[Floats] = [win[:, start:], loss[:, start:]]
        elif alike:
            values = [win[:, start:]]
        else:
            slips = (s + course.counted)[:, None, None]
            chance = np.minimum(1.0, course.rate[:, None, start:stop] * factor[..., start:] ** slips)
            values = [chance * win[:, start:] + (1 - chance) * loss[:, start:]]
        some = slip[..., start:]
        for kind in range(kinds):
            found = values[kind]
            if some.any():
                moved = _moved(course, after, kind, begun, start, factor[..., start:]) if after else None
                if out is not None:
                    moved = out[..., start:] if moved is None else moved + out[..., start:]
                stays = (s < course.left)[:, None, None]
                if not stays.all():
                    moved = np.where(stays, 0.0 if moved is None else moved, loss[:, start:])
                found = _shared(found, moved, some)
            here.append(found if found.any() else None)
        after, begun = here, start
    return tuple(_in_weeks(found, begun, shape) for found in after)


def _shared(stays: Floats, moved: Floats | None, slips: Floats) -> Floats:
    """stays·(1 − slips) + moved·slips."""
    if moved is None:
        return stays - slips * stays
    change = moved - stays
    change = change * slips if change.shape[0] < slips.shape[0] else np.multiply(change, slips, out=change)
    return np.add(change, stays, out=change)


def _weeks(*weights: Floats) -> tuple[int, int]:
    """The first week in which anything counts, and the one after the last."""
    some = np.zeros(weights[0].shape[1], bool)
    for weight in weights:
        some |= weight.any(axis=0)
    return (int(some.argmax()), some.size - int(some[::-1].argmax())) if some.any() else (0, 0)


def _in_weeks(found: Floats | None, begun: int, shape: tuple[int, ...]) -> Floats:
    """Weights of all rows and weeks, of those from ``begun`` on."""
    whole = np.zeros(shape)
    if found is not None:
        whole[..., begun : begun + found.shape[-1]] = found
    return whole


def _moved(
    course: Course, after: list[Floats | None], kind: int, begun: int, start: int, factor: Floats
) -> Floats | None:
    """Expected weight of a deal that slips in a week: that of the week in which it is due next; None for 0."""

    def back(weight: Floats | None) -> Floats | None:
        return None if weight is None else course.delay.back(weight, begun, start, start + factor.shape[-1])

    if kind == 0 and len(after) == 2 and (factor < 1).any():
        stay = np.minimum(1.0, factor)
        won, lost = back(after[0]), back(after[1])
        if won is None or lost is None:
            return stay * won if won is not None else None if lost is None else (1 - stay) * lost
        return stay * won + (1 - stay) * lost
    return back(after[kind])


def due_repeats(course: Course, inside: Floats, *, out_only: bool, most: int) -> list[Floats]:
    """P(a deal due in a week slips at least j times within the period), j = 1, 2, …: each (row, channel, week).

    Parameters
    ----------
    inside : (channel, week) 1 within the period
    out_only : count only slips to a due week after the quarter
    most : look no further than this many
    """
    slip, delay = course.slip[:, None, :], course.delay
    rows, shape = course.slip.shape[0], inside.shape
    last: list[Floats] = []  # by j − 1
    for s in range(course.levels, -1, -1):
        goes_on = slip * (s < course.left)[:, None, None]
        here: list[Floats] = []
        for j in range(most):
            later = last[j] if j < len(last) else None
            sooner = last[j - 1] if 0 < j <= len(last) else None
            if j > 0 and sooner is None:
                break
            total = np.zeros((rows, *shape))
            if out_only:
                if j == 0:
                    total = total + inside * delay.beyond[:, None, :]
                elif sooner is not None:
                    total = total + inside * (delay.back(sooner) - delay.back_inside(sooner))
                if later is not None:
                    total = total + inside * delay.back_inside(later)
            elif j == 0:
                total = total + inside
            elif sooner is not None:
                total = total + inside * delay.back(sooner)
            if later is not None:
                total = total + (1 - inside) * delay.back(later)
            found = goes_on * total
            if found.max(initial=0.0) < NEGLIGIBLE:
                break
            here.append(found)
        last = here
    return last


def born(terms: Terms, win_stage: int, fates: tuple[Floats, ...]) -> Floats:
    """Expected weight of a deal born in each week, from that of deals due: (point, channel, week)."""
    wins_lag = terms.lag[win_stage]
    if terms.losses is None:
        return wins_lag.back(fates[0])
    rate = np.minimum(1.0, by_week(terms.rate[win_stage]))[:, None, :]
    losers = fates[1] if len(fates) == 2 else fates[0]
    return rate * wins_lag.back(fates[0]) + (1 - rate) * terms.losses.back(losers)
