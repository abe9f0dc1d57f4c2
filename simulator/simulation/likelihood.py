"""P(counts that were seen | a trial's assumptions and market), for many trials, exactly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.likelihood import likelihoods
from simulator.kernels.newcomers import Asked, Fates
from simulator.kernels.room import make_room
from simulator.kernels.uncertain import draw_assumptions
from simulator.quarters import WEEKS, Period
from simulator.scenario.closing import is_detailed
from simulator.scenario.model import Scenario
from simulator.simulation.groups import group_seeds
from simulator.simulation.lower import Lowered, lower, stream_name
from simulator.simulation.metrics import LOSSES, OPEN_DEALS, SLIPPED_DEALS
from simulator.simulation.threads import in_threads

MOST_METRICS = 3
_CHUNK = 250
_MOST_TERMS = 300_000
"""Terms of the sum over what several metrics share, beyond which it would take too long."""


@dataclass(frozen=True)
class Likelihoods:
    """Of trials, by number.

    Attributes
    ----------
    log : float64 (trial,) log likelihood of what was seen; −inf where it cannot be
    expected : float64 (trial, metric) mean of each metric given the trial's assumptions and market
    assumptions : path -> float64 (trial,) what the trial drew
    """

    log: NDArray[np.float64]
    expected: NDArray[np.float64]
    assumptions: dict[str, NDArray[np.float64]]


def why_not_exact(scenario: Scenario, metrics: Sequence[str], period: Period, seen: Sequence[float] = ()) -> str | None:
    """Why the likelihood of these metrics has no closed form; None where it has."""
    if scenario.has_people:
        return "leads wait for people, or come back"
    if any(segment.accounts is not None for segment in scenario.segments.values()):
        return "accounts that are won by how many contacts engage have no closed form"
    if any(is_detailed(segment) for segment in scenario.segments.values()):
        return "deals that are bunched, pulled in, or change with pushes or size have no closed form"
    countable = {*scenario.stages, LOSSES, OPEN_DEALS, SLIPPED_DEALS}
    for metric in metrics:
        if metric not in countable:
            return f"{metric} has no closed form"
    if SLIPPED_DEALS in metrics and len(period.quarters) > 1:
        return "a deal can slip out of several quarters"
    if len(metrics) > MOST_METRICS:
        return f"more than {MOST_METRICS} metrics at once"
    if len(metrics) == MOST_METRICS:
        first, second, _largest = sorted(float(x) for x in seen)
        if (first + 1) * (first + 1) * min(second + 1, 20 * (second + 1) ** 0.5) > _MOST_TERMS:
            return "three counts as large as these share too many individuals to sum over"
    return None


class LikelihoodOf:
    """The likelihood of one set of counts under a plan.

    Parameters
    ----------
    seen : metric -> count, up to three; see :func:`why_not_exact`.
    market : False to leave out shocks and events.
    """

    def __init__(
        self, scenario: Scenario, seen: dict[str, int], period: Period, segment: str | Sequence[str] | None = None,
        *, market: bool = True,
    ):  # fmt: skip
        self.lowered: Lowered = lower(scenario, market=market)
        stages, warm = scenario.stages, scenario.opening.warm_up_quarters
        places = {name: i for i, name in enumerate((*stages, LOSSES, SLIPPED_DEALS, OPEN_DEALS))}
        bits = np.zeros(len(places), np.int64)
        for index, name in enumerate(seen):
            bits[places[name]] = 1 << index
        wanted = set(scenario.segments) if segment is None else {segment} if isinstance(segment, str) else set(segment)
        self.asked = Asked(
            bits, WEEKS * (warm + period.quarters[0]), WEEKS * (warm + period.quarters[-1] + 1),
            np.array([name in wanted for name in scenario.segments]), stream_name("likelihood"),
        )  # fmt: skip
        self.seen = np.array([int(x) for x in seen.values()], np.int64)
        of_deals = (stages[-1], LOSSES, SLIPPED_DEALS, OPEN_DEALS)
        self.exact_deals = sum(name in of_deals for name in seen) <= 1
        self.exact_leads = len(seen) == 1

    def __call__(
        self, seed: int, first: int, trials: int, threads: int = 1,
        progress: Callable[[int, int], None] | None = None,
    ) -> Likelihoods:  # fmt: skip
        """Work out trials first, first + 1, …: those that :func:`simulate` plays under this seed."""
        plan, seeds = self.lowered.plan, group_seeds(seed)
        metrics = len(self.seen)
        log, expected = np.empty(trials), np.empty((trials, metrics))

        def chunk(start: int) -> int:
            stop = min(start + _CHUNK, trials)
            likelihoods(
                plan, seeds, first + start, make_room(plan, 1), self._fates(), self.asked, self.seen, self.exact_deals,
                self.exact_leads, self._laws(), np.zeros((1 << metrics, int(self.seen.max()) + 1)),
                np.zeros(int(self.seen.max()) + 2), np.zeros_like(self.seen), log[start:stop], expected[start:stop],
            )  # fmt: skip
            return stop - start

        done = 0
        for count in in_threads(chunk, range(0, trials, _CHUNK), threads):
            done += count
            if progress is not None:
                progress(done, trials)
        drawn = np.empty((trials, len(self.lowered.leaves)))
        room_for_normals = np.empty(plan.numbers.normal_name.size)
        draw_assumptions(plan.numbers, plan.shape.at_median, seeds, first, room_for_normals, drawn)
        return Likelihoods(log, expected, {path: drawn[:, i].copy() for i, path in enumerate(self.lowered.leaves)})

    def _fates(self) -> Fates:
        shape, segments, high = self.lowered.plan.shape, self.lowered.plan.segments, self.asked.high
        slips = min(int(segments.limit.max(initial=0)), high) + 1
        kinds = 3 if (segments.loss_lag >= 0).any() else 1
        masks = 1 << len(self.seen)
        return Fates(
            np.zeros((kinds, slips, masks, high)), np.zeros((shape.stages, masks, high)), np.zeros((2, slips, high)),
            np.zeros((shape.stages, masks), np.bool_),
            np.zeros((self.lowered.plan.opening.deal_segment.size, shape.warm + shape.quarters)),
        )  # fmt: skip

    def _laws(self) -> tuple[NDArray[np.float64], ...]:
        opening, masks = self.lowered.plan.opening, 1 << len(self.seen)
        return (np.zeros(masks), np.zeros(masks), np.zeros((opening.deal_segment.size, masks)),
                np.zeros((opening.lead_segment.size, masks)))  # fmt: skip
