"""One step of the funnel, fitted: the family is chosen by how well it foretells what it has not seen."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from simulator.calibration.cure import Cure, Grouped, group
from simulator.calibration.lags import FAMILIES
from simulator.calibration.pooling import fit_segments, fit_whole, held_out
from simulator.calibration.spells import LOST, LOST_UNDATED, WON, Spells
from simulator.errors import FitError

Floats = NDArray[np.float64]
NEEDED = 10
"""Conversions below which no lag can be estimated."""
MATTERS = 0.01
"""Log-likelihood a conversion that a harder family must win: with many records every difference is significant."""


@dataclass(frozen=True)
class Transition:
    """A fitted step, ``stage`` into the next.

    ``whole`` all segments as one, ``segments`` one fit each (partially pooled), ``spread`` how much they differ.
    ``scores`` : held-out log-likelihood of each family tried. ``notes`` : what the reader should know.
    """

    spells: Spells
    whole: Cure
    segments: list[Cure]
    spread: Floats
    family: str
    scores: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def short(self) -> bool:
        """Whether follow-up ends before 90% of the fitted lag: then share and lag cannot be told apart."""
        return self.spells.follow_up < self.whole.lag.quantile(0.9)


def _folds(spells: Spells) -> tuple[Spells, Spells]:
    even = np.arange(len(spells)) % 2 == 0
    return spells.where(even), spells.where(~even)


def _by_segment(spells: Spells, segments: int) -> list[Grouped]:
    return [group(spells.where(spells.segment == i)) for i in range(segments)]


def _compare(
    first: tuple[list[Floats], list[Floats]], second: tuple[list[Floats], list[Floats]]
) -> tuple[float, float]:
    """Total difference of two held-out scores on the same groups, and its standard error."""
    total, square = 0.0, 0.0
    for a, b, n in zip(first[0], second[0], first[1], strict=True):
        total += float(n @ (a - b))
        square += float(n @ (a - b) ** 2)
    return total, float(np.sqrt(square))


def choose_family(spells: Spells, segments: int, *, losses: bool) -> tuple[str, dict[str, float]]:
    """The family that foretells the other half of the records best.

    Two-parameter families compete outright. The generalised gamma and the empirical lag, which the scenario cannot
    say in words, must be better by two standard errors, and by enough to matter; the empirical one is compared segment
    by segment, so that segments with different cycles are not mistaken for one cycle with two humps.
    """
    folds = _folds(spells)
    whole = [group(fold) for fold in folds]
    events = min(data.events for data in whole)
    families = [*FAMILIES] + (["generalised gamma"] if events >= 100 else [])
    scores: dict[str, float] = {}
    details: dict[str, tuple[list[Floats], list[Floats]]] = {}
    fits: dict[str, list[Cure]] = {}
    for family in families:
        fits[family] = [fit_whole(data, family, losses=losses) for data in whole]
        details[family] = held_out(whole, fits[family][::-1])
        scores[family] = float(sum(n @ s for s, n in zip(*details[family], strict=True)))
    # The lognormal's tail promises much that has not been seen; it must earn that.
    best = max(FAMILIES, key=lambda name: scores[name] - 2.0 * (name == "lognormal"))
    if "generalised gamma" in scores:
        gain, error = _compare(details["generalised gamma"], details[best])
        best = "generalised gamma" if gain > max(3.0, 2 * error, MATTERS * events) else best
    if events < 30:
        return best, scores
    fits["empirical"] = [fit_whole(data, "empirical", losses=losses) for data in whole]
    details["empirical"] = held_out(whole, fits["empirical"][::-1])
    scores["empirical"] = float(sum(n @ s for s, n in zip(*details["empirical"], strict=True)))
    gain, error = _compare(details["empirical"], details[best])
    if gain <= max(3.0, 2 * error, MATTERS * events):
        return best, scores
    if segments > 1:
        parts = [_by_segment(fold, segments) for fold in folds]
        split = {
            name: held_out(
                parts[0] + parts[1],
                [
                    *fit_segments(parts[1], fits[name][1], losses=losses, quick=True)[0],
                    *fit_segments(parts[0], fits[name][0], losses=losses, quick=True)[0],
                ],
            )
            for name in (best, "empirical")
        }
        gain, error = _compare(split["empirical"], split[best])
    return ("empirical" if gain > max(3.0, 2 * error, MATTERS * events) else best), scores


def fit_transition(spells: Spells, segments: int, *, family: str | None = None) -> Transition:
    """Fit one step for all segments.

    Raises
    ------
    FitError : too few conversions; says how many are needed and how many there are.
    """
    data = group(spells)
    dated = float(data.count[data.kind == WON].sum())
    if dated < NEEDED:
        raise FitError(
            f"{spells.stage} into {spells.into}: {dated:.0f} dated conversions among {len(spells):,} records known "
            f"to have "
            f"entered {spells.stage}; at least {NEEDED} are needed to estimate a rate and a lag. Give a longer "
            f"history, or leave the stage out"
        )
    losses = bool(np.isin(spells.kind, (LOST, LOST_UNDATED)).sum() >= NEEDED)
    if not losses:
        # A handful of losses tells nothing about when losses come: they count as not (yet) converted.
        kind = np.where(np.isin(spells.kind, (LOST, LOST_UNDATED)), 0, spells.kind).astype(np.int8)
        spells = replace(spells, kind=kind)
        data = group(spells)
    scores: dict[str, float] = {}
    if family is None:
        family, scores = choose_family(spells, segments, losses=losses)
    whole = fit_whole(data, family, losses=losses)
    fits, spread = fit_segments(_by_segment(spells, segments), whole, losses=losses)
    found = Transition(spells, whole, fits, spread, family, scores)
    notes = []
    if found.short:
        notes.append(
            f"{spells.stage} into {spells.into}: records can be watched for {spells.follow_up:.0f} weeks, the "
            f"fitted lag's P90 is "
            f"{whole.lag.quantile(0.9):.0f}: share and lag cannot be told apart well; their joint uncertainty is "
            f"written as correlations"
        )
    return replace(found, notes=tuple(notes))
