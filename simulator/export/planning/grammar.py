"""What a planning sheet may hold: its blocks, its columns, and where each number goes in a scenario."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

SHEET = "Plan"
BLOCKS = ("setting", "segment", "target")
"""The first cell of a block's header row."""

Kind = Literal["share", "positive", "real"]


@dataclass(frozen=True)
class Column:
    """An assumption of a segment.

    ``path`` leads to it inside the segment; with ``ranges`` it has columns for low and high beside it.
    ``wrap`` is the key that a plain number or range is put under (``{"mean": …}``).
    """

    head: str
    path: tuple[str, ...]
    kind: Kind
    ranges: bool
    note: str
    required: bool = False
    example: tuple[float | None, float | None, float | None] = (None, None, None)
    shown: bool = True


@dataclass(frozen=True)
class Setting:
    """A line of the first block."""

    name: str
    key: str
    example: str | float | None
    note: str


RANGES = {"lowest / likely / highest": ("min", "likely", "max"), "P10 / P50 / P90": ("p10", "p50", "p90")}

SETTINGS = (
    Setting("name", "name", "My plan", "What the plan is called."),
    Setting("description", "description", None, "Optional: what it is about."),
    Setting("start", "start", "2027-Q1", "The first quarter, 2027-Q1, or a date, 2027-01-04."),
    Setting("quarters", "quarters", 4, "How many quarters."),
    Setting("fiscal year starts", "fiscal_year_starts", 1, "Month 1 to 12; 1 is January."),
    Setting("currency", "currency", "USD", "Of deal sizes and bookings."),
    Setting("stages", "stages", None, "In order; the last is the win. Change the heads below with them."),
    Setting("ranges are", "", "lowest / likely / highest", "What low and high mean in all ranges below."),
)

ELSEWHERE = (
    ("people", "teams with so much to do a week, hires, sellers with so many open deals: capacity"),
    ("leads", "who is reached, disqualified, nurtured, behind which bar: follow_up"),
    ("money", "what a budget brings at falling returns: spend.response"),
    ("customers", "renewals, expansion, customers at the start: customers, opening.customers"),
    ("closing", "quarter ends, early discounts, what pushes and size change: linearity, pull_ins, slips"),
    ("the rest", "events, correlations, open deals, KPIs of a segment, numbers that differ by quarter"),
)
"""What no sheet holds: the scenario file says it."""

TARGETS = ("target", "at least", "at most", "in", "for segment", "called", "notes")
_SHARES = {1: (0.25, 0.30, 0.36), 2: (0.30, 0.40, 0.48), 3: (0.52, 0.60, 0.66), 4: (0.28, 0.35, 0.42)}
_LAGS = {1: 0.5, 2: 2.0, 3: 1.5, 4: 8.0}


def columns_of(stages: Sequence[str]) -> tuple[Column, ...]:
    """The columns of the segment block for a plan of these stages."""
    found = [
        Column("volume", ("volume", "per_quarter"), "positive", True, f"{stages[0]} per quarter.", True,
               (900, 1000, 1150)),
        Column("growth", ("volume", "growth"), "real", False, "Growth of volume per quarter, compounding: 5%."),
    ]  # fmt: skip
    for place, stage in enumerate(stages[1:], start=1):
        before = stages[place - 1]
        found.append(
            Column(f"{stage} rate", ("conversion", stage), "share", True,
                   f"Share of {before} that become {stage}: 40%.", True, _SHARES.get(place, (0.3, 0.4, 0.5)))
        )  # fmt: skip
    for place, stage in enumerate(stages[1:], start=1):
        before, last = stages[place - 1], stage == stages[-1]
        what = "Sales cycle" if last else "Time"
        found.append(
            Column(f"{stage} lag weeks", ("lag_weeks", stage, "mean"), "positive", False,
                   f"{what}: mean weeks from {before} to {stage}.", False, (None, _LAGS.get(place, 1.0), None))
        )  # fmt: skip
        found.append(
            Column(f"{stage} lag cv", ("lag_weeks", stage, "cv"), "positive", False,
                   "How much it differs between deals: sd / mean; 1 if empty.", False,
                   (None, 0.5 if last else None, None), shown=last)
        )  # fmt: skip
    found += [
        Column("deal size", ("deal_size", "mean"), "positive", True, "Mean value of a deal; empty: no money.", False,
               (None, 40_000, None)),
        Column("deal size cv", ("deal_size", "cv"), "positive", False, "How much deals differ: sd / mean; 1 if empty.",
               False, (None, 0.8, None)),
        Column("slip probability", ("slips", "probability"), "share", True, "Chance that a deal slips on its due date.",
               False, (0.15, 0.20, 0.30)),
        Column("slip weeks", ("slips", "delay_weeks", "mean"), "positive", False, "Mean weeks of a slip, at least 1.",
               False, (None, 4, None)),
        Column("spend", ("spend", "per_quarter"), "positive", True, "Budget per quarter; for cac and spend as targets.",
               False, shown=False),
        Column("cost per arrival", ("spend", "per_arrival"), "positive", True,
               f"Cost of each of the {stages[0]}, beside the budget.", False, shown=False),
        Column("yearly churn", ("customers", "churn"), "share", True,
               "Share of customers that leave within a year; for customers and arr as targets.", False, shown=False),
    ]  # fmt: skip
    return tuple(found)
