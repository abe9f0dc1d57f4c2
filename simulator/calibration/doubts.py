"""What looks wrong with a history once its steps are known: filtered reports, bulk imports, zombies, drifting rates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.calibration.dates import day_of
from simulator.calibration.drift import Drift
from simulator.calibration.history import History
from simulator.calibration.quality import Quality
from simulator.calibration.spells import LOST, OPEN, WON, WON_UNDATED, Spells
from simulator.calibration.transition import Transition
from simulator.errors import FitError


def one_sided(spells: Spells, quality: Quality) -> None:
    """Reports are often filtered: to what was won, or to what is closed.

    Raises
    ------
    FitError : everything was won.
    """
    counts = np.bincount(spells.kind, minlength=5)
    won, still = counts[WON] + counts[WON_UNDATED], counts[OPEN]
    if len(spells) >= 20 and won == len(spells):
        raise FitError(
            f"all {won:,} records of {spells.stage} were won: this looks like a report of won deals only, from which "
            f"no rate can be told; export lost and open ones too"
        )
    ended = (spells.entry + spells.days)[spells.kind != OPEN]
    fresh = int((spells.entry > spells.as_of - np.median(spells.days)).sum())
    if len(spells) >= 50 and not still and len(ended) and np.median(spells.days) >= 7:
        quality.add(
            "nothing open",
            len(spells),
            len(spells),
            f"records of {spells.stage} are all decided, though {fresh:,} entered less than a usual cycle before the "
            f"as-of date",
            "This looks like a report of closed deals only: recent volumes and long cycles are missing; export open "
            "ones too",
            serious=True,
        )


def bulk_import(spells: Spells, quality: Quality) -> None:
    """Many records of one day were most likely imported on it: their dates say nothing about when they came."""
    days, counts = np.unique(spells.entry, return_counts=True)
    most = int(np.argmax(counts))
    if counts[most] > max(20, 0.05 * len(spells)) and counts[most] > 10 * np.median(counts) and len(days) > 10:
        quality.add(
            "bulk import",
            int(counts[most]),
            len(spells),
            f"records entered {spells.stage} on one day, {day_of(days[most])}, as if imported",
            "Their true dates are older; leave them out if the fitted lag looks too long",
            serious=True,
        )


def zombies_of(transition: Transition, quality: Quality) -> NDArray[np.bool_]:
    """bool (spell,) of the last step: open, and older than 99.5% of those that were ever decided."""
    spells = transition.spells
    decided = np.isin(spells.kind, (WON, LOST))
    oldest = np.quantile(spells.days[decided], 0.995) if decided.any() else np.inf
    dead = (spells.kind == OPEN) & (spells.days > oldest)
    still = int((spells.kind == OPEN).sum())
    quality.add(
        "zombies",
        int(dead.sum()),
        still,
        f"open records in {spells.stage} are older than nearly all that were ever decided ({oldest / 7:.0f} weeks)",
        "They count with the small chance of their age, not with the average rate",
        serious=dead.sum() > 0.1 * max(still, 1),
    )
    return dead


def drift_notes(history: History, transitions: list[Transition], drifts: list[Drift]) -> list[str]:
    notes = []
    for transition, drift in zip(transitions, drifts, strict=True):
        step = f"{transition.spells.stage} into {transition.spells.into}"
        if drift.level.gain > 2:
            notes.append(
                f"{step}: rates drift; today they run at {drift.ratio:.2f} times the average of the history, and "
                f"the plan starts from there"
            )
        if drift.flat:
            names = ", ".join(history.segments[i] for i in drift.flat[:6])
            notes.append(
                f"{step}: {names} convert at a flat pace however full the pipeline is (capacity, not conversion): "
                f"a run rate may "
                "foretell these better than the funnel; compare with `simulator backtest`, or let `simulator fit "
                "--weigh` weigh both by their past scores"
            )
    return notes
