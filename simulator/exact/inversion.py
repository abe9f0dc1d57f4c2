"""Laws of sums of parts: from their characteristic functions by Fourier series, with a bound on the error."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simulator.exact import steps, transforms
from simulator.exact.echoes import Echoes
from simulator.exact.laws import SMALL, CountLaw, MoneyLaw, PoissonLaw
from simulator.exact.parts import Parts
from simulator.exact.values import discrete

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

ENOUGH = 1e-8  # a frequency that weighs less is the last
COMES_BACK = 1e-6
BLOCK = 32


def poisson_law(parts: Parts, points: int, sets: int) -> PoissonLaw | None:
    """The law of a count to which everybody adds one and nobody is known beforehand; None for any other."""
    if parts.lumpy or parts.single or any(jump.size is not None or jump.amount is not None or jump.times != 1
                                          for jump, _ in parts.poisson):  # fmt: skip
        return None
    mean = sum((mass for _, mass in parts.poisson), np.zeros(1))
    return PoissonLaw(np.broadcast_to(np.maximum(mean, 0.0), (points,)), sets)


def count_law(parts: Parts, points: int, sets: int = 1, unit: float = 1.0, enough: float = SMALL) -> CountLaw:
    """The law of a count, or of money that comes in multiples of ``unit``, averaged within sets of points.

    No frequencies are looked at after the first that weighs less than ``enough``.
    """
    mean, variance = transforms.moments(parts, points)
    sd = np.sqrt(np.maximum(variance.mean() + mean.var(), 0.0)) / unit
    middle = mean.mean() / unit
    lump = 40 * transforms.largest_lump(parts)
    widest = float(np.sqrt(variance.max())) / unit
    low = max(0, int(min(middle - 14 * sd, mean.min() / unit - 10 * widest) - 16))
    high = int(max(middle + 20 * sd + lump, mean.max() / unit + 12 * widest) + 40)
    block = BLOCK
    if enough > SMALL:  # what lies outside may weigh as much
        low = max(0, int(mean.min() / unit - 8 * widest - 8))
        high, block = int(mean.max() / unit + 9 * widest + lump / 3 + 24), BLOCK // 2
    size = 1 << int(np.ceil(np.log2(high - low)))
    rows = np.zeros((sets, size // 2 + 1), np.complex128)
    echoes = Echoes(parts, points, counts=True, unit=unit)
    for first in range(0, size // 2 + 1, block):
        k = np.arange(first, min(first + block, size // 2 + 1))
        angle = 2 * np.pi * k / size
        phi = _averaged(transforms.characteristic(parts, angle / unit, points), sets)
        rows[:, k] = phi * np.exp(-1j * angle * low)
        if np.abs(phi[:, -4:]).mean(axis=0).max() < enough and (
            not echoes.any or echoes.size(max(echoes.first, float(angle[-1]) / unit)) < enough
        ):
            break
    # numpy's irfft has exp(+i): the pmf is the inverse of the conjugate
    pmf = np.fft.irfft(rows.conj(), size, axis=1)
    return CountLaw(low, np.maximum(pmf, 0.0), unit)


def _averaged(phi: Complexes, sets: int) -> Complexes:
    return phi.reshape(sets, -1, phi.shape[1]).mean(axis=1)


def money_law(
    parts: Parts, points: int, sets: int = 1, *, most: int = 1 << 14, enough: float = ENOUGH
) -> CountLaw | MoneyLaw:
    """The law of an amount of money, averaged within sets of points.

    ``most`` frequencies at the most, and none after the first that weighs less than ``enough``.
    """
    unit = _unit(parts)
    if unit is not None:
        return count_law(parts, points, sets, unit)
    mean, variance = transforms.moments(parts, points)
    sd = float(np.sqrt(variance.mean() + mean.var()))
    top = max(mean.mean() + 20 * sd, mean.max() + 14 * float(np.sqrt(variance.max())))
    low = min(mean.mean() - 14 * sd, mean.min() - 10 * float(np.sqrt(variance.max())))
    low = max(low, -0.05 * top)
    width = 2.0 ** (math.ceil(2 * math.log2(top - low)) / 2)  # rungs: neighbouring quarters share their frequencies
    atoms, chances, amounts, silent, height = _atoms(parts, points)
    swing = steps.likeliest(amounts, points) if amounts.single and atoms.size else 0.0
    drawn = steps.split(parts)[1] if atoms.size else parts
    found: list[Complexes] = []
    done = 0
    left = 1.0
    swings = again = 0.0  # what waves that die and come back may still bring, of alike known amounts and of all
    near = max(COMES_BACK, 3 * enough)
    echoes = Echoes(drawn, points, counts=False)
    known = steps.likeliest(steps.split(parts)[0], points) if parts.single else 1.0
    while done < most:
        block = BLOCK if done < 8 * BLOCK else 8 * BLOCK
        t = 2 * np.pi / width * np.arange(done + 1, done + block + 1)
        phi = transforms.characteristic(drawn, t, points)
        if atoms.size:
            phi = phi - silent[:, None]
            swings = swing * float(np.abs(phi[:, -8:]).mean())
            phi = phi * transforms.characteristic(amounts, t, points)
        rest = _averaged(phi, sets)
        found.append(rest)
        done += block
        left = float(np.abs(rest[:, -8:]).mean(axis=0).max())  # answers are averages over sets, and so are errors
        again = swings
        if left < enough and again < near:
            from_ = max(echoes.first, float(t[-1]))
            back = known * echoes.size(from_, silent if atoms.size else None) / (width * from_ / 2) if echoes.any else 0
            again = max(again, 8 * back)
            if back < near:
                break
    rest = np.concatenate(found, axis=1)
    weights = chances.reshape(sets, -1, atoms.size).mean(axis=1) if atoms.size else np.zeros((sets, 0))
    mass = 1 - weights.sum(axis=1)
    bound = max(1e-9, 8 * left, again, height)
    if left > enough:  # still there at the last frequency: smooth by a normal so narrow that it hardly matters
        k = np.arange(1, done + 1) / done
        rest = rest * np.exp(-0.5 * (4.5 * k) ** 2)
        narrow = 4.5 * width / (2 * np.pi * done)
        law = MoneyLaw(atoms, weights, rest, mass, low, width, 0.0)
        grid = np.linspace(low, top, 400)
        steepest = np.diff(law._smooth(grid), axis=1).max(axis=1)
        bound = max(again, height, float(steepest.mean()) / (grid[1] - grid[0]) * 2 * narrow)
    return MoneyLaw(atoms, weights, rest, mass, low, width, bound)


def _unit(parts: Parts) -> float | None:
    """The amount of which every jump is a multiple, where there is one worth it; None for anything else."""
    amounts: set[int] = set()
    masses = [(jump, mass) for jump, mass in parts.poisson]
    masses += [pair for lumpy in parts.lumpy for pair in lumpy.chance]
    masses += [pair for single in parts.single for pair in single.chance]
    total = np.zeros(1)
    for jump, mass in masses:
        if mass.max(initial=0.0) <= 0:
            continue
        if jump.amount is not None:
            values = [jump.amount]
        elif jump.size is not None and discrete(jump.size):
            form, a = jump.size.form, np.unique(np.asarray(jump.size.a))
            factor = np.unique(np.asarray(jump.size.factor))
            if a.size > 1 or factor.size > 1 or len(form.points) > 200:
                return None
            values = [x * form.times * float(factor[0]) for x in (form.points or (float(a[0]),))]
        else:
            return None
        for value in values:
            cents = value * 100
            if abs(cents - round(cents)) > 1e-6:
                return None
            amounts.add(round(cents))
    amounts.discard(0)
    if not amounts:
        return 1.0
    unit = int(np.gcd.reduce(np.array(sorted(amounts))))
    first, second = transforms.moments(parts, 1) if _one_point(parts) else transforms.moments(parts, _points(parts))
    total = first.max() + 20 * np.sqrt(second.max())
    return unit / 100 if total * 100 / unit < 1 << 18 else None


def _points(parts: Parts) -> int:
    sizes = [mass.shape[0] for _, mass in parts.poisson]
    sizes += [p.shape[0] for lumpy in parts.lumpy for _, p in lumpy.chance]
    sizes += [lumpy.mean.shape[0] for lumpy in parts.lumpy]
    sizes += [p.shape[0] for single in parts.single for _, p in single.chance]
    return max(sizes, default=1)


def _one_point(parts: Parts) -> bool:
    return _points(parts) == 1


def _atoms(parts: Parts, points: int) -> tuple[Floats, Floats, Parts, Floats, float]:
    """Atoms: what the law is where no drawn value comes in, sums of known amounts.

    Returns
    -------
    values (atom,), chances (point, atom), the parts of known amounts, P(no drawn value) (point,), and the height of
    the steps that are left in the rest, where there are too many atoms to tell apart
    """
    known, drawn = steps.split(parts)
    silent = transforms.nothing(drawn, points)
    if silent.max() < SMALL:
        return np.zeros(0), np.zeros((points, 0)), known, silent, 0.0
    found = steps.sums(known)
    if found is None:
        left = float(silent.mean()) * steps.likeliest(known, points)
        return np.zeros(0), np.zeros((points, 0)), known, silent, left
    values, chances = found
    return values, np.broadcast_to(silent[:, None] * chances, (points, values.size)), known, silent, 0.0
