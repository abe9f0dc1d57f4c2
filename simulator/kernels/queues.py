"""Queues: who of those waiting is worked this week, and who has waited too long."""

from __future__ import annotations

from simulator.kernels.jit import inner
from simulator.kernels.streams import WEEK_ZERO, uniform, word
from simulator.kernels.teams import FIFO, LISTED


@inner
def allot(order, turn, rounds, wait, oldest, w, left, key, start, chosen, takes):
    """Take up to ``left`` of those waiting; returns how many rows of ``takes`` that made.

    wait : int64 (segment × round, week of entry), taken from; turn : (S,) segments in the order of their
    turns, −1 after the last; chosen : (segment × round,) scratch; takes : int64 (row, 3), filled with
    (segment × round, week, how many). Those of one week who cannot all be taken are taken by lot, as
    if they had come in any order.
    """
    rows = 0
    if order == LISTED:
        for i in range(turn.size):
            if turn[i] < 0:
                break
            for e in range(oldest, w + 1):
                if left == 0:
                    return rows
                rows, left = _take(turn, i, i + 1, rounds, wait, e, w, left, key, start, chosen, takes, rows)
        return rows
    for step in range(w + 1 - oldest):
        if left == 0:
            break
        e = oldest + step if order == FIFO else w - step
        rows, left = _take(turn, 0, turn.size, rounds, wait, e, w, left, key, start, chosen, takes, rows)
    return rows


@inner
def _take(turn, first, last, rounds, wait, e, w, left, key, start, chosen, takes, rows):
    """Take those who came in week e, of the segments with turns first … last − 1."""
    total = 0
    for i in range(first, last):
        if turn[i] < 0:
            break
        for j in range(turn[i] * rounds, (turn[i] + 1) * rounds):
            total += wait[j, e]
            chosen[j] = wait[j, e]
    if total == 0:
        return rows, left
    if total > left:
        for i in range(first, last):
            if turn[i] < 0:
                break
            for j in range(turn[i] * rounds, (turn[i] + 1) * rounds):
                chosen[j] = 0
        lots = word(word(key, e - start + WEEK_ZERO), w - e)
        for lot in range(left):
            x = uniform(word(lots, lot)) * (total - lot)
            found = False
            last_seen = -1
            for i in range(first, last):
                if turn[i] < 0 or found:
                    break
                for j in range(turn[i] * rounds, (turn[i] + 1) * rounds):
                    here = wait[j, e] - chosen[j]
                    if here > 0:
                        last_seen = j
                        if x < here:
                            found = True
                            break
                        x -= here
            chosen[last_seen] += 1
        total = left
    for i in range(first, last):
        if turn[i] < 0:
            break
        for j in range(turn[i] * rounds, (turn[i] + 1) * rounds):
            if chosen[j] > 0:
                wait[j, e] -= chosen[j]
                takes[rows, 0], takes[rows, 1], takes[rows, 2] = j, e, chosen[j]
                rows += 1
    return rows, left - total


@inner
def cool(wait, oldest, w, patience, takes):
    """Take out those whose patience is at an end; patience : int64 (QT,) weeks, of the quarter of entry."""
    rows = 0
    for e in range(oldest, w + 1):
        if w - e >= patience[e // 13]:
            for j in range(wait.shape[0]):
                if wait[j, e] > 0:
                    takes[rows, 0], takes[rows, 1], takes[rows, 2] = j, e, wait[j, e]
                    wait[j, e] = 0
                    rows += 1
    return rows


@inner
def first_waiting(wait, oldest, w):
    """The first week from ``oldest`` on of which anybody waits; w if none does."""
    while oldest < w:
        for j in range(wait.shape[0]):
            if wait[j, oldest] > 0:
                return oldest
        oldest += 1
    return oldest
