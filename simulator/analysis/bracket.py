"""Where to look for a lever's value, and how a value of the lever changes the plan."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.analysis.vary import as_change, parse_vary
from simulator.errors import UsageError
from simulator.scenario.levers import Lever, levers
from simulator.scenario.model import Scenario
from simulator.scenario.spoken import named
from simulator.scenario.uncertain import Number
from simulator.simulation.metrics import metrics_in

TENFOLD = 10.0
"""Positive numbers are looked for between a tenth of what is planned and ten times that."""
SMALLEST_SHARE = 0.01
ALMOST = 1 - 1e-12
"""A share at its largest: x times ALMOST / x, rounded, never passes 1."""


@dataclass(frozen=True)
class Search:
    """One lever: what is searched, from where to where, and what it is today.

    ``x`` below is the number that is searched: the value itself, or with ``scaled`` the factor on
    what the plan has. ``unit`` turns a factor into a value (the median today); None where there is no
    one value, as in a list by quarter: the factor is then all there is.
    """

    path: str
    label: str
    low: float
    high: float
    now: float
    scaled: bool
    unit: float | None = None
    whole: bool = False
    why: str | None = None

    def change(self, x: float) -> dict[str, Any]:
        """What to change in the plan for the lever to be at x."""
        for end in (self.low, self.high):
            if math.isclose(x, end, rel_tol=1e-12):
                x = end  # exp(log(end)) may be a hair outside, where a share would be above 1
        if self.scaled:
            return {self.path: f"*{float(x)!r}"}
        return {self.path: int(x) if float(x).is_integer() and abs(x) < 2**53 else float(x)}

    def value(self, x: float) -> float:
        """x as a value: in the unit of the plan where there is one."""
        return x * self.unit if self.scaled and self.unit is not None else x

    def relative(self, x: float) -> float | None:
        """The change against today as a share: 0.31 is 31% more. None from 0."""
        return x / self.now - 1 if self.now else None

    @property
    def logarithmic(self) -> bool:
        """Whether equal ratios matter, and not equal distances."""
        return self.low > 0 and self.high / self.low > 3


def search_of(scenario: Scenario, path: str, ends: str | None = None) -> Search:
    """How to search a path.

    Parameters
    ----------
    ends : ``"A:B"``, where to look, or relative as ``"-50%:+100%"``; by default a tenth of today's
        value to ten times that, 0 to 1 for shares, half a point either way for growth.

    Raises
    ------
    ScenarioError : an unknown path. UsageError : no number there, or impossible ends.
    """
    reached = levers(scenario, path)
    name = named(scenario, path)
    for lever in reached:
        if lever.kind in ("text", "list"):
            raise UsageError(f"{path}: {lever.path} is not a number; there is nothing to solve for")
    values = [lever.number for lever in reached]
    same = len(set(values)) == 1 and values[0] is not None
    if same and _single(scenario, reached):
        search = _plain(reached, name, path, float(values[0] or 0.0), given=ends is not None)
    else:
        search = _scaled(scenario, reached, name, path)
    return search if ends is None else _between(scenario, search, ends)


def _single(scenario: Scenario, reached: Sequence[Lever]) -> bool:
    """Whether a plain value takes the place of one plain value everywhere."""
    return all(lever.number is not None for lever in reached)


def _plain(reached: Sequence[Lever], name: str, path: str, now: float, *, given: bool) -> Search:
    """A plain value; ``given``: where to look is said, and need not be found out."""
    low, high = max(lever.low for lever in reached), min(lever.high for lever in reached)
    first = reached[0]
    whole = all(lever.whole for lever in reached)
    if math.isfinite(low) and math.isfinite(high) and high - low <= 2:
        step = 1e-6 * (high - low)
        ends = (low + step if first.open_low else low, high - step if first.open_high else high)
    elif low < 0 and abs(now) < 1:  # growth and the like
        ends = (max(low, now - 0.5), min(high, now + 0.5))
        if ends[0] == low and first.open_low:
            ends = (low + 1e-6, ends[1])
    elif now > 0:
        ends = (max(low, now / TENFOLD), min(high, now * TENFOLD))
    elif given:
        ends = (low, high)
    else:
        raise UsageError(f"{path}: the plan has {now:g} there; say where to look, as {path}=1:100")
    if whole and not given:
        ends = (float(math.ceil(ends[0])), float(math.floor(min(ends[1], max(TENFOLD * now, 20)))))
    return Search(path, name, ends[0], ends[1], now, False, None, whole)


def _scaled(scenario: Scenario, reached: Sequence[Lever], name: str, path: str) -> Search:
    """A factor on what is there: ranges, spreads, lists by quarter, several paths at once."""
    numbers = _numbers(scenario, [lever.path for lever in reached])
    present = [lever for lever in reached if lever.value is not None or lever.kind == "own"]
    if not present or (numbers and all(number.certain and number.median() == 0 for number in numbers)):
        raise UsageError(f"{path}: there is nothing yet that could be scaled; give the plan a value there first")
    low, high = 1 / TENFOLD, TENFOLD
    shares = [number for number in numbers if number.domain == "share"] if numbers else []
    if shares:
        medians = [number.median() for number in shares if number.median() > 0]
        tops = [number.median() for number in shares if number.certain and number.median() > 0]
        # certain shares may not pass 1; of uncertain ones the draws are capped there
        high = min([ALMOST / x for x in tops] or [1 / min(medians)]) if medians else 1.0
        low = SMALLEST_SHARE
    elif any(lever.kind == "own" for lever in reached):
        own = [deal.win_probability for deal in scenario.opening.deals or () if deal.win_probability]
        low, high = SMALLEST_SHARE, ALMOST / max(own) if own else 1.0
    uncertain = any(not number.certain for number in numbers)
    single = len(reached) == 1 and len(numbers) == 1
    why = (
        "uncertain: its whole range is scaled, the value is its middle" if uncertain and single
        else "scaled as a whole"
    )  # fmt: skip
    unit = numbers[0].median() if single else None
    low, high = _possible(scenario, path, low, high)
    return Search(path, name, low, high, 1.0, True, unit, False, why)


def _possible(scenario: Scenario, path: str, low: float, high: float) -> tuple[float, float]:
    """Ends drawn in until the plan takes them (a limit may lie inside a form)."""
    from simulator.errors import ScenarioError

    ends = []
    for end in (low, high):
        for _ in range(12):
            try:
                scenario.with_changes({path: f"*{end:.15f}"})
                break
            except ScenarioError:
                end = math.sqrt(end) * (1 - 1e-9) if end > 1 else math.sqrt(end) * (1 + 1e-9)
        ends.append(end)
    return ends[0], ends[1]


def _numbers(scenario: Scenario, paths: Sequence[str]) -> list[Number]:
    """The numbers at paths, items of lists by quarter too; not those inside a spread."""
    labels = scenario.calendar.labels
    found = dict(scenario.numbers())
    wanted = []
    for path in paths:
        wanted += [found[name] for name in (path, *(f"{path}.{label}" for label in labels)) if name in found]
    return wanted


def _between(scenario: Scenario, search: Search, ends: str) -> Search:
    """The user's own bracket, checked."""
    vary = parse_vary(scenario, search.path, ends)
    if vary.values or vary.points is not None:
        raise UsageError(f"{search.path}={ends}: solve looks between two ends; write A:B")
    low, high = sorted((vary.low, vary.high))
    if vary.relative:
        if low <= 0:
            raise UsageError(
                f"{search.path}={ends}: {as_change(low)} leaves nothing; the lower end must be above -100%"
            )
        if not search.scaled and search.now == 0:
            raise UsageError(f"{search.path}={ends}: the plan has 0 there; write the ends as values, as 1:100")
        if not search.scaled:
            low, high = low * search.now, high * search.now
    elif search.scaled:
        if not search.unit:
            raise UsageError(f"{search.path}={ends}: there are several values; write relative ends, as -50%:+100%")
        low, high = low / search.unit, high / search.unit
        if low <= 0:
            low = min(SMALLEST_SHARE, high / 2)
    for end in (low, high):
        scenario.with_changes(search.change(end))
    return Search(
        search.path, search.label, low, high, search.now, search.scaled, search.unit, search.whole, search.why
    )


def main_levers(scenario: Scenario, metric: str) -> list[str]:
    """What a planner can pull: volume, rates, slips, cycle, and deal size where money counts.

    Of several segments all are moved together (``segments.*.volume``).
    """
    names = list(scenario.segments)
    who = names[0] if len(names) == 1 else "*"
    segments = list(scenario.segments.values())

    def some(numbers: Iterable[Number]) -> bool:
        return any(number.median() > 0 for number in numbers)  # of nothing there is no more and no less

    paths = [f"segments.{who}.volume"] if some(n for s in segments for n in s.volume.per_quarter) else []
    paths += [
        f"segments.{who}.conversion.{stage}"
        for stage in scenario.stages
        if some(number for s in segments for number in s.conversion.get(stage, ()))
    ]
    if some(number for s in segments for number in s.slips.probability):
        paths.append(f"segments.{who}.slips.probability")
    if any(m.name == metric and m.kind == "money" for m in metrics_in(scenario)):
        paths.append(f"segments.{who}.deal_size")
    if scenario.opening.deals and any(deal.win_probability for deal in scenario.opening.deals):
        paths.append("opening.win_probability")
    return paths
