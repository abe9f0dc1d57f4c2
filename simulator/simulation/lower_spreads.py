"""The spreads of a plan in rows: lags, delays and deal sizes, the same in several quarters only once."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from simulator.kernels import plan as kinds
from simulator.kernels.integrals import NARROWEST, WIDEST
from simulator.scenario.spreads import FixedSpread, Geometric, MeanCv, MedianP90, Sample, Spread, WeeksTable
from simulator.simulation.lower_numbers import NumberTable

_FAMILIES = {"gamma": kinds.GAMMA, "lognormal": kinds.LOGNORMAL_SPREAD, "weibull": kinds.WEIBULL,
             "exponential": kinds.EXPONENTIAL}  # fmt: skip


class SpreadTable:
    """Collects spreads; the same spread in several quarters is one."""

    def __init__(self, numbers: NumberTable, labels: Sequence[str], weeks_kept: int):
        self.numbers, self.labels, self.weeks_kept = numbers, labels, weeks_kept
        self.kind: list[int] = []
        self.a: list[int] = []
        self.b: list[int] = []
        self.times: list[float] = []
        self.at_least_one: list[bool] = []
        self.weeks: list[bool] = []
        self.start: list[int] = []
        self.size: list[int] = []
        self.curve: list[int] = []
        self.integrals: dict[tuple[int, float], int] = {}
        self._known: dict[tuple[object, ...], int] = {}

    def by_quarter(self, path: str, spread: Spread, *, delay: bool = False) -> list[int]:
        """Index of the spread for every quarter of the horizon."""
        table: list[float] = []
        n = len(self.labels)
        none = [self.numbers.constant(0.0)] * n
        first, second = none, none
        if isinstance(spread, FixedSpread):
            kind, first = kinds.FIXED, self.numbers.by_quarter(path, spread.value, self.labels)
        elif isinstance(spread, MeanCv):
            kind = _FAMILIES[spread.family]
            first = self.numbers.by_quarter(f"{path}.mean", spread.mean, self.labels)
            second = self.numbers.by_quarter(f"{path}.cv", spread.cv, self.labels)
        elif isinstance(spread, MedianP90):
            kind = kinds.LOGNORMAL_P90
            first = self.numbers.by_quarter(f"{path}.median", spread.median, self.labels)
            second = self.numbers.by_quarter(f"{path}.p90", spread.p90, self.labels)
        elif isinstance(spread, Geometric):
            kind, first = kinds.GEOMETRIC, self.numbers.by_quarter(f"{path}.mean", spread.mean, self.labels)
        elif isinstance(spread, WeeksTable):
            kind, table = kinds.TABLE, self._table(spread)
        elif isinstance(spread, Sample) and spread.unit != "money":
            kind, table = kinds.TABLE, self._lag_of_sample(spread.data, spread.times)
        elif isinstance(spread, Sample):
            kind, table = kinds.SAMPLE, sorted(spread.data)
        else:
            raise TypeError(f"no kernel for {type(spread).__name__}")
        start = len(self.numbers.data)
        self.numbers.data.extend(table)
        found = []
        for a, b in zip(first, second, strict=True):
            key = (kind, a, b, spread.times, delay, spread.unit, start if table else -1)
            if key not in self._known:
                self._known[key] = len(self.kind)
                self.kind.append(kind)
                self.a.append(a)
                self.b.append(b)
                self.times.append(spread.times)
                self.at_least_one.append(delay)
                self.weeks.append(spread.unit != "money")
                self.start.append(start)
                self.size.append(len(table))
                self.curve.append(self._curve(kind, a, b, spread))
            found.append(self._known[key])
        return found

    def _curve(self, kind: int, a_slot: int, b_slot: int, spread: Spread) -> int:
        """Row of the curves (money) or integrals (weeks) of a spread whose shape is certain; −1 for none."""
        leaf, value = self.numbers.leaf, self.numbers.value
        if leaf[b_slot] >= 0:
            return -1
        cv = value[b_slot]
        if spread.unit == "money":
            if kind != kinds.GAMMA or cv <= 0:
                return -1
            return self.numbers.curves.setdefault((1, 1 / cv**2, 0.0), len(self.numbers.curves))
        scales = kind in (kinds.GAMMA, kinds.WEIBULL, kinds.LOGNORMAL_SPREAD)
        if leaf[a_slot] < 0 or not scales or not NARROWEST <= cv <= WIDEST:
            return -1
        return self.integrals.setdefault((kind, cv), len(self.integrals))

    def _table(self, spread: WeeksTable) -> list[float]:
        if spread.times != 1.0:
            return self._lag_of_weighted(np.arange(len(spread.weeks)), np.array(spread.weeks), spread.times)
        cdf = np.minimum(np.cumsum(spread.weeks), 1.0)
        cdf[-1] = 1.0
        return cdf.tolist()

    def _lag_of_sample(self, data: Sequence[float], times: float) -> list[float]:
        return self._lag_of_weighted(np.asarray(data, float), np.full(len(data), 1 / len(data)), times)

    def _lag_of_weighted(self, lags: np.ndarray, shares: np.ndarray, times: float) -> list[float]:
        """P(⌊L + U⌋ <= k) of lags drawn with these shares."""
        lags = lags * times
        last = min(math.ceil(lags.max()) + 1, self.weeks_kept)
        weeks = np.arange(last + 1)
        cdf = np.array([float(np.sum(shares * np.clip(k + 1 - lags, 0.0, 1.0))) for k in weeks])
        cdf[-1] = 1.0 if last < self.weeks_kept else cdf[-1]
        return np.minimum(cdf / max(cdf[-1], 1e-300) if cdf[-1] > 1 - 1e-9 else cdf, 1.0).tolist()
