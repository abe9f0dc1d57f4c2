"""NumPy over the trial axis for plans with everything uncertain: segments, ranges, a market, events.

The same distribution as the simulator's: assumptions once per trial; shocks shared by the segments;
slip probabilities of a quarter from a beta with one uniform for all segments; binomials with each
trial's own rates; lags drawn in continuous time where their mean differs from trial to trial.
Opening files, correlations, shared names and lags of losses are left out: a ``ValueError``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import betaincinv

from ..funnel import WEEKS, weeks
from . import alias
from .drawn import by_quarter, number

NAME = "NumPy over the trial axis, uncertain plan"
BLOCK = 128
DEFAULT_STAGES = ["visitors", "engagements", "mqls", "sqls", "wins"]


def prepare(document: dict[str, Any]):
    """``play(trials, seed) -> float64 (trial, segment, quarter, metric)``; metrics as for one segment."""
    opening, market = document.get("opening", {}), document.get("market", {})
    if {"deals", "leads"} & set(opening) or "correlations" in document or "extends" in document:
        raise ValueError("opening files, correlations and extends are not supported by this program")
    warm_up, quarters = opening.get("warm_up_quarters", 4), document["quarters"]
    plan = {
        "stages": document.get("stages", DEFAULT_STAGES),
        "quarters": quarters,
        "warm_up": warm_up,
        "plan_quarters": [max(0, quarter) for quarter in range(-warm_up, quarters)],
        "segments": [_segment(segment) for segment in document["segments"].values()],
        "conversion": {"sd": 0.0, "common": 0.0, "persistence": 0.0, **market.get("conversion", {})},
        "volume": {"sd": 0.0, "common": 0.0, **market.get("volume", {})},
        "concentration": market.get("slip_concentration"),
        "events": market.get("events", []),
    }

    def play(trials: int, seed: int) -> np.ndarray:
        rng = np.random.Generator(np.random.SFC64(seed))
        shape = (trials, len(plan["segments"]), quarters, len(plan["stages"]) + 2)
        outputs = np.zeros(shape)
        for first in range(0, trials, BLOCK):
            _block(plan, rng, outputs[first : first + BLOCK])
        return outputs

    return play


def _segment(written: dict[str, Any]) -> dict[str, Any]:
    if "losses" in written.get("lag_weeks", {}):
        raise ValueError("a lag of losses is not supported by this program")
    volume = written["volume"]
    if not (isinstance(volume, dict) and "per_quarter" in volume):
        volume = {"per_quarter": volume}
    slips = written.get("slips", {})
    lags = written.get("lag_weeks", {})
    return {
        "volume": {"stage": None, "growth": 0.0, "dispersion": 1.0, "weekly_profile": [1 / WEEKS] * WEEKS, **volume},
        "conversion": written["conversion"],
        "lags": {stage: _lag(lags.get(stage, 0)) for stage in written["conversion"]},
        "size": written["deal_size"],
        "slip": slips.get("probability", 0.0),
        "delay": slips.get("delay_weeks", {"mean": 4}),
        "limit": slips.get("limit", 3),
        "factor": slips.get("win_rate_factor", 1.0),
    }


def _lag(written: Any) -> Any:
    """An alias table where the lag is the same in all trials, else what was written."""
    inside = written.values() if isinstance(written, dict) else []
    return written if any(isinstance(value, dict) for value in inside) else alias.table(weeks(written))


def _market(plan: dict[str, Any], rng: np.random.Generator, trials: int):
    """Log odds shocks by stage, log volume shock, slip uniforms: each (trial, quarter); active events."""
    quarters = len(plan["plan_quarters"])
    persistence = plan["conversion"]["persistence"]
    shared = rng.standard_normal((trials, quarters))
    for quarter in range(1, quarters):
        shared[:, quarter] *= np.sqrt(1 - persistence**2)
        shared[:, quarter] += persistence * shared[:, quarter - 1]

    def shock(of: dict[str, float]) -> Any:
        if of["sd"] == 0:
            return None
        own = rng.standard_normal((trials, quarters))
        return of["sd"] * (np.sqrt(of["common"]) * shared + np.sqrt(1 - of["common"]) * own)

    rates = {stage: shock(plan["conversion"]) for stage in plan["stages"][1:]}
    volume = shock(plan["volume"])
    multipliers: dict[str, np.ndarray] = {}
    for event in plan["events"]:
        struck = rng.random((trials, quarters)) < event["probability"]
        active = struck.copy()
        for back in range(1, event.get("quarters", 1)):
            active[:, back:] |= struck[:, :-back]
        for what in set(event) - {"name", "probability", "quarters"}:
            times = np.atleast_1d(number(rng, event[what], "positive", trials))[:, None]
            multipliers[what] = multipliers.get(what, 1.0) * np.where(active, times, 1.0)
    return rates, volume, rng.random((trials, quarters)), multipliers


def _block(plan: dict[str, Any], rng: np.random.Generator, outputs: np.ndarray) -> None:
    trials = len(outputs)
    shocks, volume_shock, slip_uniform, multipliers = _market(plan, rng, trials)
    for index, segment in enumerate(plan["segments"]):

        def drawn(written: Any, domain: str) -> np.ndarray:
            return by_quarter(rng, written, domain, trials, plan["plan_quarters"])

        def rate(stage: str, written: Any) -> np.ndarray:
            value = drawn(written, "share")
            if shocks[stage] is not None:
                value = value / (value + (1 - value) * np.exp(-shocks[stage]))
            if stage in multipliers:
                value = np.minimum(1.0, value * multipliers[stage])
            return value

        rates = {stage: rate(stage, written) for stage, written in segment["conversion"].items()}
        entered = _arrivals(plan, segment, rng, drawn, volume_shock, multipliers, trials)
        entry = plan["stages"].index(segment["volume"]["stage"] or plan["stages"][0])
        for stage in range(entry, len(plan["stages"]) - 1):
            outputs[:, index, :, stage] = _quarters(plan, entered)
            following = plan["stages"][stage + 1]
            if stage == len(plan["stages"]) - 2:
                break
            going = rng.binomial(entered, np.repeat(rates[following], WEEKS, axis=1))
            entered = _later(rng, segment["lags"][following], going)
        slip = drawn(segment["slip"], "share")
        if "slip_probability" in multipliers:
            slip = np.minimum(1.0, slip * multipliers["slip_probability"])
        c = plan["concentration"]
        if c is not None:
            slip = np.broadcast_to(slip, slip_uniform.shape)
            inside = (slip > 0) & (slip < 1)
            slip = np.where(
                inside, betaincinv(slip * c, (1 - slip) * c, slip_uniform, where=inside, out=slip + 0), slip
            )
        win = rates[plan["stages"][-1]]
        _deals(plan, segment, rng, drawn, entered, slip, win, multipliers, outputs[:, index])


def _arrivals(plan, segment, rng, drawn, shock, multipliers, trials) -> np.ndarray:
    """Numbers of arrivals, int64 (trial, week)."""
    volume = segment["volume"]
    mean = drawn(volume["per_quarter"], "positive")
    growth = drawn(volume["growth"], "real")
    steps = np.where(np.arange(growth.shape[1]) > plan["warm_up"], 1 + growth, 1.0)
    mean = mean * np.cumprod(steps, axis=1)
    if shock is not None:
        mean = mean * np.exp(shock - plan["volume"]["sd"] ** 2 / 2)
    mean = mean * multipliers.get("volume", 1.0)
    weekly = (mean[:, :, None] * np.array(volume["weekly_profile"])).reshape(len(mean), -1)
    size = (trials, weekly.shape[1])
    dispersion = np.repeat(drawn(volume["dispersion"], "positive"), WEEKS, axis=1)
    if not (dispersion > 1).any():
        return rng.poisson(weekly, size=size)
    scale = np.maximum(dispersion - 1, 1e-12)
    counts = rng.poisson(rng.standard_gamma(weekly / scale, size=size) * scale)
    return counts if (dispersion > 1).all() else np.where(dispersion > 1, counts, rng.poisson(weekly, size=size))


def _later(rng: np.random.Generator, lag: Any, going: np.ndarray) -> np.ndarray:
    """Spread those who go on over the weeks in which they arrive."""
    trials, count = going.shape
    cells = np.repeat(np.arange(going.size), going.ravel())
    trial = np.repeat(np.arange(trials), going.sum(axis=1))
    cells += _weeks(rng, lag, trial, trials)
    cells = cells[cells < (trial + 1) * count]
    return np.bincount(cells, minlength=going.size).reshape(trials, count)


def _weeks(rng: np.random.Generator, lag: Any, trial: np.ndarray, trials: int) -> np.ndarray:
    """A lag for each individual: from the table, or in continuous time with its trial's own mean."""
    if isinstance(lag, tuple):
        return alias.draw(rng, lag, len(trial))
    return (_continuous(rng, lag, "gamma", trial, trials, None) + rng.random(len(trial))).astype(np.int64)


