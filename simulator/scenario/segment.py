"""A segment: what enters it, how it converts, how long that takes, how big deals are and how they slip."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from simulator.scenario.accounts import Accounts
from simulator.scenario.closing import ByPushes, BySize, PullIns
from simulator.scenario.customers import Customers
from simulator.scenario.forms import NumbersForm, SpecialForm, SpreadForm, WholeForm
from simulator.scenario.part import MONTH, MOST_VOLUME, Part, certain
from simulator.scenario.people import FollowUp
from simulator.scenario.spend import Spend
from simulator.scenario.spreads import Spread
from simulator.scenario.target import Target
from simulator.scenario.uncertain import Numbers


class Volume(Part):
    """What enters a segment."""

    stage: Annotated[str, SpecialForm("stage")] = Field(description="Stage that is entered; the first by default.")
    per_quarter: Annotated[Numbers, NumbersForm("positive", zero=True, most=MOST_VOLUME)] = Field(
        description="How many enter per quarter."
    )
    growth: Annotated[Numbers, NumbersForm("real", least=-1.0, most=100.0)] = Field(
        default=certain(0.0, "real"), description="Growth per quarter, compounding; 0.05 is 5% a quarter."
    )
    dispersion: Annotated[Numbers, NumbersForm("positive", least=1.0, most=1e6)] = Field(
        default=certain(1.0, "positive"), description="Variance of a week's arrivals over their mean; 1 is Poisson."
    )
    weekly_profile: Annotated[tuple[float, ...] | None, SpecialForm("profile")] = Field(
        default=None, description="Shares of the 13 weeks of a quarter; they sum to 1. Equal by default."
    )


class Slips(Part):
    """Deals pushed out on their due date."""

    probability: Annotated[Numbers, NumbersForm("share")] = Field(
        default=certain(0.0, "share"), description="Probability that a deal slips on a due date."
    )
    delay_weeks: Annotated[Spread, SpreadForm("weeks", delay=True)] = Field(
        default=MONTH, description="Weeks by which a slip moves the due date; {mean: 4} alone is geometric."
    )
    limit: Annotated[int, WholeForm(0, 100)] = Field(
        default=3, description="Slips a deal can survive; the next one loses it."
    )
    win_rate_factor: Annotated[Numbers, NumbersForm("positive", zero=True, most=1000.0)] = Field(
        default=certain(1.0, "positive"), description="Each slip multiplies the win rate by this."
    )
    by_pushes: Annotated[tuple[ByPushes, ...], SpecialForm("by_pushes")] = Field(
        default=(), description="What changes with the number of slips: rows of pushes, slip_probability, win_rate."
    )
    by_size: Annotated[tuple[BySize, ...], SpecialForm("by_size")] = Field(
        default=(), description="What is different for big deals: rows of above, slip_probability, win_rate."
    )


class Segment(Part):
    """A stream of leads with its own rates: a channel, a region, a product."""

    volume: Annotated[Volume, SpecialForm("volume")] = Field(description="What enters, per quarter.")
    conversion: Annotated[dict[str, Numbers], SpecialForm("conversion")] = Field(
        description="By stage: the share of the stage before that goes on into it."
    )
    lag_weeks: Annotated[dict[str, Spread], SpecialForm("lag_weeks")] = Field(
        description="By stage: weeks from the stage before. `losses`: weeks from a deal's birth to its loss."
    )
    deal_size: Annotated[Spread | None, SpreadForm("money")] = Field(
        default=None, description="Value of a deal in the plan's currency."
    )
    slips: Slips = Field(default_factory=Slips.model_construct, description="How deals slip.")
    accounts: Annotated[Accounts | None, SpecialForm("accounts")] = Field(
        default=None, description="What enters are accounts, with several contacts each. Leads if left out."
    )
    follow_up: Annotated[dict[str, FollowUp], SpecialForm("follow_up")] = Field(
        default_factory=dict, description="By stage: what becomes of its leads once they are worked."
    )
    spend: Annotated[Spend | None, SpecialForm("spend")] = Field(
        default=None, description="What the segment costs; a number is its budget per quarter."
    )
    kpi: Annotated[tuple[Target, ...], SpecialForm("kpi")] = Field(
        default=(), description="What the segment is judged on, at the stage where it belongs; one or a list."
    )
    linearity: Annotated[tuple[float, ...] | None, SpecialForm("profile")] = Field(
        default=None, description="Shares of a quarter's due dates in each of its 13 weeks. As they come if left out."
    )
    pull_ins: Annotated[PullIns | None, SpecialForm("pull_ins")] = Field(
        default=None, description="Deals closed before they fall due, perhaps for a discount."
    )
    customers: Annotated[Customers | None, SpecialForm("customers")] = Field(
        default=None, description="What becomes of won deals: churn, renewal, expansion. Not followed if left out."
    )
