"""Numbers of a plan as people say them: 42% and not 0.42, 38,124 and not 38123.7."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import ScenarioError
from simulator.scenario.labels import EVERYWHERE, label
from simulator.scenario.levers import levers

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario

_PER_CENT = ("growth", "win_rate_factor")
"""Not shares, as they may pass 1 or be negative, and yet said in percent."""


def number_text(value: float) -> str:
    """A number in four figures or so, never in powers of ten.

    >>> [number_text(x) for x in (1200.24, 0.48051, 38_123.7, 3_500_000, 0.000012, 12.5)]
    ['1,200', '0.4805', '38,124', '3,500,000', '0.000012', '12.5']
    """
    size = abs(value)
    if size >= 1000:
        return f"{value:,.0f}"
    if size == 0:
        return "0"
    if size < 0.001:
        return f"{value:.6f}".rstrip("0")
    return f"{value:.4g}"


def share_text(share: float) -> str:
    """A share in percent, in three figures.

    >>> [share_text(x) for x in (0.48051, 0.3, 0.0794, 0.9995, 0.00012, 0.0, 1.1)]
    ['48.1%', '30%', '7.94%', '99.95%', '0.012%', '0%', '110%']
    """
    close = 0.0 < 1.0 - share < 0.01
    return f"{float(f'{100 * share:.{4 if close else 3}g}'):,g}%"


def priced(currency: str, amount: str) -> str:
    """An amount with its currency.

    >>> priced("USD", "3.5M"), priced("$", "3.5M")
    ('USD 3.5M', '$3.5M')
    """
    return f"{currency} {amount}" if currency[-1:].isalnum() else f"{currency}{amount}"


def named(scenario: Scenario, path: str) -> str:
    """A path in words; one with a wildcard says which segments it reaches, unless that is all of them.

    >>> from simulator.scenario.load import load
    >>> plan = load("scenarios/mid-market.yaml")
    >>> named(plan, "segments.*.conversion.wins"), named(plan, "segments.*.conversion.engagements")
    ('SQLs → wins (all segments)', 'inbound: visitors → engagements')
    >>> named(plan, "segments.*.conversion.mqls")
    'engagements → MQLs (inbound, outbound)'
    """
    words = label(path, scenario.stages)
    if not path.startswith("segments.*."):
        return words
    rest = path.removeprefix("segments.*.")
    having = [name for name in scenario.segments if _reaches(scenario, f"segments.{name}.{rest}")]
    if len(having) == 1:
        return label(f"segments.{having[0]}.{rest}", scenario.stages)
    if 1 < len(having) < len(scenario.segments):
        return f"{words.removesuffix(f' ({EVERYWHERE})')} ({', '.join(having)})"
    return words


def _reaches(scenario: Scenario, path: str) -> bool:
    try:
        return bool(levers(scenario, path))
    except ScenarioError:
        return False


def is_share(scenario: Scenario, path: str) -> bool:
    """Whether the number at a path is said in percent: rates, probabilities, growth.

    >>> from simulator.scenario.load import load
    >>> plan = load("scenarios/twenty-five-customers.yaml")
    >>> [is_share(plan, f"segments.inbound.{path}") for path in ("conversion.mqls", "volume", "lag_weeks.wins.cv")]
    [True, False, False]
    """
    try:
        reached = levers(scenario, path)
    except ScenarioError:  # a name that several numbers share
        return False
    said = any(part in _PER_CENT for part in path.split("."))
    return said or all((lever.low, lever.high) == (0.0, 1.0) for lever in reached)


def spoken(scenario: Scenario, path: str, value: float) -> str:
    """The value at a path as people say it.

    >>> from simulator.scenario.load import load
    >>> plan = load("scenarios/twenty-five-customers.yaml")
    >>> spoken(plan, "segments.inbound.conversion.mqls", 0.42), spoken(plan, "segments.inbound.volume", 1234.4)
    ('42%', '1,234')
    """
    return share_text(value) if is_share(scenario, path) else number_text(value)
