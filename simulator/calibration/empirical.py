"""Lags without a family: shares per week by the EM algorithm (Turnbull 1976), for cycles with two humps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.calibration.cure import Cure, Grouped, log_likelihoods
from simulator.calibration.lags import Lag
from simulator.calibration.spells import LOST, LOST_UNDATED, OPEN, WON, WON_UNDATED

Floats = NDArray[np.float64]


def week_edges(data: Grouped, kinds: tuple[int, ...]) -> Floats:
    """Bins in weeks: the same day, then single weeks, up to the longest lag seen (at most 200 bins)."""
    chosen = np.isin(data.kind, kinds)
    longest = float(data.days[chosen].max()) if chosen.any() else 7.0
    edges = np.r_[0.0, 0.5, np.arange(6.5, longest + 7.5, 7.0)] / 7
    if len(edges) > 201:
        edges = np.r_[edges[:101], np.linspace(edges[100], edges[-1], 101)[1:]]
    return edges


def fit_empirical(
    data: Grouped,
    *,
    losses: bool,
    like: Cure | None = None,
    strength: float = 30.0,
    smooth: float = 0.3,
    rounds: int = 400,
) -> Cure:
    """Nonparametric mixture-cure fit; ``smooth`` is a pseudo-count per bin, which keeps unseen weeks possible.

    With ``like``, a fit of everybody, the bins are its bins and ``strength`` pseudo-conversions with its lags are
    added: a segment with few conversions keeps the common lag.

    The lag is taken as known: the covariance is that of the shares given the lag, by Louis' formula for a binomial
    share, widened by the part of the converted that had not been watched to the end.
    """
    if like is None:
        edges = [week_edges(data, (WON,))] + ([week_edges(data, (LOST,))] if losses else [])
    else:
        edges = [np.asarray(lag.edges) for lag in (like.lag, like.loss_lag) if lag is not None]
    causes = (WON, LOST)[: len(edges)]

    def fractions(edge: Floats, weeks: Floats) -> Floats:
        return np.clip((weeks[:, None] - edge[:-1]) / np.diff(edge), 0, 1)

    after, before = data.grid[data.days + 1], np.where(data.truncated > 0, data.grid[data.truncated], 0.0)
    at = data.grid[data.days]
    seen, gone = [], []
    for cause, edge in zip(causes, edges, strict=True):
        until, since, early = fractions(edge, after), fractions(edge, at), fractions(edge, before)
        part = np.zeros_like(until)
        own = data.kind == cause
        part[own] = (until - since)[own]
        undated = data.kind == (WON_UNDATED if cause == WON else LOST_UNDATED)
        part[undated] = until[undated]
        still = data.kind == OPEN
        part[still] = (1 - until + (0 if data.absent else early))[still]
        seen.append(part)
        gone.append(early)
    never = (data.kind == OPEN).astype(float)
    matrix = np.column_stack([*seen, never])
    ghosts = np.column_stack([*gone, np.zeros(len(never))])
    pseudo = np.full(matrix.shape[1] - 1, smooth)
    if like is not None:
        pseudo = np.concatenate(
            [strength * np.asarray(lag.theta) for lag in (like.lag, like.loss_lag) if lag is not None]
        )
    mass = np.full(matrix.shape[1], 1.0)
    mass /= mass.sum()
    total = data.count.sum()
    for _ in range(rounds):
        posterior = matrix * mass
        norm = np.maximum(posterior.sum(axis=1), 1e-300)
        expected = (data.count / norm) @ posterior
        if data.absent:
            hidden = ghosts * mass
            out = hidden.sum(axis=1)
            expected += (data.count / np.maximum(1 - out, 1e-6)) @ hidden
        expected[:-1] += pseudo
        new = expected / expected.sum()
        moved = np.abs(new - mass).max()
        mass = new
        if moved < 1e-7:
            break
    cut = len(edges[0]) - 1
    p = float(np.clip(mass[:cut].sum(), 1e-6, 1 - 1e-6))
    lost = float(mass[cut:-1].sum())
    r = float(np.clip(lost / (1 - p), 1e-6, 1 - 1e-6))
    lag = Lag("empirical", tuple(mass[:cut] / mass[:cut].sum()), tuple(edges[0]))
    loss_lag = Lag("empirical", tuple(mass[cut:-1] / max(lost, 1e-12)), tuple(edges[1])) if losses else None
    x = np.array([special.logit(p)] + ([special.logit(r)] if losses else []))
    ended = max(data.events, 1.0)
    scale = 1.0 / max(total * p * (1 - p), 1.0) * max(total * p / ended, 1.0)
    covariance = np.diag([scale] + ([1.0 / max(total * (1 - p) * r * (1 - r), 1.0)] if losses else []))
    fit = log_likelihoods(data, p, r, lag.cdf(data.grid), loss_lag.cdf(data.grid) if loss_lag else None)
    return Cure(lag, loss_lag, x, covariance, data.events, data.losses, float(total), float(data.count @ fit))
