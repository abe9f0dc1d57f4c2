"""What a sweep varies, and the points it visits: grids and space-filling designs."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from simulator.errors import UsageError
from simulator.scenario.levers import Lever, levers
from simulator.scenario.model import Scenario

Design = Literal["grid", "lhs", "sobol"]
Value = float | int | str
MOST_VARIANTS = 1_000_000

_RELATIVE = re.compile(r"([+-])\s*(\d[\d_]*(?:\.\d*)?|\.\d+)\s*%|[*×]\s*(\d[\d_]*(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)")


def relative_factor(text: str) -> float | None:
    """The factor of ``+10%``, ``-5%`` or ``*1.2``; None for anything else.

    >>> relative_factor("+10%"), relative_factor("*0.5"), relative_factor("12")
    (1.1, 0.5, None)
    """
    match = _RELATIVE.fullmatch(text.strip())
    if match is None:
        return None
    if match[3] is not None:
        return float(match[3])
    return round(1 + float(match[1] + match[2]) / 100, 12)


def as_change(factor: float) -> str:
    """A factor as a change in percent, short and exact to 12 digits: ``+10%``.

    >>> as_change(1.1), as_change(0.95), as_change(1.0)
    ('+10%', '-5%', '+0%')
    """
    return f"{round(100 * (factor - 1), 10):+.12g}%"


_DASHED = re.compile(r"[\d._]*\d\s*(?:-|–|\.\.|to)\s*\d[\d._]*")
"""Two numbers as people write a range."""


@dataclass(frozen=True)
class Vary:
    """One path and where it goes.

    Either ``values`` are given, or the ends ``low`` and ``high`` of a range with ``points`` (None:
    left to the design). With ``relative`` the ends are factors.
    """

    path: str
    values: tuple[Value, ...] = ()
    low: float = math.nan
    high: float = math.nan
    points: int | None = None
    relative: bool = False
    whole: bool = False

    def at(self, share: float) -> Value:
        """The value a share of the way from one end of the range to the other."""
        x = self.low * (1 - share) + self.high * share
        if self.relative:
            return as_change(float(f"{x:.12g}"))
        if self.whole:
            return round(x)
        x = float(f"{x:.15g}")
        return int(x) if x.is_integer() and abs(x) < 2**53 else x

    def grid(self) -> tuple[Value, ...]:
        """The values of a grid along this path."""
        if self.values:
            return self.values
        assert self.points is not None
        return tuple(self.at(i / (self.points - 1)) for i in range(self.points))


def parse_vary(scenario: Scenario, path: str, spec: Any) -> Vary:
    """Read what one path should take.

    Parameters
    ----------
    path : as in ``--set``; wildcards allowed.
    spec : ``"A:B:N"``, ``"A:B"``, ``"v1,v2,…"`` (numbers, or relative as ``-20%:+20%:9``), or a
        sequence of values.

    Raises
    ------
    ScenarioError : an unknown path, the nearest is suggested. UsageError : not a range or list of values.
    """
    reached = levers(scenario, path)
    text = spec if isinstance(spec, str) else ""
    where = f"{path}={text}" if text else path
    if not isinstance(spec, str):
        values = spec.tolist() if hasattr(spec, "tolist") else list(spec)
        if not values:
            raise UsageError(f"{path}: no values to visit")
        return _listed(reached, path, values)
    parts = [part.strip() for part in text.split(":")]
    if len(parts) == 1:
        pieces = [piece.strip() for piece in text.split(",")]
        if not all(pieces):
            raise UsageError(f"{where}: give values (0.3,0.4,0.5), or a range (0.3:0.5:5)")
        if _DASHED.fullmatch(text.strip()):
            raise UsageError(f"{where}: a range is written with colons, and how many points: A:B:N, as 1000:1400:9")
        return _listed(reached, path, [_number(piece) for piece in pieces])
    if len(parts) > 3 or not all(parts):
        raise UsageError(f"{where}: a range is A:B:N, as 800:1200:9, or A:B with --design lhs or sobol")
    factors = [relative_factor(part) for part in parts[:2]]
    relative = all(factor is not None for factor in factors)
    if not relative and any(factor is not None for factor in factors):
        raise UsageError(f"{where}: one end is relative and the other is not; write both in the same way")
    low, high = (float(f) for f in factors if f is not None) if relative else (_end(part, where) for part in parts[:2])
    if low == high:
        raise UsageError(f"{where}: both ends are {parts[0]}; a range needs two different ones")
    points = None
    if len(parts) == 3:
        if not re.fullmatch(r"\d[\d_]*", parts[2]) or int(parts[2]) < 2:
            raise UsageError(f"{where}: {parts[2]} is not a number of points; both ends count, so 2 or more")
        points = int(parts[2])
    for lever in reached:
        if lever.kind in ("text", "list"):
            raise UsageError(f"{where}: {lever.path} is not a number; name its values one by one")
        if not relative:
            _check_inside(lever, (low, high), where)
    whole = all(lever.whole for lever in reached) and not relative
    if whole and (not float(low).is_integer() or not float(high).is_integer()):
        raise UsageError(f"{where}: only whole numbers are allowed there")
    if whole and points is not None and (high - low) % (points - 1):
        raise UsageError(f"{where}: {points} equally spaced points are not whole numbers, which they must be there")
    return Vary(path, (), low, high, points, relative, whole)


def _listed(reached: Sequence[Lever], path: str, values: Sequence[Any]) -> Vary:
    seen: list[Value] = []
    for value in values:
        if isinstance(value, float) and not math.isfinite(value):
            raise UsageError(f"{path}: {value} is not a number to visit")
        if value not in seen:
            seen.append(value)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            for lever in reached:
                _check_inside(lever, (float(value),), f"{path}={value:g}")
    return Vary(path, tuple(seen))


def _number(text: str) -> Value:
    try:
        value = float(text.replace("_", ""))
    except ValueError:
        return text
    return int(value) if value.is_integer() and re.fullmatch(r"[+-]?[\d_]+", text) else value


def _end(text: str, where: str) -> float:
    try:
        value = float(text.replace("_", ""))
    except ValueError:
        raise UsageError(f"{where}: {text} is not a number (nor a relative change as -20% or *0.8)") from None
    if not math.isfinite(value):
        raise UsageError(f"{where}: {text} is not an end of a range")
    return value


def _check_inside(lever: Lever, values: Sequence[float], where: str) -> None:
    for value in values:
        low_ok = value > lever.low if lever.open_low else value >= lever.low
        high_ok = value < lever.high if lever.open_high else value <= lever.high
        if not (low_ok and high_ok):
            ends = f"{'above' if lever.open_low else 'from'} {lever.low:g}"
            if lever.high < 1e15:
                ends += f" {'to below' if lever.open_high else 'to'} {lever.high:g}"
            raise UsageError(f"{where}: {value:g} is impossible there; {lever.path} is {ends}")


def points_of(varies: Sequence[Vary], design: Design, samples: int | None, seed: int) -> list[tuple[Value, ...]]:
    """The variants to visit, one value per path each.

    Parameters
    ----------
    design : ``grid``, every combination; ``lhs``, a Latin hypercube, or ``sobol``, a scrambled Sobol'
        sequence, of ``samples`` points over the ranges (:mod:`scipy.stats.qmc`).
    seed : of the design; the same seed gives the same points.

    Raises
    ------
    UsageError : ranges without points for a grid, lists of values or points for a design, too many.
    """
    if design not in ("grid", "lhs", "sobol"):
        raise UsageError(f"design: {design!r} is none of grid, lhs, sobol")
    if design == "grid":
        if samples is not None:
            raise UsageError("--samples is for --design lhs and sobol; a grid visits every combination")
        for vary in varies:
            if not vary.values and vary.points is None:
                raise UsageError(
                    f"{vary.path}: say how many points to visit (A:B:N), or choose --design lhs or sobol with --samples"
                )
        count = math.prod(len(vary.values) or vary.points or 0 for vary in varies)
        if count > MOST_VARIANTS:
            raise UsageError(f"the grid has {count:,} variants; at most {MOST_VARIANTS:,}, or choose --design sobol")
        return list(itertools.product(*(vary.grid() for vary in varies)))
    if samples is None or samples < 1:
        raise UsageError(f"--design {design} needs --samples, how many variants to visit")
    if samples > MOST_VARIANTS:
        raise UsageError(f"{samples:,} samples are too many; at most {MOST_VARIANTS:,}")
    for vary in varies:
        if vary.values or vary.points is not None:
            raise UsageError(f"{vary.path}: --design {design} takes a range A:B and chooses the points itself")
    shares = _sampler(design, len(varies), samples, seed)
    return [tuple(vary.at(float(x)) for vary, x in zip(varies, row, strict=True)) for row in shares]


def _sampler(design: str, dimensions: int, samples: int, seed: int) -> np.ndarray:
    import warnings

    from scipy.stats import qmc

    generator = np.random.default_rng(seed)
    kind = qmc.LatinHypercube if design == "lhs" else qmc.Sobol
    try:
        engine = kind(d=dimensions, rng=generator)
    except TypeError:  # SciPy before 1.15
        engine = kind(d=dimensions, seed=generator)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a number of points that is no power of 2 is a choice
        found: np.ndarray = engine.random(samples)
    return found


def varied(scenario: Scenario, vary: Mapping[str, Any] | Sequence[Vary]) -> list[Vary]:
    """Every path with what it takes, each value tried alone before anything is played.

    Raises
    ------
    UsageError, ScenarioError : as :func:`parse_vary`; or a value that is not allowed where it goes.
    """
    found = [parse_vary(scenario, p, s) for p, s in vary.items()] if isinstance(vary, Mapping) else list(vary)
    if not found:
        raise UsageError("nothing to vary; name a path, as segments.inbound.volume=800:1200:9")
    for item in found:
        ends = item.values or tuple(item.at(x) for x in (0.0, 1.0))
        for value in ends:
            scenario.with_changes({item.path: value})
    return found
