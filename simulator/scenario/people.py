"""People who work a stage, and what becomes of a lead once it is worked."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from simulator.scenario.forms import NumberForm, NumbersForm, SpecialForm, SpreadForm, WholeForm
from simulator.scenario.part import NO_LAG, Part, certain
from simulator.scenario.spreads import Geometric, Spread
from simulator.scenario.uncertain import Certain, Number, Numbers

MOST_PEOPLE = 10_000
ORDERS = ("fifo", "newest", "listed")
"""Who is worked first: the oldest lead, the newest, or the segments in the order in which they are listed."""
RAMP = (0.25, 0.5, 0.75, 1.0)
A_QUARTER = Geometric(certain(13.0, "positive"))


class Team(Part):
    """People who work the leads of a stage, or the deals; more than they can work must wait."""

    stage: Annotated[str, SpecialForm("team stage")] = Field(
        description="Stage whose leads or deals they work; by default the team's own name."
    )
    segments: Annotated[tuple[str, ...] | None, SpecialForm("team segments")] = Field(
        default=None, description="Segments they work for; all that pass the stage by default."
    )
    people: Annotated[Numbers, NumbersForm("positive", zero=True, most=MOST_PEOPLE)] = Field(
        description="How many they are, by quarter; those added are hired, the last hired go first."
    )
    each_per_week: Annotated[Numbers | None, NumbersForm("positive", most=1e6)] = Field(
        default=None, description="Leads that one of them works in a week."
    )
    open_deals_each: Annotated[Numbers | None, NumbersForm("positive", most=1e6)] = Field(
        default=None, description="Where deals are born: open deals that one of them can have at a time."
    )
    ramp_weeks: Annotated[Number, NumberForm("positive", zero=True, most=520.0)] = Field(
        default=Certain(0.0, domain="positive"), description="Weeks until a new one works as much as the others."
    )
    ramp: Annotated[tuple[float, ...], SpecialForm("ramp")] = Field(
        default=RAMP, description="What a new one does meanwhile, as shares, in equal steps of the ramp."
    )
    attrition: Annotated[Numbers, NumbersForm("share")] = Field(
        default=certain(0.0, "share"), description="Probability that one of them leaves within a quarter."
    )
    start_weeks: Annotated[Spread, SpreadForm("weeks")] = Field(
        default=NO_LAG, description="Weeks from the first day of the quarter until one hired for it starts."
    )
    replace_weeks: Annotated[Spread | None, SpreadForm("weeks")] = Field(
        default=None, description="Weeks until one who left is replaced; never, if left out."
    )
    patience_weeks: Annotated[Numbers | None, NumbersForm("positive", zero=True, most=10_000.0)] = Field(
        default=None, description="Weeks a lead or deal waits before it goes cold; for ever, if left out."
    )
    waiting_factor: Annotated[Numbers, NumbersForm("share")] = Field(
        default=certain(1.0, "share"),
        description="Each week of waiting multiplies the rate into the next stage by this.",
    )
    order: Annotated[str, SpecialForm("order")] = Field(
        default="fifo", description="fifo: the longest waiting first; newest; or listed: segment by segment."
    )


class FollowUp(Part):
    """What becomes of the leads of a stage once they are worked."""

    reached: Annotated[Numbers, NumbersForm("share")] = Field(
        default=certain(1.0, "share"), description="Share of those worked that is reached at all."
    )
    disqualified: Annotated[Numbers | None, NumbersForm("share")] = Field(
        default=None, description="Share of those reached that turns out to be none: bad data, wrong role."
    )
    good: Annotated[Numbers | None, NumbersForm("share")] = Field(
        default=None,
        description="Share of the stage before that is worth selling to; with auc, instead of disqualified.",
    )
    auc: Annotated[Numbers | None, NumbersForm("share")] = Field(
        default=None, description="How well the score that passes leads on tells the good: 0.5 is a coin, 1 is perfect."
    )
    nurtured: Annotated[Numbers, NumbersForm("share")] = Field(
        default=certain(0.0, "share"), description="Share of those not reached or not accepted that is nurtured."
    )
    returns: Annotated[Numbers, NumbersForm("share")] = Field(
        default=certain(1.0, "share"), description="Share of those nurtured that comes back."
    )
    returns_after_weeks: Annotated[Spread, SpreadForm("weeks", delay=True)] = Field(
        default=A_QUARTER, description="Weeks until they come back; {mean: 13} alone is geometric."
    )
    returned_conversion: Annotated[Numbers | None, NumbersForm("share")] = Field(
        default=None, description="Rate into the next stage of those who came back; the segment's, if left out."
    )
    limit: Annotated[int, WholeForm(1, 20)] = Field(default=1, description="How often a lead can come back.")
