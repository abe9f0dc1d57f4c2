"""Assertions about random numbers, with a stated rate of false alarms and no "close enough".

Every helper fails a *correct* program with probability ``false_alarm`` at most (over seeds; a fixed seed then
fails never or always), and, when given an ``effect``, first asserts that the sample is large enough to see a
deviation of that size with probability 0.999. There are no retries and no decimal places.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

FALSE_ALARM = 1e-6
MISS = 1e-3
"""Probability of not seeing an effect of the stated size."""
LEAST_PER_CELL = 25.0
"""Expected observations in a pooled cell of a chi-squared test, at least."""


def critical(false_alarm: float = FALSE_ALARM) -> float:
    """Standard errors on either side: 4.9 for one false alarm in a million."""
    return float(stats.norm.isf(false_alarm / 2))


def _large_enough(standard_error: float, effect: float | None, false_alarm: float, what: str) -> None:
    if effect is None:
        return
    seen = (critical(false_alarm) + float(stats.norm.isf(MISS))) * standard_error
    assert seen <= effect, (
        f"{what}: the sample is too small: it sees deviations of {seen:.4g} and more, wanted {effect:.4g}"
    )


def _limits(z: float, skewness: float, kurtosis: float, n: int) -> tuple[float, float]:
    """Quantiles of a standardised mean of ``n`` at ∓z, by Cornish and Fisher (1938): for skewed laws."""
    g, k = skewness / np.sqrt(n), kurtosis / n

    def at(x: float) -> float:
        return x + g * (x**2 - 1) / 6 + k * (x**3 - 3 * x) / 24 - g**2 * (2 * x**3 - 5 * x) / 36

    return min(-z, at(-z)) if g < 0 else at(-z), max(z, at(z)) if g > 0 else at(z)


def assert_mean(
    x: ArrayLike,
    expected: float,
    *,
    variance: float | None = None,
    sd: float | None = None,
    bounds: tuple[float, float] | None = None,
    skewness: float = 0.0,
    kurtosis: float = 0.0,
    expected_error: float = 0.0,
    false_alarm: float = FALSE_ALARM,
    effect: float | None = None,
    what: str = "mean",
) -> None:
    """The mean of independent draws is the expected one.

    Parameters
    ----------
    x : (n,) the draws.
    variance, sd : of one draw, *known* (never estimated from ``x``); or instead
    bounds : lowest and highest possible draw, nothing else known (Hoeffding 1963, theorem 2).
    skewness, kurtosis : of one draw (kurtosis is the excess), to widen the limits for skewed laws.
    expected_error : standard error of ``expected`` where that is itself an estimate.
    effect : a deviation that must be visible.
    """
    x = np.asarray(x, float)
    assert x.ndim == 1 and len(x), f"{what}: not a sample"
    assert np.isfinite(x).all(), f"{what}: not all draws are finite"
    n, mean = len(x), float(x.mean())
    if bounds is not None:
        assert variance is None and sd is None and expected_error == 0
        low, high = bounds
        assert low <= x.min() and x.max() <= high, f"{what}: draws outside {bounds}"
        reach = (high - low) * float(np.sqrt(np.log(2 / false_alarm) / (2 * n)))
        _large_enough(reach / critical(false_alarm), effect, false_alarm, what)
        assert abs(mean - expected) <= reach, f"{what}: {mean:.8g}, expected {expected:.8g} ± {reach:.2g}"
        return
    assert (variance is None) != (sd is None), "give the variance or the sd"
    known = float(variance if variance is not None else sd**2)  # type: ignore[operator]
    error = float(np.sqrt(known / n + expected_error**2))
    _large_enough(error, effect, false_alarm, what)
    if error == 0:
        tiny = 1e-9 * max(1.0, abs(expected))
        assert abs(mean - expected) <= tiny, f"{what}: {mean!r}, expected exactly {expected!r}"
        return
    z = (mean - expected) / error
    share = known / n / error**2  # skewness is the sample's; the error of the expectation has none
    low, high = _limits(critical(false_alarm), skewness * share**1.5, kurtosis * share**2, n)
    assert low <= z <= high, (
        f"{what}: {mean:.8g}, expected {expected:.8g}: {z:+.1f} standard errors of {error:.3g}, n = {n}"
    )


def assert_variance(
    x: ArrayLike,
    expected: float,
    *,
    fourth_cumulant: float,
    expected_error: float = 0.0,
    false_alarm: float = FALSE_ALARM,
    effect: float | None = None,
    what: str = "variance",
) -> None:
    """The variance of independent draws is the expected one.

    The variance of a sample variance is κ₄/n + 2κ₂²/(n − 1), κ₂ and κ₄ known.
    """
    x = np.asarray(x, float)
    n, found = len(x), float(np.var(x, ddof=1))
    error = float(np.sqrt(max(0.0, fourth_cumulant / n + 2 * expected**2 / (n - 1)) + expected_error**2))
    _large_enough(error, effect, false_alarm, what)
    if error == 0:
        assert found <= 1e-9, f"{what}: {found:.8g}, expected none"
        return
    z = (found - expected) / error
    assert abs(z) <= critical(false_alarm), (
        f"{what}: {found:.8g}, expected {expected:.8g}: {z:+.1f} standard errors of {error:.3g}, n = {n}"
    )


def assert_probability(
    hits: ArrayLike,
    expected: float,
    *,
    false_alarm: float = FALSE_ALARM,
    effect: float | None = None,
    what: str = "probability",
) -> None:
    """The share of hits is the expected probability: exact binomial tails, good for rare events too."""
    hits = np.asarray(hits)
    assert hits.dtype == bool and hits.ndim == 1, f"{what}: hits must be a bool array (n,)"
    assert -1e-12 <= expected <= 1 + 1e-12, f"{what}: {expected} is not a probability"
    expected = min(1.0, max(0.0, expected))
    n, found = len(hits), int(hits.sum())
    _large_enough(float(np.sqrt(expected * (1 - expected) / n)), effect, false_alarm, what)
    tail = min(stats.binom.cdf(found, n, expected), stats.binom.sf(found - 1, n, expected))
    assert tail >= false_alarm / 2, f"{what}: {found} of {n} = {found / n:.6g}, expected {expected:.6g} (p {tail:.1g})"


def assert_poisson_mean(
    counts: ArrayLike,
    mean: float,
    *,
    false_alarm: float = FALSE_ALARM,
    effect: float | None = None,
    what: str = "Poisson mean",
) -> None:
    """The mean of Poisson counts is the expected one: their sum is Poisson, so the tails are exact."""
    counts = np.asarray(counts)
    n, total = len(counts), float(counts.sum())
    _large_enough(float(np.sqrt(mean / n)), effect, false_alarm, what)
    tail = min(stats.poisson.cdf(total, n * mean), stats.poisson.sf(total - 1, n * mean))
    z = (total - n * mean) / np.sqrt(n * mean) if mean else 0.0
    assert tail >= false_alarm / 2, f"{what}: {total / n:.8g}, expected {mean:.8g}: {z:+.1f} standard errors, n = {n}"


def pooled(expected: np.ndarray, least: float = LEAST_PER_CELL) -> np.ndarray:
    """First indices of the cells of a chi-squared test: neighbours together until each expects ``least``."""
    starts, held = [0], 0.0
    for index, mass in enumerate(expected):
        if held >= least:
            starts.append(index)
            held = 0.0
        held += mass
    if held < least and len(starts) > 1:
        starts.pop()
    return np.array(starts)


def assert_distribution(
    counts: ArrayLike,
    pmf: ArrayLike,
    *,
    false_alarm: float = FALSE_ALARM,
    what: str = "distribution",
) -> None:
    """Independent counts have the probabilities ``pmf`` of 0, 1, …: chi-squared over pooled cells."""
    counts, pmf = np.asarray(counts), np.asarray(pmf, float)
    n = len(counts)
    assert counts.min() >= 0 and (counts == np.floor(counts)).all(), f"{what}: not counts"
    assert abs(pmf.sum() - 1) < 1e-6, f"{what}: the probabilities sum to {pmf.sum()}"
    top = max(int(counts.max()) + 1, len(pmf))
    expected = n * np.concatenate([pmf, np.zeros(top - len(pmf))])
    observed = np.bincount(counts.astype(int), minlength=top)
    impossible = observed[(expected < n * 1e-12 / top)].sum()
    assert impossible == 0, f"{what}: {impossible} draws of values that cannot be"
    starts = pooled(expected)
    if len(starts) == 1:
        return  # one cell: nothing varies
    expected, observed = np.add.reduceat(expected, starts), np.add.reduceat(observed, starts)
    square = float(((observed - expected) ** 2 / expected).sum())
    p = float(stats.chi2.sf(square, len(starts) - 1))
    assert p >= false_alarm, f"{what}: chi-squared {square:.1f} on {len(starts) - 1} degrees of freedom (p {p:.1g})"


def assert_poisson(
    counts: ArrayLike, mean: float, *, false_alarm: float = FALSE_ALARM, what: str = "Poisson counts"
) -> None:
    """Counts are independent and Poisson with this mean: the exact law of the total, and the shape."""
    assert_poisson_mean(counts, mean, false_alarm=false_alarm / 2, what=what)
    top = int(max(np.max(counts), mean) + 20 * np.sqrt(mean) + 20)
    pmf = stats.poisson.pmf(np.arange(top), mean)
    assert_distribution(counts, pmf, false_alarm=false_alarm / 2, what=what)


def assert_uniform(u: ArrayLike, *, false_alarm: float = FALSE_ALARM, what: str = "uniforms") -> None:
    """Independent draws are uniform on (0, 1): Kolmogorov and Smirnov."""
    u = np.asarray(u, float)
    assert ((u >= 0) & (u <= 1)).all(), f"{what}: outside 0..1"
    p = float(stats.kstest(u, "uniform").pvalue)
    assert p >= false_alarm, f"{what}: Kolmogorov–Smirnov p {p:.1g}, n = {len(u)}"


# ------------------------------------------------------------------------------ two samples
def assert_same_mean(
    a: ArrayLike,
    b: ArrayLike,
    *,
    false_alarm: float = FALSE_ALARM,
    effect: float | None = None,
    what: str = "mean",
) -> None:
    """Two independent samples, neither of known variance, have the same mean (Welch, with the skewness)."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    assert min(len(a), len(b)) >= 500, f"{what}: the variance is not known, so it takes 500 draws at least"
    parts = np.array([np.var(a, ddof=1) / len(a), np.var(b, ddof=1) / len(b)])
    error = float(np.sqrt(parts.sum()))
    _large_enough(error, effect, false_alarm, what)
    difference = float(a.mean() - b.mean())
    if error == 0:
        assert difference == 0, f"{what}: {a.mean()!r} and {b.mean()!r}, both without spread"
        return
    third = np.mean((a - a.mean()) ** 3) / len(a) ** 2 - np.mean((b - b.mean()) ** 3) / len(b) ** 2
    z = critical(false_alarm)
    # studentised: the skewness enters with the sign reversed and twice the weight (Hall 1992, p. 51)
    skew = float(third / error**3)
    wider = abs(skew) * (2 * z**2 + 1) / 6
    t = difference / error
    assert abs(t) <= z + wider, (
        f"{what}: {a.mean():.8g} (n = {len(a)}) and {b.mean():.8g} (n = {len(b)}): {t:+.1f} standard errors"
    )


