"""How much of the spread each uncertain assumption, the market and luck account for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from simulator.analysis.goal import Goal, goal_of
from simulator.analysis.luck_shares import LUCK
from simulator.analysis.notebook import table_html
from simulator.analysis.variants import Progress, play
from simulator.errors import UsageError
from simulator.scenario.labels import label
from simulator.scenario.model import Scenario
from simulator.simulation.metrics import metrics_in
from simulator.simulation.setup import check_arguments
from simulator.statistics import sobol as estimators
from simulator.statistics.intervals import Estimate

MARKET, CHANCE = "market", "luck"


@dataclass(frozen=True)
class Share:
    """Indices of one input.

    ``first`` : share of the whole variance that goes when the input is known.
    ``total`` : share that is left when all but the input is held, luck included.
    ``first_of_expected``, ``total_of_expected`` : the same in the variance of the expected outcome,
    that is of what is left when luck is averaged out; None for luck, or where nothing is left.
    """

    kind: Literal["assumption", "market", "luck"]
    paths: tuple[str, ...]
    label: str
    first: Estimate
    total: Estimate
    first_of_expected: Estimate | None
    total_of_expected: Estimate | None

    @property
    def path(self) -> str:
        return self.paths[0] if self.paths else self.kind

    @property
    def is_noise(self) -> bool:
        """Whether an index cannot be told from nothing: the first-order interval holds 0, or one is negative."""
        found = (self.first, self.total, self.first_of_expected, self.total_of_expected)
        return self.first.low <= 0 or any(index is not None and index.value < 0 for index in found)

    def to_json(self) -> dict[str, Any]:
        row: dict[str, Any] = {"path": self.path, "label": self.label, "kind": self.kind, "paths": list(self.paths)}
        for name in ("first", "total", "first_of_expected", "total_of_expected"):
            found: Estimate | None = getattr(self, name)
            row[name] = None if found is None else found.value
            row[f"{name}_low"] = None if found is None else found.low
            row[f"{name}_high"] = None if found is None else found.high
        return row | {"noise": self.is_noise}


@dataclass(frozen=True)
class SobolShares:
    """Shares of the variance, the largest first.

    ``expected`` is the share of the whole variance that the expected outcome has: what would be
    left if luck evened out.
    """

    scenario: Scenario
    goal: Goal
    shares: tuple[Share, ...]
    expected: Estimate
    sd: float
    trials: int
    seed: int
    method = "sobol"

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know before trusting the numbers."""
        notes = []
        if not any(share.kind == "assumption" for share in self.shares):
            notes.append("no number of the plan is uncertain: nothing of the spread comes from assumptions")
        noise = [share.label for share in self.shares if share.is_noise]
        if noise:
            notes.append(
                f"cannot be told from 0 with {self.trials:,} trials, a negative value is noise: {', '.join(noise)}"
            )
        return tuple(notes)

    def summary(self) -> list[dict[str, Any]]:
        """Tidy rows, the largest share first, as in the JSON."""
        return self.to_json()

    def to_json(self) -> list[dict[str, Any]]:
        """The documented JSON form: a list of rows."""
        about = {"metric": self.goal.metric, "of": self.goal.subject, "trials": self.trials, "seed": self.seed}
        return [share.to_json() | about for share in self.shares]

    def __repr__(self) -> str:
        parts = ", ".join(f"{share.label} {share.first.value:.1%}" for share in self.shares[:4])
        return f"<Shares of the variance of {self.goal.subject}: {parts}>"

    def _repr_html_(self) -> str:
        def text(found: Estimate | None) -> str:
            return (
                "–" if found is None else f"{100 * found.value:.1f}% ({100 * found.low:.1f} – {100 * found.high:.1f})"
            )

        rows = [
            [s.label, text(s.first), text(s.total), text(s.first_of_expected), text(s.total_of_expected)]
            for s in self.shares
        ]
        head = ["input", "first", "total", "first, luck averaged out", "total, luck averaged out"]
        return table_html(f"Shares of the variance of {self.goal.subject}", head, rows, "; ".join(self.notes))


