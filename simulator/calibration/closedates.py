"""Close-date histories: Salesforce OpportunityHistory snapshots and field histories to pushes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.calibration.dates import parse_dates
from simulator.calibration.history import Floats, Pushes
from simulator.calibration.labels import key_of
from simulator.calibration.mapping import Table
from simulator.calibration.quality import Quality


def read_pushes(
    table: Table, ids: NDArray[np.object_], days: dict[str, Floats], frame: Any, quality: Quality
) -> tuple[NDArray[np.object_], Pushes]:
    """The owner (object (change,)) and the old and new close date of every change, in order of time."""
    when = days[table.changed]
    if table.shape == "history":
        close = np.floor(days[table.expected_close])
        fine = np.isfinite(when) & np.isfinite(close) & (ids != "")
        quality.add(
            "incomplete snapshot",
            int((~fine).sum()),
            len(fine),
            f"rows of {table.label} lack an id, a time or a close date",
            "Left out",
        )
        rows = np.flatnonzero(fine)
        # Exports round times to the minute: among equals, the order of the file is kept.
        rows = rows[np.lexsort((rows, when[rows], ids[rows].astype(str)))]
        owner, day, date = ids[rows], when[rows], close[rows]
        change = np.flatnonzero((owner[1:] == owner[:-1]) & (date[1:] != date[:-1])) + 1
        pushes = Pushes(np.arange(len(change)), day[change], date[change - 1], date[change])
        return owner[change], pushes
    texts = frame.get_column(table.field).to_list()
    about = np.array([key_of(t or "") in ("closedate", "expectedclosedate", "expectedclose") for t in texts])
    order = None if table.day_first is None else "day" if table.day_first else "month"
    old = parse_dates(frame.get_column(table.old).to_list(), order=order).days
    new = parse_dates(frame.get_column(table.new).to_list(), order=order).days
    fine = about & np.isfinite(when) & np.isfinite(old) & np.isfinite(new) & (ids != "")
    quality.add(
        "incomplete change",
        int((about & ~fine).sum()),
        int(about.sum()),
        f"close-date changes of {table.label} lack a date",
        "Left out",
    )
    rows = np.flatnonzero(fine)
    rows = rows[np.lexsort((rows, when[rows], ids[rows].astype(str)))]
    return ids[rows], Pushes(np.arange(len(rows)), when[rows], np.floor(old[rows]), np.floor(new[rows]))
