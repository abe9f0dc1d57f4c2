"""Money that goes out: what a segment spends, what that brings, and what a won deal pays back."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from simulator.scenario.forms import NumberForm, NumbersForm, SpecialForm, SpreadForm
from simulator.scenario.part import MOST_VOLUME, NO_LAG, Part, certain
from simulator.scenario.spreads import Spread
from simulator.scenario.uncertain import Certain, Number, Numbers

MOST_SPEND = 1e12
STEEPEST = 20.0


class Response(Part):
    """How many a quarter's budget brings: most · b^k / (half_at^k + b^k), Hill's curve."""

    most: Annotated[Numbers, NumbersForm("positive", zero=True, most=MOST_VOLUME)] = Field(
        description="How many a quarter's budget could bring at the very most."
    )
    half_at: Annotated[Numbers, NumbersForm("positive", most=MOST_SPEND)] = Field(
        description="Budget per quarter that brings half of them."
    )
    steepness: Annotated[Numbers, NumbersForm("positive", least=0.1, most=STEEPEST)] = Field(
        default=certain(1.0, "positive"),
        description="1 or less: every further bit brings less than the one before; above 1 a little brings next to "
        "nothing, then it takes off.",
    )


class Spend(Part):
    """What a segment costs before anything is sold."""

    per_quarter: Annotated[Numbers, NumbersForm("positive", zero=True, most=MOST_SPEND)] = Field(
        default=certain(0.0, "positive"), description="Budget per quarter."
    )
    per_arrival: Annotated[Numbers, NumbersForm("positive", zero=True, most=MOST_SPEND)] = Field(
        default=certain(0.0, "positive"), description="Cost of each one that enters the segment."
    )
    response: Annotated[Response | None, SpecialForm("response")] = Field(
        default=None, description="How many the budget brings, on top of volume; none by default."
    )
    lag_weeks: Annotated[Spread, SpreadForm("weeks")] = Field(
        default=NO_LAG, description="Weeks from the spending to those it brings."
    )


class Payback(Part):
    """What a won deal earns, month by month, for payback_months."""

    gross_margin: Annotated[Number, NumberForm("share")] = Field(
        default=Certain(1.0, domain="share"), description="Share of a deal's value that is left after serving it."
    )
    deal_months: Annotated[Number, NumberForm("positive", least=0.01, most=1200.0)] = Field(
        default=Certain(12.0, domain="positive"), description="Months over which a deal's value is earned."
    )
