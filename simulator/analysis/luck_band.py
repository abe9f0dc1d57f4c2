"""The luck band: what pure chance leaves of a plan that is executed perfectly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.luck_subject import Subject
from simulator.statistics.intervals import Estimate, proportion


@dataclass(frozen=True)
class Band:
    """Where a metric lands when only the luck of the draw is left.

    Every assumption is at its median (the mean slip probability too, where that is uncertain), there
    are no shocks and no events, and every quarter's slip probability is at its mean. ``plan`` is the
    mean of what is then simulated: what the plan's numbers come to when nothing surprises anyone.
    ``all_p10`` and ``all_p90`` are those of the plan with everything that is uncertain in it.
    """

    plan: float
    p10: float
    p50: float
    p90: float
    sd: float
    all_p10: float
    all_p90: float
    probability: Estimate | None

    def to_json(self) -> dict[str, Any]:
        """The documented form."""
        chance = self.probability
        return {
            "p10": self.p10, "p50": self.p50, "p90": self.p90, "plan": self.plan, "sd": self.sd,
            "all_p10": self.all_p10, "all_p90": self.all_p90,
            "probability": None if chance is None else chance.value,
            "probability_standard_error": None if chance is None else chance.standard_error,
        }  # fmt: skip


def luck_band(subject: Subject, values: NDArray[np.float64], perfect: NDArray[np.float64]) -> Band:
    """Summarise the band.

    Parameters
    ----------
    values : (trial,) the metric in the plan as it is.
    perfect : (trial,) the metric simulated with ``at_median=True, market=False``.
    """
    p10, p50, p90 = (float(x) for x in np.percentile(perfect, (10, 50, 90)))
    all_p10, all_p90 = (float(x) for x in np.percentile(values, (10, 90)))
    chance = None if subject.bound is None else proportion(subject.met(perfect))
    return Band(float(perfect.mean()), p10, p50, p90, float(perfect.std(ddof=1)) if perfect.size > 1 else 0.0,
                all_p10, all_p90, chance)  # fmt: skip
