"""The chance of less than a threshold at each point, by as few frequencies as that takes.

P(X < x) = ½ − (1/π)·∫ Im(φ(t)·exp(−i·t·x))/t dt (Gil-Pelaez 1951), as a sum over the frequencies (k − ½)·2π/W.
Such a sum adds P(X > x + W) and P(X < x − W) in turns of sign and nothing else (Davies 1973, "Numerical inversion
of a characteristic function"), so W only has to reach from the threshold to the end of the law on either side,
and the sum ends where |φ| no longer weighs anything. Counts have the same sum with sin(t/2) for t/2.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simulator.exact import steps, transforms
from simulator.exact.echoes import Echoes
from simulator.exact.laws import HALF_A_CENT
from simulator.exact.parts import Parts
from simulator.exact.waves import sine, wave

Floats = NDArray[np.float64]

ENOUGH = 1e-6
"""What the frequencies left out may add to the average."""
NEAR = 2e-5
"""Where the last frequency of all leaves more there is no answer here."""
TYPICAL = 1e-4
"""A frequency that weighs as little is near the last."""
BOUND = 1e-5
"""How far all this may put an average over points off, steps apart."""
MOST = 320
BLOCK = 8
RARE = 1e-6
"""An amount that a single individual exceeds as rarely may be too far to see."""
SILENT = 1e-9
"""A chance of nothing at all below this is left out."""
LOW = 1e-4
"""A law of known amounts whose steps are no higher is taken for smooth."""


def missed(parts: Parts, points: int, *, at_least: float | None, at_most: float | None, money: bool) -> Floats | None:
    """P(the threshold is missed) at each point, (point,); None where the law does not die out in its frequencies."""
    if at_least is not None:
        return _below(parts, points, at_least) if money else _fewer(parts, points, math.ceil(at_least - 1e-9))
    most = float(at_most or 0.0)
    found = _below(parts, points, most) if money else _fewer(parts, points, math.floor(most + 1e-9) + 1)
    return None if found is None else 1 - found


def _fewer(parts: Parts, points: int, n: int) -> Floats | None:
    """P(N < n) of a count."""
    if n <= 0:
        return np.zeros(points)
    mean, sd = _moments(parts, points)
    lump = transforms.largest_lump(parts) * 40 / 3
    low, high = float((mean - 8 * sd).min()) - 8, float((mean + 9 * sd).max()) + lump + 24
    x = n - 0.5
    width = 2.0 * math.ceil(_rung(max(min(x, x - low), high - x, 8.0)) / 2)
    found = _inverted(parts, points, x, width, mean, sd, None, counts=True)
    return None if found is None else np.clip(found, 0.0, 1.0)


def _below(parts: Parts, points: int, x: float) -> Floats | None:
    """P(X < x) of money, which is P(X <= x) but where an amount is known."""
    if x <= HALF_A_CENT:
        return None
    silent = transforms.nothing(parts, points)
    some = float(silent.max()) > SILENT
    if (some and parts.single) or _has_steps(parts, points):
        return None
    mean, sd = _moments(parts, points)
    low = float((mean - 8 * sd).min())
    far = np.maximum(np.maximum(9 * sd, 3 * sd + transforms.largest(parts, RARE)), 40 / 3 * transforms.slowest(parts))
    top = float((mean + far).max())
    width = _rung(max(min(x, x - low), top - x))
    found = _inverted(parts, points, x, width, mean, sd, silent if some else None)
    if found is None:
        return None
    return np.clip(found, 0.0, 1.0 - silent) + silent if some else np.clip(found, 0.0, 1.0)


def _has_steps(parts: Parts, points: int) -> bool:
    """Whether known amounts alone are likely enough for a step that shows."""
    known, drawn = steps.split(parts)
    if not known.single:
        return False
    silent = transforms.nothing(drawn, points)
    return float(silent.max()) > SILENT and float(silent.mean()) * steps.likeliest(known, points) > LOW


def _rung(least: float) -> float:
    """The next power of 2 to a quarter: neighbouring laws share their frequencies."""
    return float(2.0 ** (math.ceil(4 * math.log2(least)) / 4))


def _moments(parts: Parts, points: int) -> tuple[Floats, Floats]:
    mean, variance = transforms.moments(parts, points)
    return mean, np.sqrt(np.maximum(variance, 0.0))


def _inverted(
    parts: Parts, points: int, x: float, width: float, mean: Floats, sd: Floats, silent: Floats | None, *,
    counts: bool = False,
) -> Floats | None:  # fmt: skip
    """P(X < x) at each point, but for the chance of nothing at all where that is given."""
    step = 2 * math.pi / width
    end = int(width) // 2 if counts else MOST  # of counts the frequencies end at π
    total: Floats = np.full(points, 0.5) if silent is None else 0.5 * (1 - silent)
    turning = 1 / max(2 * abs(math.sin(step * x / 2)), 0.05)  # what is left out turns by step·x from term to term
    done, block = 0, _guess(mean, sd, step)
    echoes = Echoes(parts, points, counts=counts)
    known = steps.likeliest(steps.split(parts)[0], points) if parts.single and not counts else 1.0
    back = 0.0  # what waves that come back may add
    while done < min(end, MOST):
        k = np.arange(done + 1, min(done + block, end) + 1)
        t: Floats = np.asarray(step * (k - 0.5), np.float64)
        weights = 1 / (width * np.sin(t / 2)) if counts else 1 / (math.pi * (k - 0.5))
        real, imaginary = transforms.logarithm(parts, t)
        some = transforms.of_single(parts, t)
        done += k.size
        if some is None:
            last = slice(max(0, k.size - 2), None)
            size = _size(real[:, last], imaginary[:, last], silent)
            total = total - (np.exp(real) * sine(imaginary - t * x)) @ weights
        else:
            phi = wave(real, imaginary - t * x) * some
            size = float(np.abs(phi[:, -2:]).mean())
            total = total - phi.imag @ weights
        if silent is not None:
            total = total - silent * float(sine(t * x) @ weights)
        left = size * float(weights[-1]) * turning
        if left < ENOUGH:
            from_ = max(echoes.first, float(t[-1]))
            back = known * echoes.size(from_, silent) / (width * from_ / 2) if echoes.any else 0.0
            if back < NEAR:
                break
        block = BLOCK * max(2, done // (2 * BLOCK))
    if max(left, back) > NEAR and not (counts and done >= end):
        return None
    return np.broadcast_to(total, (points,))


def _size(real: Floats, imaginary: Floats, silent: Floats | None) -> float:
    """Mean size of what the law is but for nothing at all."""
    if silent is None:
        return float(np.exp(real).mean())
    return float(np.abs(wave(real, imaginary) - silent[:, None]).mean())


def _guess(mean: Floats, sd: Floats, step: float) -> int:
    """Frequencies that gammas of such means and of nearly the smallest of the spreads would take."""
    few = sd.size // 20
    least = max(float(np.partition(sd, few)[few]), 1e-3 * float(sd.mean()), 1e-12)
    shape = min(max(float((mean**2).mean()) / max(float((sd**2).mean()), 1e-300), 1.0), 1e6)
    wanted = math.sqrt(shape * math.expm1(-2 * math.log(TYPICAL) / shape)) / (least * step)
    return BLOCK * max(1, math.ceil(min(wanted, MOST / 2) / BLOCK))
