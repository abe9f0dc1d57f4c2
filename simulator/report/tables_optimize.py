"""A split of the budget, in the terminal: the sentence for the meeting, a line per segment, what to type next."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from simulator.analysis.optimize import Optimum, Part
from simulator.report.layout import from_to, notes, number_text, plain_table, points, title
from simulator.report.wording import clean, compact, priced
from simulator.scenario.listing import written
from simulator.statistics.intervals import as_percent

LEGEND = (
    "As good: how far the amount may move, the others in proportion and the total as it is, before {trials} trials can "
    "tell the split is worse. Next: points of chance that {money} more would add if all of it went there."
)


def optimize_table(found: Optimum) -> RenderableType:
    """One row per segment that is split: now, best, how flat the best is, what more would do."""
    table = plain_table("segment", "now", "best", "as good", "next")
    for part in found.parts:
        table.add_row(*_row(part))
    if len(found.parts) > 1:
        table.add_section()
        table.add_row("together", number_text(found.total_now), number_text(found.total), "", "")
    about = f"{clean(found.scenario.name)}: {found.trials:,} trials, seed {found.seed}"
    money = priced(clean(found.scenario.currency), compact(found.next_money))
    legend = LEGEND.format(trials=f"{found.trials:,}", money=money)
    return Group(
        title(heading(found)),
        Text(f"{about}; amounts in {clean(found.scenario.currency)} over the horizon", style="dim"),
        "", *[Text(sentence) for sentence in sentences(found)], "", table, "", Text(legend, style="dim"), "",
        Text("To play it: simulator run … " + " ".join(f"--set '{text}'" for text in settings(found)), style="dim"),
        *notes(found.notes),
    )  # fmt: skip


def settings(found: Optimum) -> list[str]:
    """The split as ``--set`` takes it."""
    return [
        f"{path}={f'[{written(value)}]' if isinstance(value, list) else written(value)}"
        for path, value in found.changes.items()
    ]


def heading(found: Optimum) -> str:
    """What was looked for."""
    what = clean(found.goal.name or "")
    if found.wanted is None:
        return f"The best split of {compact(found.total)}: {what}"
    return f"The least money for a chance of {share_text(found.wanted)}: {what}"


def share_text(p: float) -> str:
    return f"{round(100 * p, 10):g}%"


def sentences(found: Optimum) -> list[str]:
    """The finding in words."""
    chances = f"{as_percent(found.probability_now.value)} as planned, {as_percent(found.probability.value)} so split"
    told = []
    if found.wanted is not None:
        money = priced(clean(found.scenario.currency), compact(found.total))
        chance = as_percent(found.probability.value)
        if found.reached:
            ways = {0: "as much as", 1: "more than", -1: "less than"}
            against = ways[(found.total > found.total_now) - (found.total < found.total_now)]
            told.append(f"{money} is enough, {against} the {compact(found.total_now)} planned ({chances}).")
        else:
            told.append(f"Not enough: with {money} the chance is {chance}, and more brings little.")
    elif found.gain.low > 0:
        half = found.gain.high - found.gain.value
        told.append(f"{chances}: {points(found.gain.value)} ± {100 * half:.1f} points.")
    else:
        told.append(f"{chances}: the split makes no difference that {found.trials:,} trials can tell.")
    told += [text for part in found.parts if (text := _verdict(found, part)) is not None]
    return told


def _verdict(found: Optimum, part: Part) -> str | None:
    """Whether a segment can be cut, or a bound of one's own stands in the way."""
    name, low, high = clean(part.channel.segment), part.channel.low, part.channel.high
    nothing = 0.005 * found.total
    if len(found.parts) > 1 and part.as_good[0] <= nothing and part.channel.now > 0:
        if part.amount <= nothing:
            return f"{name} can be cut: its money does more elsewhere."
        return f"{name} can be cut: without it the trials cannot tell the difference."
    if part.binds == "low" and low > 0:
        return f"{name} is at its lower bound of {number_text(low)}: it would get less."
    if part.binds == "high" and high < found.total:
        return f"{name} is at its upper bound of {number_text(high)}: it would get more."
    return None


def _row(part: Part) -> list[str]:
    more = part.following
    return [
        clean(part.channel.segment), number_text(part.channel.now),
        number_text(part.amount) + {"low": " (least)", "high": " (most)", None: ""}[part.binds],
        from_to(*map(number_text, map(_tidy, part.as_good))),
        f"{points(more.value)} ± {100 * max(more.high - more.value, more.value - more.low):.1f}",
    ]  # fmt: skip


def _tidy(amount: float) -> float:
    """Three figures: the ends are not known better."""
    return float(f"{amount:.3g}")
