"""Splitting a budget: which split makes a target likeliest, or the least money that makes it likely enough."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.analysis.budget import Budget, Channel, Floats, budget_of, check_room
from simulator.analysis.goal import ALL, Goal, goal_of
from simulator.analysis.notebook import table_html
from simulator.analysis.split_search import Luck, cheapest, likeliest, rounded
from simulator.errors import UsageError
from simulator.scenario.model import Scenario
from simulator.simulation.provenance import SCHEMA
from simulator.simulation.simulate import check_arguments
from simulator.statistics.intervals import Estimate, as_percent, proportion
from simulator.statistics.paired import paired_proportion

SEARCH_TRIALS = 3000
"""Trials of the search; they follow those that the answer is measured on, which it has therefore not seen."""
NEXT = 0.1
"""Share of the budget that "the next money" is."""


@dataclass(frozen=True)
class Part:
    """One channel of the split.

    Attributes
    ----------
    amount : what it gets over the horizon
    as_good : from and to where its amount may move, the others in proportion and the total as it is, before the
        trials can tell the split from the best
    following : what the next money would do if all went here, against the split, in the same luck
    binds : ``low`` or ``high`` where the amount is at that end
    """

    channel: Channel
    amount: float
    as_good: tuple[float, float]
    following: Estimate
    binds: str | None

    def to_json(self) -> dict[str, Any]:
        high = self.channel.high
        return {
            "segment": self.channel.segment, "path": self.channel.path, "now": self.channel.now, "amount": self.amount,
            "by_quarter": self.channel.by_quarter(self.amount), "low": self.channel.low,
            "high": high if math.isfinite(high) else None, "binds": self.binds, "as_good": list(self.as_good),
            "next": {"difference": self.following.value, "standard_error": self.following.standard_error},
        }  # fmt: skip


@dataclass(frozen=True)
class Optimum:
    """The best split found.

    Attributes
    ----------
    total : what is split; ``total_now`` what the plan spends on the same channels
    wanted : the probability that was asked for; None where the budget was given
    probability, probability_now : of the goal under the split and as planned, in the seed's own luck: what ``run`` says
    gain : their paired difference
    reached : False where no money within the bounds gets to ``wanted``
    """

    scenario: Scenario
    goal: Goal
    budget: Budget
    parts: tuple[Part, ...]
    total: float
    total_now: float
    wanted: float | None
    probability: Estimate
    probability_now: Estimate
    gain: Estimate
    reached: bool
    trials: int
    search_trials: int
    seed: int
    evaluations: int

    @property
    def changes(self) -> dict[str, Any]:
        """What to change in the plan, for :func:`simulator.what_if`."""
        return self.budget.changes(self.scenario, [part.amount for part in self.parts])

    @property
    def next_money(self) -> float:
        """What is meant by the next money."""
        return NEXT * self.total

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know."""
        found = []
        currency = self.scenario.currency
        if self.budget.left_out:
            who = " and ".join(f"{name} ({self.budget.fixed[name]:,.0f} {currency})" for name in self.budget.left_out)
            found.append(f"not split: {who}, nothing in the plan says whom that money brings")
        if self.budget.uncertain:
            found.append(f"the plan is unsure of the budget of {', '.join(self.budget.uncertain)}; here it is decided")
        if any(n.median() > 0 for s in self.scenario.segments.values() if s.spend for n in s.spend.per_arrival):
            found.append("the cost of each arrival comes on top of the budgets that are split")
        if self.probability.value == 0:
            found.append(f"the target is never met in {self.trials:,} trials; this split misses it by least")
        if self.probability_now.value == 1 and self.wanted is None:
            found.append(f"as planned the target is always met in {self.trials:,} trials; look for the least money")
        return tuple(found)

    def summary(self) -> list[dict[str, Any]]:
        """Tidy rows, one per channel, as in the JSON."""
        return [part.to_json() for part in self.parts]

    def to_json(self) -> dict[str, Any]:
        """The documented JSON form."""

        def estimate(found: Estimate, name: str = "probability") -> dict[str, float]:
            return {name: found.value, "standard_error": found.standard_error, "low": found.low, "high": found.high}

        return {
            "schema": SCHEMA, "scenario": {"name": self.scenario.name, "file": self.scenario.file,
                                           "sha256": self.scenario.sha256},
            "target": self.goal.name, "wanted": self.wanted, "reached": self.reached,
            "budget": self.total, "budget_now": self.total_now, "fixed": dict(self.budget.fixed),
            "split": estimate(self.probability), "now": estimate(self.probability_now),
            "gain": estimate(self.gain, "difference"), "segments": self.summary(), "next_money": self.next_money,
            "set": self.changes, "trials": self.trials, "search_trials": self.search_trials, "seed": self.seed,
            "evaluations": self.evaluations, "notes": list(self.notes),
        }  # fmt: skip

    def __repr__(self) -> str:
        split = ", ".join(f"{p.channel.segment} {p.amount:,.0f}" for p in self.parts)
        return f"<Optimum {split}: {as_percent(self.probability.value)} of {self.goal.name!r}>"

    def _repr_html_(self) -> str:
        rows = [
            [p.channel.segment, f"{p.channel.now:,.0f}", f"{p.amount:,.0f}",
             f"{p.as_good[0]:,.0f} – {p.as_good[1]:,.0f}",
             p.binds or "", f"{100 * p.following.value:+.1f} ± {196 * p.following.standard_error:.1f}"]
            for p in self.parts
        ]  # fmt: skip
        head = ["segment", "now", "best", "as good", "at its bound", f"next {self.next_money:,.0f}: points"]
        chance = f"{as_percent(self.probability_now.value)} → {as_percent(self.probability.value)}"
        return table_html(f"{self.goal.name}: {chance}", head, rows, "; ".join(self.notes))


