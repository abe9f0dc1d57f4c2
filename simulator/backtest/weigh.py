"""The funnel's plan brought to the pace that past scores give most credit: a choice when a fit is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy import optimize

from simulator.backtest.backtest import pool, rolling
from simulator.backtest.cells import TOTAL, Truth, forecast
from simulator.backtest.origins import horizon_weeks
from simulator.calibration.fit import Fit
from simulator.calibration.quality import Quality
from simulator.statistics.scores import quantile_count

LIMIT = 4.0
"""The most by which odds are multiplied or divided."""


@dataclass(frozen=True)
class Weighed:
    """A fit at the pace of the pool. ``weights`` by forecaster; the rest are (P10, P50, P90) of the wins of the next
    ``weeks``: of the funnel alone, of the pool, and of the fit as it is now. ``odds`` : by how much the odds of the
    last step were multiplied. ``origins`` : past forecasts that were scored."""

    fit: Fit
    weights: dict[str, float]
    weeks: int
    funnel: tuple[int, int, int]
    pool: tuple[int, int, int]
    now: tuple[int, int, int]
    odds: float
    origins: int

    @property
    def text(self) -> str:
        """What was done, in a sentence or two."""
        first = ", ".join(f"{name} {100 * w:.0f}%" for name, w in sorted(self.weights.items(), key=lambda i: -i[1]))
        return (
            f"weighed by the scores of {self.origins} past forecasts ({first}), the next {self.weeks} weeks bring "
            f"{self.pool[0]}-{self.pool[1]}-{self.pool[2]} wins (P10-P50-P90); the funnel alone says "
            f"{self.funnel[0]}-{self.funnel[1]}-{self.funnel[2]}; odds of the last step are times {self.odds:.2f}, so "
            f"that this plan's middle is the pool's"
        )


def weigh(
    fit: Fit,
    *,
    horizon: str = "13w",
    draws: int = 1000,
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Weighed:
    """Weigh the funnel against run rates by their past scores, and bring the fit to the pool's pace.

    Where a team wins at a flat rate however full its pipeline is, the funnel alone promises too much of a full one. The
    pool of :func:`simulator.backtest.backtest.backtest` says what the next weeks bring; the odds of the last step are
    scaled until the mean of the fit's own forecast is that. Its ranges stay the funnel's.

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
    wanted = float(whole.pmfs["pool"] @ np.arange(len(whole.pmfs["pool"])))

    def wins(log_odds: float) -> np.ndarray:
        return fit.at_pace(float(np.exp(log_odds)), "").predict(7 * weeks, draws=draws, seed=seed).wins.sum(axis=1)

    ends = (-np.log(LIMIT), np.log(LIMIT))
    short = [float(wins(end).mean()) - wanted for end in ends]
    if short[0] >= 0 or short[1] <= 0:
        log_odds = ends[0] if short[0] >= 0 else ends[1]
    else:
        log_odds = float(optimize.brentq(lambda x: float(wins(x).mean()) - wanted, *ends, xtol=0.005))
    odds = float(np.exp(log_odds))

    def three(sample: np.ndarray) -> tuple[int, int, int]:
        low, middle, high = np.quantile(sample, [0.1, 0.5, 0.9]).round().astype(int).tolist()
        return low, middle, high

    low, middle, high = (quantile_count(whole.pmfs["pool"], q) for q in (0.1, 0.5, 0.9))
    found = Weighed(
        fit, whole.weights, weeks, three(wins(0.0)), (low, middle, high), three(wins(log_odds)), odds, known
    )
    return Weighed(**{**vars(found), "fit": fit.at_pace(odds, found.text)})
