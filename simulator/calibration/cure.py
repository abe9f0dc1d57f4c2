"""Conversion and lag together: a mixture-cure model with competing losses, censored and truncated.

A share p of what enters a stage goes on, after a lag with distribution F; a share (1 - p)·r is lost, after a lag with
distribution G; the rest never ends. One that is still there at age c contributes 1 - p·F(c) - (1 - p)·r·G(c)
(Boag 1949; Farewell 1982; competing risks as a mixture: Larson & Dinse 1985). Dates are days, so an ending after d days
contributes the probability of (d - ½, d + ½].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from simulator.calibration.lags import CDFS, Lag
from simulator.calibration.spells import LOST, LOST_UNDATED, OPEN, WON, WON_UNDATED, Spells

Floats = NDArray[np.float64]
TINY = 1e-12


@dataclass(frozen=True)
class Grouped:
    """Spells counted by (kind, days, entry age): what the likelihood needs, however many leads there are."""

    days: NDArray[np.int64]
    kind: NDArray[np.int8]
    truncated: NDArray[np.int64]
    count: Floats
    absent: bool
    grid: Floats

    @property
    def events(self) -> float:
        """Conversions."""
        return float(self.count[np.isin(self.kind, (WON, WON_UNDATED))].sum())

    @property
    def losses(self) -> float:
        """Recorded losses."""
        return float(self.count[np.isin(self.kind, (LOST, LOST_UNDATED))].sum())


def group(spells: Spells, weight: Floats | None = None) -> Grouped:
    """Count equal spells. ``weight`` : float64 (spell,), default 1 each."""
    early = (
        np.zeros(len(spells), dtype=np.int64) if spells.start is None else np.maximum(spells.start - spells.entry, 0)
    )
    keys = np.stack([spells.days, spells.kind.astype(np.int64), early])
    unique, inverse = np.unique(keys, axis=1, return_inverse=True)
    count = np.bincount(inverse.ravel(), weights=weight, minlength=unique.shape[1]).astype(float)
    top = int(max(unique[0].max(initial=0), unique[2].max(initial=0))) + 2
    return Grouped(
        unique[0],
        unique[1].astype(np.int8),
        unique[2],
        count,
        spells.absent,
        np.maximum(np.arange(top + 1) - 0.5, 0) / 7,
    )


def log_likelihoods(data: Grouped, p: float, r: float, f: Floats, g: Floats | None) -> Floats:
    """Log-likelihood of one member of each group; ``f`` and ``g`` are distribution functions on ``data.grid``."""
    d, kind, early = data.days, data.kind, data.truncated
    lost = (1 - p) * r
    at, after, before = f[d], f[d + 1], np.where(early > 0, f[early], 0.0)
    like = 1 - p * after
    like = np.where(kind == WON, p * (after - at), like)
    like = np.where(kind == WON_UNDATED, p * after, like)
    gone = p * before
    if g is not None:
        like = np.where(kind == OPEN, like - lost * g[d + 1], like)
        like = np.where(kind == LOST, lost * (g[d + 1] - g[d]), like)
        like = np.where(kind == LOST_UNDATED, lost * g[d + 1], like)
        gone = gone + np.where(early > 0, lost * g[early], 0.0)
    if data.absent:
        return np.log(np.maximum(like, TINY)) - np.log(np.maximum(1 - gone, TINY))
    return np.log(np.maximum(np.where(kind == OPEN, like + gone, like), TINY))


@dataclass(frozen=True)
class Cure:
    """A fitted transition of one population.

    ``names`` : of the free parameters, ``x`` their values: logit p, [logit r], lag parameters, [loss-lag parameters].
    ``covariance`` : Laplace approximation at the mode, same order.
    """

    lag: Lag
    loss_lag: Lag | None
    x: Floats
    covariance: Floats
    events: float
    losses: float
    count: float
    log_likelihood: float = 0.0

    @property
    def p(self) -> float:
        """Share that ever goes on."""
        return float(special.expit(self.x[0]))

    @property
    def r(self) -> float:
        """Share of the others whose loss gets recorded, ever."""
        return float(special.expit(self.x[1])) if self.loss_lag is not None else 0.0

    @property
    def lag_index(self) -> int:
        """Position of the first lag parameter in ``x``."""
        return 2 if self.loss_lag is not None else 1

    def sd(self, index: int = 0) -> float:
        """Standard deviation of a parameter."""
        return float(np.sqrt(max(self.covariance[index, index], 0.0)))


@dataclass(frozen=True)
class Prior:
    """Independent normals on the parameters: mean and sd, float64 (parameter,)."""

    mean: Floats
    sd: Floats


def weak_prior(data: Grouped, family: str, losses: bool) -> Prior:
    """A prior that only keeps the search away from infinity.

    The logistic terms are near Jeffreys' (sd 3 on the logit). The mean lag is likely (68%) between 0.6 and 3 times the
    mean of those seen, which are the quick ones; the coefficient of variation between 0.5 and 1.5. Where people were
    watched for long enough, the data outweigh this by far; where they were not, it keeps share and lag from running
    away.
    """

    def lag(kinds: tuple[int, ...]) -> tuple[list[float], list[float]]:
        chosen = np.isin(data.kind, kinds)
        total = data.count[chosen].sum()
        mean = float((data.days[chosen] * data.count[chosen]).sum() / total / 7) if total else 4.0
        centre = np.log(max(1.3 * mean, 0.15))
        return (
            ([centre - 0.3, -0.1, 0.5], [1.0, 0.7, 0.7])
            if family == "generalised gamma"
            else ([centre, -0.1], [0.8, 0.5])
        )

    mean, sd = [-1.0], [3.0]
    if losses:
        mean.append(1.0)
        sd.append(2.5)
    for kinds in ((WON,), (LOST,))[: 2 if losses else 1]:
        more = lag(kinds)
        mean += more[0]
        sd += more[1]
    return Prior(np.array(mean), np.array(sd))


def _split(
    x: Sequence[float] | Floats, family: str, losses: bool
) -> tuple[float, float, Sequence[float], Sequence[float]]:
    width = 3 if family == "generalised gamma" else 2
    start = 2 if losses else 1
    p = float(special.expit(x[0]))
    r = float(special.expit(x[1])) if losses else 0.0
    return p, r, list(x[start : start + width]), list(x[start + width :])


def fit_cure(
    data: Grouped, family: str, *, losses: bool, prior: Prior | None = None, begin: Floats | None = None
) -> Cure:
    """Maximum a posteriori fit of a parametric mixture-cure model and its Laplace covariance."""
    prior = prior or weak_prior(data, family, losses)
    cdf = CDFS[family]

    def objective(x: Floats) -> float:
        p, r, theta, other = _split(x, family, losses)
        f = cdf(data.grid, theta)
        g = cdf(data.grid, other) if losses else None
        value = -float(data.count @ log_likelihoods(data, p, r, f, g)) + 0.5 * float(
            (((x - prior.mean) / prior.sd) ** 2).sum()
        )
        return value if np.isfinite(value) else 1e12

    x = _search(objective, prior.mean.copy() if begin is None else begin)
    p, r, theta, other = _split(x, family, losses)
    covariance = _inverse(_hessian(objective, x))
    f = cdf(data.grid, theta)
    log_likelihood = float(data.count @ log_likelihoods(data, p, r, f, cdf(data.grid, other) if losses else None))
    return Cure(
        Lag(family, tuple(theta)),
        Lag(family, tuple(other)) if losses else None,
        x,
        covariance,
        data.events,
        data.losses,
        float(data.count.sum()),
        log_likelihood,
    )


def fit_shares(data: Grouped, lag: Lag, loss_lag: Lag | None, prior: Prior, begin: Floats | None = None) -> Cure:
    """Only the shares p (and r), the lags held; ``prior`` covers these one or two parameters."""
    f = lag.cdf(data.grid)
    g = loss_lag.cdf(data.grid) if loss_lag is not None else None

    def objective(x: Floats) -> float:
        p = float(special.expit(x[0]))
        r = float(special.expit(x[1])) if g is not None else 0.0
        return -float(data.count @ log_likelihoods(data, p, r, f, g)) + 0.5 * float(
            (((x - prior.mean) / prior.sd) ** 2).sum()
        )

    x = _search(objective, prior.mean.copy() if begin is None else begin)
    return Cure(
        lag,
        loss_lag,
        x,
        _inverse(_hessian(objective, x)),
        data.events,
        data.losses,
        float(data.count.sum()),
        -objective(x),
    )


def _search(objective: object, begin: Floats) -> Floats:
    found = optimize.minimize(objective, begin, method="BFGS", options={"gtol": 1e-3, "maxiter": 200})
    return np.asarray(found.x)


def _hessian(objective: object, x: Floats, step: float = 2e-3) -> Floats:
    n = len(x)
    matrix = np.empty((n, n))
    shift = np.eye(n) * step
    call = objective
    assert callable(call)
    middle = call(x)
    plus = [call(x + shift[i]) for i in range(n)]
    minus = [call(x - shift[i]) for i in range(n)]
    for i in range(n):
        matrix[i, i] = (plus[i] - 2 * middle + minus[i]) / step**2
        for j in range(i):
            both = call(x + shift[i] + shift[j]) + call(x - shift[i] - shift[j])
            matrix[i, j] = matrix[j, i] = (both - plus[i] - minus[i] - plus[j] - minus[j] + 2 * middle) / (2 * step**2)
    return matrix


def _inverse(hessian: Floats) -> Floats:
    values, vectors = np.linalg.eigh((hessian + hessian.T) / 2)
    return (vectors / np.maximum(values, 1e-3)) @ vectors.T