@dataclass(frozen=True)
class _Draw:
    """Which groups of streams and which numbers are drawn afresh in one run."""

    streams: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()

    def __add__(self, other: _Draw) -> _Draw:
        return _Draw(self.streams + other.streams, self.paths + other.paths)


def sobol(
    scenario: Scenario,
    *,
    target: str | None = None,
    trials: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> SobolShares:
    """Shares of the variance of the target's metric, by pick-freeze; see :func:`sensitivity`."""
    goal = goal_of(scenario, target)
    from simulator.simulation.adjust import Adjustment, tied_groups
    from simulator.simulation.simulate import simulate

    setup = check_arguments(scenario, trials, seed, threads)
    inputs: list[tuple[Literal["assumption", "market", "luck"], tuple[str, ...], str, _Draw]] = [
        ("assumption", tuple(group), _name(group, scenario), _Draw(paths=tuple(group)))
        for group in tied_groups(scenario)
    ]
    if _has_market(scenario):
        inputs.append(("market", (), "market", _Draw(streams=(MARKET,))))
    luck = _Draw(streams=LUCK)
    inputs.append(("luck", (), "luck of the draw", luck))
    everything = _Draw()
    for *_, draw in inputs:
        everything += draw
    runs = [_Draw(), everything, luck, *(draw for *_, draw in inputs)]
    runs += [draw + luck for kind, *_, draw in inputs if kind != "luck"]

    def job(number: int, threads: int, tick: Progress) -> np.ndarray:
        draw = runs[number]
        result = simulate(
            scenario, trials=setup.trials, seed=setup.seed, threads=threads, redraw=draw.streams,
            adjust=Adjustment(redraw=draw.paths) if draw.paths else None, progress=tick,
        )  # fmt: skip
        return goal.values(result)

    if next(m for m in metrics_in(scenario) if m.name == goal.metric).kind == "ratio":
        raise UsageError(f"{goal.metric} is a ratio, and not defined in every trial: its variance has no shares; "
                         "ask about another target, or use the method tornado")  # fmt: skip
    y = dict(play(job, range(len(runs)), setup, progress))
    a, b, other = y[0], y[1], y[2]
    outcome = len(inputs) > 1 and estimators.closed(a, other).low > 0
    shares = []
    for number, (kind, paths, words, _draw) in enumerate(inputs):
        ab = y[3 + number]
        expected: tuple[Estimate | None, Estimate | None] = (None, None)
        if kind != "luck" and outcome:
            without = y[3 + len(inputs) + number]
            expected = (estimators.share_of(a, b, ab, other), estimators.total_share_of(a, other, without))
        found = estimators.first_order(a, b, ab), estimators.total_effect(a, b, ab)
        shares.append(Share(kind, paths, words, *found, *expected))
    shares.sort(key=lambda share: (share.kind != "luck", share.first.value), reverse=True)
    expected_share = estimators.closed(a, other) if len(inputs) > 1 else Estimate(0.0, 0.0, 0.0, 0.0)
    sd = float(np.std(np.concatenate([a, b]), ddof=1))
    return SobolShares(scenario, goal, tuple(shares), expected_share, sd, setup.trials, setup.seed)


def _has_market(scenario: Scenario) -> bool:
    market = scenario.market
    return bool(market.conversion.sd or market.volume.sd or market.slip_concentration or market.events)


def _name(group: list[str], scenario: Scenario) -> str:
    """A group in words: its shared name, or its first two members."""
    numbers = dict(scenario.numbers())
    names = list(dict.fromkeys(numbers[path].name or path for path in group if path in numbers)) or group
    words = [label(name, scenario.stages) for name in names]
    return " with ".join(words[:2]) + (f" and {len(words) - 2} more" if len(words) > 2 else "")
