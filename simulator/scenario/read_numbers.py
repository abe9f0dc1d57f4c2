"""Reading uncertain numbers, every form of them, with the exact rule each must keep."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simulator.scenario.faults import listed, nearest, show
from simulator.scenario.forms import NumberForm, NumbersForm
from simulator.scenario.nodes import Node
from simulator.scenario.reading import BAD, Reading, as_float, join, reads
from simulator.scenario.uncertain import (
    Certain,
    MeanSd,
    Metalog,
    Number,
    Pert,
    Range,
    Successes,
    Values,
    metalog_range,
)

FORMS: dict[tuple[str, ...], str] = {
    ("min", "likely", "max"): "PERT",
    ("p10", "p90"): "P10 and P90",
    ("p10", "p50", "p90"): "P10, P50 and P90",
    ("successes", "of"): "so many of so many",
    ("mean", "sd"): "mean and standard deviation",
    ("values",): "one of",
}
"""The keys of each form and what it is called."""

KEYS = ("min", "likely", "max", "p10", "p50", "p90", "successes", "of", "mean", "sd", "values")
BESIDE = ("name", "times")


def allowed_forms(form: NumberForm) -> str:
    """The forms a number may take, in words."""
    return "a number, " + listed(
        "{" + ", ".join(keys) + "}" for keys in FORMS if form.domain == "share" or keys[0] != "successes"
    )


def bounds(form: NumberForm) -> tuple[float, float, bool]:
    """Lowest and highest value, and whether the lowest itself is left out."""
    if form.domain == "share":
        return 0.0, 1.0, False
    low, open_low = (0.0, not form.zero) if form.domain == "positive" else (-1e9, False)
    if form.least is not None:
        low, open_low = form.least, form.domain == "real"
    return low, form.most if form.most is not None else 1e15, open_low


def out_of_bounds(value: float, form: NumberForm) -> str | None:
    """What is wrong with a value of this domain, None when nothing is."""
    low, high, open_low = bounds(form)
    if value < low or (open_low and value == low):
        if form.domain == "share":
            return f"{show(value)} is not in [0, 1]"
        return f"{show(value)} is not {'above ' + show(low) if open_low else show(low) + ' or more'}"
    if value > high:
        return f"{show(value)} is not in [0, 1]" if form.domain == "share" else f"{show(value)} is above {high:,.0f}"
    return None


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
            items.append(reading.fault(item, join(path, label), "a list inside a list; allowed: " + allowed_forms(form)))
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
            hint = nearest(key, (*KEYS, *BESIDE)) or f"; allowed: {allowed_forms(form)}"
            reading.fault(node.value[key], join(path, key), f"unknown key{hint}")
            bad = True
    if bad:
        return BAD
    keys = next((keys for keys in FORMS if set(keys) == set(written)), None)
    if keys is None:
        shown = "{" + ", ".join(written) + "}"
        guess = _meant(written)
        if guess:
            lacking = [key for key in guess if key not in written]
            return reading.fault(node, path, f"{shown} lacks {listed(lacking, 'and')}; allowed: {allowed_forms(form)}")
        return reading.fault(node, path, f"{shown} is not a form of number; allowed: {allowed_forms(form)}")
    common = _read_beside(form, node, path, reading)
    number = _BUILD[keys](form, node, path, reading, common or {"domain": form.domain})
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


def _floats(form: NumberForm, node: Node, path: str, reading: Reading, keys: tuple[str, ...], inside: bool) -> Any:
    """The plain numbers under ``keys``, each in the domain (strictly inside it if ``inside``)."""
    found = []
    for key in keys:
        item = node.get(key)
        if item is None:
            found.append(reading.fault(node, join(path, key), "is required"))
            continue
        value = as_float(item, join(path, key), reading, "a plain number")
        if value is not BAD:
            wrong = out_of_bounds(value, form)
            if not wrong and inside and form.domain == "share" and not 0 < value < 1:
                wrong = f"{show(value)} is not strictly between 0 and 1"
            if not wrong and inside and form.domain == "positive" and value <= 0:
                wrong = f"{show(value)} is not above 0"
            if wrong:
                value = reading.fault(item, join(path, key), wrong)
        found.append(value)
    return BAD if BAD in found else found


def _certain(value: float, common: dict[str, Any]) -> Number:
    value *= common.get("times", 1.0)
    return Certain(min(1.0, value) if common["domain"] == "share" else value, domain=common["domain"])


def _pert(form: NumberForm, node: Node, path: str, reading: Reading, common: dict[str, Any]) -> Any:
    wider = NumberForm(form.domain, zero=form.least is None, least=form.least, most=form.most)
    found = _floats(wider, node, path, reading, ("min", "likely", "max"), inside=False)
    if found is BAD:
        return BAD
    low, likely, high = found
    if not low <= likely <= high:
        return reading.fault(
            node, path, f"min {show(low)}, likely {show(likely)}, max {show(high)} are not in ascending order"
        )
    if low == high:
        if wrong := out_of_bounds(low, form):
            return reading.fault(node, path, wrong)
        return _certain(low, common)
    return Pert(low, likely, high, **common)


def _range(form: NumberForm, node: Node, path: str, reading: Reading, common: dict[str, Any]) -> Any:
    found = _floats(form, node, path, reading, ("p10", "p90"), inside=True)
    if found is BAD:
        return BAD
    low, high = found
    if low > high:
        return reading.fault(node, path, f"p10 {show(low)} is above p90 {show(high)}")
    return _certain(low, common) if low == high else Range(low, high, **common)


def _metalog(form: NumberForm, node: Node, path: str, reading: Reading, common: dict[str, Any]) -> Any:
    found = _floats(form, node, path, reading, ("p10", "p50", "p90"), inside=True)
    if found is BAD:
        return BAD
    low, middle, high = found
    if low > high:
        return reading.fault(node, path, f"p10 {show(low)} is above p90 {show(high)}")
    if low == middle == high:
        return _certain(low, common)
    least, most = metalog_range(form.domain, low, high)
    if not least <= middle <= most:
        return reading.fault(
            node.value["p50"],
            join(path, "p50"),
            f"{show(middle)} is too near the edge: with p10 {show(low)} and p90 {show(high)} it can be from "
            f"{_inward(least, most, up=True)} to {_inward(most, least, up=False)}",
        )
    return Metalog(low, middle, high, **common)


def _inward(value: float, other: float, *, up: bool) -> str:
    """A bound with four digits, rounded to the admissible side."""
    import math

    digits = max(0, 4 - math.ceil(math.log10(max(abs(value), abs(other), 1e-300))))
    scale = 10.0**digits
    return show((math.ceil if up else math.floor)(value * scale) / scale)


def _successes(form: NumberForm, node: Node, path: str, reading: Reading, common: dict[str, Any]) -> Any:
    if form.domain != "share":
        return reading.fault(node, path, f"{{successes, of}} is for shares only; allowed: {allowed_forms(form)}")
    counts = NumberForm("positive", zero=True)
    found = _floats(counts, node, path, reading, ("successes", "of"), inside=False)
    if found is BAD:
        return BAD
    successes, of = found
    if of <= 0:
        return reading.fault(node, join(path, "of"), f"{show(of)} is not above 0")
    if successes > of:
        return reading.fault(node, path, f"{show(successes)} successes are more than the {show(of)} they are of")
    return Successes(successes, of, **common)


def _mean_sd(form: NumberForm, node: Node, path: str, reading: Reading, common: dict[str, Any]) -> Any:
    found = _floats(form, node, path, reading, ("mean",), inside=True)
    spread = _floats(NumberForm("positive", zero=True), node, path, reading, ("sd",), inside=False)
    if found is BAD or spread is BAD:
        return BAD
    mean, sd = found[0], spread[0]
    if sd == 0:
        return _certain(mean, common)
    if form.domain == "share" and sd * sd >= mean * (1 - mean):
        most = (mean * (1 - mean)) ** 0.5
        return reading.fault(
            node, path, f"sd {show(sd)} is too large for a share with mean {show(mean)}; it must be below {most:.4g}"
        )
    return MeanSd(mean, sd, **common)


def _values(form: NumberForm, node: Node, path: str, reading: Reading, common: dict[str, Any]) -> Any:
    items = node.value["values"]
    if not items.list or not items.value:
        return reading.fault(items, join(path, "values"), f"{show(items.plain())} is not a list of numbers")
    found = []
    for index, item in enumerate(items.value):
        inside = join(join(path, "values"), index + 1)
        value = as_float(item, inside, reading, "a plain number")
        if value is not BAD and (wrong := out_of_bounds(value, form)):
            value = reading.fault(item, inside, wrong)
        found.append(value)
    return BAD if BAD in found else Values(tuple(found), **common)


_BUILD: dict[tuple[str, ...], Callable[[NumberForm, Node, str, Reading, dict[str, Any]], Any]] = {
    ("min", "likely", "max"): _pert,
    ("p10", "p90"): _range,
    ("p10", "p50", "p90"): _metalog,
    ("successes", "of"): _successes,
    ("mean", "sd"): _mean_sd,
    ("values",): _values,
}
