"""Teams and follow-up as flat arrays, for the kernels that play week by week."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from simulator.kernels.teams import FIFO, LISTED, NEWEST, Follow, Teams
from simulator.kernels.weekly_room import Rows
from simulator.scenario.people_metrics import BAR_PARTS, OUTCOMES, TEAM_COUNTS

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario
    from simulator.scenario.people import Team
    from simulator.scenario.spreads import Spread
    from simulator.scenario.uncertain import Number, Numbers
    from simulator.simulation.metrics import Metric

_ORDER = {"fifo": FIFO, "newest": NEWEST, "listed": LISTED}


@dataclass(frozen=True)
class People:
    """What :func:`simulator.kernels.weekly.run_weekly` needs besides a plan, and how its parts are called."""

    teams: Teams
    follow: Follow
    rows: Rows
    names: tuple[str, ...]


class NumberSlots(Protocol):
    """Gives numbers their slots."""

    def slot(self, path: str, number: Number) -> int: ...

    def by_quarter(self, path: str, numbers: Numbers, labels: Sequence[str]) -> list[int]: ...


class SpreadRows(Protocol):
    """Gives spreads their rows."""

    def by_quarter(self, path: str, spread: Spread, *, delay: bool = False) -> list[int]: ...


def served(scenario: Scenario, team: Team) -> list[str]:
    """The segments that a team works, in the order of the plan or of the team's list."""
    stage = scenario.stages.index(team.stage)
    passing = [n for n, s in scenario.segments.items() if scenario.stages.index(s.volume.stage) <= stage]
    return passing if team.segments is None else [n for n in team.segments if n in passing]


def lower_people(
    scenario: Scenario,
    numbers: NumberSlots,
    spreads: SpreadRows,
    quarter: np.ndarray,
    metrics: Sequence[Metric],
    stream_name: Callable[..., np.uint64],
) -> People | None:
    """The people of a plan; None for a plan without any, which other kernels play.

    Parameters
    ----------
    quarter : (QT,) the quarter whose plan holds in each, from the first of the warm-up.
    """
    if not scenario.has_people:
        return None
    labels = scenario.calendar.labels
    teams = _teams(scenario, numbers, spreads, labels, stream_name)
    follow = _follow(scenario, numbers, spreads, labels, quarter, stream_name)
    place = {metric.name: row for row, metric in enumerate(metrics)}
    names = tuple(scenario.capacity)
    rows = Rows(
        np.array([place.get(name, -1) for name in TEAM_COUNTS], np.int64),
        np.array([[place.get(f"{name}_{team}", -1) for name in TEAM_COUNTS] for team in names], np.int64).reshape(
            -1, 3
        ),
        np.array([place.get(name, -1) for name in OUTCOMES], np.int64),
    )
    return People(teams, follow, rows, names)


def part_names(people: People) -> list[str]:
    """What the rows of the parts of ratios are called, in their order."""
    ends = ("", *(f"_{name}" for name in people.names))
    bar = BAR_PARTS if (people.follow.good >= 0).any() else ()
    return [*(f"{part}{end}" for end in ends for part in ("busy", "staffed", "work")), *bar]


