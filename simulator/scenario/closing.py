"""How deals close, in more detail: when in a quarter they fall due, what is pulled in, what pushes and size change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from simulator.scenario.forms import NumberForm, NumbersForm, PlainForm, SpreadForm, WholeForm
from simulator.scenario.part import MONTH, Part, certain
from simulator.scenario.scales import format_number
from simulator.scenario.spreads import Spread
from simulator.scenario.uncertain import Certain, Number, Numbers

if TYPE_CHECKING:
    from simulator.scenario.segment import Segment

_TIMES = NumberForm("positive", zero=True, most=1000.0)
_ONE = Certain(1.0, domain="positive")


class ByPushes(Part):
    """What changes for a deal that was pushed so often, until the next row holds."""

    pushes: Annotated[int, WholeForm(1, 100)] = Field(description="From this many slips on.")
    slip_probability: Annotated[Number, _TIMES] = Field(default=_ONE, description="Multiplies the slip probability.")
    win_rate: Annotated[Number, _TIMES] = Field(default=_ONE, description="Multiplies the rate into wins.")

    @property
    def key(self) -> str:
        """What the row is called in a path."""
        return str(self.pushes)


class BySize(Part):
    """What changes for a deal above a size, until the next row holds."""

    above: Annotated[float, PlainForm(0.0, 1e12)] = Field(description="For deals worth more than this.")
    slip_probability: Annotated[Number, _TIMES] = Field(default=_ONE, description="Multiplies the slip probability.")
    win_rate: Annotated[Number, _TIMES] = Field(default=_ONE, description="Multiplies the rate into wins.")

    @property
    def key(self) -> str:
        """What the row is called in a path: the size, with _ for a decimal point."""
        return format_number(self.above).replace(".", "_")


class PullIns(Part):
    """Deals closed before they fall due, perhaps for a discount."""

    probability: Annotated[Numbers, NumbersForm("share")] = Field(
        default=certain(0.0, "share"),
        description="Probability that a deal is pulled in, of the quarter into which it would be.",
    )
    by_weeks: Annotated[Spread, SpreadForm("weeks", delay=True)] = Field(
        default=MONTH, description="Weeks by which its due date moves forward; {mean: 4} alone is geometric."
    )
    value_factor: Annotated[Numbers, NumbersForm("positive", zero=True, most=1000.0)] = Field(
        default=certain(1.0, "positive"),
        description="Multiplies the value of a deal won early; 0.9 is a discount of 10%.",
    )


def is_detailed(segment: Segment) -> bool:
    """Whether a segment says more of closing than that deals slip, all alike."""
    slips = segment.slips
    return segment.linearity is not None or segment.pull_ins is not None or bool(slips.by_pushes or slips.by_size)
