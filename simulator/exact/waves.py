"""Sines and cosines of many angles: NumPy's own take most of the time that a sum of waves needs.

Polynomials on a half turn, found by interpolation in x² at Chebyshev nodes: absolute error below 1e-15 there.
Angles are brought into it by multiples of π in two parts (Cody & Waite 1980), so the error of a large angle
is that of its own last digit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

_SINE = (
    0.99999999999999988503, -0.16666666666666070499, 0.0083333333332826042955, -0.00019841269824821064775,
    2.7557316603875337374e-6, -2.5051881609772535506e-8, 1.6048157563592800935e-10, -7.3742534433064864219e-13,
)  # fmt: skip
_COSINE = (
    0.99999999999999999606, -0.4999999999999997414, 0.041666666666663872621, -0.0013888888888772643442,
    0.000024801587277354771995, -2.7557316385393876909e-7, 2.0876561549545788429e-9, -1.1462894144907947626e-11,
    4.6088932001869877526e-14,
)  # fmt: skip
_PI = (3.141592651605606, 1.9841871583270443e-09)
"""π as two numbers, the first of 30 bits: its multiples up to 2²³ are exact."""
_CHUNK = 8192
"""Angles at a time: few enough that what is made on the way stays in the processor's cache."""


def _fold(angle: Floats, folded: Floats, square: Floats, sign: Floats) -> None:
    """An angle less its nearest multiple of π, the square of that, and (−1) to the multiple."""
    np.multiply(angle, 1 / math.pi, out=sign)
    np.rint(sign, out=sign)
    np.multiply(sign, -_PI[0], out=folded)
    folded += angle
    np.multiply(sign, _PI[1], out=square)
    folded -= square
    sign *= 0.5
    np.floor(sign, out=square)
    sign -= square  # 0 or 1/2
    sign *= -4.0
    sign += 1.0
    np.multiply(folded, folded, out=square)


def _polynomial(coefficients: tuple[float, ...], square: Floats, found: Floats) -> None:
    np.multiply(square, coefficients[-1], out=found)
    for coefficient in coefficients[-2:0:-1]:
        found += coefficient
        found *= square
    found += coefficients[0]


def _chunks(size: int) -> Iterator[slice]:
    return (slice(first, min(first + _CHUNK, size)) for first in range(0, size, _CHUNK))


def sine(angle: Floats) -> Floats:
    """sin of angles up to a few million.

    >>> [round(float(x), 12) for x in sine(np.array([0.5, 3.0, -40.0]))]
    [0.479425538604, 0.14112000806, -0.745113160479]
    """
    given = np.ascontiguousarray(angle).reshape(-1)
    found = np.empty(given.size)
    work = np.empty((3, min(_CHUNK, given.size)))
    for part in _chunks(given.size):
        folded, square, sign = work[:, : part.stop - part.start]
        _fold(given[part], folded, square, sign)
        folded *= sign
        _polynomial(_SINE, square, found[part])
        found[part] *= folded
    return found.reshape(angle.shape)


def wave(log_size: Floats, angle: Floats) -> Complexes:
    """exp(log_size + i·angle): complex128 of the shape of both.

    >>> wave(np.zeros(1), np.array([np.pi / 2])).round(12).tolist()
    [1j]
    """
    given = np.ascontiguousarray(angle).reshape(-1)
    logs = np.ascontiguousarray(log_size).reshape(-1)
    found = np.empty(given.size, np.complex128)
    work = np.empty((4, min(_CHUNK, given.size)))
    for part in _chunks(given.size):
        folded, square, sign, value = work[:, : part.stop - part.start]
        _fold(given[part], folded, square, sign)
        folded *= sign
        _polynomial(_SINE, square, value)
        folded *= value
        _polynomial(_COSINE, square, value)
        value *= sign
        np.exp(logs[part], out=square)
        np.multiply(value, square, out=found.real[part])
        np.multiply(folded, square, out=found.imag[part])
    return found.reshape(angle.shape)
