"""How answers are laid out in the terminal: heads, plain tables, notes, values as people write them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from simulator.report.wording import clean
from simulator.scenario.labels import EVERYWHERE
from simulator.scenario.listing import written
from simulator.scenario.spoken import number_text, spoken

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario

LONGEST = 44


def plain_table(*head: str, left: int = 1, fold: bool = False) -> Table:
    """A table without lines between rows; the first ``left`` columns are text, the others numbers.

    Text is folded where the line is too short, numbers only with ``fold``.
    """
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="dim")
    for index, name in enumerate(head):
        text = index < left
        table.add_column(clean(name), justify="left" if text else "right", overflow="fold", no_wrap=not (text or fold))
    return table


def title(text: str, more: str = "") -> Text:
    """A line in bold, and what is said beside it."""
    return Text.assemble((clean(text), "bold"), (f"   {clean(more)}" if more else "", "dim"))


def notes(texts: Sequence[str]) -> list[RenderableType]:
    """What a reader should know, a paragraph each."""
    return [Padding(Text(f"Note: {clean(text)}", style="yellow"), (1, 0, 0, 0)) for text in texts]


def short_label(text: str, scenario: Scenario) -> str:
    """A label without the segment's name where there is only one segment.

    Labels are those of :func:`simulator.scenario.labels.label`.
    """
    if len(scenario.segments) > 1:
        return clean(text)
    return clean(text.removeprefix(f"{next(iter(scenario.segments))}: ").removesuffix(f" ({EVERYWHERE})"))


def said(value: Any, path: str, scenario: Scenario) -> str:
    """What is at a path, or would be: numbers as people say them, the rest as in the file, but short.

    >>> from simulator.scenario.load import load
    >>> plan = load("scenarios/twenty-five-customers.yaml")
    >>> [said(x, "segments.inbound.conversion.mqls", plan) for x in (0.4796, "-10%", {"p10": 0.3, "p90": 0.4})]
    ['48%', '-10%', 'p10: 0.3, p90: 0.4']
    """
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return spoken(scenario, path, float(value)) if number else value_text(value)


def from_to(low: str, high: str) -> str:
    """A pair of numbers in one cell; one where they read alike.

    >>> from_to("0.9", "1.1"), from_to("48%", "48%")
    ('0.9 – 1.1', '48%')
    """
    return low if low == high else f"{low} – {high}"


def listing(names: Sequence[str]) -> str:
    """Names in a sentence.

    >>> listing(["a"]), listing(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def value_text(value: Any) -> str:
    """A value as in the scenario file, but short.

    >>> value_text(0.4200000001), value_text(1200.0), value_text(None), value_text({"p10": 0.3, "p90": 0.4})
    ('0.42', '1,200', '–', 'p10: 0.3, p90: 0.4')
    """
    if value is None:
        return "–"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number_text(float(value))
    text = clean(written(value))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def points(share: float, digits: int = 1) -> str:
    """A difference of probabilities in percentage points, with its sign.

    >>> points(0.1855), points(-0.004), points(-0.00001)
    ('+18.6', '-0.4', '0.0')
    """
    text = f"{100 * share:+.{digits}f}"
    return text if float(text) else text[1:]