def _continuous(rng, spread, usual: str, trial: np.ndarray, trials: int, mean: Any) -> np.ndarray:
    """One draw per individual of a spread whose numbers were drawn per trial; ``mean`` per individual if known."""
    if "median" in spread:
        median, p90 = (number(rng, spread[key], "positive", trials) for key in ("median", "p90"))
        mu, sigma = np.log(median), np.log(np.divide(p90, median)) / 1.2815515655446004
        z = rng.standard_normal(len(trial))
        return np.exp(_of(mu, trial) + _of(sigma, trial) * z)
    if mean is None:
        mean = _of(number(rng, spread["mean"], "positive", trials), trial)
    cv = number(rng, spread.get("cv", 1), "positive", trials)
    family = spread.get("family", usual)
    if family == "lognormal":
        sigma = _of(np.sqrt(np.log1p(np.square(cv))), trial)
        return mean * np.exp(sigma * rng.standard_normal(len(trial)) - sigma**2 / 2)
    if family == "gamma" and not np.all(np.equal(cv, 1)):
        shape = _of(1 / np.square(cv), trial)
        return rng.standard_gamma(shape, size=len(trial)) * (mean / shape)
    if family in ("gamma", "exponential"):
        return rng.standard_exponential(len(trial)) * mean
    raise ValueError(f"family {family} is not supported by this program")


