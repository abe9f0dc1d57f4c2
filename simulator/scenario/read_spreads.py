"""Reading spreads: how weeks and money differ between leads and deals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.scenario.faults import listed, nearest, show
from simulator.scenario.forms import NumbersForm, SpreadForm
from simulator.scenario.nodes import Node
from simulator.scenario.number_forms import KEYS as NUMBER_KEYS
from simulator.scenario.read_numbers import read_numbers, read_times
from simulator.scenario.read_tables import read_sample
from simulator.scenario.reading import BAD, Reading, as_float, check_keys, join, reads
from simulator.scenario.spreads import (
    FAMILIES,
    FixedSpread,
    Geometric,
    MeanCv,
    MedianP90,
    Sample,
    WeeksTable,
)
from simulator.scenario.uncertain import Certain, Numbers

MOST_WEEKS = 5200.0
MOST_MONEY = 1e12
MOST = {"weeks": MOST_WEEKS, "money": MOST_MONEY, "contacts": 50.0}
ROUNDING = 0.005
"""By how much shares may miss 1 in sum before it is taken for a mistake."""


def allowed_spreads(form: SpreadForm) -> str:
    """The forms a spread may take, in words."""
    forms = ["a number", "{mean, cv}", "{median, p90}"]
    if form.unit == "weeks":
        forms.append("{weeks: [shares]}")
    if form.unit == "contacts":
        forms.append("{shares: [of 1, 2, …]}")
    if form.delay:
        forms.append("{mean}")
    return listed([*forms, "{values: FILE.csv, column: NAME}"])


@reads(SpreadForm)
def read_spread(form: SpreadForm, node: Node, path: str, reading: Reading) -> Any:
    """A spread in any of its forms."""
    if not node.mapping:
        return _fixed(form, node, path, reading)
    keys = set(node.value)
    common: dict[str, Any] = {"unit": form.unit}
    if (times := node.get("times")) is not None:
        common["times"] = read_times(times, join(path, "times"), reading)
    if {"mean", "median"} <= keys:
        shown = "{" + ", ".join(node.value) + "}"
        return reading.fault(node, path, f"{shown} is not a spread; allowed: {allowed_spreads(form)}")
    if "weeks" in keys or (form.unit == "contacts" and "shares" in keys):
        read = _weeks if "weeks" in keys else _contacts
    elif "column" in keys or ("values" in keys and not node.value["values"].list):
        read = _sample
    elif "median" in keys:
        read = _median_p90
    elif "mean" in keys and "sd" not in keys:
        read = _mean_cv
    elif keys & {*NUMBER_KEYS}:
        return _not_a_spread(form, node, path, reading)
    else:
        before = len(reading.faults)
        shares = "shares" if form.unit == "contacts" else "weeks"
        check_keys(node, path, ("mean", "cv", "family", "median", "p90", shares, "values", "column", "times"), reading)
        if len(reading.faults) == before:
            reading.fault(node, path, f"{show(node.plain())} is not a spread; allowed: {allowed_spreads(form)}")
        return BAD
    spread = read(form, node, path, reading, common)
    return BAD if BAD in common.values() else spread


def _not_a_spread(form: SpreadForm, node: Node, path: str, reading: Reading) -> Any:
    """A range where a spread belongs: say which of the two things meant is written how."""
    written = {key: show(item.plain()) for key, item in node.items()}
    inner = _braced(written)
    if len(inner) > 40:
        inner = "{p10: …, p90: …}"
    right = inner
    if set(written) == {"min", "max"}:  # what is proposed must be a range
        right = _braced({"min": written["min"], "likely": "…", "max": written["max"]})
    who = "accounts" if form.unit == "contacts" else "deals" if form.unit == "money" or form.delay else "leads or deals"
    return reading.fault(
        node,
        path,
        f"{inner} does not say how {who} differ: write "
        f"{{mean: {right}, cv: 1}} if you are unsure of the mean, {{median: …, p90: …}} if "
        f"{'they' if who == 'leads or deals' else who} differ",
    )


def _braced(written: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{key}: {text}" for key, text in written.items()) + "}"


def _inner(form: SpreadForm, *, zero: bool = False) -> NumbersForm:
    return NumbersForm("positive", zero=zero, most=MOST[form.unit])


def _fixed(form: SpreadForm, node: Node, path: str, reading: Reading) -> Any:
    if node.list:
        for index, item in enumerate(node.value):
            if item.mapping or item.list:
                return reading.fault(
                    item,
                    join(path, index + 1),
                    f"{show(item.plain())} is not a plain number; a spread that changes by quarter is written "
                    "with lists inside, as {mean: [8, 9], cv: 1}",
                )
    numbers = read_numbers(_inner(form, zero=form.unit == "weeks"), node, path, reading)
    return BAD if numbers is BAD else FixedSpread(numbers, unit=form.unit)


def _part(form: NumbersForm, node: Node, path: str, reading: Reading, key: str, default: float | None = None) -> Any:
    item = node.get(key)
    if item is not None:
        return read_numbers(form, item, join(path, key), reading)
    if default is None:
        return reading.fault(node, join(path, key), "is required")
    return (Certain(default, domain=form.domain),)


def _mean_cv(form: SpreadForm, node: Node, path: str, reading: Reading, common: dict[str, Any]) -> Any:
    check_keys(node, path, ("mean", "cv", "family", "times"), reading)
    mean = _part(_inner(form), node, path, reading, "mean")
    family = node.get("family")
    cv = node.get("cv")
    if form.delay and family is None and cv is None:
        if mean is not BAD and (wrong := _below_one(mean)) is not None:
            return reading.fault(node.value["mean"], join(path, "mean"), f"{show(wrong)} is not 1 or more")
        return BAD if mean is BAD else Geometric(mean, **common)
    default = "lognormal" if form.unit == "money" else "gamma"
    chosen = default if family is None else family.value
    if chosen not in FAMILIES:
        hint = nearest(str(chosen), FAMILIES) if isinstance(chosen, str) else ""
        chosen = reading.fault(
            family or node,
            join(path, "family"),
            f"{show((family or node).plain())} is not one of {listed(FAMILIES)}{hint}",
        )
    spread = _part(NumbersForm("positive", most=100.0), node, path, reading, "cv", 1.0)
    if chosen == "exponential" and spread is not BAD and spread != (Certain(1.0, domain="positive"),):
        return reading.fault(cv or node, join(path, "cv"), "an exponential has cv 1; leave it out or choose gamma")
    if chosen == "weibull" and spread is not BAD:
        for number in spread:
            if isinstance(number, Certain) and number.value < 0.01:
                return reading.fault(cv or node, join(path, "cv"), f"{show(number.value)} is not 0.01 or more")
    return BAD if BAD in (mean, spread, chosen) else MeanCv(mean, spread, chosen, **common)


def _below_one(mean: Numbers) -> float | None:
    """A stated value of a geometric mean that is below 1."""
    for number in mean:
        for name in ("value", "min", "p10", "mean"):
            stated = getattr(number, name, None)
            if stated is not None and stated < 1:
                return float(stated)
        for stated in getattr(number, "values", ()):
            if stated < 1:
                return float(stated)
    return None


def _median_p90(form: SpreadForm, node: Node, path: str, reading: Reading, common: dict[str, Any]) -> Any:
    check_keys(node, path, ("median", "p90", "times"), reading)
    median = _part(_inner(form), node, path, reading, "median")
    p90 = _part(_inner(form), node, path, reading, "p90")
    if BAD in (median, p90):
        return BAD
    for index in range(max(len(median), len(p90))):
        low, high = median[min(index, len(median) - 1)], p90[min(index, len(p90) - 1)]
        if isinstance(low, Certain) and isinstance(high, Certain) and not low.value < high.value:
            return reading.fault(
                node.value["p90"], join(path, "p90"), f"{show(high.value)} is not above the median {show(low.value)}"
            )
    return MedianP90(median, p90, **common)


def read_shares(node: Node, path: str, reading: Reading, count: int | None = None) -> Any:
    """A list of shares that sum to 1, exactly so once read."""
    if not node.list or not node.value:
        return reading.fault(node, path, f"{show(node.plain())} is not a list of shares")
    shares = []
    for index, item in enumerate(node.value):
        share = as_float(item, join(path, index + 1), reading, "a plain number")
        if share is not BAD and not 0 <= share <= 1:
            share = reading.fault(item, join(path, index + 1), f"{show(share)} is not in [0, 1]")
        shares.append(share)
    if BAD in shares:
        return BAD
    if count is not None and len(shares) != count:
        return reading.fault(node, path, f"{len(shares)} shares; allowed: {count}, one per week of a quarter")
    total = sum(shares)
    if abs(total - 1) > ROUNDING:
        return reading.fault(node, path, f"the shares sum to {total:.6g}, not to 1")
    return tuple(share / total for share in shares) if abs(total - 1) > 1e-12 else tuple(shares)


def _weeks(form: SpreadForm, node: Node, path: str, reading: Reading, common: dict[str, Any]) -> Any:
    check_keys(node, path, ("weeks", "times"), reading)
    if form.unit != "weeks":
        what = "money" if form.unit == "money" else "a number of contacts"
        return reading.fault(node, path, f"{{weeks: …}} is not {what}; allowed: {allowed_spreads(form)}")
    item = node.value["weeks"]
    if item.list and len(item.value) > MOST_WEEKS:
        return reading.fault(item, join(path, "weeks"), f"{len(item.value)} weeks are more than {MOST_WEEKS:,.0f}")
    shares = read_shares(item, join(path, "weeks"), reading)
    return BAD if shares is BAD else WeeksTable(shares, **common)


def _contacts(form: SpreadForm, node: Node, path: str, reading: Reading, common: dict[str, Any]) -> Any:
    """Shares of accounts with 1, 2, … contacts; there are none with none."""
    check_keys(node, path, ("shares", "times"), reading)
    item = node.value["shares"]
    if item.list and len(item.value) > MOST["contacts"]:
        return reading.fault(item, join(path, "shares"), f"{len(item.value)} shares are more than {MOST['contacts']:g}")
    shares = read_shares(item, join(path, "shares"), reading)
    return BAD if shares is BAD else WeeksTable((0.0, *shares), **common)


def _sample(form: SpreadForm, node: Node, path: str, reading: Reading, common: dict[str, Any]) -> Any:
    check_keys(node, path, ("values", "column", "times"), reading)
    file, column = node.get("values"), node.get("column")
    for key, item, what in (("values", file, "the name of a CSV file"), ("column", column, "the name of a column")):
        if item is None:
            return reading.fault(node, join(path, key), f"is required: {what}")
        if not isinstance(item.value, str) or not item.value.strip():
            return reading.fault(item, join(path, key), f"{show(item.plain())} is not {what}")
    assert file is not None and column is not None
    data = read_sample(file, column, path, form, reading)
    return BAD if data is BAD else Sample(data, reading.tables.locate(file), column.value.strip(), **common)