def assert_same_variance(
    a: ArrayLike,
    b: ArrayLike,
    *,
    false_alarm: float = FALSE_ALARM,
    effect: float | None = None,
    what: str = "variance",
) -> None:
    """Two independent samples have the same variance: the means of their squared deviations."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    assert_same_mean(
        (a - a.mean()) ** 2 * len(a) / (len(a) - 1), (b - b.mean()) ** 2 * len(b) / (len(b) - 1),
        false_alarm=false_alarm, effect=effect, what=what,
    )  # fmt: skip


def assert_same_distribution(
    a: ArrayLike, b: ArrayLike, *, false_alarm: float = FALSE_ALARM, what: str = "distribution"
) -> None:
    """Two independent samples come from one law.

    Where values repeat (counts), chi-squared over pooled cells of the joint sample; else Kolmogorov–Smirnov.
    """
    a, b = np.asarray(a, float), np.asarray(b, float)
    values, places = np.unique(np.concatenate([a, b]), return_inverse=True)
    if len(values) > (len(a) + len(b)) / 10:
        p = float(stats.ks_2samp(a, b, method="asymp").pvalue)
        assert p >= false_alarm, f"{what}: Kolmogorov–Smirnov p {p:.1g}"
        return
    one = np.bincount(places[: len(a)], minlength=len(values))
    two = np.bincount(places[len(a) :], minlength=len(values))
    smaller = min(len(a), len(b)) / (len(a) + len(b))
    starts = pooled((one + two) * smaller)
    if len(starts) == 1:
        return
    table = np.array([np.add.reduceat(one, starts), np.add.reduceat(two, starts)])
    square, p, degrees, _ = stats.chi2_contingency(table, correction=False)
    assert p >= false_alarm, f"{what}: chi-squared {square:.1f} on {degrees} degrees of freedom (p {p:.1g})"


def correlation(x: ArrayLike, y: ArrayLike) -> tuple[float, float]:
    """Pearson's r and its standard error for any law, from the spread of its influence function."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    zx, zy = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
    r = float((zx * zy).mean())
    return r, float(np.std(zx * zy - r * (zx**2 + zy**2) / 2) / np.sqrt(len(x)))


