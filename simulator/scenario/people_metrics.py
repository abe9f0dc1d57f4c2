"""The metrics that teams and follow-up add to a plan: names only, for targets."""

from __future__ import annotations

TEAM_COUNTS = ("waiting", "gone_cold", "worked")
TEAM_RATIOS = ("utilisation", "needed_people")
TURNED_AWAY = "good_turned_away"
OUTCOMES = ("not_reached", "disqualified", "nurtured", "returned", TURNED_AWAY)
"""Counts of follow-up; the last is that of plans in which a score passes leads on."""
BAR_RATIOS = ("false_negatives", "false_positives")
BAR_PARTS = ("good at the bar", "seen behind the bar", "wrong behind the bar")


def follow_metrics(*, follows: bool, barred: bool) -> tuple[str, ...]:
    """Of plans that follow leads up; ``barred``: whether a score passes them on anywhere."""
    return (*OUTCOMES, *BAR_RATIOS) if barred else OUTCOMES[:-1] if follows else ()


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
