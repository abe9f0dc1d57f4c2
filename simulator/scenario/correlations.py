"""Rules of rank correlations: two uncertain numbers each, none twice, and possible all together."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from simulator.scenario import walk
from simulator.scenario.faults import nearest
from simulator.scenario.model import Correlation
from simulator.scenario.nodes import BAD, Node, was_changed
from simulator.scenario.paths import find
from simulator.scenario.uncertain import Number

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario
    from simulator.scenario.reading import Reading


def check_correlations(scenario: Scenario, tree: Node, reading: Reading) -> tuple[Correlation, ...]:
    """The correlations, each between two leaf numbers; faults are noted.

    A correlation of a number that has been made certain since (by ``--set``, a what-if, a child that extends the file)
    has nothing left to tie: it is dropped, with a warning.
    """
    listed = tree.get("correlations")
    if listed is None or not listed.list:
        return ()
    faults = reading.faults
    numbers = dict(walk.numbers(scenario, reading.calendar.labels if reading.calendar else ()))
    kept: dict[tuple[str, str], tuple[Correlation, Node, str]] = {}
    for index, (correlation, node) in enumerate(zip(scenario.correlations, listed.value, strict=True)):
        path = f"correlations.{index + 1}"
        between = correlation.between
        leaves, wrong = [], False
        for name in between:
            leaf, problem = _leaf(name, numbers, reading)
            if leaf is not None:
                leaves.append(leaf)
            elif problem and _changed_since(tree, name, node.place.order):
                faults.warn(f"{path}: {name!r} was changed and is no uncertain number now; its correlation is dropped")
            elif problem and not (numbers.get(name) is None and faults.concern(name)):
                faults.add(node, f"{path}.between", problem)
                wrong = True
        if wrong or len(leaves) < 2 or correlation.rank is BAD:
            continue
        first, second = (numbers[leaf].name or leaf for leaf in leaves)
        if first == second:
            same = f"and {between[1]!r} are one number, they share the name {first!r}"
            why = "is named twice" if between[0] == between[1] else same
            faults.add(node, f"{path}.between", f"{between[0]!r} {why}; allowed: two different numbers")
            continue
        pair = (min(first, second), max(first, second))
        if pair in kept:
            faults.add(node, f"{path}.between", "these two are correlated above already; allowed: once")
            continue
        kept[pair] = (Correlation.model_construct(between=(leaves[0], leaves[1]), rank=correlation.rank), node, path)
    _check_possible(kept, reading)
    return tuple(correlation for correlation, _, _ in kept.values())


def _check_possible(kept: dict[tuple[str, str], tuple[Correlation, Node, str]], reading: Reading) -> None:
    """Each group of numbers that hang together must have a positive definite matrix of normal correlations."""
    for group in groups(kept):
        inside = {pair: kept[pair][0].of_normals for pair in kept if pair[0] in group}
        if not positive_definite(group, inside):
            _, node, path = kept[next(iter(inside))]
            names = ", ".join(group[:4]) + (f" and {len(group) - 4} more" if len(group) > 4 else "")
            reading.faults.add(
                node,
                path,
                f"the correlations of {len(group)} numbers contradict each other, their matrix is not positive "
                f"definite (pairs that are not given are 0); move them towards 0: {names}",
            )


def _changed_since(tree: Node, path: str, order: int) -> bool:
    """Whether what a path reaches was changed, replaced or removed on top of the file of rank ``order``."""
    found, _ = find(tree, path)
    if found:
        return any(slot.node is not None and was_changed(slot.node, order) for slot in found)
    segments, (top, _, rest) = tree.get("segments"), path.partition(".")
    gone = top == "segments" and segments is not None and segments.get(rest.partition(".")[0]) is None
    return gone and segments is not None and was_changed(segments, order)


def groups(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Names that hang together through pairs."""
    found: list[list[str]] = []
    for pair in pairs:
        touched = [group for group in found if pair[0] in group or pair[1] in group]
        joined = list(dict.fromkeys([name for group in touched for name in group] + list(pair)))
        found = [group for group in found if group not in touched] + [joined]
    return found


def _leaf(path: str, numbers: dict[str, Number], reading: Reading) -> tuple[str | None, str | None]:
    """The one uncertain number a path stands for, or what is wrong with it."""
    path = path.replace(".volume.per_quarter", ".volume")
    number = numbers.get(path)
    if number is not None:
        if number.certain:
            return None, f"{path!r} is certain ({number.describe()}); only uncertain numbers can be correlated"
        return path, None
    labels = reading.calendar.labels if reading.calendar else ()
    items = {f"{path}.{label}": numbers[f"{path}.{label}"] for label in labels if f"{path}.{label}" in numbers}
    uncertain = {name: item.name or name for name, item in items.items() if not item.certain}
    if len(set(uncertain.values())) == 1:
        return next(iter(uncertain)), None
    if items:
        what = "holds several uncertain numbers, one per quarter" if uncertain else "is certain in every quarter"
        return None, f"{path!r} {what}; allowed: one uncertain number, as {next(iter(items))}"
    inside = [name for name in numbers if name.startswith(f"{path}.")]
    if inside:
        return None, f"{path!r} is not one number; allowed: as {inside[0]}"
    known = [name for name, item in numbers.items() if not item.certain]
    hint = nearest(path, known) or nearest(path, numbers) or "; allowed: the path of an uncertain number"
    return None, f"unknown path {path!r}{hint}"


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
