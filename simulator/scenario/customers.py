"""What becomes of a won deal: how long customers stay, whether they renew, what they spend more or less."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from simulator.scenario.forms import NumbersForm, WholeForm
from simulator.scenario.part import Part, certain
from simulator.scenario.uncertain import Numbers

COUNTS = ("customers", "new_customers", "churned_customers")
MONEY = ("arr", "new_arr", "expansion_arr", "contraction_arr", "churned_arr", "net_new_arr")
RATIOS = ("customer_retention", "gross_retention", "net_retention")
METRICS = (*COUNTS, *MONEY, *RATIOS)
"""What a plan with customers counts besides; the only plans in which no stage may have these names."""

NEEDS = {
    "first_renewal": "renewal",
    "term_months": "renewal",
    "uplift": "renewal",
    "expansion": "expansion_by",
    "expansion_by": "expansion",
    "contraction": "contraction_by",
    "contraction_by": "contraction",
}
"""Keys that say nothing without another one."""


class Customers(Part):
    """What becomes of the deals a segment wins: each starts a customer, with recurring revenue."""

    recurring: Annotated[Numbers, NumbersForm("positive", zero=True, most=1000.0)] = Field(
        default=certain(1.0, "positive"),
        description="Annual recurring revenue as a multiple of the deal's value; 0.8 where a fifth is one-off.",
    )
    churn: Annotated[Numbers, NumbersForm("share")] = Field(
        default=certain(0.0, "share"), description="Probability that a customer leaves within a year, at any time."
    )
    churn_first_year: Annotated[Numbers | None, NumbersForm("share")] = Field(
        default=None, description="The same in the first year as a customer; `churn` if left out."
    )
    churn_second_year: Annotated[Numbers | None, NumbersForm("share")] = Field(
        default=None, description="The same in the second year; `churn` if left out."
    )
    renewal: Annotated[Numbers | None, NumbersForm("share")] = Field(
        default=None, description="Probability that a contract is renewed when its term ends; no terms if left out."
    )
    first_renewal: Annotated[Numbers | None, NumbersForm("share")] = Field(
        default=None, description="The same at a customer's first renewal; `renewal` if left out."
    )
    term_months: Annotated[int, WholeForm(1, 120)] = Field(default=12, description="Months from renewal to renewal.")
    uplift: Annotated[Numbers, NumbersForm("real", least=-1.0, most=10.0)] = Field(
        default=certain(0.0, "real"), description="Change of price at each renewal; 0.05 is 5% more."
    )
    expansion: Annotated[Numbers, NumbersForm("share")] = Field(
        default=certain(0.0, "share"), description="Share of customers that buy more within a year."
    )
    expansion_by: Annotated[Numbers | None, NumbersForm("positive", zero=True, most=1000.0)] = Field(
        default=None, description="By how much of what they spent; 0.3 is 30% more."
    )
    contraction: Annotated[Numbers, NumbersForm("share")] = Field(
        default=certain(0.0, "share"), description="Share of customers that cut back within a year."
    )
    contraction_by: Annotated[Numbers | None, NumbersForm("share")] = Field(
        default=None, description="By how much of what they spent."
    )


class OpenCustomer(Part):
    """A customer at the start."""

    id: str
    segment: str
    arr: float
    since: date | None = None
    renewal: date | None = None
