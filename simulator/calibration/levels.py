"""A rate that may drift or jump, followed week by week: a gamma-Poisson filter with discounting (Smith 1979; Harvey &
Fernandes 1989) and interventions (West & Harrison 1989, ch. 11), averaged over its settings.

Counts y_t of exposure e_t have mean e_t·λ_t and variance d·e_t·λ_t. What is known of λ is a gamma(a, b); from week to
week both are discounted by ω, so old weeks count less; with probability ε the rate has jumped and nearly all that was
known is forgotten. Nobody knows ω, ε and d: all settings are followed, each with the weight that its past forecasts
earned, so that a history too short to tell drift from chance gives a forecast wide enough for both.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
DISCOUNTS = (1.0, 0.97, 0.92, 0.83, 0.65)
DISPERSIONS = (1.0, 1.5, 2.3, 4.0, 7.0, 14.0)
JUMPS = (0.0, 0.01, 0.05)
KEPT = 0.1
"""Share of what was known that is still believed after a jump."""
PENALTY = 0.3
"""Log-likelihood that each step to a faster drift must win: most rates drift slowly."""
FLOOR = 4.0
"""Least effective number of counts a forecast level rests on (a coefficient of variation of 50%)."""
NEGLIGIBLE = 1e-3
"""Weight below which a setting is dropped."""


@dataclass(frozen=True)
class Level:
    """Where the rates stand after the last week: for each setting a gamma(``shape``, ``rate``), float64 (setting,
    series), and its ``weight``, float64 (setting,).

    ``discounts``, ``jumps``, ``dispersions`` : float64 (setting,). ``gain`` : log-likelihood won by the best setting
    that lets the rate move, less its penalty, over the best that does not.
    """

    shape: Floats
    rate: Floats
    weight: Floats
    discounts: Floats
    jumps: Floats
    dispersions: Floats
    gain: float
    weeks: int

    @property
    def discount(self) -> float:
        """ω, averaged over the settings."""
        return float(self.weight @ self.discounts)

    @property
    def dispersion(self) -> float:
        """Variance of a week's count over its mean, averaged over the settings."""
        return float(self.weight @ self.dispersions)

    @property
    def mean(self) -> Floats:
        """float64 (series,), the level now, per unit of exposure and week."""
        return self.weight @ (self.shape / self.rate)

    def ahead(self, weeks: float) -> tuple[Floats, Floats]:
        """Gamma parameters of the average level over the coming ``weeks``: the same mean, wider; float64 (series,)
        each."""
        # The mean of a random walk over n steps has n/3 of its last variance.
        fade = (self.discounts * (1 - self.jumps * (1 - KEPT))) ** ((weeks + 1) / 3)
        a = np.maximum(self.shape * fade[:, None], np.minimum(self.shape, FLOOR))
        levels = self.shape / self.rate
        mean = self.weight @ levels
        variance = self.weight @ (levels**2 / a + levels**2) - mean**2
        shape = mean**2 / np.maximum(variance, 1e-12 * mean**2)
        return shape, shape / mean

    def at_most(self, counts: float) -> Level:
        """The same level, resting on no more than so many counts."""
        a = np.minimum(self.shape, counts)
        return replace(self, shape=a, rate=self.rate * a / self.shape)

    def weekly_drift(self) -> float:
        """Standard deviation of the log level's change in a week, for all series together."""
        kept = self.discounts * (1 - self.jumps * (1 - KEPT))
        return float(np.sqrt(self.weight @ ((1 / kept - 1) / np.maximum(self.shape.sum(axis=1), FLOOR))))


def negative_binomial(y: Floats, mean: Floats, variance: Floats) -> Floats:
    """Log probabilities of counts with a mean and a variance (Poisson where the variance is not larger)."""
    mean = np.maximum(mean, 1e-9)
    size = mean**2 / np.maximum(variance - mean, 1e-9 * mean)
    size = np.minimum(size, 1e9)
    return (
        special.gammaln(y + size)
        - special.gammaln(size)
        - special.gammaln(y + 1)
        + size * np.log(size / (size + mean))
        + special.xlogy(y, mean / (size + mean))
    )


@dataclass(frozen=True)
class _Settings:
    """Every combination, float64 (setting,) each; ``steps`` counts those to a faster drift."""

    discounts: Floats
    dispersions: Floats
    jumps: Floats
    steps: Floats

    @classmethod
    def all(cls) -> _Settings:
        """The whole grid."""
        jumps, steps, spreads = np.meshgrid(JUMPS, np.arange(len(DISCOUNTS)), DISPERSIONS, indexing="ij")
        omegas = np.array(DISCOUNTS)[steps]
        return cls(omegas.ravel(), spreads.ravel(), jumps.ravel(), steps.ravel().astype(float))

    def where(self, keep: NDArray[np.bool_]) -> _Settings:
        """Those that ``keep`` marks."""
        return _Settings(self.discounts[keep], self.dispersions[keep], self.jumps[keep], self.steps[keep])


