"""Correlations of uncertain numbers, written so that they do not contradict each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulator.calibration.write import key, rank


@dataclass(frozen=True)
class Pair:
    """Two uncertain numbers by path, what their draws belong to (a path or a shared name), and the correlation of their
    normals. ``star`` : one of many shares that hang on one common lag."""

    first: str
    second: str
    first_draw: str
    second_draw: str
    value: float
    star: bool


def correlation_lines(pairs: Sequence[Pair]) -> list[str]:
    """The pairs as YAML, each draw's pair once.

    Many shares that hang on one lag also hang together a little. That is not written (it would be a line for every two
    segments), so their correlations with the lag are weakened until the whole can exist (is positive definite).
    """
    unique: dict[tuple[str, str], Pair] = {}
    for pair in pairs:
        unique.setdefault((pair.first_draw, pair.second_draw), pair)
    found = list(unique.values())
    weaken = 1.0
    while weaken > 0.05 and not _possible(found, weaken):
        weaken *= 0.93
    written = ((pair, round(rank(pair.value * (weaken if pair.star else 1.0)), 2)) for pair in found)
    return [f"  - {{between: [{key(p.first)}, {key(p.second)}], rank: {value:.2f}}}" for p, value in written if value]


def _possible(pairs: Sequence[Pair], weaken: float) -> bool:
    names = list(dict.fromkeys(name for pair in pairs for name in (pair.first_draw, pair.second_draw)))
    matrix = np.eye(len(names))
    for pair in pairs:
        i, j = names.index(pair.first_draw), names.index(pair.second_draw)
        value = 2 * np.sin(np.pi * round(rank(pair.value * (weaken if pair.star else 1.0)), 2) / 6)
        matrix[i, j] = matrix[j, i] = value
    return bool(np.linalg.eigvalsh(matrix)[0] > 0.01)
