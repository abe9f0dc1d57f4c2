"""Luck in sentences: what a planner reads first."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.analysis.luck_posterior import ENOUGH, Learned, Posterior
from simulator.analysis.luck_unusual import Together, Unusual, one_in
from simulator.quarters import Period
from simulator.scenario.spoken import priced
from simulator.statistics.intervals import as_percent

UNUSUAL = 0.05
"""A tail below which "just luck" would be a bold word."""
ORDINARY = 0.3
"""A tail above which there is nothing to explain."""


def unit_of(period: Period) -> str:
    """What a period is one of: ``quarter``, ``year``, else ``stretch like this``."""
    if len(period.quarters) == 1:
        return "quarter"
    return "year" if period.label.isdigit() and len(period.quarters) == 4 else "such period"


def how_rare(one: Unusual, period: Period, currency: str, trials: int = 10_000) -> str:
    """``19 wins or fewer happen in 1 quarter of 6``, ``bookings of USD 500,000 or less happens in …``."""
    money = one.metric.priced
    amount = priced(currency, f"{one.value:,.0f}") if money else f"{one.value:,.0f}"
    more = (" or less" if money else " or fewer") if one.low else " or more"
    if one.low and one.value == 0:
        more = ""  # fewer than none there are not
    what = f"{one.metric.label} of {amount}" if money else f"{amount} {one.metric.label}"
    return f"{what}{more} happen{'s' if money else ''} in {one_in(one.tail, unit_of(period), trials)}"


def verdict(
    values: Sequence[Unusual], together: Together, posterior: Posterior, period: Period, currency: str, trials: int
) -> str:
    """The answer to "was it the plan, or luck?" in one or two sentences."""
    rare = "; ".join(how_rare(one, period, currency, trials) for one in values)
    if posterior.effective <= 0:  # what was learned, if anything, is from trials that are far off: nobody is blamed
        if posterior.trials == 1:  # nothing but luck is in the plan: one trial says what all would
            return f"The plan rules this out: with its numbers it cannot come about. ({rare}.)"
        seen = f"none of {posterior.trials:,} trials came near it"
        if posterior.method == "exact":
            seen = f"in none of {posterior.trials:,} trials could it come about"
        return f"The plan all but rules this out: {seen}. ({rare}.)"
    doubtful = [one for one in posterior.learned if one.doubtful]
    if doubtful:
        return f"{' '.join(_doubt(one) for one in doubtful[:3])} ({rare}.)"
    if len(values) > 1 and together.as_far < min(UNUSUAL, min(one.tail for one in values)):
        rare += f"; the whole is further out than in {one_in(1 - together.as_far, unit_of(period), trials)}"
    parts = _parts(values, posterior)
    if min(min(one.tail for one in values), together.as_far) < UNUSUAL:
        blame = "no assumption stands out to blame" if posterior.learned else "the plan holds every number for certain"
        return f"More than everyday luck, but {blame}: {rare}.{parts}"
    return f"{_main_cause(values, posterior)}: {rare}.{parts}"


def _main_cause(values: Sequence[Unusual], posterior: Posterior) -> str:
    """What most of the gap comes from, where it can be told apart and is worth it."""
    for one, split in zip(values, posterior.splits, strict=False):
        if one.tail > ORDINARY:
            continue
        sizes = {"luck": abs(split.luck), "the market": abs(split.market), "assumptions": abs(split.assumptions)}
        largest = max(sizes, key=lambda name: sizes[name])
        if largest == "assumptions":
            return "Assumptions may be off, but none stands out and luck can do as much"
        return f"Mostly {largest}"
    return "Mostly luck"


def _doubt(one: Learned) -> str:
    low = one.below_median > 0.5
    sure = one.below_median if low else 1 - one.below_median
    before, after = one.prior[1], one.posterior[1]
    return (
        f"{one.label} is probably {'lower' if low else 'higher'} than planned: {one.say(before)} in the plan, "
        f"now more like {one.say(after)} ({as_percent(sure)} sure)."
    )


def _parts(values: Sequence[Unusual], posterior: Posterior) -> str:
    """`` Of the 5.3 wins missing, 4.1 are luck, …`` for the first metric whose gap is worth a sentence."""
    for one, split in zip(values, posterior.splits, strict=False):
        gap = one.value - (one.value - split.luck - split.market - split.assumptions)
        if abs(gap) < 0.5:
            continue
        word = "missing" if gap < 0 else "more than expected"
        sign = 1.0 if gap > 0 else -1.0
        names = ("luck of the draw", "the market", "assumptions that are off")
        parts = zip(names, (split.luck, split.market, split.assumptions), strict=True)
        told = [(f"{sign * size:.1f}", name) for name, size in parts if abs(size) >= 0.05]
        if len(told) == 1:
            return f" All {abs(gap):.1f} {one.metric.label} {word} are {told[0][1]}."
        text = ", ".join(f"{size} {'are ' if i == 0 else ''}{name}" for i, (size, name) in enumerate(told))
        return f" Of the {abs(gap):.1f} {one.metric.label} {word}, {text}."
    return ""


def caution(posterior: Posterior) -> str | None:
    """What to know about how the assumptions were judged; None where it needs no word."""
    if posterior.effective <= 0:
        if not posterior.learned:
            return None
        return (
            f"Judged by the nearest trials, up to {posterior.bandwidth:.1f} standard deviations off, as "
            f"{posterior.reason}: none came near, so read these numbers as no more than a direction."
        )
    few = (
        f"Only {posterior.effective:,.0f} effective trials of {posterior.trials:,} (fewer than {ENOUGH}): "
        "the outcome is far from what the plan plays, so read these numbers as rough."
    )
    if posterior.method == "matching":
        how = (
            f"Judged by trials that came out much the same, within {posterior.bandwidth:.2f} standard deviations, "
            f"as {posterior.reason}."
        )
        return how if posterior.enough else f"{how} {few}"
    return None if posterior.enough else few


__all__ = ["UNUSUAL", "caution", "how_rare", "unit_of", "verdict"]
