"""What a plan, or one initiative of it, should reach."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from simulator.quarters import Period
from simulator.scenario.forms import PlainForm, SpecialForm, TextForm
from simulator.scenario.part import Part


class Target(Part):
    """What the plan should reach."""

    metric: Annotated[str, SpecialForm("metric")] = Field(description="wins, bookings, a stage, …")
    at_least: Annotated[float | None, PlainForm(-1e18, 1e18)] = Field(default=None, description="Met from here up.")
    at_most: Annotated[float | None, PlainForm(-1e18, 1e18)] = Field(default=None, description="Met from here down.")
    in_: Annotated[str, SpecialForm("period")] = Field(
        alias="in", description="2027-Q3, 2027, 2027-Q1..2027-Q3, each quarter, or horizon."
    )
    segment: Annotated[str | tuple[str, ...] | None, SpecialForm("target segment")] = Field(
        default=None, description="A segment or a list of them; all by default."
    )
    name: Annotated[str, TextForm("a name")] = Field(description="What it is called.")
    period: Annotated[Period, SpecialForm("derived")] = Field(exclude=True)
