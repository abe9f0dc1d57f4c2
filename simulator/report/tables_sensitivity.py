"""What drives the number, in the terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from simulator.analysis.sobol import Share, SobolShares
from simulator.analysis.tornado_result import Effect, Tornado
from simulator.report.layout import from_to, notes, plain_table, points, said, short_label, title
from simulator.report.wording import average, clean, made_by, plural
from simulator.simulation.metrics import Metric, metrics_in
from simulator.statistics.intervals import Estimate, as_percent

SHOWN = 20
ENDS = (
    "Moved to its own P10 and P90, the others drawn as ever; * certain in the plan: moved 10% down and up. Sorted by "
    "how far the chance moves."
)
SAME_LUCK = " Same luck throughout."
SAME_POINTS = " The same points throughout, so that the effects are known better than the chance itself."

MEANING = (
    "alone: share of the variance that would go if this were known; with others: share that is left if all else were "
    "known; no luck: the same for the expected outcome, luck averaged out. ±: 95% interval."
)


def metric_of(found: Tornado | SobolShares) -> Metric:
    """The metric that means and variances are of."""
    return next(m for m in metrics_in(found.scenario) if m.name == found.goal.metric)


def tornado_table(found: Tornado, everything: bool = False) -> RenderableType:
    """One row per assumption, the strongest first."""
    metric = metric_of(found)
    chance = found.probability is not None
    mean = f"mean ({found.scenario.currency})" if metric.priced else "mean"
    table = plain_table("assumption", "moved from – to", *(["chance", "points"] if chance else []), mean)
    shown = found.effects if everything else shown_effects(found, SHOWN)
    for effect in shown:
        table.add_row(*_row(found, effect, metric, chance))
    now = "" if found.probability is None else f", {as_percent(found.probability.value)} as planned"
    about = made_by(found)
    parts: list[RenderableType] = [
        title(f"What drives {found.goal.name or found.goal.subject}{now}"),
        Text(f"{clean(found.scenario.name)}: {about}; mean: {found.goal.subject}", style="dim"),
        "", table,
    ]  # fmt: skip
    if len(shown) < len(found.effects):
        rest = found.effects[len(shown) :]
        most = f"{100 * max(effect.size[0] for effect in rest):.1f}"
        words = f"… and {plural(len(rest), 'assumption')} more that move it less" + (
            f", by {most} points at most" if chance and float(most) else ", if at all" if _still(found, rest[0]) else ""
        )
        parts.append(Text(words + "; --all shows them", style="dim"))
    return Group(*parts, "", Text(ENDS + _same(found), style="dim"), *notes(found.notes))


def shown_effects(found: Tornado, most: int) -> tuple[Effect, ...]:
    """The strongest effects, without those that move nothing; the first three in any case."""
    shown = found.effects[:most]
    while len(shown) > 3 and _still(found, shown[-1]):
        shown = shown[:-1]
    return shown


def _still(found: Tornado, effect: Effect) -> bool:
    """Whether an assumption moves neither the chance by a tenth of a point nor the mean by a thousandth."""
    p, mean = effect.size
    return p < 0.0005 and mean < 0.001 * abs(found.mean.value)


def _same(found: Tornado) -> str:
    return {"simulate": SAME_LUCK, "conditional": SAME_POINTS}.get(found.engine, "")


def _row(found: Tornado, effect: Effect, metric: Metric, chance: bool) -> list[str]:
    move = effect.move
    name = short_label(move.label, found.scenario) + ("*" if move.certain else "")
    cells = [name, ends_of(found, effect)]
    if chance:
        assert effect.probabilities is not None and effect.probability_change is not None
        cells += [from_to(*map(as_percent, effect.probabilities)), points(effect.probability_change.value)]
    return [*cells, from_to(*(average(x, metric) for x in effect.means))]


def ends_of(found: Tornado, effect: Effect) -> str:
    """From where to where an assumption is moved, as in ``36% – 48%``."""
    move = effect.move
    if move.hold is not None and any(len(set(end.values())) > 1 for end in move.hold):
        return "P10 – P90"  # several numbers that share a draw, each to its own
    low, high = (said(value, move.path, found.scenario) for value in (move.low, move.high))
    return from_to(low, high)


def sobol_table(found: SobolShares) -> RenderableType:
    """One row per input; indices that cannot be told from nothing say so."""
    table = plain_table("input", "", "", "", "")
    heads = ("alone", "with\nothers", "no luck:\nalone", "no luck: with\nothers")
    for column, head in zip(table.columns[1:], heads, strict=True):
        column.header = head
    for share in found.shares:
        table.add_row(*_share(found, share))
    about = f"{found.trials:,} trials, seed {found.seed}"
    expected = (
        f"{as_percent(found.expected.value)} of the variance is in the assumptions and the market; the rest is luck."
        if len(found.shares) > 1
        else "All of the variance is luck."
    )
    spread = average(found.sd, metric_of(found))
    return Group(
        title(f"Where the spread of {found.goal.subject} comes from"),
        Text(f"{clean(found.scenario.name)}: standard deviation {spread}; {about}", style="dim"),
        "", table, "", Text(expected), "", Text(MEANING, style="dim"), *notes(found.notes),
    )  # fmt: skip


def _share(found: SobolShares, share: Share) -> list[str]:
    def text(index: Estimate | None) -> str:
        if index is None:
            return "–"
        half = f" ±{196 * index.standard_error:.1f}"
        if not 0 <= index.value <= 1:  # the noise of what is next to nothing, or to all
            return f"≈ {'0' if index.value < 0 else '100%'}{half}"
        return f"{100 * index.value:.1f}%{half}"

    return [
        short_label(share.label, found.scenario), text(share.first), text(share.total), text(share.first_of_expected),
        text(share.total_of_expected),
    ]  # fmt: skip
