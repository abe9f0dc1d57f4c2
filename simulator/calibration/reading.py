"""One table, parsed."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simulator.calibration.history import Floats, Pushes
from simulator.calibration.mapping import Table


@dataclass
class Reading:
    """One table, parsed: per row an id and what it says."""

    table: Table
    ids: NDArray[np.object_]
    dates: dict[str, Floats] = field(default_factory=dict)
    segment: list[list[str | None]] = field(default_factory=list)
    amount: Floats | None = None
    status: NDArray[np.int8] | None = None
    pushes: tuple[NDArray[np.object_], Pushes] | None = None
