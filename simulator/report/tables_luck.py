"""A luck report in the terminal: the finding in a sentence, then the numbers behind it."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from simulator.analysis.luck import Luck
from simulator.analysis.luck_actual import Afterwards
from simulator.analysis.luck_posterior import Learned
from simulator.analysis.luck_shares import Share
from simulator.analysis.luck_words import caution
from simulator.report.layout import short_label
from simulator.report.tables import _table
from simulator.report.wording import average, clean, compact, priced, segment_label, threshold, unit_label
from simulator.simulation.metrics import Metric
from simulator.statistics.intervals import Estimate, as_percent

MEANING = {
    "assumptions": "numbers we are unsure of",
    "market": "good and bad quarters, events",
    "demand": "who arrives, who converts, how fast",
    "deals": "how big, how long, won or lost",
    "slips": "which deals slip, and how far",
    "customers": "who stays, who buys more or less",
}
MOST_DEALS = 10
MOST_ASSUMPTIONS = 8
SWING = 0.05
"""Share of trials from which on one deal is called a must."""


def luck_table(found: Luck) -> RenderableType:
    """Everything about one luck report; print it with rich."""
    parts: list[RenderableType] = [_heading(found)]
    if found.actual is not None:
        parts += ["", *_afterwards(found, found.actual)]
    parts += ["", *_shares(found), "", *_band(found)]
    parts += ["", *_slips(found)]
    if found.deals:
        parts += ["", *_deals(found)]
    parts += [Padding(Text(f"Warning: {clean(note)}", style="yellow"), (1, 0, 0, 0)) for note in found.notes]
    return Group(*parts)


def subject_words(found: Luck) -> str:
    """``wins in 2027-Q4``, ``bookings in the worst quarter for inbound``."""
    subject = found.subject
    label = subject.period.label
    if subject.period.each:
        when = " in the worst quarter"
    elif label == "horizon":
        when = " at the end" if subject.metric.combine == "end" else " over the horizon"
    else:
        when = f" {'at the end of' if subject.metric.combine == 'end' else 'in'} {label.replace('..', ' to ')}"
    return clean(f"{subject.metric.label}{when}{segment_label(subject.segment)}")


def amount(value: float, metric: Metric) -> str:
    """A value of the metric: money compact, counts whole."""
    return compact(value) if metric.priced else f"{value:,.0f}"


def _with_currency(text: str, found: Luck) -> str:
    """A value of what the report is about, in its currency where it is money."""
    return priced(clean(found.scenario.currency), text) if found.subject.metric.priced else text


def headline_of(found: Luck) -> str:
    """Where the spread comes from, in a sentence."""
    open_shares = [one for one in found.shares if one.open]
    if all(one.share == 0.0 for one in open_shares):
        return f"Nothing varies: {subject_words(found)} is the same in every trial."
    chance = as_percent(min(max(found.luck_share, 0.0), 1.0))
    known = {one.group: as_percent(max(one.share, 0.0)) for one in open_shares}
    words = {"assumptions": "assumptions", "market": "the market"}
    rest = " and ".join(f"{known[group]} {text}" for group, text in words.items() if group in known)
    if rest:
        return f"{chance} of the spread of {subject_words(found)} is luck; {rest}."
    return (
        f"All of the spread of {subject_words(found)} is luck: the plan is sure of every number, "
        "and no market moves it."
    )


# -- parts --------------------------------------------------------------------------------------
def _heading(found: Luck) -> RenderableType:
    plan = found.scenario
    goal = ""
    bound = found.subject.bound
    if bound is not None:
        sign = "at least" if found.subject.at_least is not None else "at most"
        goal = f", target {sign} {_with_currency(threshold(bound, found.subject.metric.priced), found)}"
    trials, seed = found.provenance.trials, found.provenance.seed
    return Group(
        Text(clean(plan.name), style="bold"), Text(f"{subject_words(found)}{goal}"),
        Text(f"{trials:,} trials, seed {seed}", style="dim"),
    )  # fmt: skip


def _bold(text: str) -> Text:
    return Text(text, style="bold")


def _shares(found: Luck) -> list[RenderableType]:
    table = Table(box=None, show_edge=False, pad_edge=False, header_style="dim")
    table.add_column("", no_wrap=True)
    table.add_column("share", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("interval", justify="right", no_wrap=True, style="dim")
    table.add_column("alone", justify="right", no_wrap=True, style="dim")
    table.add_column("", overflow="fold", style="dim")
    for one in found.shares:
        if one.open:
            table.add_row(one.group, _percent(one), Text("█" * round(24 * max(one.share, 0.0))),
                          f"{100 * max(one.low, 0):.0f} to {100 * max(one.high, 0):.0f}%",
                          f"{100 * max(one.total_effect, 0):.0f}%", MEANING[one.group])  # fmt: skip
        else:
            table.add_row(one.group, "none", "", "", "", f"{MEANING[one.group]}: the plan has none")
    note = Text(
        "Share: what is explained as one group after the other becomes known, from the top. "
        "Alone: what would go if only that group were known.", style="dim",
    )  # fmt: skip
    return [_bold(headline_of(found)), "", table, "", note]


def _percent(one: Share) -> str:
    share = max(one.share, 0.0)
    return "<1%" if share < 0.005 else f"{100 * share:.0f}%"


def _band(found: Luck) -> list[RenderableType]:
    band, metric = found.band, found.subject.metric
    plan = f"{average(band.plan, metric)} {metric.label}" if metric.kind == "count" else (
        f"{metric.label} of {_with_currency(compact(band.plan), found)}"
    )  # fmt: skip
    first = (
        f"Even executed perfectly, {plan} planned will land between {amount(band.p10, metric)} and "
        f"{amount(band.p90, metric)} in 8 of 10 cases."
    )
    more = ""
    if any(one.open for one in found.shares if one.group in ("assumptions", "market")):
        low, high = amount(band.all_p10, metric), amount(band.all_p90, metric)
        more = f"With everything the plan does not know: {low} to {high}. "
    if band.probability is not None:
        more += f"Executed perfectly, the target is met in {as_percent(band.probability.value)} of cases."
    note = "Perfectly: assumptions at their medians, no shocks or events, the usual share of deals slipping."
    return [_bold(first), Text(more), Text(note, style="dim")]


def _slips(found: Luck) -> list[RenderableType]:
    slips = found.slips
    if not next(one for one in found.shares if one.group == "slips").open:
        return [_bold("No deal slips in this plan.")]
    parts: list[RenderableType] = []
    chances = (slips.probability, slips.probability_without, slips.missed_only_by_slips, slips.hit_only_by_slips)
    if all(isinstance(one, Estimate) for one in chances):
        now, without, missed, hit = (as_percent(one.value) for one in chances if one is not None)
        parts += [
            _bold(f"Slipped deals alone miss the target in {missed} of trials."),
            Text(f"Met with slips: {now}; if no deal slipped: {without}. Met only because some slipped in: {hit}."),
        ]
    else:
        metric = found.subject.metric
        before, after = (_with_currency(average(x, metric), found) for x in (slips.mean_without, slips.mean))
        words = f"hardly move the mean, {after}" if before == after else f"move the mean from {before} to {after}"
        parts += [_bold(f"Slips {words}.")]
    table = _table("pushed out of", left=1)
    for text in ("deals, mean", "deals, P90"):
        table.add_column(text, justify="right")
    money = slips.pushed_out[0].value is not None
    if money:
        for text in (f"value, mean ({clean(found.scenario.currency)})", "value, P90"):
            table.add_column(text, justify="right")
    for one in slips.pushed_out:
        cells = [one.quarter, f"{one.deals.value:,.1f}", f"{one.deals_p90:,.0f}"]
        if one.value is not None and one.value_p90 is not None:
            cells += [compact(one.value.value), compact(one.value_p90)]
        table.add_row(*cells)
    return [*parts, "", table]


def _range(one: Learned, levels: tuple[float, float, float]) -> str:
    low, middle, high = (compact(x) if abs(x) >= 10_000 else one.say(x) for x in levels)
    return f"{middle} ({low} – {high})"


def _deals(found: Luck) -> list[RenderableType]:
    first = found.deals[0]
    table = _table("open deal", left=1)
    size = f"amount ({clean(found.scenario.currency)})"
    for text in (size, "won in", "decided in time", "if won", "if lost", "swing"):
        table.add_column(text, justify="right")
    for deal in found.deals[:MOST_DEALS]:
        table.add_row(
            Text(clean(deal.id)), compact(deal.amount), as_percent(deal.win_probability), as_percent(deal.decides),
            as_percent(deal.probability_won), as_percent(deal.probability_lost), f"{100 * deal.swing:+.0f} points",
        )  # fmt: skip
    matters = abs(first.swing) >= SWING
    name = clean(first.id)
    head = (f"Must close: {name}." if matters else f"No single open deal decides this. {name} matters most.") + (
        f" If it is lost, the target is met in {as_percent(first.probability_lost)} of trials; if it is won, in "
        f"{as_percent(first.probability_won)}."
    )
    left = len(found.deals) - MOST_DEALS
    note = f"{left} more open deals matter less; --format json has them all. " if left > 0 else ""
    return [_bold(head), "", table, Text(f"{note}All other luck stays the same, deal by deal.", style="dim")]


def _afterwards(found: Luck, after: Afterwards) -> list[RenderableType]:
    label = after.period.label.replace("..", " to ")
    table = _table(f"{label}", left=1)
    for text in ("happened", "expected", "so low or lower", "so high or higher"):
        table.add_column(text, justify="right")
    for one in after.values:
        what = clean(unit_label(one.metric, found.scenario.currency))
        table.add_row(what, amount(one.value, one.metric), average(one.expected, one.metric),
                      as_percent(one.at_or_below), as_percent(one.at_or_above))  # fmt: skip
    parts: list[RenderableType] = [_bold(clean(after.verdict)), "", table]
    if len(after.values) > 1:
        both = "both" if len(after.values) == 2 else "all"
        parts += [Text(
            f"Together: {both} so far out on their sides in {as_percent(after.together.all_as_extreme, 1)} of trials; "
            f"as far from the middle in any direction in {as_percent(after.together.as_far, 1)}."
        )]  # fmt: skip
    if after.learned:
        learned = _table("assumption", left=1)
        for text in ("in the plan", "after what happened", "below plan"):
            learned.add_column(text, justify="right", no_wrap=True)
        for item in after.learned[:MOST_ASSUMPTIONS]:
            style = "bold" if item.doubtful else ""
            name = Text(short_label(item.label, found.scenario))
            ranges = (_range(item, item.prior), _range(item, item.posterior))
            learned.add_row(name, *ranges, as_percent(item.below_median), style=style)
        left = len(after.learned) - MOST_ASSUMPTIONS
        more = f" {left} more have moved less; --format json has them all." if left > 0 else ""
        note = f"P50, and P10 to P90 in brackets; below plan: how probably it is below the plan's P50.{more}"
        parts += ["", learned, "", Text(note, style="dim")]
    word = caution(after.posterior)
    return [*parts, Text(clean(word), style="dim")] if word else parts
