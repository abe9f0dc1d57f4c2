"""Where a tornado moves each assumption of a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from simulator.scenario.labels import label
from simulator.scenario.levers import Lever, levers
from simulator.scenario.model import Scenario
from simulator.scenario.uncertain import Number

STEP = 0.1
"""Certain assumptions are moved by this share either way: they have no P10 and P90."""


@dataclass(frozen=True)
class Move:
    """An assumption and where it is moved: uncertain numbers that share a draw by name are one."""

    paths: tuple[str, ...]
    label: str
    certain: bool
    low: Any
    high: Any
    hold: tuple[dict[str, float], dict[str, float]] | None = None
    changes: tuple[dict[str, Any], dict[str, Any]] | None = None

    @property
    def path(self) -> str:
        return self.paths[0]


def moves(scenario: Scenario) -> list[Move]:
    """Every assumption the plan states, and where it goes.

    Uncertain ones go to their own P10 and P90; those of one name go together. Certain ones go 10%
    down and up (a list by quarter as a whole), shares and other bounded numbers no further than
    they may. What a plan does not say, or where both ways lead nowhere, is left out.
    """
    found: dict[str, list[tuple[str, Number]]] = {}
    certain: dict[str, None] = {}
    labels = set(scenario.calendar.labels)
    for path, number in scenario.numbers():
        if not number.certain and number.quantile(0.1) != number.quantile(0.9):
            found.setdefault(number.name or path, []).append((path, number))
        else:
            base, _, last = path.rpartition(".")
            certain[base if last in labels else path] = None
    uncertain = [_uncertain(name, group, scenario) for name, group in found.items()]
    plain = ["opening.win_probability"] if scenario.opening.deals else []
    market = scenario.market
    plain += [f"market.{part}.sd" for part in ("conversion", "volume") if getattr(market, part).sd]
    plain += ["market.slip_concentration"] if market.slip_concentration else []
    plain += [f"market.events.{event.name}.probability" for event in market.events]
    own = {move.path for move in uncertain}
    steps = [_certain(path, scenario) for path in [*certain, *_whole_spreads(scenario), *plain] if path not in own]
    return uncertain + [step for step in steps if step is not None]


def _whole_spreads(scenario: Scenario) -> list[str]:
    """Spreads without a number inside (explicit weeks, real ones from a file): scaled as they are."""
    from simulator.scenario.spreads import Sample, WeeksTable

    found = []
    for name, segment in scenario.segments.items():
        inside = [(f"lag_weeks.{stage}", spread) for stage, spread in segment.lag_weeks.items()]
        inside += [("slips.delay_weeks", segment.slips.delay_weeks)]
        inside += [("deal_size", segment.deal_size)] if segment.deal_size is not None else []
        found += [f"segments.{name}.{key}" for key, spread in inside if isinstance(spread, (Sample, WeeksTable))]
    return found


def _uncertain(name: str, group: list[tuple[str, Number]], scenario: Scenario) -> Move:
    paths = tuple(path for path, _ in group)
    hold = tuple({path: float(number.quantile(u)) for path, number in group} for u in (0.1, 0.9))
    words = label(paths[0], scenario.stages)
    if len(paths) > 1:
        shared = group[0][1].name or name
        own_path = any(shared == path or path.startswith(f"{shared}.") for path in paths)
        words = label(shared, scenario.stages) if own_path else f"{shared} ({_where(paths, scenario)})"
    return Move(paths, words, False, hold[0][paths[0]], hold[1][paths[0]], (hold[0], hold[1]))


def _where(paths: tuple[str, ...], scenario: Scenario) -> str:
    """What uses a shared name: what it is, where that is one thing in several segments."""
    things = {label(path, scenario.stages).partition(": ")[2] for path in paths}
    return things.pop() if len(things) == 1 and all(p.startswith("segments.") for p in paths) else (
        f"in {len(paths)} places"
    )  # fmt: skip


def _certain(path: str, scenario: Scenario) -> Move | None:
    """10% down and up, within what is allowed; None where the plan says nothing, or nothing would move."""
    lever = levers(scenario, path)[0]
    name = label(path, scenario.stages)
    value = lever.number
    if value is None:
        written = lever.kind == "own" or lever.value not in (None, 0)
        steps = (f"-{STEP:.0%}", f"+{STEP:.0%}")
        if not written or _impossible(scenario, path, steps[1]):
            return None
        return Move((path,), name, True, *steps, changes=({path: steps[0]}, {path: steps[1]}))
    if value == 0 or not _stated(scenario, path):
        return None
    low, high = (_inside(lever, float(f"{value * (1 + step):.12g}")) for step in (-STEP, STEP))
    if low == high:
        return None
    return Move((path,), name, True, low, high, changes=({path: low}, {path: high}))


def _inside(lever: Lever, value: float) -> float:
    if lever.whole:
        value = float(round(value))
    return float(min(max(value, lever.low), lever.high))


def _stated(scenario: Scenario, path: str) -> bool:
    """Whether the plan says something there, or leaves it to the default."""
    from simulator.scenario.paths import find

    slots, _ = find(scenario._tree, path)
    return any(slot.node is not None for slot in slots)


def _impossible(scenario: Scenario, path: str, change: str) -> bool:
    from simulator.errors import ScenarioError

    try:
        scenario.with_changes({path: change})
    except ScenarioError:
        return True
    return False


def moved_plan(scenario: Scenario, chosen: Sequence[Move], number: int) -> tuple[Scenario, dict[str, float] | None]:
    """The plan of a run and the numbers it holds: 0 is the plan itself, then two for every move."""
    if number == 0:
        return scenario, None
    move, end = chosen[(number - 1) // 2], (number - 1) % 2
    if move.hold is not None:
        return scenario, move.hold[end]
    assert move.changes is not None
    return scenario.with_changes(move.changes[end]), None
