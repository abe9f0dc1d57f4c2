"""How deals close in detail, as the flat arrays of the kernels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from simulator.kernels.closing import Closing
from simulator.kernels.plan import Ints
from simulator.scenario.part import certain
from simulator.scenario.uncertain import Number, Numbers

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario
    from simulator.scenario.spreads import Spread

_NO_ROW = 1 << 40
_NEVER = certain(0.0, "share")
_ONE = certain(1.0, "positive")


def lower_closing(
    scenario: Scenario,
    slot: Callable[[str, Number], int],
    by_quarter: Callable[[str, Numbers, Sequence[str]], list[int]],
    delays: Callable[[str, Spread], list[int]],
    quarter: Ints,
) -> Closing:
    """Lay out a plan's details of closing; neutral where a segment says nothing.

    Parameters
    ----------
    slot, by_quarter : give slots of numbers; delays : indices of a delay for every quarter of the horizon.
    quarter : (QT,) whose plan holds in each quarter from the first of the warm-up.
    """
    labels = scenario.calendar.labels
    S, n = len(scenario.segments), scenario.quarters
    tables = [segment.slips for segment in scenario.segments.values()]
    pushes, pushes_slip, pushes_win = (np.zeros((S, max(len(t.by_pushes) for t in tables)), np.int64) for _ in range(3))
    above = np.full((S, max(len(t.by_size) for t in tables)), np.inf)
    above_slip, above_win = np.zeros(above.shape, np.int64), np.zeros(above.shape, np.int64)
    pushes[:] = _NO_ROW
    linear = np.tile(np.arange(1, 14) / 13, (S, 1))
    pull, pull_value = np.zeros((S, n), np.int64), np.zeros((S, n), np.int64)
    pull_lag = np.zeros((S, n), np.int64)
    for s, (name, segment) in enumerate(scenario.segments.items()):
        path = f"segments.{name}"
        for row, pushed in enumerate(segment.slips.by_pushes):
            where = f"{path}.slips.by_pushes.{pushed.key}"
            pushes[s, row] = pushed.pushes
            pushes_slip[s, row] = slot(f"{where}.slip_probability", pushed.slip_probability)
            pushes_win[s, row] = slot(f"{where}.win_rate", pushed.win_rate)
        for row, sized in enumerate(segment.slips.by_size):
            where = f"{path}.slips.by_size.{sized.key}"
            above[s, row] = sized.above
            above_slip[s, row] = slot(f"{where}.slip_probability", sized.slip_probability)
            above_win[s, row] = slot(f"{where}.win_rate", sized.win_rate)
        if segment.linearity is not None:
            linear[s] = np.cumsum(segment.linearity)
        pulled = segment.pull_ins
        if pulled is None:
            pull[s], pull_value[s] = by_quarter(path, _NEVER, labels), by_quarter(f"{path}.kept", _ONE, labels)
        else:
            pull[s] = by_quarter(f"{path}.pull_ins.probability", pulled.probability, labels)
            pull_value[s] = by_quarter(f"{path}.pull_ins.value_factor", pulled.value_factor, labels)
            pull_lag[s] = delays(f"{path}.pull_ins.by_weeks", pulled.by_weeks)
    segments = list(scenario.segments.values())
    return Closing(
        bunched=np.array([segment.linearity is not None for segment in segments], np.bool_), linear=linear,
        pulls=np.array([segment.pull_ins is not None for segment in segments], np.bool_), pull=pull,
        pull_value=pull_value, pull_lag=np.ascontiguousarray(pull_lag[:, quarter]),
        pushes=pushes, pushes_slip=pushes_slip, pushes_win=pushes_win,
        above=above, above_slip=above_slip, above_win=above_win,
    )  # fmt: skip
