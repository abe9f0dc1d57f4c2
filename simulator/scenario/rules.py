"""Rules between parts that need the whole plan: correlations, shared names, sizes that multiply up."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from simulator.scenario import walk
from simulator.scenario.faults import Faults, nearest
from simulator.scenario.nodes import BAD
from simulator.scenario.part import MOST_VOLUME
from simulator.scenario.uncertain import Certain, Number, WinProbability, at_quarter

if TYPE_CHECKING:
    from simulator.scenario.model import OpenDeal, Scenario
    from simulator.scenario.nodes import Node
    from simulator.scenario.reading import Reading


def check_rules(scenario: Scenario, tree: Node, reading: Reading) -> None:
    """Note what breaks a rule between parts; parts that could not be read are left out."""
    _check_correlations(scenario, tree, reading)
    _check_growth(scenario, tree, reading)
    _check_own_probabilities(scenario, tree, reading.faults)


def _check_correlations(scenario: Scenario, tree: Node, reading: Reading) -> None:
    listed = tree.get("correlations")
    if listed is None or not listed.list:
        return
    faults, labels = reading.faults, reading.calendar.labels if reading.calendar else ()
    numbers = dict(walk.numbers(scenario, labels))
    pairs: dict[tuple[str, str], float] = {}
    places: dict[tuple[str, str], tuple[Node, str]] = {}
    for index, (correlation, node) in enumerate(zip(scenario.correlations, listed.value, strict=True)):
        path = f"correlations.{index + 1}"
        found = []
        for between in correlation.between:
            identity = _one_uniform(between, numbers, labels, node, f"{path}.between", faults)
            if identity is not None:
                found.append(identity)
        if len(found) < 2 or correlation.rank is BAD:
            continue
        first, second = found
        if first == second:
            why = (
                "is named twice"
                if correlation.between[0] == correlation.between[1]
                else (f"and {correlation.between[1]!r} are one number, they share the name {first!r}")
            )
            faults.add(node, f"{path}.between", f"{correlation.between[0]!r} {why}; allowed: two different numbers")
            continue
        pair = (min(first, second), max(first, second))
        if pair in pairs:
            faults.add(node, f"{path}.between", "these two are correlated above already; allowed: once")
            continue
        pairs[pair] = 2 * math.sin(math.pi * correlation.rank / 6)
        places[pair] = (node, path)
    for group in groups(pairs):
        inside = {pair: value for pair, value in pairs.items() if pair[0] in group}
        if not positive_definite(group, inside):
            node, path = places[next(iter(inside))]
            faults.add(
                node,
                path,
                f"the correlations of {len(group)} numbers contradict each other, their matrix is not positive "
                "definite (pairs that are not given are 0); move them towards 0: " + listed_names(group),
            )


def listed_names(names: list[str]) -> str:
    """A few names, the rest counted."""
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def groups(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Names that hang together through pairs."""
    found: list[list[str]] = []
    for pair in pairs:
        touched = [group for group in found if pair[0] in group or pair[1] in group]
        joined = list(dict.fromkeys([name for group in touched for name in group] + list(pair)))
        found = [group for group in found if group not in touched] + [joined]
    return found


