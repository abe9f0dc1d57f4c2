"""The first look for a lever's value: roughly where the wanted probability is met."""

from __future__ import annotations

import math
from itertools import pairwise
from statistics import NormalDist

from simulator.analysis.bracket import Search
from simulator.analysis.solve_asked import Asked


def score(p: float, trials: int) -> float:
    """A probability on the probit scale, on which it is nearly straight in a lever; never infinite."""
    return NormalDist().inv_cdf(min(max(p, 0.25 / trials), 1 - 0.25 / trials))


def distance(search: Search, x: float) -> float:
    return math.log(x) if search.logarithmic else x


def back(search: Search, t: float) -> float:
    return math.exp(t) if search.logarithmic else t


class FirstLook:
    """The first trials, from today's value outwards: where is the wanted probability crossed?

    Their difference to all trials today is taken off, which makes a few trials as good as many.
    """

    OUTWARDS = (0.03, 0.08, 0.2, 0.45, 1.0)
    """Shares of the way from today's value to an end of the bracket."""

    def __init__(self, asked: Asked, search: Search, wanted: float, now: float, own: float):
        self.asked, self.search, self.wanted = asked, search, wanted
        self.few = asked.coarse
        self.start = distance(search, now)
        self.seen: dict[float, float] = {}
        here = asked.at(search, now, self.few) if now != search.now else asked.at(None, None, self.few)
        known = now == search.now and 0.01 < here < 0.99 and 0.01 < own < 0.99
        self.shift = score(own, asked.fine) - score(here, self.few) if known else 0.0
        self.seen[self.start] = self._off(here)

    def _off(self, p: float) -> float:
        return score(p, self.few) + self.shift - score(self.wanted, self.asked.fine)

    def off(self, t: float) -> float:
        """How far above what is wanted, on the probit scale; t on the scale of the search."""
        if t not in self.seen:
            self.seen[t] = self._off(self.asked.at(self.search, back(self.search, t), self.few))
        return self.seen[t]

    def crossing(self) -> tuple[float, float] | None:
        """Two neighbouring points, the first nearer to today's value, between which it is crossed."""
        above = self.off(self.start) >= 0
        sides = [
            [self.start, *(self.start + share * (end - self.start) for share in self.OUTWARDS)]
            for end in (distance(self.search, self.search.low), distance(self.search, self.search.high))
            if end != self.start
        ]
        sides.sort(key=lambda side: self.off(side[1]), reverse=not above)
        for side in sides:
            for near, far in pairwise(side):
                if (self.off(far) >= 0) != above:
                    return near, far
        return None

    def best(self) -> float:
        """The value that comes nearest to the other side of what is wanted."""
        choose = min if self.off(self.start) >= 0 else max
        top = choose(self.seen.values())
        t = min((t for t in self.seen if self.seen[t] == top), key=lambda t: abs(t - self.start))
        return back(self.search, t)

    def root(self, near: float, far: float) -> tuple[float, float]:
        """Where the first trials cross, and the slope there."""
        from scipy.optimize import brentq

        slope = (self.off(far) - self.off(near)) / (far - near)
        if (self.off(near) >= 0) == (self.off(far) >= 0):  # the first trials alone do not cross
            return (near if abs(self.off(near)) < abs(self.off(far)) else far), slope
        low, high = sorted((near, far))
        t = float(brentq(self.off, low, high, xtol=0.05 * (high - low), rtol=1e-9, maxiter=40))
        return t, slope
