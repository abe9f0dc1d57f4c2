"""A plan of one segment and plain numbers as bare arrays, read without any code of the simulator.

The programs in ``peers`` play this form; that it is read independently is part of the check.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from ruamel.yaml import YAML
from scipy.special import gammainc, ndtr

WEEKS = 13
PLANS = Path(__file__).parent / "plans"


@dataclass(frozen=True)
class Funnel:
    """One segment, fixed assumptions; weeks are counted from the start of the warm-up.

    arrivals : float64 (week,), mean number of arrivals; Poisson.
    rates : float64 (stage - 1,), share that goes on to each stage after the first.
    lags : per stage after the first, float64 (k,): P(0 weeks), P(1 week), …
    delay : mean of the geometric delay (1, 2, … weeks) of a slip.
    value : mean and coefficient of variation of the lognormal deal size.
    document : the scenario as the simulator reads it.
    """

    name: str
    stages: tuple[str, ...]
    quarters: int
    warm_up: int
    arrivals: np.ndarray
    rates: np.ndarray
    lags: tuple[np.ndarray, ...]
    slip: float
    delay: float
    limit: int
    factor: float
    value: tuple[float, float]
    document: dict[str, Any]

    @property
    def weeks(self) -> int:
        """Weeks played, the warm-up's included."""
        return WEEKS * (self.quarters + self.warm_up)

    @property
    def start(self) -> int:
        """First week that counts."""
        return WEEKS * self.warm_up

    @property
    def metrics(self) -> tuple[str, ...]:
        """What every program returns, in this order: (trial, quarter, metric)."""
        return (*self.stages[:-1], "wins", "bookings", "slips")

    @property
    def lognormal(self) -> tuple[float, float]:
        """Mean and standard deviation of the logarithm of a deal's value."""
        mean, cv = self.value
        variance = float(np.log1p(cv * cv))
        return float(np.log(mean)) - variance / 2, variance**0.5

    @property
    def wins_at_least(self) -> int:
        """The target on the wins of the last quarter."""
        return int(self._target("wins"))

    @property
    def bookings_at_least(self) -> float:
        """The target on the bookings of all quarters."""
        return float(self._target("bookings"))

    def _target(self, metric: str) -> float:
        return next(target["at_least"] for target in self.document["targets"] if target["metric"] == metric)

    def busier(self, times: float) -> Funnel:
        """The same deals out of ``times`` as many visitors: the first rate is divided by it."""
        document = copy.deepcopy(self.document)
        (segment,) = document["segments"].values()
        segment["volume"] = segment["volume"] * times
        segment["conversion"][self.stages[1]] /= times
        rates = self.rates.copy()
        rates[0] /= times
        name = f"{self.name}, visitors x{times:g}"
        return replace(self, name=name, arrivals=self.arrivals * times, rates=rates, document=document)


def read(path: Path | str) -> dict[str, Any]:
    """A scenario file as plain Python."""
    return YAML(typ="safe").load(Path(path).read_text(encoding="utf-8"))


def load(path: Path | str) -> Funnel:
    """Read a plan of one segment whose numbers are all plain; anything else is a ``ValueError``."""
    document = read(path)
    if len(document["segments"]) != 1 or any(document.get(key) for key in ("market", "correlations", "extends")):
        raise ValueError(f"{path}: more than one segment of plain numbers")
    (segment,) = document["segments"].values()
    stages = tuple(document.get("stages", ("visitors", "engagements", "mqls", "sqls", "wins")))
    warm_up = document.get("opening", {}).get("warm_up_quarters", 4)
    slips = segment.get("slips", {})
    size = segment["deal_size"]
    volume = segment["volume"]
    if isinstance(volume, dict | list) or not set(size) == {"mean", "cv"} or "losses" in segment.get("lag_weeks", {}):
        raise ValueError(f"{path}: only a plain volume, a size by mean and cv, and no lag of losses")
    quarters = document["quarters"]
    lags = segment.get("lag_weeks", {})
    return Funnel(
        name=document["name"],
        stages=stages,
        quarters=quarters,
        warm_up=warm_up,
        arrivals=np.full(WEEKS * (quarters + warm_up), volume / WEEKS),
        rates=np.array([float(segment["conversion"][stage]) for stage in stages[1:]]),
        lags=tuple(weeks(lags.get(stage, 0)) for stage in stages[1:]),
        slip=float(slips.get("probability", 0.0)),
        delay=float(slips.get("delay_weeks", {"mean": 4})["mean"]),
        limit=int(slips.get("limit", 3)),
        factor=float(slips.get("win_rate_factor", 1.0)),
        value=(float(size["mean"]), float(size["cv"])),
        document=document,
    )


def weeks(spread: Any) -> np.ndarray:
    """P(0 weeks), P(1 week), … of a lag: the time plus a uniform part of a week, rounded down."""
    if isinstance(spread, int | float):
        whole, part = int(spread // 1), spread % 1
        return np.array([0.0] * whole + ([1 - part, part] if part else [1.0]))
    if "weeks" in spread:
        return np.array(spread["weeks"], dtype=float)
    if "median" in spread:
        sigma = np.log(spread["p90"] / spread["median"]) / 1.2815515655446004
        return _discretised(*_lognormal(np.log(spread["median"]), sigma))
    mean, cv = spread["mean"], spread.get("cv", 1)
    if spread.get("family", "gamma") == "lognormal":
        sigma = np.sqrt(np.log1p(cv * cv))
        return _discretised(*_lognormal(np.log(mean) - sigma**2 / 2, sigma))
    shape = 1 / cv**2
    return _discretised(
        lambda x: gammainc(shape, x * shape / mean), lambda x: mean * gammainc(shape + 1, x * shape / mean)
    )


def _lognormal(mu: float, sigma: float):
    def below(x, by):
        with np.errstate(divide="ignore"):
            return ndtr((np.log(x) - mu) / sigma - by)

    return lambda x: below(x, 0), lambda x: np.exp(mu + sigma**2 / 2) * below(x, sigma)


def _discretised(share, part) -> np.ndarray:
    """From F(x) and E[L; L <= x]: the second difference of the integral of F, tail cut below 1e-6."""
    x = np.arange(0, 2000, dtype=float)
    integral = x * share(x) - part(x)
    at_most = np.diff(integral)  # P(K <= k)
    size = int(np.argmax(1 - at_most < 1e-6)) + 1
    mass = np.diff(at_most[:size], prepend=0.0)
    return mass / mass.sum()
