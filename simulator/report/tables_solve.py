"""What would get us there, in the terminal: a line per lever, and the sentence to say in the meeting."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from simulator.analysis.solve import Answer, Solution
from simulator.report.layout import notes, number_text, plain_table, short_label, title
from simulator.report.wording import clean
from simulator.statistics.intervals import as_percent

LEGEND = "One lever at a time, all else as planned. Known to: the range that the trials cannot tell apart."


def solve_table(found: Solution) -> RenderableType:
    """One row per lever: today, what is needed, how much that is, how well it is known."""
    table = plain_table("lever", "now", "needed", "change", "known to", "chance")
    for answer in found.answers:
        table.add_row(*_row(found, answer))
    parts: list[RenderableType] = [
        title(f"To get to {percent(found.wanted)}: {clean(found.goal.name or '')}"),
        Text(
            f"{clean(found.scenario.name)}: {as_percent(found.probability.value)} as planned; "
            f"{found.trials:,} trials, seed {found.seed}", style="dim",
        ),
        "", Text(sentence(found)), "", table,
    ]  # fmt: skip
    short = [answer for answer in found.answers if not answer.reached]
    for answer in short:
        low, high = (_amount(answer, x) for x in answer.bracket)
        why = answer.note or "not enough alone"
        parts += ["", Text(f"{short_label(answer.search.label, found.scenario)}: looked from {low} to {high}: {why}.")]
    told = list(dict.fromkeys(
        f"{short_label(a.search.label, found.scenario)}: {a.note}" for a in found.answers if a.reached and a.note
    ))  # fmt: skip
    return Group(
        *parts, "",
        Text(LEGEND, style="dim"),
        *notes([*found.notes, *told]),
    )  # fmt: skip


def percent(share: float) -> str:
    """A wanted probability, as it was asked for.

    >>> percent(0.8), percent(0.975)
    ('80%', '97.5%')
    """
    return f"{round(100 * share, 10):g}%"


def sentence(found: Solution) -> str:
    """``To get to 80%: visitors +20%, or …``"""
    enough = [answer for answer in found.answers if answer.reached]
    if found.answers and not enough:
        best = max(found.answers, key=lambda answer: answer.probability.value)
        return (
            f"No lever gets to {percent(found.wanted)} alone. The best: {_change(found, best)}, "
            f"which makes it {as_percent(best.probability.value)}."
        )
    if all(answer.value == answer.now for answer in enough):
        return f"The plan is at {percent(found.wanted)} or more as it is."
    words = ", or ".join(_change(found, answer) for answer in enough)
    verb = "To get to" if found.probability.value < found.wanted else "Still enough for"
    return f"{verb} {percent(found.wanted)}: {words}."


def _change(found: Solution, answer: Answer) -> str:
    name = short_label(answer.search.label, found.scenario)
    if answer.as_factor:
        return f"{name} {_relative(answer)}"
    share = answer.relative is None or answer.now <= 1
    if not share:
        return f"{name} {_relative(answer)}"
    return f"{name} {_amount(answer, answer.now)} → {_amount(answer, answer.value)}"


def _relative(answer: Answer) -> str:
    if answer.relative is None:
        return "–"
    digits = 1 if abs(answer.relative) < 0.1 else 0
    return f"{100 * answer.relative:+.{digits}f}%"


def _amount(answer: Answer, value: float) -> str:
    """A value, or a factor as ×1.2 where the lever has no one value."""
    return f"×{value:.3g}" if answer.as_factor else number_text(value)


def _row(found: Solution, answer: Answer) -> list[str]:
    if answer.low is None or answer.high is None or answer.low == answer.high:
        known = "–"
    else:
        known = f"{_amount(answer, answer.low)} to {_amount(answer, answer.high)}"
    chance = as_percent(answer.probability.value) + ("" if answer.reached else ", not enough")
    return [
        short_label(answer.search.label, found.scenario), "as planned" if answer.as_factor else number_text(answer.now),
        _amount(answer, answer.value), _relative(answer), known, chance,
    ]  # fmt: skip