def _of(values: Any, trial: np.ndarray) -> Any:
    return values[trial] if np.ndim(values) else values


def _deals(plan, segment, rng, drawn, born_counts, slip, win, multipliers, outputs) -> None:
    trials, count = born_counts.shape
    start, quarters = WEEKS * plan["warm_up"], plan["quarters"]
    cells = trials * quarters
    trial = np.repeat(np.arange(trials), born_counts.sum(axis=1))
    born = np.repeat(np.tile(np.arange(count), trials), born_counts.ravel())
    due = born + _weeks(rng, segment["lags"][plan["stages"][-1]], trial, trials)
    rows = [np.broadcast_to(each, (trials, count // WEEKS)) for each in (slip, win)]
    factor = np.broadcast_to(drawn(segment["factor"], "positive"), rows[0].shape)
    delay = 1 / np.asarray(number(rng, segment["delay"]["mean"], "positive", trials))
    slips, won_trial, won_week, won_born = np.zeros(cells), [], [], []
    for slipped in range(segment["limit"] + 1):
        inside = due < count
        trial, due, born = trial[inside], due[inside], born[inside]
        quarter = due // WEEKS
        stays = rows[0][trial, quarter]
        fate = rng.random(len(due))
        rate = rows[1][trial, quarter] * (factor[trial, quarter] ** slipped if slipped else 1.0)
        won = (fate >= stays) & (fate < stays + (1 - stays) * rate) & (due >= start)
        won_trial.append(trial[won])
        won_week.append(due[won])
        won_born.append(born[won])
        again = fate < stays
        if slipped == segment["limit"] or not again.any():
            break
        trial, due, born = trial[again], due[again], born[again]
        counted = due >= start
        slips += np.bincount(trial[counted] * quarters + (due[counted] - start) // WEEKS, minlength=cells)
        due = due + rng.geometric(_of(delay, trial), size=len(due))
    trial, week, born = (np.concatenate(each) for each in (won_trial, won_week, won_born))
    mean = None
    if "mean" in segment["size"]:
        mean = _of(number(rng, segment["size"]["mean"], "positive", trials), trial)
    values = _continuous(rng, segment["size"], "lognormal", trial, trials, mean)
    if "deal_size" in multipliers:
        values = values * multipliers["deal_size"][trial, born // WEEKS]
    at = trial * quarters + (week - start) // WEEKS
    outputs[:, :, -3] = np.bincount(at, minlength=cells).reshape(trials, quarters)
    outputs[:, :, -2] = np.bincount(at, values, minlength=cells).reshape(trials, quarters).round(2)
    outputs[:, :, -1] = slips.reshape(trials, quarters)


def _quarters(plan: dict[str, Any], weekly: np.ndarray) -> np.ndarray:
    return weekly[:, WEEKS * plan["warm_up"] :].reshape(len(weekly), plan["quarters"], WEEKS).sum(axis=2)