def _teams(
    scenario: Scenario, numbers: NumberSlots, spreads: SpreadRows, labels: Sequence[str],
    stream_name: Callable[..., np.uint64],
) -> Teams:  # fmt: skip
    n, q = len(scenario.capacity), len(labels)
    order = {name: s for s, name in enumerate(scenario.segments)}
    turn, of = np.full((n, len(order)), -1), np.full((len(order), len(scenario.stages)), -1)
    slots = {key: np.full((n, q), -1) for key in ("people", "each", "patience", "factor", "attrition")}
    starts, replaced = np.full((n, q), -1), np.full((n, q), -1)
    for i, (name, team) in enumerate(scenario.capacity.items()):
        path = f"capacity.{name}"
        mine = served(scenario, team)
        for s in mine:
            of[order[s], scenario.stages.index(team.stage)] = i
        # equals draw lots in an order that does not change with that of the file
        for k, s in enumerate(mine if team.order == "listed" else sorted(mine)):
            turn[i, k] = order[s]
        each = "each_per_week" if team.each_per_week is not None else "open_deals_each"
        given = {
            "people": ("people", team.people), "each": (each, getattr(team, each)),
            "patience": ("patience_weeks", team.patience_weeks), "factor": ("waiting_factor", team.waiting_factor),
            "attrition": ("attrition", team.attrition),
        }  # fmt: skip
        for key, (written, value) in given.items():
            if value is not None:
                slots[key][i] = numbers.by_quarter(f"{path}.{written}", value, labels)
        starts[i] = spreads.by_quarter(f"{path}.start_weeks", team.start_weeks)
        if team.replace_weeks is not None:
            replaced[i] = spreads.by_quarter(f"{path}.replace_weeks", team.replace_weeks)
    all_teams = list(scenario.capacity.items())
    sizes = [len(team.ramp) for _name, team in all_teams]
    return Teams(
        stage=_ints([scenario.stages.index(team.stage) for _name, team in all_teams]),
        order=_ints([_ORDER[team.order] for _name, team in all_teams]), turn=_ints(turn), of=_ints(of),
        **{key: _ints(found) for key, found in slots.items()},
        ramp_weeks=_ints([numbers.slot(f"capacity.{name}.ramp_weeks", team.ramp_weeks) for name, team in all_teams]),
        ramp=np.array([share for _name, team in all_teams for share in team.ramp], float),
        ramp_start=_ints([sum(sizes[:i]) for i in range(n)]), ramp_size=_ints(sizes),
        starts=_ints(starts), replaced=_ints(replaced),
        place_name=np.array([stream_name("people", name) for name, _team in all_teams], np.uint64),
        turn_name=np.array([stream_name("turns", name) for name, _team in all_teams], np.uint64),
    )  # fmt: skip


def _follow(
    scenario: Scenario, numbers: NumberSlots, spreads: SpreadRows, labels: Sequence[str], quarter: np.ndarray,
    stream_name: Callable[..., np.uint64],
) -> Follow:  # fmt: skip
    s_count, t_count, q = len(scenario.segments), len(scenario.stages), len(labels)
    given, limit = np.zeros((s_count, t_count), bool), np.zeros((s_count, t_count), np.int64)
    slot, back = np.full((5, s_count, t_count, q), -1), np.zeros((s_count, t_count, q), np.int64)
    good, auc = np.full((s_count, t_count, q), -1), np.full((s_count, t_count, q), -1)
    name = np.zeros((6, s_count, t_count), np.uint64)
    written = ("reached", "disqualified", "nurtured", "returns", "returned_conversion")
    purposes = ("reached", "disqualified", "nurtured", "returns", "returns after")
    for s, (segment, part) in enumerate(scenario.segments.items()):
        for stage, follow in part.follow_up.items():
            t, path = scenario.stages.index(stage), f"segments.{segment}.follow_up.{stage}"
            given[s, t], limit[s, t] = True, follow.limit
            for i, key in enumerate(written):
                if getattr(follow, key) is not None:
                    slot[i, s, t] = numbers.by_quarter(f"{path}.{key}", getattr(follow, key), labels)
                name[i, s, t] = stream_name(purposes[i], segment, stage)
            name[5, s, t] = stream_name("good", segment, stage)
            if follow.good is not None and follow.auc is not None:
                good[s, t] = numbers.by_quarter(f"{path}.good", follow.good, labels)
                auc[s, t] = numbers.by_quarter(f"{path}.auc", follow.auc, labels)
            back[s, t] = spreads.by_quarter(f"{path}.returns_after_weeks", follow.returns_after_weeks, delay=True)
    return Follow(given, _ints(slot), _ints(good), _ints(auc), _ints(back[:, :, quarter]), limit, name)


def _ints(values: Sequence[int] | np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(values, dtype=np.int64)
