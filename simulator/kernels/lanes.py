"""Eight numbers at a time: passes over rows, in vector instructions where there is a compiler.

A *row* is eight neighbours of a flat array, one for each of eight weeks. Compilers find such instructions in simple
loops only, so for these passes they are written out in :mod:`simulator.kernels.vectors`. What each of them does is
said here, in plain Python, which takes their place where nothing is compiled.
"""

from __future__ import annotations

from typing import Any

from simulator.kernels import vectors
from simulator.kernels.jit import config
from simulator.kernels.streams import ALWAYS, mix64, uniform, word
from simulator.kernels.vectors import LANES, LIMITS, ROWS

__all__ = [
    "LANES",
    "LIMITS",
    "ROWS",
    "add_rows",
    "count_below",
    "halve_rows",
    "mix_rows",
    "most_in_row",
    "name_rows",
    "put_row",
    "rows_differ",
    "share_rows",
]


def _share_rows(counts, keys, limits, at, group, converted):
    """How many of up to 64 individuals, number 64·group … of each of eight cohorts, are below the cohort's limit.

    Adds to converted[at : at + 8]. Word j of a cohort's stream is bit plane j: it holds bit j of each one's uniform.
    """
    for w in range(at, at + LANES):
        lanes = min(max(int(counts[w]) - 64 * group, 0), 64)
        still, under, plane = (1 << lanes) - 1, 0, 0
        if limits[w] == ALWAYS:
            under, still = still, 0
        while still and limits[w] and plane < 64:
            bits = int(word(keys[w], 64 * group + plane))
            if int(limits[w]) >> (63 - plane) & 1:
                under |= still & ~bits
                still &= bits
            else:
                still &= ~bits
            plane += 1
        converted[w] += bin(under).count("1")


def _halve_rows(table, words, first, left, at, found):
    """Where in a table eight uniforms fall: of ``left`` entries from ``first`` on, the first that is larger.

    table : float64 (row, entry), in whose entries one after the other ``first`` counts; words … found : by week.
    """
    entries = table.reshape(table.size)
    for w in range(at, at + LANES):
        u, k, n = uniform(words[w]), int(first[w]), int(left[w])
        while n > 1:
            half = n >> 1
            k += half if entries[k + half - 1] <= u else 0
            n -= half
        found[w] = k


def _put_row(into, at, first, step):
    """into[at : at + 8] = first, first + step, …"""
    for lane in range(LANES):
        into[at + lane] = first
        first += step


def _mix_rows(keys, step, count, into):
    """into[i] = mix64(keys[i] + step) for the first ``count``, by eights."""
    for i in range(-(-count // LANES) * LANES):
        into[i] = mix64(keys[i] + step)


def _name_rows(keys, counts, at, rows, words):
    """Words 0 … rows − 1 of the streams keys[at : at + 8], a row each; for who is not among ``counts``, the largest.

    The number of rows is a multiple of four.
    """
    for row in range(rows):
        for lane in range(LANES):
            here = row < counts[at + lane]
            words[LANES * row + lane] = word(keys[at + lane], row) if here else ALWAYS


def _most_in_row(numbers, at):
    """The largest of numbers[at : at + 8]."""
    most = numbers[at]
    for lane in range(1, LANES):
        most = max(most, numbers[at + lane])
    return most


def _rows_differ(one, at, other, to):
    """Whether one[at : at + 8] and other[to : to + 8] differ."""
    differ = False
    for lane in range(LANES):
        differ = differ or one[at + lane] != other[to + lane]
    return differ


def _count_below(words, rows, limits, i, k, into, at, stride):
    """How many of the first ``rows`` rows of ``words`` are below limits[i, k], …, limits[i, k + 3], lane by lane.

    The number of rows is a multiple of four. To into[at : at + 8], and a ``stride`` further on for each further limit.
    """
    for j in range(LIMITS):
        for lane in range(LANES):
            found = 0
            for row in range(rows):
                found += 1 if words[LANES * row + lane] < limits[i, k + j] else 0
            into[at + stride * j + lane] = found


def _add_rows(numbers, at, rows, stride, into, to):
    """The sum of ``rows`` rows of ``numbers``, the first at ``at``, one every ``stride``, to into[to : to + 8]."""
    for lane in range(LANES):
        found = 0
        for row in range(rows):
            found += numbers[at + stride * row + lane]
        into[to + lane] = found


share_rows: Any = _share_rows if config.DISABLE_JIT else vectors.share_rows
halve_rows: Any = _halve_rows if config.DISABLE_JIT else vectors.halve_rows
put_row: Any = _put_row if config.DISABLE_JIT else vectors.put_row
mix_rows: Any = _mix_rows if config.DISABLE_JIT else vectors.mix_rows
name_rows: Any = _name_rows if config.DISABLE_JIT else vectors.name_rows
most_in_row: Any = _most_in_row if config.DISABLE_JIT else vectors.most_in_row
rows_differ: Any = _rows_differ if config.DISABLE_JIT else vectors.rows_differ
count_below: Any = _count_below if config.DISABLE_JIT else vectors.count_below
add_rows: Any = _add_rows if config.DISABLE_JIT else vectors.add_rows