def optimize(
    scenario: Scenario,
    *,
    budget: float | None = None,
    bounds: Mapping[str, tuple[float | None, float | None]] | None = None,
    fixed: Mapping[str, float | None] | Collection[str] = (),
    target: str | None = ALL,
    probability: float | None = None,
    trials: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Optimum:
    """Split a budget over the segments that respond to money.

    All splits are played in the same luck, so that their difference is that of the splits. The search runs on
    trials that follow those of the seed; what is reported is measured on the seed's own, which it has not seen: no
    split looks better than it is for having been chosen, and ``run`` says the same.

    Parameters
    ----------
    budget : over the whole horizon, for all segments that are split or fixed by name; by default what the plan has.
    bounds : segment -> (least, most) over the horizon, None for no end.
    fixed : segments that keep what they have; or segment -> amount.
    target : name of the target or KPI; ``all`` by default.
    probability : look for the least money that makes the target this likely; the budget is then found, not given.
    progress : called with (done, total).

    Raises
    ------
    UsageError : no targets, nothing to split, or bounds that leave no room.

    Examples
    --------
    >>> import simulator as sim
    >>> ads = {"volume": 0, "conversion": {"wins": 0.2},
    ...        "spend": {"per_quarter": 5000, "response": {"most": 200, "half_at": 10_000}}}
    >>> fair = {**ads, "spend": {"per_quarter": 5000, "response": {"most": 10, "half_at": 10_000}}}
    >>> plan = sim.load({"start": "2027-Q1", "quarters": 2, "stages": ["sqls", "wins"],
    ...                  "segments": {"ads": ads, "fair": fair},
    ...                  "targets": [{"metric": "wins", "at_least": 40, "in": "horizon"}]})
    >>> found = optimize(plan, trials=500, seed=1)
    >>> found.parts[0].amount > 15_000 and found.gain.value > 0.2
    True
    """
    goal = goal_of(scenario, target, needed=True)
    setup = check_arguments(scenario, trials, seed, threads)
    if probability is not None and not 0 < probability < 1:
        raise UsageError(f"probability: {probability:g} is not between 0 and 1; certainty cannot be bought")
    if probability is not None and budget is not None:
        raise UsageError("give a budget to split, or the probability to reach with the least money; not both")
    found, total = budget_of(scenario, budget=budget, bounds=bounds, fixed=fixed)
    luck = Luck(scenario, goal, found, setup, min(setup.trials, SEARCH_TRIALS), progress)
    if probability is None:
        check_room(found, total)
        best, reached = rounded(found, likeliest(luck, total), total), True
    else:
        best, reached = cheapest(luck, probability)
    return _measured(luck, best, probability, reached)


def _measured(luck: Luck, best: Floats, wanted: float | None, reached: bool) -> Optimum:
    budget, hits = luck.budget, luck.hits(best)
    now = luck.hits_now()
    total = float(best.sum())
    parts = []
    for place, channel in enumerate(budget.channels):
        more = best.copy()
        more[place] += NEXT * total
        following = paired_proportion(hits, luck.hits(more))
        parts.append(Part(channel, float(best[place]), _as_good(luck, best, hits, place), following,
                          _binds(channel, float(best[place]), total)))  # fmt: skip
    luck.finish()
    return Optimum(
        luck.scenario, luck.goal, budget, tuple(parts), total, float(budget.now.sum()), wanted,
        proportion(hits), proportion(now), paired_proportion(now, hits), reached, luck.setup.trials, luck.search_trials,
        luck.setup.seed, luck.evaluations,
    )  # fmt: skip


def _binds(channel: Channel, amount: float, total: float) -> str | None:
    close = 0.005 * total
    if amount <= channel.low + close:
        return "low"
    return "high" if amount >= channel.high - close else None


def _as_good(luck: Luck, best: Floats, hits: NDArray[np.bool_], place: int) -> tuple[float, float]:
    """How far a channel's amount may move, the others in proportion, until the trials can tell the split is worse."""
    budget, total = luck.budget, float(best.sum())
    others = np.delete(np.arange(best.size), place)
    least = max(float(budget.lows[place]), total - float(budget.highs[others].sum()))
    most = min(float(budget.highs[place]), total - float(budget.lows[others].sum()))
    if not others.size or most - least < 1e-6 * max(total, 1.0):
        return float(best[place]), float(best[place])
    ends = []
    for end in (least, most):
        good, bad = float(best[place]), end
        if _no_worse(luck, best, hits, place, end):
            good = end
        else:
            for _ in range(4):
                middle = (good + bad) / 2
                if _no_worse(luck, best, hits, place, middle):
                    good = middle
                else:
                    bad = middle
        ends.append(good)
    return ends[0], ends[1]


def _no_worse(luck: Luck, best: Floats, hits: NDArray[np.bool_], place: int, amount: float) -> bool:
    """Whether the loss against the best is within its own standard error's interval."""
    other = luck.hits(luck.budget.with_one(best, place, amount))
    return paired_proportion(hits, other).high >= 0
