"""What a metric is a sum of, given the assumptions and the market of each point.

Poisson arrivals with independent fates make independent Poisson numbers of each kind of contribution
(thinning; Kingman 1993, section 5.1); dispersed weeks make compounds of negative binomials; leads and
deals known at the start are one independent variable each.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

import numpy as np
from numpy.typing import NDArray

from simulator.exact.memory import Memory
from simulator.exact.terms import Size

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Jump:
    """What one individual adds: ``times`` for a count, or ``times`` its value, drawn by ``size`` or known."""

    times: int
    size: Size | None = None
    amount: float | None = None


@dataclass(frozen=True)
class Lumpy:
    """Dispersed arrivals: week by week a negative binomial number of individuals.

    mean, dispersion : (point, week); chance : per jump (point, week), that one of the week makes it.
    """

    mean: Floats
    dispersion: Floats
    chance: list[tuple[Jump, Floats]]
    memory: Memory = field(default_factory=Memory, compare=False, repr=False)
    mark: int = field(default_factory=count().__next__, compare=False, repr=False)


@dataclass(frozen=True)
class Single:
    """``copies`` independent individuals, each with a chance (point,) of every jump."""

    copies: int
    chance: list[tuple[Jump, Floats]]


@dataclass
class Parts:
    """Independent contributions; arrays (point,), 1 point where all are the same."""

    poisson: list[tuple[Jump, Floats]] = field(default_factory=list)
    lumpy: list[Lumpy] = field(default_factory=list)
    single: list[Single] = field(default_factory=list)

    def __add__(self, other: Parts) -> Parts:
        return Parts(self.poisson + other.poisson, self.lumpy + other.lumpy, self.single + other.single)
