"""The scenario: every part of a plan, frozen, with all defaults filled in.

These classes are the one place that says which keys a scenario file has, what each accepts, what it
means and what holds when it is left out. The reader, the JSON Schema and the resolved form follow them.
"""

from __future__ import annotations

import math
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, PrivateAttr

from simulator.quarters import Calendar
from simulator.scenario.accounts import Accounts, ByContacts, Persona, WinCurve
from simulator.scenario.customers import Customers, OpenCustomer
from simulator.scenario.forms import PlainForm, SpecialForm, TextForm, WholeForm
from simulator.scenario.market import Event, Market, RateShock, VolumeShock
from simulator.scenario.part import DEFAULT_STAGES, MOST_QUARTERS, MOST_TRIALS, Part
from simulator.scenario.people import FollowUp, Team
from simulator.scenario.segment import Segment, Slips, Volume
from simulator.scenario.spend import Payback, Response, Spend
from simulator.scenario.target import Target
from simulator.scenario.uncertain import Number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from simulator.scenario.nodes import Node

__all__ = [
    "Accounts",
    "ByContacts",
    "Correlation",
    "Customers",
    "Event",
    "FollowUp",
    "Market",
    "OpenCustomer",
    "OpenDeal",
    "OpenLead",
    "Opening",
    "Part",
    "Payback",
    "Persona",
    "RateShock",
    "Response",
    "Scenario",
    "Segment",
    "Simulation",
    "Slips",
    "Spend",
    "Target",
    "Team",
    "Volume",
    "VolumeShock",
    "WinCurve",
]


class OpenDeal(Part):
    """A deal that is open at the start."""

    id: str
    segment: str
    amount: float
    expected_close: date | None = None
    win_probability: float | None = None
    pushes: int = 0
    created: date | None = None
    contacts: int | None = None


class OpenLead(Part):
    """Leads in flight at the start."""

    segment: str
    stage: str
    entered: date
    count: int = 1


class Opening(Part):
    """What is already there at the start."""

    warm_up_quarters: Annotated[int, WholeForm(0, 200)] = Field(
        default=4, description="Quarters simulated before the start and thrown away."
    )
    deals: Annotated[tuple[OpenDeal, ...] | None, SpecialForm("deals")] = Field(
        default=None,
        description="CSV file of open deals: id, segment, amount, expected_close, win_probability, pushes, created.",
    )
    leads: Annotated[tuple[OpenLead, ...] | None, SpecialForm("leads")] = Field(
        default=None, description="CSV file of leads in flight: segment, stage, entered, count."
    )
    customers: Annotated[tuple[OpenCustomer, ...] | None, SpecialForm("open customers")] = Field(
        default=None, description="CSV file of customers at the start: id, segment, arr, since, renewal."
    )
    win_probability: Annotated[Number | None, SpecialForm("win_probability")] = Field(
        default=None, description="Replaces (a number) or scales ({times: 1.1}) the open deals' own win_probability."
    )


class Correlation(Part):
    """Two uncertain numbers that go together."""

    between: Annotated[tuple[str, str], SpecialForm("between")] = Field(description="Two paths.")
    rank: Annotated[float, PlainForm(-1.0, 1.0, open_low=True, open_high=True)] = Field(
        description="Spearman's rank correlation."
    )

    @property
    def of_normals(self) -> float:
        """The correlation of two normals with this rank correlation (Pearson 1907)."""
        return 2 * math.sin(math.pi * self.rank / 6)


class Simulation(Part):
    """How long to roll the dice; the command line overrides."""

    trials: Annotated[int, WholeForm(1, MOST_TRIALS)] = Field(default=10_000, description="Simulated runs.")
    seed: Annotated[int | None, WholeForm(0, 2**63 - 1)] = Field(
        default=None, description="The same seed gives the same luck."
    )


