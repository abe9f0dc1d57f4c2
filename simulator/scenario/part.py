"""What all parts of a scenario have in common, and the limits of the format."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from simulator.scenario.scales import Domain
from simulator.scenario.spreads import FixedSpread, Geometric
from simulator.scenario.uncertain import Certain, Numbers

DEFAULT_STAGES = ("visitors", "engagements", "mqls", "sqls", "wins")
RESERVED_STAGES = (
    *("volume", "slip_probability", "deal_size", "all", "losses"),
    *("bookings", "created_pipeline", "open_deals", "open_pipeline", "slips", "slipped_deals", "slipped_value"),
    *("spend", "cac", "payback_months", "cost_per_sql"),
    *("name", "probability", "quarters", "rates"),
)
"""What a stage cannot be called: keys beside stages, and the other metrics."""
MOST_VOLUME = 1e9
MOST_QUARTERS = 200
MOST_TRIALS = 10**12


def certain(value: float, domain: Domain) -> Numbers:
    """One certain number for all quarters."""
    return (Certain(value, domain=domain),)


NO_LAG = FixedSpread(certain(0.0, "positive"))
MONTH = Geometric(certain(4.0, "positive"))


class Part(BaseModel):
    """Base of the parts of a scenario: frozen, no unknown fields."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, populate_by_name=True, defer_build=True
    )
