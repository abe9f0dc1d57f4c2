"""The funnel's plan brought to the pace that past scores give most credit: a choice when a fit is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from simulator.backtest.backtest import pool, rolling
from simulator.backtest.cells import TOTAL, Truth, forecast
from simulator.backtest.origins import horizon_weeks
from simulator.calibration.fitted import Fit
from simulator.calibration.quality import Quality
from simulator.statistics.scores import quantile_count

Floats = NDArray[np.float64]
ODDS = (-float(np.log(4)), float(np.log(4)))
"""The most by which the log odds are moved: times or divided by 4."""
SHOCKS = (0.02, 0.8)
"""The least and the most that rates may vary between quarters."""


@dataclass(frozen=True)
class Weighed:
    """A fit at the pace of the pool. ``weights`` by forecaster; the rest are (P10, P50, P90) of the wins of the next
    ``weeks``, all segments together: of the funnel alone, of the pool, and of the fit as it is now. ``odds`` : by how
    much the odds of the last step were multiplied; ``shock`` : how much rates now vary between quarters (standard
    deviation of their log odds), ``measured`` : how much they did before. ``origins`` : past forecasts that were
    scored."""

    fit: Fit
    weights: dict[str, float]
    weeks: int
    funnel: tuple[int, int, int]
    pool: tuple[int, int, int]
    now: tuple[int, int, int]
    odds: float
    shock: float
    measured: float
    origins: int

    @property
    def text(self) -> str:
        """What was done, in a sentence or two."""
        first = ", ".join(f"{name} {100 * w:.0f}%" for name, w in sorted(self.weights.items(), key=lambda i: -i[1]))
        ranges = ["-".join(str(count) for count in three) for three in (self.pool, self.funnel, self.now)]
        text = (
            f"weighed by the scores of {self.origins} past forecasts ({first}), the next {self.weeks} weeks bring "
            f"{ranges[0]} wins (P10-P50-P90); the funnel alone says {ranges[1]}. Odds of the last step are times "
            f"{self.odds:.2f}, and rates vary by {self.shock:.2f} between quarters instead of {self.measured:.2f}: "
            f"this plan says {ranges[2]}, all segments together"
        )
        wide, wanted = (three[2] - three[0] for three in (self.now, self.pool))
        if abs(wide - wanted) > max(0.15 * wanted, 2):
            text += (
                "; its range stays wider: volumes and rates themselves are that unsure"
                if wide > wanted
                else "; its range stays narrower: rates that vary more would not be believable"
            )
        return text


def weigh(
    fit: Fit,
    *,
    horizon: str = "13w",
    draws: int = 1000,
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Weighed:
    """Weigh the funnel against run rates by their past scores, and bring the fit to the pool's pace and range.

    Where a team wins at a flat rate however full its pipeline is, the funnel alone promises too much of a full one. The
    pool of :func:`simulator.backtest.backtest.backtest` says what the next weeks bring. The odds of the last step are
    scaled until the mean of the fit's own forecast is the pool's, and what rates vary between quarters (the market
    part of a plan) until its P10 to P90 is as wide, as far as that can be had.

    Parameters
    ----------
    horizon : ``"4w"``, ``"13w"``, ``"1q"``: how far the forecasts look that are compared.

    Raises
    ------
    DataError : the history is too short for a past forecast with its outcome.

    Examples
    --------
    >>> from simulator.backtest.weigh import weigh
    >>> weigh(fit("opportunities.csv")).fit.write("plan.yaml")  # doctest: +SKIP
    """
    weeks = horizon_weeks(horizon)
    history = replace(fit.history, quality=Quality())  # its page is the fit's already
    cells, _, _ = rolling(history, weeks, every="monthly", draws=draws, seed=seed, modes=("all",), progress=progress)
    known = len({cell.origin for cell in cells})
    today, _ = forecast(
        history, Truth.of(history), history.as_of, weeks, draws=draws, seed=seed,
        families=[t.family for t in fit.timed], modes=("all",),
    )  # fmt: skip
    pool([*cells, *today], weeks)
    whole = next(cell for cell in today if cell.segment == TOTAL or len(history.segments) == 1)
    wanted = whole.pmfs["pool"]
    # As many trials as the narrower of two ranges needs to be told from the wider.
    trials = max(draws, 2000)

    def wins(log_odds: float, shock: float | None) -> NDArray[np.int64]:
        changed = fit.at_pace(float(np.exp(log_odds)), shock=shock)
        return changed.predict(7 * weeks, draws=trials, seed=seed).wins.sum(axis=1)

    measured = fit.drifts[-1].spread(weeks)
    width = _width(wanted)

    def short(log_odds: float, shock: float) -> float:
        return float(wins(log_odds, shock).mean() - wanted @ np.arange(len(wanted)))

    def narrow(shock: float, log_odds: float) -> float:
        return float(np.ptp(np.quantile(wins(log_odds, shock), [0.1, 0.9]))) - width

    log_odds = _root(short, ODDS, measured)
    shock = _root(narrow, SHOCKS, log_odds)
    log_odds = _root(short, (log_odds - 0.1, log_odds + 0.1), shock)  # a wider market moves the mean a little
    odds = float(np.exp(log_odds))
    found = Weighed(
        fit, whole.weights, weeks, _three(wins(0.0, None)), _three_of(wanted), _three(wins(log_odds, shock)), odds,
        shock, measured, known,
    )  # fmt: skip
    return replace(found, fit=fit.at_pace(odds, shock=shock, note=found.text))


def _root(miss: Callable[[float, float], float], between: tuple[float, float], other: float) -> float:
    """Where an increasing function of its first argument crosses 0, or the nearer end of the stretch."""
    low, high = between
    if miss(low, other) >= 0:
        return low
    if miss(high, other) <= 0:
        return high
    return float(optimize.brentq(miss, low, high, args=(other,), xtol=0.005))


def _width(pmf: Floats) -> float:
    """P10 to P90, read between the counts: whole counts would jump."""
    low, high = np.interp([0.1, 0.9], np.cumsum(pmf), np.arange(len(pmf)) + 0.5)
    return float(high - low)


def _three(sample: NDArray[np.int64]) -> tuple[int, int, int]:
    low, middle, high = np.quantile(sample, [0.1, 0.5, 0.9]).round().astype(int).tolist()
    return low, middle, high


def _three_of(pmf: Floats) -> tuple[int, int, int]:
    low, middle, high = (quantile_count(pmf, q) for q in (0.1, 0.5, 0.9))
    return low, middle, high