def _one_uniform(
    path: str, numbers: dict[str, Number], labels: tuple[str, ...], node: Node, where: str, faults: Faults
) -> str | None:
    """What the uniform behind a path belongs to; None, with a fault, where there is not exactly one."""
    number = numbers.get(path)
    if number is None and path.endswith(".volume.per_quarter"):
        return _one_uniform(path.removesuffix(".per_quarter"), numbers, labels, node, where, faults)
    if number is not None:
        if number.certain:
            why = "only uncertain numbers can be correlated"
            faults.add(node, where, f"{path!r} is certain ({number.describe()}); {why}")
            return None
        return number.name or path
    items = {label: numbers[f"{path}.{label}"] for label in labels if f"{path}.{label}" in numbers}
    uniforms = {item.name or f"{path}.{label}" for label, item in items.items() if not item.certain}
    if len(uniforms) == 1:
        return uniforms.pop()
    if items:
        what = "holds several uncertain numbers, one per quarter" if uniforms else "is certain in every quarter"
        faults.add(node, where, f"{path!r} {what}; allowed: one uncertain number, as {path}.{next(iter(items))}")
        return None
    if faults.concern(path):
        return None
    inside = [name for name in numbers if name.startswith(f"{path}.")]
    if inside:
        faults.add(node, where, f"{path!r} is not one number; allowed: as {inside[0]}")
    else:
        uncertain = [name for name, item in numbers.items() if not item.certain]
        hint = nearest(path, uncertain) or nearest(path, numbers) or "; allowed: the path of an uncertain number"
        faults.add(node, where, f"unknown path {path!r}{hint}")
    return None


def positive_definite(names: list[str], pairs: dict[tuple[str, str], float]) -> bool:
    """Whether the matrix with ones and these off-diagonal values is positive definite (Cholesky)."""
    size = len(names)
    lower = [[0.0] * size for _ in range(size)]
    for i in range(size):
        for j in range(i + 1):
            a, b = names[i], names[j]
            value = 1.0 if i == j else pairs.get((min(a, b), max(a, b)), 0.0)
            value -= sum(lower[i][k] * lower[j][k] for k in range(j))
            if i == j:
                if value <= 1e-10:
                    return False
                lower[i][i] = math.sqrt(value)
            else:
                lower[i][j] = value / lower[j][j]
    return True


def _check_growth(scenario: Scenario, tree: Node, reading: Reading) -> None:
    """Volumes must stay countable to the end of the horizon."""
    for name, segment in scenario.segments.items():
        factor = 1.0
        if reading.calendar is None or BAD in (segment.volume.per_quarter, segment.volume.growth):
            continue
        for quarter in range(reading.calendar.quarters):
            if quarter:
                factor *= max(0.0, 1 + at_quarter(segment.volume.growth, quarter).median())
            per_quarter = at_quarter(segment.volume.per_quarter, quarter)
            size = per_quarter.median() * factor
            if size > MOST_VOLUME:
                node = tree.get("segments")
                for key in (name, "volume"):
                    node = node.get(key) if node is not None and node.mapping else None
                label = reading.calendar.label(quarter)
                reading.faults.add(
                    node or tree,
                    f"segments.{name}.volume",
                    f"grows to {size:.3g} in {label}; allowed: up to {MOST_VOLUME:,.0f}",
                )
                break


def _check_own_probabilities(scenario: Scenario, tree: Node, faults: Faults) -> None:
    opening = scenario.opening
    if opening is BAD or opening.win_probability in (None, BAD) or opening.deals is BAD:
        return
    node = tree.get("opening")
    inside = node.get("win_probability") if node is not None and node.mapping else None
    if not any(deal.win_probability is not None for deal in opening.deals or ()):
        faults.add(
            inside or tree,
            "opening.win_probability",
            "there are no open deals with a win_probability of "
            "their own in opening.deals; the others follow conversion",
        )


def apply_own_probability(deals: tuple[OpenDeal, ...], number: Number | None, faults: Faults) -> tuple[OpenDeal, ...]:
    """The deals with ``opening.win_probability`` applied where it is certain."""
    if number is None or not number.certain:
        return deals
    changed, capped = [], 0
    for deal in deals:
        own = deal.win_probability
        if own is not None:
            if isinstance(number, WinProbability):
                capped += own * number.times > 1
                own = min(1.0, round(own * number.times, 15))
            elif isinstance(number, Certain):
                own = number.value
            deal = deal.model_copy(update={"win_probability": own})
        changed.append(deal)
    if capped:
        faults.warn(f"opening.win_probability: {capped} open deals are capped at a probability of 1")
    return tuple(changed)
