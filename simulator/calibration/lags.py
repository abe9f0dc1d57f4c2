"""Families of lags in weeks, each by its log mean and log coefficient of variation; and lags on whole weeks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
FAMILIES = ("gamma", "lognormal", "weibull")
"""What the scenario grammar can say; ``generalised gamma`` and ``empirical`` are written as ``weeks: […]``."""


@lru_cache(maxsize=1)
def _weibull_table() -> tuple[Floats, Floats]:
    log_shape = np.linspace(np.log(0.15), np.log(40), 4000)
    k = np.exp(log_shape)
    with np.errstate(over="ignore"):
        log_cv = 0.5 * np.log(np.expm1(special.gammaln(1 + 2 / k) - 2 * special.gammaln(1 + 1 / k)))
    return log_cv[::-1], log_shape[::-1]


def weibull_shape(cv: float) -> float:
    """Shape of the Weibull distribution with a coefficient of variation.

    >>> round(weibull_shape(1.0), 6)
    1.0
    """
    log_cv, log_shape = _weibull_table()
    return float(np.exp(np.interp(np.log(cv), log_cv, log_shape)))


def _gamma(x: Floats, theta: Sequence[float]) -> Floats:
    shape = np.exp(-2 * theta[1])
    return special.gammainc(shape, x * shape / np.exp(theta[0]))


def _lognormal(x: Floats, theta: Sequence[float]) -> Floats:
    variance = np.log1p(np.exp(2 * theta[1]))
    with np.errstate(divide="ignore"):
        return special.ndtr((np.log(x) - theta[0] + variance / 2) / np.sqrt(variance))


def _weibull(x: Floats, theta: Sequence[float]) -> Floats:
    k = weibull_shape(float(np.exp(theta[1])))
    scale = np.exp(theta[0] - special.gammaln(1 + 1 / k))
    return -np.expm1(-((x / scale) ** k))


def _generalised(x: Floats, theta: Sequence[float]) -> Floats:
    """Generalised gamma in Prentice's form (Prentice 1974): log time = mu + sigma·w, shape q."""
    mu, log_sigma, q = theta
    with np.errstate(divide="ignore", over="ignore"):
        w = (np.log(x) - mu) / np.exp(log_sigma)
        if abs(q) < 0.02:
            return special.ndtr(w)
        u = np.exp(np.minimum(q * w, 700)) / q**2
        return special.gammainc(q**-2, u) if q > 0 else special.gammaincc(q**-2, u)


CDFS: dict[str, Callable[[Floats, Sequence[float]], Floats]] = {
    "gamma": _gamma, "lognormal": _lognormal, "weibull": _weibull, "generalised gamma": _generalised,
}  # fmt: skip


@dataclass(frozen=True)
class Lag:
    """A lag distribution in weeks.

    ``theta`` : (log mean, log cv) of a family, Prentice's (mu, log sigma, q), or the masses of ``edges`` bins
    (weeks, uniform inside a bin) for an empirical one.
    """

    family: str
    theta: tuple[float, ...]
    edges: tuple[float, ...] = ()

    def cdf(self, weeks: Floats) -> Floats:
        """P(lag <= weeks)."""
        weeks = np.maximum(np.asarray(weeks, dtype=float), 0.0)
        if self.family == "empirical":
            return np.interp(weeks, self.edges, np.r_[0.0, np.cumsum(self.theta)])
        return CDFS[self.family](weeks, self.theta)

    def quantile(self, share: float) -> float:
        """Weeks by which a share has arrived (bisection on the distribution function)."""
        low, high = 0.0, 1.0
        while self.cdf(np.array([high]))[0] < share and high < 1e5:
            high *= 2
        for _ in range(60):
            middle = (low + high) / 2
            if self.cdf(np.array([middle]))[0] < share:
                low = middle
            else:
                high = middle
        return high

    @property
    def mean(self) -> float:
        """Mean in weeks (of an empirical or generalised lag: by its distribution up to ten years)."""
        if self.family in FAMILIES:
            return float(np.exp(self.theta[0]))
        if self.family == "empirical":
            edges = np.asarray(self.edges)
            return float(np.dot(self.theta, (edges[1:] + edges[:-1]) / 2))
        grid = np.linspace(0, 520, 20_001)
        return float(np.trapezoid(1 - self.cdf(grid), grid))

    def on_weeks(self, tail: float = 1e-3) -> Floats:
        """P(K = 0), P(1), … of K = floor(L + U): as if events fell uniformly inside a week; cut where less
        than ``tail`` is left, and renormalised."""
        last = int(np.ceil(min(self.quantile(1 - tail), 520.0))) + 2
        fine = np.linspace(0, last, last * 64 + 1)
        cdf = self.cdf(fine)
        area = np.r_[0.0, np.cumsum((cdf[1:] + cdf[:-1]) / 2 / 64)][::64]
        shares = np.diff(np.r_[0.0, area], n=2)
        cut = int(np.searchsorted(np.cumsum(shares), 1 - tail)) + 1
        shares = np.maximum(shares[:cut], 0)
        return shares / shares.sum()
