"""Path classes: in which quarters a visitor can be counted where, and how many such visitors a trial has.

With Poisson arrivals and independent fates the visitors fall into a few hundred classes ("engaged in
the first quarter, MQL in the first, SQL in the second, slipped once in the second, won in the
third"), and the number of visitors of each class is an independent Poisson count.
"""

from __future__ import annotations

import numpy as np

from ..funnel import WEEKS, Funnel

Path = tuple[tuple[int, int], ...]  # (quarter, metric) pairs, in order


def classes(funnel: Funnel) -> tuple[np.ndarray, np.ndarray]:
    """Means of the classes, largest first, and what one visitor of each adds to the outputs.

    Returns
    -------
    means : float64 (class,)
    adds : float64 (class, quarter, metric); bookings are left at 0.
    """
    found: dict[Path, float] = {}

    def leave(path: Path, number: float) -> None:
        if path and number > 0:
            key = tuple(sorted(path))
            found[key] = found.get(key, 0.0) + number

    def split(path: Path, arriving: np.ndarray, metric: int, then) -> None:
        """One more event per quarter; ``arriving`` may be longer than the horizon: the rest stays open."""
        count = funnel.weeks
        for quarter in range(-funnel.warm_up, funnel.quarters):
            week = funnel.start + quarter * WEEKS
            inside = np.zeros(count)
            inside[week : week + WEEKS] = arriving[week : week + WEEKS]
            if inside.any():
                then((*path, (quarter, metric)) if quarter >= 0 else path, inside)
        leave(path, float(arriving[count:].sum()))

    def onward(stage: int):
        def then(path: Path, inside: np.ndarray) -> None:
            if stage == len(funnel.rates) - 1:
                split_due(path, np.convolve(inside, funnel.lags[-1]), 0)
                return
            rate = funnel.rates[stage]
            leave(path, float(inside.sum()) * (1 - rate))
            split(path, np.convolve(inside * rate, funnel.lags[stage]), stage + 1, onward(stage + 1))

        return then

    wins, slips = len(funnel.metrics) - 3, len(funnel.metrics) - 1
    step = 1 / funnel.delay
    delay = np.concatenate([[0.0], step * (1 - step) ** np.arange(2 * funnel.weeks)])
    delay[-1] += 1 - delay.sum()

    def split_due(path: Path, arriving: np.ndarray, slipped: int) -> None:
        rate = funnel.rates[-1] * funnel.factor**slipped
        stays = 1 - funnel.slip
        lost = arriving[: funnel.weeks] * (stays * (1 - rate) + (funnel.slip if slipped == funnel.limit else 0))
        leave(path, float(lost.sum()))
        split(path, arriving[: funnel.weeks] * stays * rate, wins, lambda won, inside: leave(won, float(inside.sum())))
        leave(path, float(arriving[funnel.weeks :].sum()))
        if slipped < funnel.limit and funnel.slip > 0:
            split(
                path,
                arriving[: funnel.weeks] * funnel.slip,
                slips,
                lambda moved, inside: split_due(moved, np.convolve(inside, delay), slipped + 1),
            )

    split((), funnel.arrivals, 0, onward(0))
    paths = sorted(found, key=found.__getitem__, reverse=True)
    adds = np.zeros((len(paths), funnel.quarters, len(funnel.metrics)))
    for index, path in enumerate(paths):
        for quarter, metric in path:
            adds[index, quarter, metric] += 1
    return np.array([found[path] for path in paths]), adds
