"""A fitted funnel, and what can be made of it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.calibration.dates import day_of
from simulator.calibration.drift import Drift
from simulator.calibration.history import History
from simulator.calibration.quality import Quality
from simulator.calibration.sizes import Sizes
from simulator.calibration.slips import Slips
from simulator.calibration.transition import Transition
from simulator.calibration.volumes import Volumes

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
