"""A plan with something changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.scenario.model import Scenario


def what_if(scenario: Scenario, changes: Mapping[str, Any]) -> Scenario:
    """The same plan with other numbers; the plan itself stays as it is.

    Parameters
    ----------
    scenario : from :func:`simulator.load`.
    changes : path -> new value, as in a scenario file, or a relative one: ``"+10%"``, ``"-5%"``,
        ``"*1.2"`` keep the uncertainty that is there. A ``*`` in a path reaches all.

    Raises
    ------
    ScenarioError : an unknown path or an impossible value; all of them at once.

    Examples
    --------
    >>> import simulator as sim
    >>> plan = sim.load("scenarios/twenty-five-customers.yaml")
    >>> better = sim.what_if(plan, {"segments.inbound.conversion.sqls": "+10%"})
    >>> round(better.segments["inbound"].conversion["sqls"][0].median(), 3)
    0.66
    """
    return scenario.with_changes(changes)
