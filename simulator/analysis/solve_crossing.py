"""The value of a lever at which a target is as likely as wanted."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from simulator.analysis.bracket import Search
from simulator.analysis.solve_asked import Asked
from simulator.analysis.solve_first_look import FirstLook, back, distance, score

Found = tuple[float, bool, tuple[float | None, float | None], str | None]
NOTHING = (None, None)


def crossing(asked: Asked, search: Search, wanted: float, own: float) -> Found:
    """The value next to today's that gets there, or the best reachable; ``own`` is the plan's own probability."""
    find = _whole if search.whole else _real
    return find(asked, search, wanted, own)


def _real(asked: Asked, search: Search, wanted: float, own: float) -> Found:
    """Root of p(x) − wanted next to today's value, or the best reachable."""
    n = asked.fine
    now = min(max(search.now, search.low), search.high)
    first_look = FirstLook(asked, search, wanted, now, own)
    segment = first_look.crossing()
    if segment is None:
        best = first_look.best()
        chance = asked.at(search, best, n) if best != search.now else own
        there = own if now == search.now else asked.at(search, now, n)
        if (chance >= wanted) == (there >= wanted):
            return _out_of_reach({now: there, best: chance}, search, wanted, now)
        segment = (distance(search, now), distance(search, best))
    return _fine(asked, search, wanted, first_look, segment, own)


def _out_of_reach(p: Mapping[float, float], search: Search, wanted: float, now: float) -> Found:
    """Nothing between the ends gets there, or everything does."""
    if all(value >= wanted for value in p.values()):
        often = "always met" if min(p.values()) == 1.0 else "met often enough"
        words = f"nothing is needed: the target is {often}, whatever the value"
        return now, True, NOTHING, words
    best = max(p, key=lambda x: (p[x], -abs(x - now)))
    if (
        best not in (search.low, search.high, now)
        and not math.isclose(best, search.high)
        and not math.isclose(best, search.low)
    ):
        words = "not enough alone: about the best value, beyond it the target is less likely again"
        return best, False, NOTHING, words
    if p[best] == 0:
        return now, False, NOTHING, "the target is never met, whatever the value"
    if p[best] <= p[now]:
        return now, False, NOTHING, "no value makes the target likelier than it is"
    return best, False, NOTHING, "not enough alone: the best in the bracket"


def _fine(
    asked: Asked, search: Search, wanted: float, first_look: FirstLook, segment: tuple[float, float], own: float
) -> Found:
    """The crossing in all trials, by secants, and where the interval still holds what is wanted.

    The value is on the side that gets there: one that is enough, by a fraction of the error at most.
    """
    n = asked.fine
    goal = score(wanted, n)
    tolerance = max(2 / n, 0.35 * math.sqrt(wanted * (1 - wanted) / n))
    enough = score(wanted + min(tolerance, (1 - wanted) / 2), n) - goal
    seen: dict[float, float] = {}

    def off(t: float) -> float:
        if t not in seen:
            x = back(search, t)
            seen[t] = score(own if x == search.now else asked.at(search, x, n), n) - goal
        return seen[t]

    low, high = sorted((first_look.start, segment[1]))
    if search.now == back(search, first_look.start) and 0 < own < 1:
        off(first_look.start)
    t, slope = first_look.root(*segment)
    rising = 1 if slope > 0 else -1
    for _ in range(6):
        if 0 <= off(t) <= enough:
            break
        slope = _secant(seen, t, rising) or slope
        following = min(max(t - (off(t) - enough / 2) / slope, low), high) if slope else t
        if following in seen:
            break
        t = following
    if not 0 <= off(t) <= enough:
        t = _bracketed(off, seen, (low, high))
    local = _secant(seen, t, rising) or slope
    if seen[t] < 0 and abs(seen[t]) > enough:
        return back(search, t), False, NOTHING, "not enough alone: the best in the bracket"
    ends = interval(t, seen[t], wanted, n, local, asked.half(search, back(search, t), wanted))
    return back(search, t), True, (_edge(search, ends[0]), _edge(search, ends[1])), None


def _secant(seen: Mapping[float, float], t: float, rising: int) -> float | None:
    """Slope to the nearest other point; None where it has the wrong sign or there is none."""
    others = [s for s in seen if s != t]
    if not others:
        return None
    other = min(others, key=lambda s: abs(s - t))
    slope = (seen[other] - seen[t]) / (other - t)
    return slope if slope * rising > 0 else None


def _bracketed(off: Callable[[float], float], seen: Mapping[float, float], ends: tuple[float, float]) -> float:
    """Where secants did not settle (steps, kinks): Brent's method, then the nearest point that is enough."""
    from scipy.optimize import brentq

    for end in ends:
        off(end)
    below, above = ([t for t in seen if (seen[t] >= 0) is side] for side in (False, True))
    if not above:
        return max(below, key=lambda t: seen[t])
    if below:
        one, two = min(((s, t) for s in below for t in above), key=lambda pair: abs(pair[0] - pair[1]))
        low, high = sorted((one, two))
        brentq(off, low, high, xtol=max(2e-3 * (high - low), 1e-12), rtol=1e-12, maxiter=40)
    return min((t for t in seen if seen[t] >= 0), key=lambda t: seen[t])


def _edge(search: Search, t: float) -> float | None:
    """A value beyond today's but inside the bracket; None outside."""
    x = back(search, t)
    return x if search.low <= x <= search.high else None


def interval(t: float, off: float, wanted: float, n: int, slope: float, half: float) -> tuple[float, float]:
    """Where probabilities whose interval just holds what is wanted are met, along the straight probit."""
    if slope == 0 or half == 0:
        return t, t
    centre = score(wanted, n)
    found = [t + (score(wanted + side * half, n) - centre - off) / slope for side in (-1, 1)]
    return min(*found, t), max(*found, t)


def _whole(asked: Asked, search: Search, wanted: float, own: float) -> Found:
    """Whole numbers, by bisection: the nearest to today's that gets there."""
    n = asked.fine
    now = min(max(search.now, search.low), search.high)
    p = {x: asked.at(search, x, n) for x in (search.low, now, search.high)}
    crossing = [x for x in (search.low, search.high) if x != now and (p[x] >= wanted) != (p[now] >= wanted)]
    if not crossing:
        return _out_of_reach(p, search, wanted, now)
    enough, short = (now, crossing[0]) if p[now] >= wanted else (crossing[0], now)
    while abs(enough - short) > 1:
        middle = float((enough + short) // 2)
        if asked.at(search, middle, n) >= wanted:
            enough = middle
        else:
            short = middle
    return enough, True, NOTHING, None
