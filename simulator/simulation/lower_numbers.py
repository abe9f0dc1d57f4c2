"""The numbers of a plan in slots: certain ones as they are, uncertain ones as leaves with their normals."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from simulator.errors import RunError
from simulator.kernels import plan as kinds
from simulator.scenario.model import Scenario
from simulator.scenario.uncertain import (
    Certain,
    MeanSd,
    Metalog,
    Number,
    Numbers,
    Pert,
    Range,
    Successes,
    Values,
    at_quarter,
    forward,
)

Z90 = 1.2815515655446004


class NumberTable:
    """Collects slots, leaves and their normals."""

    def __init__(self) -> None:
        self.value: list[float] = []
        self.leaf: list[int] = []
        self.paths: list[str] = []
        self.kind: list[int] = []
        self.p: list[list[float]] = []
        self.times: list[float] = []
        self.share: list[bool] = []
        self.normal: list[int] = []
        self.start: list[int] = []
        self.size: list[int] = []
        self.curve: list[int] = []
        self.normals: dict[str, int] = {}
        self.normal_of: dict[str, int] = {}
        self.data: list[float] = []
        self.curves: dict[tuple[int, float, float], int] = {}
        self._known: dict[str, int] = {}
        self._constants: dict[float, int] = {}

    def constant(self, value: float) -> int:
        """Slot of a certain number."""
        if value not in self._constants:
            self._constants[value] = len(self.value)
            self.value.append(value)
            self.leaf.append(-1)
        return self._constants[value]

    def slot(self, path: str, number: Number) -> int:
        """Slot of a number, which becomes a leaf if it is uncertain."""
        if path in self._known:
            return self._known[path]
        form = form_of(number)
        if form is None:
            index = self.constant(number.median())
        else:
            kind, p, values, curve = form
            # one prefix for both: an item of a list that was one number is named by that number's
            # path, and keeps its luck
            normal_name = f"assumption\x1f{number.name or path}"
            index = len(self.value)
            self.value.append(math.nan)  # never read: the leaf's draw stands in its place
            self.leaf.append(len(self.paths))
            self.paths.append(path)
            self.kind.append(kind)
            self.p.append(p + [0.0] * (3 - len(p)))
            self.times.append(number.times)
            self.share.append(number.domain == "share")
            self.normal_of[path] = self.normals.setdefault(normal_name, len(self.normals))
            self.normal.append(self.normal_of[path])
            self.start.append(len(self.data))
            self.size.append(len(values))
            self.data.extend(values)
            self.curve.append(-1 if curve is None else self.curves.setdefault(curve, len(self.curves)))
        self._known[path] = index
        return index

    def by_quarter(self, path: str, numbers: Numbers, labels: Sequence[str]) -> list[int]:
        """Slots of a number for every quarter of the horizon."""
        if len(numbers) == 1:
            return [self.slot(path, numbers[0])] * len(labels)
        last = len(numbers) - 1
        return [self.slot(f"{path}.{labels[min(q, last)]}", at_quarter(numbers, q)) for q in range(len(labels))]


Form = tuple[int, list[float], list[float], tuple[int, float, float] | None]


def form_of(number: Number) -> Form | None:
    """(kind, parameters, values, curve) of an uncertain number; None when it cannot vary."""
    scaled = {"real": kinds.NORMAL, "positive": kinds.LOGNORMAL, "share": kinds.LOGIT_NORMAL}
    if number.certain or isinstance(number, Certain):
        return None
    if isinstance(number, Range):
        if number.p10 == number.p90:
            return None
        low, high = forward(number.domain, number.p10), forward(number.domain, number.p90)
        return scaled[number.domain], [(low + high) / 2, (high - low) / (2 * Z90)], [], None
    if isinstance(number, Metalog):
        if number.p10 == number.p90:
            return None
        kind = {"real": kinds.METALOG_REAL, "positive": kinds.METALOG_POSITIVE, "share": kinds.METALOG_SHARE}
        return kind[number.domain], list(number.coefficients()), [], None
    if isinstance(number, Values):
        ordered = sorted(float(v) for v in number.values)
        return None if ordered[0] == ordered[-1] else (kinds.VALUES, [], ordered, None)
    if isinstance(number, Pert):
        width = number.max - number.min
        if width <= 0:
            return None
        a = 1 + 4 * (number.likely - number.min) / width
        return kinds.BETA, [number.min, width], [], (0, a, 6 - a)
    if isinstance(number, Successes):
        return kinds.BETA, [0.0, 1.0], [], (0, number.successes + 0.5, number.of - number.successes + 0.5)
    if isinstance(number, MeanSd):
        if number.sd == 0:
            return None
        if number.domain == "share":
            size = number.mean * (1 - number.mean) / number.sd**2 - 1
            return kinds.BETA, [0.0, 1.0], [], (0, number.mean * size, (1 - number.mean) * size)
        if number.domain == "positive":
            variance = math.log1p((number.sd / number.mean) ** 2)
            return kinds.LOGNORMAL, [math.log(number.mean) - variance / 2, math.sqrt(variance)], [], None
        return kinds.NORMAL, [number.mean, number.sd], [], None
    raise TypeError(f"no kernel for {type(number).__name__}")


def cholesky(scenario: Scenario, numbers: NumberTable) -> tuple[np.ndarray, np.ndarray]:
    """Which normals are tied, and the lower factor of their correlations."""
    tied: list[int] = []
    pairs = []
    for correlation in scenario.correlations:
        # correlated numbers that turned out certain (a range of no width) have nothing to tie
        if all(path in numbers.normal_of for path in correlation.between):
            i, j = (numbers.normal_of[path] for path in correlation.between)
            pairs.append((i, j, 2 * math.sin(math.pi * correlation.rank / 6)))
            tied += [k for k in (i, j) if k not in tied]
    matrix = np.eye(len(tied))
    for i, j, r in pairs:
        a, b = tied.index(i), tied.index(j)
        matrix[a, b] = matrix[b, a] = r
    try:
        factor = np.linalg.cholesky(matrix) if tied else np.zeros((0, 0))
    except np.linalg.LinAlgError:
        raise RunError("the correlations are not positive definite: no numbers can be related in this way") from None
    return np.array(tied, np.int64), factor