def assert_correlation(
    x: ArrayLike,
    y: ArrayLike,
    expected: float,
    *,
    false_alarm: float = FALSE_ALARM,
    effect: float | None = None,
    what: str = "correlation",
) -> None:
    """Pearson's correlation of two columns is the expected one."""
    r, error = correlation(x, y)
    _large_enough(error, effect, false_alarm, what)
    assert abs(r - expected) <= critical(false_alarm) * error + 1e-12, (
        f"{what}: {r:.4f}, expected {expected:.4f}: {(r - expected) / error:+.1f} standard errors"
    )


def assert_same_correlation(
    first: tuple[ArrayLike, ArrayLike],
    second: tuple[ArrayLike, ArrayLike],
    *,
    false_alarm: float = FALSE_ALARM,
    effect: float | None = None,
    what: str = "correlation",
) -> None:
    """Two columns go together in one sample as in the other."""
    (r, r_error), (s, s_error) = correlation(*first), correlation(*second)
    error = float(np.hypot(r_error, s_error))
    _large_enough(error, effect, false_alarm, what)
    assert abs(r - s) <= critical(false_alarm) * error, (
        f"{what}: {r:.4f} and {s:.4f}: {(r - s) / error:+.1f} standard errors"
    )


def normal_scores(x: ArrayLike) -> np.ndarray:
    """Standard normals with the ranks of ``x`` (continuous draws)."""
    return stats.norm.ppf((stats.rankdata(x) - 0.5) / len(np.asarray(x)))


def assert_rank_correlation(
    x: ArrayLike,
    y: ArrayLike,
    spearman: float,
    *,
    false_alarm: float = FALSE_ALARM,
    effect: float | None = None,
    what: str = "rank correlation",
) -> None:
    """Spearman's correlation of two continuous columns is the expected one, and so is the Gaussian copula's."""
    assert_correlation(
        stats.rankdata(x), stats.rankdata(y), spearman, false_alarm=false_alarm / 2, effect=effect, what=what
    )
    pearson = 2 * np.sin(np.pi * spearman / 6)
    assert_correlation(normal_scores(x), normal_scores(y), pearson, false_alarm=false_alarm / 2, what=f"copula, {what}")
