"""Must-close deals: what each open deal does to the target, won or lost, all other luck the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.luck_subject import Subject
from simulator.quarters import WEEKS
from simulator.simulation.metrics import BOOKINGS, LOSSES, account_metrics, customer_metrics
from simulator.simulation.result import DealFates, Result
from simulator.statistics.intervals import Z95

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class DealSwing:
    """An open deal and its weight.

    ``swing`` is the target's probability when the deal is won less that when it is lost. Both are
    counted over the same trials with nothing but this deal's outcome changed, in the week in which it
    is decided; a deal decided outside the period, or not at all, changes nothing in that trial. So the
    swing is the deal's own doing: in a good market many deals are won *and* many targets met, and that
    does not count here. ``decides`` is the share of trials in which the deal is decided inside the period.
    """

    id: str
    segment: str
    amount: float
    swing: float
    standard_error: float
    probability_won: float
    probability_lost: float
    win_probability: float
    decides: float

    def to_json(self) -> dict[str, Any]:
        """The documented form."""
        return {
            "id": self.id, "swing": self.swing, "standard_error": self.standard_error,
            "low": self.swing - Z95 * self.standard_error, "high": self.swing + Z95 * self.standard_error,
            "segment": self.segment, "amount": self.amount, "probability_won": self.probability_won,
            "probability_lost": self.probability_lost, "win_probability": self.win_probability,
            "decides": self.decides,
        }  # fmt: skip


def deal_swings(subject: Subject, played: Result) -> tuple[DealSwing, ...]:
    """Each open deal's swing, the largest first; none without a threshold or without open deals.

    Nor for what is counted of customers or accounts: there a deal matters beyond its own decision.
    """
    fates = played.deals
    elsewhere = {metric.name for metric in (*customer_metrics(True), *account_metrics(True))}
    if subject.bound is None or fates is None or not fates.ids or subject.metric.name in elsewhere:
        return ()
    return tuple(sorted(_swings(subject, played, fates), key=lambda deal: (-abs(deal.swing), -deal.amount, deal.id)))


def _swings(subject: Subject, played: Result, fates: DealFates) -> list[DealSwing]:
    """A deal's outcome moves wins, losses and bookings in the week it is decided, and nothing else."""
    name, last = subject.metric.name, played.scenario.stages[-1]
    if_won = {last: 1.0, BOOKINGS: None, LOSSES: 0.0}.get(name, 0.0)  # None: the deal's amount
    if_lost = 1.0 if name == LOSSES else 0.0
    wanted = subject.segment
    inside = None if wanted is None else {wanted} if isinstance(wanted, str) else set(wanted)
    segment_of = {deal.id: deal.segment for deal in played.scenario.opening.deals or ()}
    quarters = list(subject.period.quarters)
    values = np.asarray(played.quarterly(name, wanted), float)[:, quarters]
    if not subject.period.each:
        values = values.sum(axis=1, keepdims=True) if subject.metric.combine == "sum" else values[:, -1:]
    met = subject.met(values)
    fails = (~met).sum(axis=1)  # in how many parts of the period the target is missed
    rows = np.arange(len(values))
    found = []
    for d, deal in enumerate(fates.ids):
        amount = float(fates.amount[d])
        gain, loss = (amount if if_won is None else if_won), if_lost
        quarter = fates.week[:, d].astype(np.int64) // WEEKS
        decided = (fates.outcome[:, d] != 0) & np.isin(quarter, quarters)
        moves = decided & (inside is None or segment_of[deal] in inside)
        part = np.where(moves, quarter - quarters[0] if subject.period.each else 0, 0)
        own = np.where(fates.won[:, d], gain, loss)
        before, rest = values[rows, part], fails - ~met[rows, part]

        def hits(contribution: float, moves: Flags = moves, own: Any = own, before: Any = before, rest: Any = rest
                 ) -> Flags:  # fmt: skip
            # money is compared in whole cents, as everywhere: adding and taking away leaves dust
            after = np.where(moves, np.round(before - own + contribution, 2), before)
            return (rest == 0) & subject.met(after)

        won, lost = hits(gain), hits(loss)
        swing = won.astype(float) - lost
        error = float(swing.std(ddof=1)) / np.sqrt(len(swing)) if len(swing) > 1 else 0.0
        found.append(
            DealSwing(deal, segment_of[deal], amount, float(swing.mean()), float(error), float(won.mean()),
                      float(lost.mean()), float(fates.won[:, d].mean()), float(decided.mean()))
        )  # fmt: skip
    return found
