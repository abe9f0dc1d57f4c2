"""Labels that people type: spaces, capitals and placeholders."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

UNKNOWN = "unknown"
PLACEHOLDERS = {
    "",
    "-",
    "--",
    "?",
    "n/a",
    "na",
    "nan",
    "none",
    "null",
    "nil",
    "unknown",
    "unkown",
    "undefined",
    "not set",
    "(not set)",
    "(none)",
    "(blank)",
    "no value",
    "(no value)",
    "#n/a",
    "tbd",
}


def key_of(text: str) -> str:
    """What two spellings of one label share: no capitals, spaces, hyphens or underscores.

    >>> key_of("GTX Pro") == key_of("gtx-pro ") == key_of("GTXPro")
    True
    """
    return re.sub(r"[\s\-_\u00a0\u200b]+", "", text).casefold()


def is_placeholder(text: str | None) -> bool:
    """Whether a label says nothing: empty, "unknown", "n/a", …"""
    return text is None or re.sub(r"\s+", " ", text).strip().casefold() in PLACEHOLDERS


def clean(text: str) -> str:
    """One line, single spaces."""
    return re.sub(r"[\s\u00a0\u200b]+", " ", text).strip()


def same_labels(values: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Map every spelling to the commonest one of its kind; and say, one line a kind, what was taken as the same.

    >>> same_labels(["East", "East", "east ", "West"])
    ({'East': 'East', 'east ': 'East', 'West': 'West'}, ["'east ' as 'East' (1)"])
    """
    counts = Counter(values)
    kinds: dict[str, list[str]] = defaultdict(list)
    for text in counts:
        kinds[key_of(text)].append(text)
    mapping: dict[str, str] = {}
    said: list[str] = []
    for spellings in kinds.values():
        best = max(spellings, key=lambda text: (counts[text], clean(text) == text, text))
        for text in spellings:
            mapping[text] = clean(best)
        others = [text for text in spellings if text != best]
        if others:
            said.append(
                ", ".join(repr(text) for text in others) + f" as {clean(best)!r} ({sum(counts[t] for t in others)})"
            )
    return mapping, said
