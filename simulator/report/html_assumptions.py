"""The assumptions as a director reads them: by segment, in words, rates in percent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from simulator.report.wording import clean, plural
from simulator.scenario.labels import label, stage_label
from simulator.scenario.listing import values_as_given, written
from simulator.scenario.model import Scenario
from simulator.scenario.spoken import is_share, number_text, share_text

Say = Callable[[float], str]
_LONGEST = 24
"""Items of a list that are shown."""


def assumption_groups(scenario: Scenario) -> list[tuple[str, list[tuple[str, str]]]]:
    """(heading, rows of (what, how much)) of everything that is assumed, in the order of the file.

    >>> from simulator.scenario.load import load
    >>> groups = dict(assumption_groups(load("scenarios/mid-market.yaml")))
    >>> list(groups)
    ['The plan', 'inbound', 'outbound', 'events', 'At the start', 'The market', 'What goes together']
    >>> groups["inbound"][1]
    ('visitors → engagements', '7% to 9%, 8 times in 10')
    """
    found: dict[str, list[tuple[str, str]]] = {}
    for path, value in values_as_given(scenario):
        heading, name = _place(path, scenario)
        text = _say(scenario, path, value)
        if path.startswith("correlations") and isinstance(value, Mapping) and "between" in value:
            name = " and ".join(label(str(one), scenario.stages) for one in value["between"])
            text = f"rank correlation {written(value.get('rank'))}"
        found.setdefault(clean(heading), []).append((clean(name), clean(text)))
    return list(found.items())


def _place(path: str, scenario: Scenario) -> tuple[str, str]:
    """Under which heading a path stands, and what it is called there."""
    top = path.partition(".")[0]
    if top == "segments":
        segment = path.split(".")[1]
        base = path.removesuffix(".weeks").removesuffix(".values")
        return segment, _inside(path, segment) or label(base, scenario.stages).removeprefix(f"{segment}: ")
    if top == "market":
        if path.startswith("market.events."):
            return "The market", path.removeprefix("market.events.")
        return "The market", label(path, scenario.stages).removeprefix("market, ").removeprefix("market: ")
    heading = {"opening": "At the start", "correlations": "What goes together"}.get(top, "The plan")
    return heading, label(path, scenario.stages)


def _inside(path: str, segment: str) -> str | None:
    """Names of what is no number of a segment."""
    rest = path.removeprefix(f"segments.{segment}.")
    return {"volume.stage": "enters at", "volume.weekly_profile": "shares of the 13 weeks"}.get(rest)


def _say(scenario: Scenario, path: str, value: Any) -> str:
    if path.startswith("market.events.") and isinstance(value, Mapping):
        return _event(value, scenario)
    if path.endswith(".volume.stage"):
        return stage_label(str(value))
    base = path.removesuffix(".values").removesuffix(".weeks")
    share = is_share(scenario, base) if path.startswith("segments.") else False
    if path.endswith(".weeks") and isinstance(value, list):
        return f"{_listed(value, share_text)} after 0, 1, … weeks"
    say = share_text if share else number_text
    return f"{_amount(value, say)}, each as likely" if path.endswith(".values") else _amount(value, say)


def _event(value: Mapping[str, Any], scenario: Scenario) -> str:
    parts = []
    if "probability" in value:
        parts.append(f"{_amount(value['probability'], share_text)} of quarters")
    if value.get("quarters", 1) != 1:
        parts.append(f"for {plural(int(value['quarters']), 'quarter')}")
    for key, factor in value.items():
        if key not in ("name", "probability", "quarters"):
            name = label(f"market.events.x.{key}", scenario.stages).removeprefix("x: times ")
            parts.append(f"{name} × {_amount(factor, number_text)}")
    return "; ".join(parts)


def _listed(items: list[Any], say: Say) -> str:
    shown = ", ".join(_amount(item, say) for item in items[:_LONGEST])
    return shown + (f", and {len(items) - _LONGEST} more" if len(items) > _LONGEST else "")


def _amount(value: Any, say: Say) -> str:
    """A number, a range, a spread or a list in words; anything else as in the file."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return say(float(value))
    if isinstance(value, (list, tuple)):
        return _listed(list(value), say)
    if not isinstance(value, Mapping):
        return written(value)
    keys = set(value) - {"name", "times"}
    for wanted, words in _FORMS:
        if keys == wanted and all(_plain(value[key]) for key in keys):
            text = words(value, say)
            break
    else:
        return written(value)
    if "times" in value:
        text += f", × {number_text(float(value['times']))}"
    return text + (f" (“{value['name']}”)" if "name" in value else "")


def _plain(value: Any) -> bool:
    return (isinstance(value, (int, float)) and not isinstance(value, bool)) or (
        isinstance(value, list) and all(isinstance(item, (int, float)) for item in value)
    )


_FORMS: tuple[tuple[set[str], Callable[[Mapping[str, Any], Say], str]], ...] = (
    ({"p10", "p90"}, lambda v, say: f"{say(v['p10'])} to {say(v['p90'])}, 8 times in 10"),
    (
        {"p10", "p50", "p90"},
        lambda v, say: f"{say(v['p10'])} to {say(v['p90'])}, 8 times in 10; middle {say(v['p50'])}",
    ),
    ({"min", "likely", "max"}, lambda v, say: f"{say(v['min'])} to {say(v['max'])}, most likely {say(v['likely'])}"),
    ({"successes", "of"}, lambda v, say: f"{number_text(v['successes'])} of {number_text(v['of'])} counted"),
    ({"values"}, lambda v, say: f"{_listed(list(v['values']), say)}, each as likely"),
    ({"mean", "sd"}, lambda v, say: f"mean {say(v['mean'])}, standard deviation {say(v['sd'])}"),
    ({"mean", "cv"}, lambda v, say: f"mean {say(v['mean'])}, variation {number_text(v['cv'])}"),
    ({"median", "p90"}, lambda v, say: f"middle {say(v['median'])}, 1 in 10 above {say(v['p90'])}"),
    ({"mean"}, lambda v, say: f"mean {say(v['mean'])}"),
)
