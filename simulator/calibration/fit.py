"""From CRM history to a fitted funnel: :func:`fit` is the one call the command line and the backtest make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from simulator.calibration.dates import day_number, day_of
from simulator.calibration.doubts import bulk_import, drift_notes, one_sided, zombies_of
from simulator.calibration.drift import Drift, measure
from simulator.calibration.fitted import Fit
from simulator.calibration.history import History
from simulator.calibration.sizes import fit_sizes
from simulator.calibration.slips import Slips, fit_slips
from simulator.calibration.source import mapping_of
from simulator.calibration.spells import Spells, spells_of
from simulator.calibration.transition import Transition, fit_transition
from simulator.calibration.volumes import fit_volumes
from simulator.errors import FitError, UsageError


def fit(
    source: Any,
    *,
    mapping: Any = None,
    as_of: date | str | None = None,
    start: str | None = None,
    quarters: int = 4,
    fiscal_year_starts: int = 1,
    name: str | None = None,
    currency: str | None = None,
    family: str | None = None,
) -> Fit:
    """Fit a funnel to CRM history.

    Parameters
    ----------
    source : a table, a list of tables, a mapping file, or a :class:`History` already read.
    mapping : a mapping file, a :class:`Mapping`, ``"salesforce"``, ``"hubspot"`` or ``"pipedrive"``; None guesses from
        the headers.
    as_of : last day that counts; default: the latest date of the data.
    start : first quarter or day of the plan; default: the day after ``as_of`` (the quarter, if one begins that day).
    family : of all lags (``gamma``, ``lognormal``, ``weibull``, ``generalised gamma``, ``empirical``); None chooses
    each.

    Raises
    ------
    DataError : tables that cannot be read as asked.  FitError : too little data; says how much is needed.

    Examples
    --------
    >>> from simulator.calibration.fit import fit
    >>> plan = fit(["leads.csv", "deals.csv"], mapping="mapping.yaml", as_of="2026-09-30")  # doctest: +SKIP
    >>> plan.write("plan.yaml")  # doctest: +SKIP
    """
    from simulator.calibration.read import read_history

    sources: tuple[str, ...] = ()
    if isinstance(source, History):
        history = source if as_of is None else source.known_at(day_number(date.fromisoformat(str(as_of))))
    else:
        read = mapping_of(source, mapping)
        sources = tuple(Path(table.file).name for table in read.tables)
        currency = currency or read.currency or None
        history = read_history(read, as_of=as_of)
    if family is not None and family not in ("gamma", "lognormal", "weibull", "generalised gamma", "empirical"):
        raise UsageError(
            f"{family!r} is no family of lags; allowed: gamma, lognormal, weibull, generalised gamma, empirical"
        )
    return fit_history(
        history,
        start=start,
        quarters=quarters,
        fiscal_year_starts=fiscal_year_starts,
        name=name,
        currency=currency or "USD",
        families=None if family is None else [family] * (len(history.stages) - 1),
        sources=sources,
    )


def fit_history(
    history: History,
    *,
    start: str | None = None,
    quarters: int = 4,
    fiscal_year_starts: int = 1,
    name: str | None = None,
    currency: str = "USD",
    families: Sequence[str] | None = None,
    sources: tuple[str, ...] = (),
) -> Fit:
    """Fit a history that is already read; see :func:`fit`."""
    quality = history.quality
    dates = history.ordered(quality)
    slips = fit_slips(history)
    segments = len(history.segments)
    transitions: list[Transition] = []
    timed: list[Transition] = []
    drifts: list[Drift] = []
    notes: list[str] = []
    last = len(history.stages) - 2
    first_spells = None
    for stage in range(last + 1):
        spells = spells_of(history, stage, dates)
        if first_spells is None:
            first_spells = spells
        if spells.start is not None:
            quality.add(
                "recording began late",
                int((spells.entry < spells.start).sum()),
                len(spells),
                f"records entered {spells.stage} before {spells.into} were recorded (first on {day_of(spells.start)})",
                "Those that ended earlier are taken to be missing from the data (left truncation)"
                if spells.absent
                else "Earlier endings are taken to look open; such records count only from that day on",
                serious=True,
            )
        if stage == 0:
            bulk_import(spells, quality)
        family = families[stage] if families else None
        plain = fit_transition(spells, segments, family=family)
        timed.append(plain)
        drifts.append(measure(plain))
        notes += plain.notes
        # The engine adds the delays of slips itself, so the plan's lag is that without them.
        slipping = stage == last and slips is not None
        transitions.append(
            fit_transition(_without_slips(spells, slips), segments, family=family) if slips and slipping else plain
        )
    one_sided(timed[-1].spells, quality)
    zombies = zombies_of(timed[-1], quality)
    notes += drift_notes(history, transitions, drifts)
    assert first_spells is not None
    volumes = fit_volumes(first_spells, segments)
    if volumes.counts.shape[1] < 13:
        notes.append(
            f"entries were watched for {volumes.counts.shape[1]} weeks only; at least 13 are needed to tell level "
            f"from luck"
        )
    return Fit(
        history,
        transitions,
        timed,
        drifts,
        volumes,
        fit_sizes(history),
        slips,
        zombies,
        tuple(notes),
        start or _start(history.as_of, fiscal_year_starts),
        quarters,
        fiscal_year_starts,
        name or f"Fitted to the CRM as of {day_of(history.as_of)}",
        currency,
        sources,
    )


def _without_slips(spells: Spells, slips: Slips) -> Spells:
    """Time to the decision less what pushes added: the engine adds the delays of slips itself."""
    moved = np.floor(7 * slips.weeks_by_record[spells.record]).astype(np.int64)
    return replace(spells, days=np.maximum(spells.days - moved, 0))


def _start(as_of: int, fiscal_year_starts: int) -> str:
    day = day_of(as_of) + timedelta(days=1)
    months = (day.month - fiscal_year_starts) % 12
    if day.day != 1 or months % 3:
        return day.isoformat()
    year = day.year if day.month >= fiscal_year_starts else day.year - 1
    return f"{year}-Q{months // 3 + 1}"


__all__ = ["Fit", "FitError", "fit", "fit_history"]
