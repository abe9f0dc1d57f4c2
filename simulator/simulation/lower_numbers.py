"""The numbers of a plan in slots: certain ones as they are, uncertain ones as leaves with their normals."""

from __future__ import annotations

import math
from collections.abc import Sequence

from simulator.kernels import plan as kinds
from simulator.scenario.uncertain import MeanSd, Metalog, Number, Numbers, Pert, Range, Successes, Values, at_quarter


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
    if not number.varies:
        return None
    if isinstance(number, Metalog):
        kind = {"real": kinds.METALOG_REAL, "positive": kinds.METALOG_POSITIVE, "share": kinds.METALOG_SHARE}
        return kind[number.domain], list(number.coefficients()), [], None
    if isinstance(number, Values):
        return kinds.VALUES, [], sorted(float(v) for v in number.values), None
    if isinstance(number, Pert):
        return kinds.BETA, [number.min, number.max - number.min], [], (0, *number.shapes())
    if isinstance(number, Successes) or (isinstance(number, MeanSd) and number.domain == "share"):
        return kinds.BETA, [0.0, 1.0], [], (0, *number.shapes())
    if isinstance(number, (Range, MeanSd)):
        scaled = {"real": kinds.NORMAL, "positive": kinds.LOGNORMAL, "share": kinds.LOGIT_NORMAL}
        return scaled[number.domain], list(number.on_scale()), [], None
    raise TypeError(f"no kernel for {type(number).__name__}")
