"""What would get us there, in the terminal: a line per lever, and the sentence to say in the meeting."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from simulator.analysis.solve_result import Answer, Solution
from simulator.report.layout import from_to, listing, notes, plain_table, said, short_label, title
from simulator.report.wording import clean, made_by
from simulator.scenario.labels import EVERYWHERE
from simulator.statistics.intervals import as_percent

LEGEND = "One lever at a time, all else as planned."
ALL_SEGMENTS = "Where no segment is named, the lever moves all segments."
KNOWN = "Known to: the range that {trials} cannot tell apart."
SEVERAL = "×: the plan has several values there, or a spread, and all of them are moved by this factor."
NO_VALUE = "–"
NOTHING = 0.02
"""A factor below which a lever is all but gone."""


def solve_table(found: Solution) -> RenderableType:
    """One row per lever: today, what is needed, how much that is, how well it is known."""
    rows = [_row(found, answer) for answer in found.answers]
    known_to = ["known to"] if any(row[4] != NO_VALUE for row in rows) else []
    table = plain_table("lever", "now", "needed", "change", *known_to, "chance")
    for row in rows:
        table.add_row(*row[:4], *(row[4:5] if known_to else []), row[5])
    parts: list[RenderableType] = [
        title(f"To get to {percent(found.wanted)}: {clean(found.goal.name or '')}"),
        Text(
            f"{clean(found.scenario.name)}: {as_percent(found.probability.value)} as planned; "
            f"{made_by(found)}", style="dim",
        ),
        "", Text(sentence(found)), "", table, "",
    ]  # fmt: skip
    for text in _not_enough(found):
        parts += [Text(text), ""]
    known = [KNOWN.format(trials="the trials" if found.trials is not None else "so many points")]
    legend = [
        LEGEND,
        *([ALL_SEGMENTS] if _all_alike(found) and _says_everywhere(found) else []),
        *(known if known_to else []),
        *([SEVERAL] if any(answer.as_factor for answer in found.answers) else []),
    ]
    middles = [lever_name(found, a) for a in found.answers if a.search.scaled and not a.as_factor]
    if middles:
        legend.append(f"{listing(middles)}: uncertain; what is shown is the middle, and the whole range moves with it.")
    told = dict.fromkeys(f"{lever_name(found, a)}: {a.why_not}" for a in found.answers if a.reached and a.why_not)
    return Group(*parts, Text(" ".join(legend), style="dim"), *notes([*found.notes, *told]))


def _not_enough(found: Solution) -> list[str]:
    """Which levers are not enough, why, and where was looked: a sentence for every reason."""
    reasons: dict[str, list[tuple[str, str]]] = {}
    for answer in found.answers:
        if not answer.reached:
            low, high = (_amount(found, answer, x) for x in answer.bracket)
            why = (answer.why_not or "not enough alone").removesuffix(": the best in the bracket")
            reasons.setdefault(why, []).append((lever_name(found, answer), f"from {low} to {high}"))
    told = []
    for why, levers in reasons.items():
        if len({where for _, where in levers}) == 1:
            told.append(f"{listing([name for name, _ in levers])}: {why}; looked {levers[0][1]}.")
        else:
            told.append(f"{why[:1].upper()}{why[1:]}; looked at {listing([' '.join(lever) for lever in levers])}.")
    return told


def percent(share: float) -> str:
    """A wanted probability, as it was asked for.

    >>> percent(0.8), percent(0.975)
    ('80%', '97.5%')
    """
    return f"{round(100 * share, 10):g}%"


def lever_name(found: Solution, answer: Answer) -> str:
    """What a lever is called, with the segments that it moves."""
    return short_label(answer.search.label, found.scenario)


def _short_name(found: Solution, answer: Answer) -> str:
    """The same in the table, where a line below says once that levers without a segment move all."""
    name = lever_name(found, answer)
    return name.removesuffix(f" ({EVERYWHERE})") if _all_alike(found) else name


def _all_alike(found: Solution) -> bool:
    """Whether no lever moves one segment that was named by itself."""
    return all(one.path.startswith("segments.*.") or not one.path.startswith("segments.") for one in found.answers)


def _says_everywhere(found: Solution) -> bool:
    return any(EVERYWHERE in lever_name(found, answer) for answer in found.answers)


def sentence(found: Solution) -> str:
    """``To get to 80%: visitors +20%, or …``"""
    enough = [answer for answer in found.answers if answer.reached]
    if found.answers and not enough:
        best = max(found.answers, key=lambda answer: answer.probability.value)
        if _in_vain(best):
            return f"No lever gets to {percent(found.wanted)} alone, and none makes the target likelier."
        return (
            f"No lever gets to {percent(found.wanted)} alone. The best: {_change(found, best)}, "
            f"which makes it {as_percent(best.probability.value)}."
        )
    if all(answer.value == answer.now for answer in enough):
        return f"The plan is at {percent(found.wanted)} or more as it is."
    words = ", or ".join(_change(found, answer) for answer in enough)
    verb = "To get to" if found.probability.value < found.wanted else "Still enough for"
    return f"{verb} {percent(found.wanted)}: {words}."


def _in_vain(answer: Answer) -> bool:
    """Whether no value is better than today's."""
    return not answer.reached and answer.value == answer.now


def _change(found: Solution, answer: Answer) -> str:
    name = lever_name(found, answer)
    if answer.as_factor or (answer.relative is not None and answer.now > 1):
        return f"{name} {relative_text(answer)}"
    return f"{name} {_amount(found, answer, answer.now)} → {_amount(found, answer, answer.value)}"


def relative_text(answer: Answer) -> str:
    """The change against today: ``+31%``, ``to nothing``."""
    if answer.relative is None:
        return "–"
    if answer.relative <= NOTHING - 1:
        return "to nothing"
    digits = 1 if abs(answer.relative) < 0.1 else 0
    return f"{100 * answer.relative:+.{digits}f}%"


def _amount(found: Solution, answer: Answer, value: float) -> str:
    """A value, or a factor as ×1.2 where the lever has no one value."""
    if answer.as_factor:
        return f"×{value:.3g}" if value > NOTHING else "nothing"
    return said(value, answer.path, found.scenario)


def _row(found: Solution, answer: Answer) -> list[str]:
    if answer.low is None or answer.high is None or answer.low == answer.high:
        known = NO_VALUE
    else:
        known = from_to(_amount(found, answer, answer.low), _amount(found, answer, answer.high))
    chance = ("" if answer.reached else "only ") + as_percent(answer.probability.value)
    return [
        _short_name(found, answer), "" if answer.as_factor else _amount(found, answer, answer.now),
        *((NO_VALUE, NO_VALUE) if _in_vain(answer) else (_amount(found, answer, answer.value), relative_text(answer))),
        known, chance,
    ]  # fmt: skip
