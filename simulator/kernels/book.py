"""The book of a segment in one trial: how many deals were born, won, lost or slipped, and what they are worth."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.jit import inner

# rows of a book; a deal that comes due goes into one of the first three
LOST, WON, SLIPPED, PUSHED_OUT, BORN = 0, 1, 2, 3, 4
STRANDS = 4  # in which deals are added, so that neighbours do not wait for each other's sums
CELLS = 2 * BORN  # numbers that a strand keeps for a column


class Book(NamedTuple):
    """What becomes of a segment's deals, by row (see LOST …) and column."""

    tally: NDArray[np.int64]  # (row, column)
    value: NDArray[np.float64]  # (row, column)
    cells: NDArray[np.float64]  # (strand × column × row below BORN × (number, value),) while deals are added; else 0


@inner
def clear(n, book):
    """Empty a segment's leads and book."""
    for t in range(n.shape[0]):
        for w in range(n.shape[1]):
            n[t, w] = 0
    for row in range(book.tally.shape[0]):
        for c in range(book.tally.shape[1]):
            book.tally[row, c] = 0
            book.value[row, c] = 0.0


@inner
def note_births(births, first, column, book):
    """Count the deals born from week ``first`` on in the book; births, column : int64 (week,)."""
    at, born = column[first], 0
    for w in range(first, column.size):
        if column[w] != at:
            book.tally[BORN, at] += born
            at, born = column[w], 0
        born += births[w]
    book.tally[BORN, at] += born


@inner
def add_born(value, first, born, column, values):
    """Add what deals are worth at birth to the book's values; first : (QT + 1,) first row of each quarter."""
    for q in range(first.size - 1):
        low, high = first[q], first[q + 1]
        if low == high:
            continue
        if column[13 * q] != column[13 * q + 12]:
            for i in range(low, high):
                values[BORN, column[born[i]]] += value[i]
            continue
        one, two, three, four = 0.0, 0.0, 0.0, 0.0  # whole grains: any order gives the same sum
        fours = low + ((high - low) & ~3)
        for i in range(low, fours, 4):
            one += value[i]
            two += value[i + 1]
            three += value[i + 2]
            four += value[i + 3]
        for i in range(fours, high):
            one += value[i]
        values[BORN, column[13 * q]] += one + two + three + four


@inner
def fold(book):
    """Add what was gathered in cells to the book, and empty them."""
    cells, columns = book.cells, book.tally.shape[1]
    strand = CELLS * columns
    for c in range(columns):
        for row in range(BORN):
            at = CELLS * c + 2 * row
            number, value = 0.0, 0.0
            for s in range(STRANDS):
                number += cells[s * strand + at]
                value += cells[s * strand + at + 1]
                cells[s * strand + at] = cells[s * strand + at + 1] = 0.0
            book.tally[row, c] += np.int64(number)
            book.value[row, c] += value


@inner
def report(n, book, start, with_money, i, counts, cents):
    """Write one segment's results in trial row i: counts (metric, trial, column) and cents alike."""
    stages, weeks = n.shape
    columns = counts.shape[2]
    width = (weeks - start) // columns
    for t in range(stages - 1):
        for c in range(columns):
            total = 0
            for w in range(start + c * width, start + (c + 1) * width):
                total += n[t, w]
            counts[t, i, c] = total
    count, value = book.tally, book.value
    still = count[BORN, 0] - count[WON, 0] - count[LOST, 0]
    worth = value[BORN, 0] - value[WON, 0] - value[LOST, 0]
    for c in range(columns):
        at = c + 1
        still += count[BORN, at] - count[WON, at] - count[LOST, at]
        worth += value[BORN, at] - value[WON, at] - value[LOST, at]
        counts[stages - 1, i, c] = count[WON, at]
        counts[stages, i, c] = count[LOST, at]
        counts[stages + 1, i, c] = count[SLIPPED, at]
        counts[stages + 2, i, c] = count[PUSHED_OUT, at]
        counts[stages + 3, i, c] = still
        if with_money:  # adding 0 makes −0 a 0
            cents[0, i, c] = np.rint(value[WON, at] * 100.0) + 0.0
            cents[1, i, c] = np.rint(value[BORN, at] * 100.0) + 0.0
            cents[2, i, c] = np.rint(value[PUSHED_OUT, at] * 100.0) + 0.0
            cents[3, i, c] = np.rint(worth * 100.0) + 0.0
