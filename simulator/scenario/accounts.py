"""Accounts: target companies instead of leads, the people engaged in each, and what they do to the win rate."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from simulator.scenario.forms import NumberForm, NumbersForm, SpecialForm, SpreadForm, WholeForm
from simulator.scenario.part import Part, certain
from simulator.scenario.spreads import Spread
from simulator.scenario.uncertain import Certain, Number, Numbers

MOST_ACCOUNTS = 10_000_000
MOST_CONTACTS = 100
METRICS = ("mqas", "accounts_left", "contacts_per_win", "contacts_per_loss")
"""What a plan with accounts counts besides; the only plans in which no stage may have these names."""

_TIMES = NumberForm("positive", zero=True, most=1000.0)
_ONE = Certain(1.0, domain="positive")


class ByContacts(Part):
    """The win rate of a deal whose account has so many engaged contacts, until the next row holds."""

    contacts: Annotated[int, WholeForm(1, MOST_CONTACTS)] = Field(description="From this many engaged contacts on.")
    rate: Annotated[Number, NumberForm("share")] = Field(description="The rate into wins.")

    @property
    def key(self) -> str:
        """What the row is called in a path."""
        return str(self.contacts)


class WinCurve(Part):
    """The win rate as a curve: most · n^k / (half_at^k + n^k) with n engaged contacts, k the steepness."""

    most: Annotated[Number, NumberForm("share")] = Field(
        description="The win rate that ever more engaged contacts come up to."
    )
    half_at: Annotated[Number, NumberForm("positive", most=float(MOST_CONTACTS))] = Field(
        description="Engaged contacts that bring half of it."
    )
    steepness: Annotated[Number, NumberForm("positive", most=20.0)] = Field(
        default=Certain(2.0, domain="positive"), description="How sharp the rise is there."
    )


class Persona(Part):
    """A role in the buying group, and what it does to the win rate when somebody of it is engaged."""

    share: Annotated[Number, NumberForm("share")] = Field(
        description="Probability that an engaged contact has this role; one person may have several."
    )
    win_rate: Annotated[Number, _TIMES] = Field(
        default=_ONE, description="Multiplies the rate into wins where one of them is engaged."
    )
    win_rate_without: Annotated[Number, _TIMES] = Field(
        default=_ONE, description="Multiplies the rate into wins where none of them is."
    )


_RATES = ((1, 0.10), (2, 0.18), (3, 0.30), (4, 0.45), (5, 0.60), (7, 0.70))
USUAL_RATES = tuple(
    ByContacts.model_construct(contacts=contacts, rate=Certain(rate, domain="share")) for contacts, rate in _RATES
)
"""Win rates of a plan that says nothing of them: up to three contacts a deal is probably lost, above four probably
won, as studies of buying groups commonly have it. Your own CRM knows better."""


class Accounts(Part):
    """What enters the segment are accounts: companies, each with people who engage one after another."""

    number: Annotated[Number | None, NumberForm("positive", zero=True, most=float(MOST_ACCOUNTS))] = Field(
        default=None, description="Target accounts not engaged yet at the start; without end if left out."
    )
    again_after_weeks: Annotated[Spread | None, SpreadForm("weeks", delay=True)] = Field(
        default=None, description="Weeks after which a lost account can engage again; never if left out."
    )
    contacts: Annotated[Spread, SpreadForm("contacts", delay=True)] = Field(
        description="Engaged contacts of an account when it first engages, at least one."
    )
    contacts_per_week: Annotated[Numbers, NumbersForm("positive", zero=True, most=100.0)] = Field(
        default=certain(0.0, "positive"), description="Further contacts that engage per week, before there is a deal."
    )
    contacts_per_week_in_deal: Annotated[Numbers | None, NumbersForm("positive", zero=True, most=100.0)] = Field(
        default=None, description="The same while the deal is open; as before it, if left out."
    )
    buying_group: Annotated[Spread | None, SpreadForm("contacts", delay=True)] = Field(
        default=None, description="How many people an account's buying group has: no more can engage."
    )
    qualified_at: Annotated[int, WholeForm(1, MOST_CONTACTS)] = Field(
        default=3, description="Engaged contacts from which an account counts as marketing-qualified (mqas)."
    )
    deal_needs: Annotated[int, WholeForm(1, MOST_CONTACTS)] = Field(
        default=1, description="Engaged contacts without which no deal is opened: the account is lost instead."
    )
    win_rate: Annotated[tuple[ByContacts, ...] | WinCurve | None, SpecialForm("by_contacts")] = Field(
        default=None,
        description="Rate into wins by engaged contacts: rows of contacts, rate; or most, half_at, steepness.",
    )
    personas: Annotated[dict[str, Persona], SpecialForm("personas")] = Field(
        default_factory=dict, description="Roles by name: their share of contacts, and what they do to the win rate."
    )

    def stated_rate(self, contacts: int) -> float | None:
        """The rate into wins with so many engaged contacts, in the middle; None where ``conversion`` says it.

        >>> Accounts.model_construct(win_rate=USUAL_RATES).stated_rate(6)
        0.6
        """
        rates = self.win_rate
        if isinstance(rates, WinCurve):
            most, half, k = (number.median() for number in (rates.most, rates.half_at, rates.steepness))
            return most / (1.0 + (half / contacts) ** k)
        return None if rates is None else [row for row in rates if row.contacts <= contacts][-1].rate.median()

    @property
    def usual(self) -> bool:
        """Whether the win rates are those of a plan that says nothing of them."""
        return self.win_rate is USUAL_RATES
