"""Ids that two tables write differently: capitals, leading zeros, Salesforce's 15 and 18 characters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

Objects = NDArray[np.object_]


def _as_number(text: str) -> str:
    """Without what a spreadsheet takes away or adds: leading zeros, ".0" behind."""
    found = re.fullmatch(r"0*(\d+?)(?:\.0+)?", text)
    return found[1] if found else text


def _short(text: str) -> str:
    """Of Salesforce's 18 characters the first 15; the rest is a check on their capitals."""
    return text[:15] if re.fullmatch(r"[0-9A-Za-z]{15}(?:[0-9A-Z]{3})?", text) else text


FORMS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("leading zeros or decimals", _as_number),
    ("the last 3 of 18 characters", _short),
    ("capitals", str.casefold),
)


def matched(known: Iterable[str], own: Objects) -> tuple[Objects, int, str]:
    """Ids of a table as the tables before it write them.

    Returns them, how many were changed, and by what they differed. Only what is found nowhere as it stands is changed,
    only to an id that it can alone mean, and only if that explains at least half of them.

    >>> matched(["0007", "0008"], np.array(["7.0", "9"], dtype=object))[0].tolist()
    ['0007', '9']
    """
    there = set(known)
    strangers = {text for text in own if text and text not in there}
    best: tuple[dict[str, str], str] = ({}, "")
    for name, form in FORMS if there and strangers else ():
        meant: dict[str, str | None] = {}
        for text in there:
            key = form(text)
            meant[key] = None if key in meant else text
        found = {text: there_as for text in strangers if (there_as := meant.get(form(text)))}
        if len(found) > len(best[0]):
            best = found, name
    translation, name = best
    if len(translation) < 0.5 * len(strangers) or len(set(translation.values())) < len(translation):
        return own, 0, ""
    changed = sum(text in translation for text in own)
    return np.array([translation.get(text, text) for text in own], dtype=object), changed, name
