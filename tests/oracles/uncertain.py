"""Numbers we are unsure of: the value at each standard normal, form by form, and the draw of one trial.

Reads the scenario's own number objects by their fields only (``min``, ``likely``, ``p10`` …).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special


def quantile(number: Any, z: float) -> float:
    """Value of an uncertain number where the standard normal behind it is ``z``."""
    kind = type(number).__name__
    u = float(special.ndtr(z))
    if kind == "Certain":
        value = number.value
    elif kind == "Pert":
        value = _pert(number, u)
    elif kind == "Range":
        low, high = _to_line(number.domain, number.p10), _to_line(number.domain, number.p90)
        value = _from_line(number.domain, (low + high) / 2 + z * (high - low) / 2.5631031310892007)
    elif kind == "Metalog":
        value = _metalog(number, u)
    elif kind == "Successes":
        value = special.betaincinv(number.successes + 0.5, number.of - number.successes + 0.5, u)
    elif kind == "MeanSd":
        value = _mean_and_sd(number, u, z)
    elif kind == "Values":
        value = sorted(number.values)[min(int(u * len(number.values)), len(number.values) - 1)]
    else:
        raise TypeError(f"unknown kind of number: {kind}")
    value = float(value) * number.times
    return min(1.0, value) if number.domain == "share" else value


def _pert(number: Any, u: float) -> float:
    width = number.max - number.min
    if width == 0:
        return number.min
    rise, fall = 4 * (number.likely - number.min) / width, 4 * (number.max - number.likely) / width
    return number.min + width * float(special.betaincinv(1 + rise, 1 + fall, u))


def _metalog(number: Any, u: float) -> float:
    """Three coefficients from three equations; Keelin (2016), eq. 6 (unbounded), 11 (below), 14 (both)."""

    def row(y: float) -> list[float]:
        logit = float(special.logit(y))
        return [1.0, logit, (y - 0.5) * logit]

    known = [_to_line(number.domain, q) for q in (number.p10, number.p50, number.p90)]
    coefficients = np.linalg.solve(np.array([row(0.1), row(0.5), row(0.9)]), np.array(known))
    return _from_line(number.domain, float(np.array(row(u)) @ coefficients))


def _mean_and_sd(number: Any, u: float, z: float) -> float:
    mean, sd = number.mean, number.sd
    if sd == 0:
        return mean
    if number.domain == "share":
        size = mean * (1 - mean) / sd**2 - 1
        return float(special.betaincinv(mean * size, (1 - mean) * size, u))
    if number.domain == "positive":
        sigma = np.sqrt(np.log1p((sd / mean) ** 2))
        return float(mean * np.exp(sigma * z - sigma**2 / 2))
    return mean + sd * z


def _to_line(domain: str, value: float) -> float:
    if domain == "share":
        return float(np.log(value / (1 - value)))
    return float(np.log(value)) if domain == "positive" else value


def _from_line(domain: str, value: float) -> float:
    if domain == "share":
        return float(1 / (1 + np.exp(-value)))
    return float(np.exp(value)) if domain == "positive" else value


class Draw:
    """The assumptions of one trial: one standard normal for each number, or for each shared name.

    Parameters
    ----------
    correlated : ``[(key, key, spearman), …]``; keys are paths, or the shared names behind them.
    fixed : normals that are not drawn but given, for quadrature.
    """

    def __init__(self, rng: np.random.Generator | None, correlated=(), fixed: dict[str, float] | None = None):
        self.rng = rng
        self.normals: dict[str, float] = dict(fixed or {})
        self.used: dict[str, Any] = {}
        keys = sorted({key for first, second, _ in correlated for key in (first, second)})
        if keys and rng is not None:
            matrix = np.eye(len(keys))
            for first, second, rank in correlated:
                i, j = keys.index(first), keys.index(second)
                matrix[i, j] = matrix[j, i] = 2 * np.sin(np.pi * rank / 6)
            drawn = np.linalg.cholesky(matrix) @ rng.normal(size=len(keys))
            self.normals.update((key, float(z)) for key, z in zip(keys, drawn, strict=True) if key not in self.normals)

    def value(self, number: Any, path: str) -> float:
        if type(number).__name__ == "Certain":
            return quantile(number, 0.0)
        key = number.name or path
        self.used[key] = number
        if key not in self.normals:
            if self.rng is None:
                raise KeyError(f"no normal given for the uncertain number {key!r}")
            self.normals[key] = float(self.rng.normal())
        return quantile(number, self.normals[key])
