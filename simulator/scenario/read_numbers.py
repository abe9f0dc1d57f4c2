"""Reading uncertain numbers, every form of them, with the exact rule each must keep."""

from __future__ import annotations

from typing import Any

from simulator.scenario.faults import listed, nearest, show
from simulator.scenario.forms import NumberForm, NumbersForm
from simulator.scenario.nodes import BAD, Node
from simulator.scenario.number_forms import BESIDE, BUILD, FORMS, KEYS, allowed_forms, out_of_bounds
from simulator.scenario.reading import Reading, as_float, join, reads, split_number
from simulator.scenario.uncertain import Certain


@reads(NumbersForm)
def read_numbers(form: NumberForm, node: Node, path: str, reading: Reading) -> Any:
    """One number or a list, one per quarter."""
    if not node.list:
        number = read_number(form, node, path, reading)
        return BAD if number is BAD else (number,)
    if not node.value:
        return reading.fault(node, path, "the list is empty; allowed: one number per quarter")
    labels = reading.calendar.labels if reading.calendar else ()
    if labels and len(node.value) > len(labels):
        place = f"{node.place.file}:{node.place.line}: " if node.place.line else ""
        reading.faults.warn(f"{place}{path}: {len(node.value)} values for {len(labels)} quarters; the rest is not used")
    items = []
    for index, item in enumerate(node.value):
        label = labels[index] if index < len(labels) else str(index + 1)
        if item.list:
            wrong = "a list inside a list; allowed: " + allowed_forms(form)
            items.append(reading.fault(item, join(path, label), wrong))
        else:
            items.append(read_number(form, item, join(path, label), reading))
    return BAD if BAD in items else tuple(items)


@reads(NumberForm)
def read_number(form: NumberForm, node: Node, path: str, reading: Reading) -> Any:
    """One number in any of its forms."""
    if node.list:
        return reading.fault(node, path, f"{show(node.plain())} is a list; allowed: {allowed_forms(form)}")
    if not node.mapping:
        value = as_float(node, path, reading)
        if value is BAD:
            return BAD
        if wrong := out_of_bounds(value, form):
            return reading.fault(node, path, wrong)
        return Certain(value, domain=form.domain)
    return _read_form(form, node, path, reading)


def _read_form(form: NumberForm, node: Node, path: str, reading: Reading) -> Any:
    written = [key for key in node.value if key not in BESIDE]
    bad = False
    for key in written:
        if key not in KEYS:
            hint = split_number(node, key) or nearest(key, (*KEYS, *BESIDE)) or f"; allowed: {allowed_forms(form)}"
            reading.fault(node.value[key], join(path, key), f"unknown key{hint}")
            bad = True
    if bad:
        return BAD
    keys = next((keys for keys in FORMS if set(keys) == set(written)), None)
    if keys is None:
        shown = "{" + ", ".join(written or node.value) + "}"
        guess = _meant(written)
        if guess:
            lacking = [key for key in guess if key not in written]
            return reading.fault(node, path, f"{shown} lacks {listed(lacking, 'and')}; allowed: {allowed_forms(form)}")
        return reading.fault(node, path, f"{shown} is not a form of number; allowed: {allowed_forms(form)}")
    common = _read_beside(form, node, path, reading)
    number = BUILD[keys](form, node, path, reading, common or {"domain": form.domain})
    return BAD if common is BAD else number


def _meant(written: list[str]) -> tuple[str, ...] | None:
    if not written:
        return None
    fitting = [keys for keys in FORMS if set(written) < set(keys)]
    return fitting[0] if fitting else None


def _read_beside(form: NumberForm, node: Node, path: str, reading: Reading) -> Any:
    common: dict[str, Any] = {"domain": form.domain}
    bad = False
    if (name := node.get("name")) is not None:
        text = show(name.value) if isinstance(name.value, int) and not isinstance(name.value, bool) else name.value
        if not isinstance(text, str) or not text.strip():
            reading.fault(name, join(path, "name"), f"{show(name.plain())} is not a name")
            bad = True
        else:
            common["name"] = text.strip()
    if (times := node.get("times")) is not None:
        value = read_times(times, join(path, "times"), reading)
        bad = bad or value is BAD
        common["times"] = value
    return BAD if bad else common


def read_times(node: Node, path: str, reading: Reading) -> Any:
    """A multiplier beside a form."""
    value = as_float(node, path, reading)
    if value is not BAD and not 0 < value <= 1e6:
        return reading.fault(node, path, f"{show(value)} is not in (0, 1,000,000]")
    return value
