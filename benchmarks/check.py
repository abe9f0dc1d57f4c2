"""Whether a program plays the plan: its outputs against the exact answer, before it is timed."""

from __future__ import annotations

import numpy as np

from .exact import Exact

LIMIT = 4.9
"""Standard errors; a right program is turned away about once in a million comparisons."""


class WrongAnswer(Exception):
    """A program whose outputs are not those of the plan."""


def check(outputs: np.ndarray, exact: Exact, metrics: tuple[str, ...]) -> float:
    """The largest deviation in standard errors; above the limit it is a `WrongAnswer`.

    outputs : float64 (trial, quarter, metric)
    """
    trials = len(outputs)
    if outputs.shape[1:] != exact.mean.shape:
        raise WrongAnswer(f"outputs are {outputs.shape[1:]}, the plan has {exact.mean.shape} (quarter, metric)")
    with np.errstate(divide="ignore", invalid="ignore"):
        means = np.nan_to_num((outputs.mean(axis=0) - exact.mean) / np.sqrt(exact.variance / trials))
    scores = {
        f"mean of {metric}, quarter {quarter + 1}": means[quarter, column]
        for quarter in range(means.shape[0])
        for column, metric in enumerate(metrics)
    }
    for column, metric in enumerate(metrics[:-2]):  # counts that are Poisson
        mean = exact.mean[-1, column]
        spread = np.sqrt((mean + 2 * mean**2) / trials)
        scores[f"variance of {metric}"] = (outputs[:, -1, column].var(ddof=1) - mean) / spread
    wins, bookings = outputs[:, :, -3], outputs[:, :, -2]
    scores["probability of the wins"] = _share(wins[:, -1] >= exact.wins_at_least, exact.wins_probability)
    scores["probability of the bookings"] = _share(
        bookings.sum(axis=1) >= exact.bookings_at_least, exact.bookings_probability
    )
    total = exact.mean[:, -3].sum()
    scores["variance of all wins"] = (wins.sum(axis=1).var(ddof=1) - total) / np.sqrt((total + 2 * total**2) / trials)
    total = exact.variance[:, -2].sum()
    error = np.sqrt((exact.bookings_fourth + 2 * total**2) / trials)
    scores["variance of all bookings"] = (bookings.sum(axis=1).var(ddof=1) - total) / error
    worst = max(scores, key=lambda name: abs(scores[name]))
    if not abs(scores[worst]) < LIMIT:
        raise WrongAnswer(f"{worst} is {scores[worst]:+.1f} standard errors off")
    return float(abs(scores[worst]))


def _share(hits: np.ndarray, probability: float) -> float:
    spread = np.sqrt(probability * (1 - probability) / len(hits))
    return float((hits.mean() - probability) / spread) if spread > 0 else float(hits.mean() - probability) * 1e9
