"""Uncertain numbers at many points at once: a normal score per number, put through its form."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from simulator.exact import beta, normal
from simulator.exact.memory import Memory, mark
from simulator.scenario.model import Correlation
from simulator.scenario.uncertain import MeanSd, Metalog, Number, Numbers, Pert, Range, Successes, Values, at_quarter
from simulator.simulation.tied import tied_normals

Floats = NDArray[np.float64]
Value = float | Floats
"""One number for all points, or one for each: float64 (point,)."""


@dataclass(frozen=True)
class Leaf:
    """An uncertain number and the normal that drives it."""

    path: str
    number: Number
    normal: int
    curve: Floats | None = None


class Assumptions:
    """The numbers of a plan as slots; those that are uncertain are leaves, in the order they are met."""

    def __init__(self) -> None:
        self.slots: list[float | int] = []  # a value, or the number of a leaf
        self.leaves: list[Leaf] = []
        self.normals: dict[str, int] = {}
        self._known: dict[str, int] = {}
        self._constants: dict[float, int] = {}
        self._betas: list[tuple[int, float, float]] = []
        self._is_leaf: list[bool] = []
        self.tied: list[int] = []
        self.factor: Floats = np.zeros((0, 0))

    def varies(self, slot: int) -> bool:
        """Whether a slot is an uncertain number."""
        return self._is_leaf[slot]

    def constant(self, value: float) -> int:
        """Slot of a certain number."""
        if value not in self._constants:
            self._constants[value] = len(self.slots)
            self.slots.append(value)
            self._is_leaf.append(False)
        return self._constants[value]

    def slot(self, path: str, number: Number) -> int:
        """Slot of a number, which becomes a leaf if it is uncertain."""
        if path not in self._known:
            if not number.varies:
                self._known[path] = self.constant(number.median())
            else:
                self._known[path] = len(self.slots)
                self.slots.append(len(self.leaves))
                self._is_leaf.append(True)
                if isinstance(number, (Pert, Successes)) or (isinstance(number, MeanSd) and number.domain == "share"):
                    self._betas.append((len(self.leaves), *number.shapes()))
                index = self.normals.setdefault(number.name or path, len(self.normals))
                self.leaves.append(Leaf(path, number, index))
        return self._known[path]

    def by_quarter(self, path: str, numbers: Numbers, labels: Sequence[str]) -> tuple[int, ...]:
        """Slots of a number for every quarter of the horizon."""
        if len(numbers) == 1:
            return (self.slot(path, numbers[0]),) * len(labels)
        last = len(numbers) - 1
        return tuple(self.slot(f"{path}.{labels[min(q, last)]}", at_quarter(numbers, q)) for q in range(len(labels)))

    def close(self, correlations: Sequence[Correlation]) -> None:
        """Tie correlated normals and work out the curves of betas, once all numbers are known."""
        for leaf, a, b in self._betas:
            old = self.leaves[leaf]
            self.leaves[leaf] = Leaf(old.path, old.number, old.normal, beta.curve(a, b))
        tied, self.factor = tied_normals(correlations, {leaf.path: leaf.normal for leaf in self.leaves})
        self.tied = tied.tolist()

    def at(self, z: Floats, hold: Mapping[str, float], memory: Memory) -> tuple[list[Value], list[Hashable]]:
        """Value of every slot at points z (point, normal), independent normals, and what it follows from.

        ``hold`` fixes leaves by path; of ``memory`` comes what other variants have drawn at the same points.
        """
        columns: list[Hashable] = memory.recall(("columns", id(z)), partial(_Columns, z)).marks
        if self.tied:
            own = [mark(self.factor), *(columns[normal] for normal in self.tied)]
            z = z.copy()
            z[:, self.tied] = z[:, self.tied] @ self.factor.T
            columns = [(place, *own) if place in self.tied else found for place, found in enumerate(columns)]
        drawn: list[Value] = []
        marks: list[Hashable] = []
        for leaf in self.leaves:
            if leaf.path in hold:
                marks.append(float(hold[leaf.path]))
                drawn.append(hold[leaf.path])
                continue
            marks.append(("leaf", leaf.number, columns[leaf.normal]))
            drawn.append(memory.recall(marks[-1], partial(_value, leaf, z[:, leaf.normal])))
        pairs = list(zip(self.slots, self._is_leaf, strict=True))
        return (
            [drawn[int(slot)] if leaf else float(slot) for slot, leaf in pairs],
            [marks[int(slot)] if leaf else float(slot) for slot, leaf in pairs],
        )


class _Columns:
    """Fingerprints of the columns of points, which it keeps: so no others have their place in memory."""

    def __init__(self, z: Floats):
        self.z = z
        self.marks: list[Hashable] = [mark(column) for column in z.T]


def logistic(t: Floats) -> Floats:
    found: Floats = 1 / (1 + np.exp(-np.clip(t, -700.0, 700.0)))
    return found


def _back(domain: str, x: Floats) -> Floats:
    """From the scale on which ranges are normal."""
    if domain == "real":
        return x
    return np.exp(np.minimum(x, 700.0)) if domain == "positive" else logistic(x)


def _value(leaf: Leaf, z: Floats) -> Floats:
    """What a number is at normal scores z."""
    number = leaf.number
    if leaf.curve is not None:
        value = logistic(beta.read(leaf.curve, z))
        if isinstance(number, Pert):
            value = number.min + (number.max - number.min) * value
    elif isinstance(number, (Range, MeanSd)):
        mean, sd = number.on_scale()
        value = _back(number.domain, mean + sd * z)
    elif isinstance(number, Metalog):
        a1, a2, a3 = number.coefficients()
        near = np.exp(normal.log_cdf_below(-np.abs(z)))
        odds = np.copysign(np.log1p(-near) - np.log(near), z)
        value = _back(number.domain, a1 + (a2 + a3 * np.copysign(0.5 - near, z)) * odds)
    elif isinstance(number, Values):
        ordered = np.array(sorted(number.values), np.float64)
        value = ordered[np.minimum((normal.cdf(z) * ordered.size).astype(np.int64), ordered.size - 1)]
    else:
        raise TypeError(f"no form for {type(number).__name__}")
    value = value * number.times
    return np.minimum(value, 1.0) if number.domain == "share" else value
