"""The metrics that teams and follow-up add to a plan: names only, for targets."""

from __future__ import annotations

TEAM_COUNTS = ("waiting", "gone_cold", "worked")
TEAM_RATIOS = ("utilisation", "needed_people")
OUTCOMES = ("not_reached", "disqualified", "nurtured", "returned")


def team_metrics(teams: tuple[str, ...]) -> tuple[str, ...]:
    """Of all teams together and, where there are several, of each.

    >>> team_metrics(("mqls",))
    ('waiting', 'gone_cold', 'worked', 'utilisation', 'needed_people')
    >>> team_metrics(("mqls", "sqls"))[5:7]
    ('waiting_mqls', 'gone_cold_mqls')
    """
    both = (*TEAM_COUNTS, *TEAM_RATIOS)
    alone = [f"{metric}_{team}" for team in teams for metric in both] if len(teams) > 1 else []
    return (*both, *alone) if teams else ()
