"""The same plan and the same luck, but for some uncertain numbers: held at a quantile, or drawn afresh.

Only those numbers change. What is tied to them (one name, a correlation) keeps its own draw, which
a change of the scenario would not grant: without a number its correlations would go too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from simulator.kernels.plan import NORMAL
from simulator.scenario.model import Scenario
from simulator.simulation.lower import Lowered, lower, stream_name


@dataclass(frozen=True)
class Adjustment:
    """What to do with uncertain numbers.

    Parameters
    ----------
    hold : path -> value that it has in every trial.
    redraw : paths of numbers to draw afresh; everything that shares their draw or is correlated
        with them should be named too.
    """

    hold: Mapping[str, float] = field(default_factory=dict)
    redraw: Collection[str] = ()

    def apply(self, lowered: Lowered) -> Lowered:
        """The plan with these numbers held or drawn afresh."""
        numbers = lowered.plan.numbers
        place = {path: leaf for leaf, path in enumerate(lowered.leaves)}
        kind, p = numbers.kind.copy(), numbers.p.copy()
        times, share, curve = numbers.times.copy(), numbers.share.copy(), numbers.curve.copy()
        for path, value in self.hold.items():
            leaf = place[path]
            kind[leaf], p[leaf], curve[leaf] = NORMAL, (value, 0.0, 0.0), -1
            times[leaf], share[leaf] = 1.0, False
        name = numbers.normal_name.copy()
        for normal in {int(numbers.normal[place[path]]) for path in self.redraw}:
            name[normal] = stream_name("drawn afresh", str(int(name[normal])))
        numbers = numbers._replace(kind=kind, p=p, times=times, share=share, curve=curve, normal_name=name)
        return replace(lowered, plan=lowered.plan._replace(numbers=numbers))


def tied_groups(scenario: Scenario) -> list[list[str]]:
    """The uncertain numbers of a plan, those that share a draw or are correlated in one group.

    Returns
    -------
    Groups of paths, in the order of the plan; each path is in one group.
    """
    lowered = lower(scenario)
    numbers = lowered.plan.numbers
    group = list(range(numbers.normal_name.size))
    factor = numbers.tied_factor @ numbers.tied_factor.T
    for i, j in zip(*np.nonzero(np.abs(factor) > 1e-12), strict=True):
        one, two = group[int(numbers.tied[i])], group[int(numbers.tied[j])]
        group = [one if g == two else g for g in group]
    found: dict[int, list[str]] = {}
    for leaf, path in enumerate(lowered.leaves):
        found.setdefault(group[int(numbers.normal[leaf])], []).append(path)
    return list(found.values())
