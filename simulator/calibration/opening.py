"""What is in flight on the as-of date: open deals with the chance of their age, and leads."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simulator.calibration.dates import day_of
from simulator.calibration.predict import in_flight, scaled
from simulator.calibration.spells import OPEN

if TYPE_CHECKING:
    from simulator.calibration.fitted import Fit

Floats = NDArray[np.float64]
NEVER = 0.002
"""Chance below which an open deal is left out of the plan."""


def chances(fit: Fit) -> tuple[NDArray[np.int64], Floats]:
    """Rows (spells of the last step) that are open, and the chance each is ever won given its age."""
    step = fit.transitions[-1]
    spells = step.spells
    rows = np.flatnonzero(spells.kind == OPEN)
    chance = np.zeros(len(rows))
    for segment, cure in enumerate(step.segments):
        mine = spells.segment[rows] == segment
        if mine.any():
            ages, inverse = np.unique(spells.days[rows][mine], return_inverse=True)
            f = cure.lag.cdf((ages + 0.5) / 7)
            gone = cure.p * f
            if cure.loss_lag is not None:
                gone = gone + (1 - cure.p) * cure.r * cure.loss_lag.cdf((ages + 0.5) / 7)
            ever = cure.p * (1 - f) / np.maximum(1 - gone, 1e-6)
            chance[mine] = np.clip(scaled(ever, fit.drifts[-1].factor), 0, 0.98)[inverse]
    return rows, chance


def open_deals(fit: Fit, names: list[str]) -> tuple[str, int, int, float]:
    """The CSV of open deals, how many it lists, how many were left out as all but dead, and the wins it expects."""
    history, spells = fit.history, fit.transitions[-1].spells
    rows, chance = chances(fit)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["id", "segment", "amount", "expected_close", "win_probability", "pushes", "created"])
    kept = 0
    for row, ever in zip(rows, chance, strict=True):
        if ever < NEVER:
            continue
        record = spells.record[row]
        segment = int(spells.segment[row])
        amount = history.amount[record]
        if not amount > 0:
            amount = fit.sizes[segment].mean if fit.sizes is not None else 1.0
        close, pushes = "", ""
        if fit.slips is not None:
            pushes = f"{int(fit.slips.by_record[record])}"
            if np.isfinite(history.expected_close[record]):
                close = day_of(history.expected_close[record]).isoformat()
        identity = str(history.ids[record])
        safe = "'" + identity if identity[:1] in "=+-@\t" else identity
        writer.writerow(
            [safe, names[segment], f"{amount:.2f}", close, f"{ever:.4f}", pushes, day_of(spells.entry[row]).isoformat()]
        )
        kept += 1
    return out.getvalue(), kept, len(rows) - kept, float(chance[chance >= NEVER].sum())


def leads(fit: Fit, names: list[str], steps: int) -> tuple[str, int]:
    """The CSV of leads in flight in the first ``steps`` stages, and how many they are."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["segment", "stage", "entered", "count"])
    total = 0
    for step in fit.transitions[:steps]:
        spells = step.spells
        still = spells.kind == OPEN
        pairs, count = np.unique(np.stack([spells.segment[still], spells.entry[still]]), axis=1, return_counts=True)
        for (segment, entry), number in zip(pairs.T, count, strict=True):
            writer.writerow([names[segment], spells.stage, day_of(entry).isoformat(), int(number)])
        total += int(still.sum())
    return out.getvalue(), total


__all__ = ["chances", "in_flight", "leads", "open_deals"]
