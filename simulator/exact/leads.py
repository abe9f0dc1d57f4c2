"""Leads: how many enter each stage in each week, and what one that enters counts for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.exact.outline import Outline
from simulator.exact.terms import Terms, by_week

Floats = NDArray[np.float64]


def arrivals(outline: Outline, terms: Terms) -> Floats:
    """Mean arrivals (point, week)."""
    weekly = by_week(terms.arrivals) * np.tile(terms.outline.profile, outline.all_quarters)
    weekly[:, : outline.first_week] = 0.0
    return weekly


def flows(outline: Outline, terms: Terms, entering: Floats) -> dict[int, Floats]:
    """Expected number of those who enter each stage up to the birth of deals: stage -> (point, week)."""
    found = {terms.outline.entry: entering}
    for t in range(terms.outline.entry + 1, outline.stages - 1):
        found[t] = terms.lag[t].forward(found[t - 1] * by_week(terms.rate[t]))
    birth = outline.stages - 2
    if outline.first_birth:
        found[birth] = found[birth].copy()
        found[birth][:, : outline.first_birth] = 0.0
    return found


def responses(
    outline: Outline, terms: Terms, at_birth: Floats, stage: int | None, counted: Floats
) -> dict[int, Floats]:
    """Expected weight of one that enters each stage: stage -> (point, channel, week).

    Parameters
    ----------
    at_birth : (point, channel, week) weight of a deal's fate
    stage : stage whose entries count ``counted`` (channel, week), or None
    """
    birth = outline.stages - 2
    found: dict[int, Floats] = {}
    here = at_birth
    if outline.first_birth:
        here = here.copy()
        here[..., : outline.first_birth] = 0.0
    for t in range(birth, terms.outline.entry - 1, -1):
        if t < birth:
            here = by_week(terms.rate[t + 1])[:, None, :] * terms.lag[t + 1].back(here)
        if t == stage:
            here = here + counted
        found[t] = here
    return found
