"""From CRM history to a fitted funnel: :func:`fit` is the one call the command line and the backtest make."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.calibration.dates import day_number, day_of
from simulator.calibration.drift import Drift, measure
from simulator.calibration.history import History
from simulator.calibration.mapping import Mapping
from simulator.calibration.quality import Quality
from simulator.calibration.sizes import Sizes, fit_sizes
from simulator.calibration.slips import Slips, fit_slips
from simulator.calibration.spells import LOST, OPEN, WON, WON_UNDATED, Spells, spells_of
from simulator.calibration.transition import Transition, fit_transition
from simulator.calibration.volumes import Volumes, fit_volumes
from simulator.errors import FitError, UsageError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """A fitted funnel.

    ``transitions`` one per step of ``history.stages``, each with a ``Drift``; ``timed`` the same with the time that
    slips add left in (``transitions`` leaves it out where pushes are known, since the simulation adds it);
    ``volumes`` of what enters the first stage; ``sizes`` per segment, or None; ``slips`` or None. ``notes`` : what
    the reader should know before believing it.
    """

    history: History
    transitions: list[Transition]
    timed: list[Transition]
    drifts: list[Drift]
    volumes: Volumes
    sizes: list[Sizes] | None
    slips: Slips | None
    zombies: NDArray[np.bool_]
    notes: tuple[str, ...] = ()
    start: str = ""
    quarters: int = 4
    fiscal_year_starts: int = 1
    name: str = ""
    currency: str = "USD"
    sources: tuple[str, ...] = field(default=())

    @property
    def quality(self) -> Quality:
        """The data-quality page."""
        return self.history.quality

    @property
    def deals_are_leads(self) -> bool:
        """Whether the history has one step and no losses: leads that are won some day, with no deal in between."""
        return len(self.history.stages) == 2 and not self.history.has_losses

    @property
    def as_of(self) -> date:
        """The last day of which anything was known."""
        return day_of(self.history.as_of)

    def incidence(self, step: int) -> tuple[Floats, Floats, Floats]:
        """Weeks, share gone on and share lost of a step without any model; see
        :func:`simulator.calibration.incidence.incidence`."""
        from simulator.calibration.incidence import incidence

        return incidence(self.timed[step].spells)

    def season_ahead(self, days: int) -> float:
        """Season's factor over the ``days`` after the as-of date."""
        if self.volumes.season is None:
            return 1.0
        months = [(day_of(self.history.as_of + 1 + d).month - 1) // 3 for d in range(0, days, 7)]
        return float(self.volumes.season[months].mean())

    def write(self, path: str | os.PathLike[str]) -> list[Path]:
        """Write the scenario and the tables it reads (in a folder beside it); the paths written, the scenario first."""
        from simulator.calibration.plan import write_plan

        return write_plan(self, Path(path))

    def to_yaml(self) -> str:
        """The scenario as text, with comments; the tables it names are those that :meth:`write` writes."""
        from simulator.calibration.plan import plan_text

        return plan_text(self, "tables")[0]

    def to_json(self) -> dict[str, Any]:
        """Everything the fit found, as plain data."""
        from simulator.calibration.summary import as_json

        return as_json(self)

    def at_pace(self, odds: float, *, shock: float | None = None, note: str = "") -> Fit:
        """The same fit with the odds of the last step times ``odds``, rates that vary between quarters by ``shock``
        (a standard deviation of their log odds; None: as measured), and a note that says why."""
        drifts = [replace(drift, shock=shock) for drift in self.drifts]
        drifts[-1] = replace(drifts[-1], pace=odds)
        return replace(self, drifts=drifts, notes=(*self.notes, note) if note else self.notes)

    def predict(self, days: int, **options: Any) -> Any:
        """Wins and value of the coming days; see :func:`simulator.calibration.predict.predict`."""
        from simulator.calibration.predict import predict

        return predict(self, days, **options)


def _as_mapping(source: Any, mapping: Any) -> Mapping:
    from simulator.calibration.crm import ready_mapping
    from simulator.calibration.guess import guess_mapping
    from simulator.calibration.mapfile import load_mapping

    if isinstance(source, Mapping):
        return source
    files = [str(source)] if isinstance(source, (str, os.PathLike)) else [str(item) for item in source or ()]
    if isinstance(mapping, Mapping):
        return mapping.with_files(files)
    if mapping is None and len(files) == 1 and files[0].casefold().endswith((".yaml", ".yml", ".json")):
        return load_mapping(files[0])
    if not files and mapping is None:
        raise UsageError("give the tables to read, or a mapping file that names them")
    if mapping is None:
        return guess_mapping(files).mapping
    if str(mapping).casefold() in ("salesforce", "hubspot", "pipedrive"):
        return ready_mapping(str(mapping).casefold(), files)
    return load_mapping(mapping).with_files(files)


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
        read = _as_mapping(source, mapping)
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
            _bulk(spells, quality)
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
    _one_sided(timed[-1].spells, quality)
    zombies = _zombies(timed[-1], quality)
    notes += _drift_notes(history, transitions, drifts)
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


def _one_sided(spells: Spells, quality: Quality) -> None:
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


def _bulk(spells: Spells, quality: Quality) -> None:
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


def _without_slips(spells: Spells, slips: Slips) -> Spells:
    """Time to the decision less what pushes added: the engine adds the delays of slips itself."""
    moved = np.floor(7 * slips.weeks_by_record[spells.record]).astype(np.int64)
    return replace(spells, days=np.maximum(spells.days - moved, 0))


def _zombies(transition: Transition, quality: Quality) -> NDArray[np.bool_]:
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


def _drift_notes(history: History, transitions: list[Transition], drifts: list[Drift]) -> list[str]:
    notes = []
    for transition, drift in zip(transitions, drifts, strict=True):
        step = f"{transition.spells.stage} into {transition.spells.into}"
        if drift.level.gain > 2:
            notes.append(
                f"{step}: rates drift; today they run at {drift.factor:.2f} times the average of the history, and "
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


def _start(as_of: int, fiscal_year_starts: int) -> str:
    day = day_of(as_of) + timedelta(days=1)
    months = (day.month - fiscal_year_starts) % 12
    if day.day != 1 or months % 3:
        return day.isoformat()
    year = day.year if day.month >= fiscal_year_starts else day.year - 1
    return f"{year}-Q{months // 3 + 1}"


__all__ = ["Fit", "FitError", "fit", "fit_history"]
