"""The market: shocks and events that move the whole plan from quarter to quarter."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from simulator.scenario.forms import NumberForm, PlainForm, SpecialForm, TextForm, WholeForm
from simulator.scenario.part import Part
from simulator.scenario.uncertain import Certain, Number


class RateShock(Part):
    """How much a quarter's market moves the rates."""

    sd: Annotated[float, PlainForm(0.0, 10.0)] = Field(
        default=0.0, description="Standard deviation of the log-odds of a rate between quarters."
    )
    common: Annotated[float, PlainForm(0.0, 1.0)] = Field(
        default=0.0, description="Share of the variance that all stages have in common."
    )
    persistence: Annotated[float, PlainForm(-1.0, 1.0, open_low=True, open_high=True)] = Field(
        default=0.0, description="Correlation of the common part with that of the quarter before."
    )


class VolumeShock(Part):
    """How much a quarter's market moves the volume."""

    sd: Annotated[float, PlainForm(0.0, 10.0)] = Field(
        default=0.0, description="Standard deviation of the log of volume between quarters."
    )
    common: Annotated[float, PlainForm(0.0, 1.0)] = Field(
        default=0.0, description="Share of the variance in common with the rates."
    )


_MULTIPLIER = NumberForm("positive", zero=True, most=1000.0)
_ONE = Certain(1.0, domain="positive")


class Event(Part):
    """Something that may happen in a quarter and multiplies volume, rates, slips or sizes while it lasts."""

    name: Annotated[str, TextForm("a name")] = Field(description="What it is called.")
    probability: Annotated[float, PlainForm(0.0, 1.0)] = Field(description="Probability that it strikes in a quarter.")
    quarters: Annotated[int, WholeForm(1, 200)] = Field(default=1, description="Quarters it lasts.")
    slip_probability: Annotated[Number, _MULTIPLIER] = Field(default=_ONE, description="Multiplies slip probabilities.")
    volume: Annotated[Number, _MULTIPLIER] = Field(default=_ONE, description="Multiplies volumes.")
    deal_size: Annotated[Number, _MULTIPLIER] = Field(default=_ONE, description="Multiplies deal sizes.")
    rates: Annotated[dict[str, Number], SpecialForm("rates")] = Field(
        default_factory=dict, description="By stage: multiplies the rate into it."
    )


class Market(Part):
    """What moves the whole plan from quarter to quarter."""

    conversion: RateShock = Field(default_factory=RateShock.model_construct, description="Shocks to the rates.")
    volume: VolumeShock = Field(default_factory=VolumeShock.model_construct, description="Shocks to the volumes.")
    slip_concentration: Annotated[float | None, PlainForm(0.0, 1e9, open_low=True)] = Field(
        default=None,
        description="How alike quarters are in slips: the quarter's probability is Beta with this concentration.",
    )
    events: Annotated[tuple[Event, ...], SpecialForm("events")] = Field(default=(), description="Named events.")
