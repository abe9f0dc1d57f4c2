"""The forms of uncertain numbers, each with the exact rule it must keep."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from simulator.scenario.faults import listed, show
from simulator.scenario.forms import NumberForm
from simulator.scenario.nodes import BAD, Node
from simulator.scenario.reading import Reading, as_float, join
from simulator.scenario.scales import metalog_range
from simulator.scenario.uncertain import Certain, MeanSd, Metalog, Number, Pert, Range, Successes, Values

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
            f"{show(middle)} is not possible with p10 {show(low)} and p90 {show(high)}; allowed: "
            f"{_inward(least, most, up=True)} to {_inward(most, least, up=False)}",
        )
    return Metalog(low, middle, high, **common)


def _inward(value: float, other: float, *, up: bool) -> str:
    """A bound with four digits, rounded to the admissible side."""
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


BUILD: dict[tuple[str, ...], Callable[[NumberForm, Node, str, Reading, dict[str, Any]], Any]] = {
    ("min", "likely", "max"): _pert,
    ("p10", "p90"): _range,
    ("p10", "p50", "p90"): _metalog,
    ("successes", "of"): _successes,
    ("mean", "sd"): _mean_sd,
    ("values",): _values,
}