class Scenario(Part):
    """A plan, checked and complete. Read one with :func:`simulator.scenario.load.load`."""

    format: Annotated[int, WholeForm(1, 1)] = Field(default=1, description="Version of this format.")
    name: Annotated[str, TextForm("a name")] = Field(default="plan", description="What the plan is called.")
    description: Annotated[str, TextForm("text", empty=True)] = Field(default="", description="What it is about.")
    start: Annotated[str, SpecialForm("start")] = Field(
        description="First quarter (2027-Q1), or a date: the periods are then 13-week blocks."
    )
    quarters: Annotated[int, WholeForm(1, MOST_QUARTERS)] = Field(description="Quarters in the horizon.")
    fiscal_year_starts: Annotated[int, WholeForm(1, 12)] = Field(
        default=1, description="Month in which the fiscal year starts."
    )
    currency: Annotated[str, TextForm("a currency")] = Field(default="USD", description="Currency of all money.")
    stages: Annotated[tuple[str, ...], SpecialForm("stages")] = Field(
        default=DEFAULT_STAGES, description="Stages in order; the last is the win, a deal is born in the one before."
    )
    segments: Annotated[dict[str, Segment], SpecialForm("segments")] = Field(description="Streams of leads, by name.")
    capacity: Annotated[dict[str, Team], SpecialForm("capacity")] = Field(
        default_factory=dict, description="Who works the stages, by stage or by name; unlimited if left out."
    )
    opening: Opening = Field(default_factory=Opening.model_construct, description="What is already there at the start.")
    market: Market = Field(default_factory=Market.model_construct, description="What moves the whole plan.")
    correlations: Annotated[tuple[Correlation, ...], SpecialForm("correlations")] = Field(
        default=(), description="Uncertain numbers that go together."
    )
    targets: Annotated[tuple[Target, ...], SpecialForm("targets")] = Field(
        default=(), description="What the plan should reach."
    )
    payback: Payback = Field(default_factory=Payback.model_construct, description="What a won deal pays back.")
    simulation: Simulation = Field(default_factory=Simulation.model_construct, description="Trials and seed.")

    _tree: Any = PrivateAttr(default=None)
    _file: str | None = PrivateAttr(default=None)
    _warnings: tuple[str, ...] = PrivateAttr(default=())
    _tables: Any = PrivateAttr(default_factory=dict)

    @property
    def file(self) -> str | None:
        """The file it was read from, as named by the user; None for a dict."""
        return self._file

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is allowed but probably not meant."""
        return self._warnings

    @property
    def document(self) -> dict[str, Any]:
        """The file as plain values: parents merged, changes applied, defaults not filled in."""
        tree: Node | None = self._tree
        return {} if tree is None else tree.plain()

    @property
    def has_people(self) -> bool:
        """Whether leads or deals may have to wait, or something becomes of the leads that are not accepted."""
        return bool(self.capacity) or any(segment.follow_up for segment in self.segments.values())

    @cached_property
    def calendar(self) -> Calendar:
        """The quarters of the horizon."""
        return Calendar(self.start, self.quarters, self.fiscal_year_starts)

    @cached_property
    def sha256(self) -> str:
        """Hash of what the plan says: equal for files that differ in formatting only.

        The contents of tables count, not where they lie.
        """
        from simulator.scenario.resolved import fingerprint

        return fingerprint(self)

    @property
    def kpis(self) -> tuple[Target, ...]:
        """What each segment is judged on, segment by segment; no targets of the plan."""
        return tuple(kpi for segment in self.segments.values() for kpi in segment.kpi)

    def numbers(self) -> Iterator[tuple[str, Number]]:
        """Every number that may be uncertain, with its path; items of lists by their quarter."""
        from simulator.scenario.walk import numbers

        return numbers(self, self.calendar.labels)

    def with_changes(self, changes: Mapping[str, Any]) -> Scenario:
        """The same plan with some paths changed, as ``--set`` does.

        Parameters
        ----------
        changes : by path (``segments.*.conversion.wins``), a value in any form of the scenario file, or
            a relative change: ``"+10%"``, ``"-5%"``, ``"*1.2"``.

        Raises
        ------
        ScenarioError : an unknown path, or a value that is not allowed there.
        """
        from simulator.scenario.load import change

        return change(self, list(changes.items()))

    def differences(self, other: Scenario) -> list[tuple[str, Any, Any]]:
        """Where two plans differ: path, value here, value there; None where one says nothing."""
        from simulator.scenario.differences import differences

        return differences(self, other)

    def to_yaml(self, folder: str | None = None) -> str:
        """The resolved form: every default filled in, itself a valid scenario file.

        Files it names are written relative to ``folder``, by default the current directory.
        """
        from simulator.scenario.dump import to_yaml

        return to_yaml(self, folder)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scenario) and self.sha256 == other.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)
