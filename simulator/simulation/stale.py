"""Open deals that are older than any cycle of the plan."""

from __future__ import annotations

from collections.abc import Mapping

_NAMED = 3
"""Open deals that a note names one by one."""


def stale_deals(shares: Mapping[str, float]) -> list[str]:
    """What to say of open deals older than any cycle, by the share of trials in which they are.

    >>> stale_deals({"A": 1.0, "B": 0.25})[1]
    "open deal 'B' is older than any cycle the plan allows for in 25% of trials: it is taken as due in the first week"
    >>> stale_deals({name: 1.0 for name in "ABCDE"})
    ["5 open deals ('A', 'B', 'C' and 2 more) are older than any cycle the plan allows for: they are taken as due in \
the first week"]
    """
    if len(shares) <= _NAMED:
        return [
            f"open deal {deal!r} is older than any cycle the plan allows for"
            f"{'' if share == 1 else f' in {share:.0%} of trials'}: it is taken as due in the first week"
            for deal, share in shares.items()
        ]
    others = len(shares) - _NAMED
    first = ", ".join(repr(deal) for deal in list(shares)[:_NAMED])
    part = "" if min(shares.values()) == 1 else " in some trials or all"
    return [
        f"{len(shares)} open deals ({first} and {others} more) are older than any cycle the plan allows for{part}: "
        "they are taken as due in the first week"
    ]