def _run(y: Floats, e: Floats, a: Floats, b: Floats, settings: _Settings) -> tuple[Floats, Floats, Floats]:
    """Log-likelihood (setting,), and the last a and b (setting, series), for all settings at once.

    A jump may be one of all series together or of one alone; what is known afterwards is a mixture, put back to one
    gamma with the same two moments.
    """
    omega, d = settings.discounts[:, None], settings.dispersions[:, None]
    with np.errstate(divide="ignore"):
        jump, stay = np.log(settings.jumps)[:, None], np.log1p(-settings.jumps)[:, None]
    some = bool(settings.jumps.any())
    single = len(y) == 1
    a, b = np.tile(a, (len(omega), 1)), np.tile(b, (len(omega), 1))
    total = np.zeros(len(omega))
    for week in range(y.shape[1]):
        counts, exposure = y[:, week], e[:, week]
        kept = np.maximum(a * omega, np.minimum(a, 0.5)) if week else a
        rate = b * kept / a
        mean = exposure * kept / rate
        like = negative_binomial(counts, mean, d * mean + (exposure / rate) ** 2 * kept)
        shape_1, rate_1 = kept + counts / d, rate + exposure / d
        if not some or not week:
            total += like.sum(axis=1)
            a, b = shape_1, rate_1
            continue
        left = np.maximum(a * KEPT, np.minimum(a, 0.5))
        wide = b * left / a
        jumped = negative_binomial(counts, mean, d * mean + (exposure / wide) ** 2 * left)
        alone = like if single else np.logaddexp(stay + like, jump + jumped)
        together, apart = jumped.sum(axis=1, keepdims=True) + jump, alone.sum(axis=1, keepdims=True) + stay
        total += np.logaddexp(together, apart)[:, 0]
        chance = special.expit(together - apart)
        chance = chance + (1 - chance) * (0.0 if single else np.exp(jump + jumped - alone))
        shape_2, rate_2 = left + counts / d, wide + exposure / d
        level_1, level_2 = shape_1 / rate_1, shape_2 / rate_2
        level = (1 - chance) * level_1 + chance * level_2
        square = (1 - chance) * level_1 * (level_1 + 1 / rate_1) + chance * level_2 * (level_2 + 1 / rate_2)
        a = level**2 / np.maximum(square - level**2, 1e-12 * level**2)
        b = a / level
    return total, a, b


def _start(y: Floats, e: Floats, centre: float | None) -> tuple[Floats, Floats]:
    rate = (y.sum(axis=1) + 0.5) / np.maximum(e.sum(axis=1), 1e-9) if centre is None else np.full(len(y), centre)
    a = np.full(len(y), 1.0 if centre is None else 8.0)
    return a, a / rate


def follow(
    counts: Floats, exposure: Floats | None = None, *, centre: float | None = None, penalty: float = PENALTY
) -> Level:
    """Follow the level of one or more series.

    Drift and jumps are judged on the sum of the series: what moves all of them together is one piece of evidence, not
    many. Dispersion is judged on the series themselves.

    Parameters
    ----------
    counts : float64 (series, week).  exposure : same shape; default 1.
    centre : the level expected beforehand (1 for observed over expected); default: each series' own mean.
    penalty : log-likelihood that each step to a faster drift must win.
    """
    y = np.atleast_2d(np.asarray(counts, dtype=float))
    e = np.ones_like(y) if exposure is None else np.atleast_2d(np.asarray(exposure, dtype=float))
    together = y.sum(axis=0, keepdims=True)
    base = e.sum(axis=0, keepdims=True) if centre is not None else e.mean(axis=0, keepdims=True)
    settings = _Settings.all()
    logs, last_a, last_b = _run(together, base, *_start(together, base, centre), settings)
    logs = logs - penalty * settings.steps
    still = (settings.discounts == 1) & (settings.jumps == 0)
    gain = float(logs[~still].max() - logs[still].max())
    weight = np.exp(logs - logs.max())
    if len(y) > 1:
        use = weight > NEGLIGIBLE * weight.max()
        moving = np.stack([settings.discounts, settings.jumps])
        every = settings.where(np.isin(_codes(moving), _codes(moving[:, use])))
        own, last_a, last_b = _run(y, e, *_start(y, e, centre), every)
        weight = _shared(weight, _codes(moving), own, _codes(np.stack([every.discounts, every.jumps])))
        settings = every
    use = weight > NEGLIGIBLE * weight.max()
    weight = weight[use] / weight[use].sum()
    settings = settings.where(use)
    return Level(
        last_a[use], last_b[use], weight, settings.discounts, settings.jumps, settings.dispersions, gain, y.shape[1]
    )


def _codes(moving: Floats) -> Floats:
    """One number for each pair of discount and jump probability."""
    return moving[0] * 1000 + moving[1]


def _shared(weight: Floats, codes: Floats, own: Floats, kept: Floats) -> Floats:
    """Weights of settings: how it moves by the sum of the series, dispersion given that by the series."""
    out = np.zeros(len(own))
    for code in np.unique(kept):
        mine = kept == code
        share = np.exp(own[mine] - own[mine].max())
        out[mine] = weight[codes == code].sum() * share / share.sum()
    return out
