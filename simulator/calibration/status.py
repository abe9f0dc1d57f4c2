"""Status labels and flags: won, lost or open."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simulator.calibration.labels import clean, key_of
from simulator.calibration.mapping import Mapping
from simulator.calibration.quality import Quality

_LOST = re.compile(
    r"lost|dead|disqualif|unqualif|abandon|rejected|declin|cancel|no ?decision|churn|junk|archived|deleted|"
    r"verloren|perdid|perdu|\bpers[ao]\b|forlorad|förlorad|przegran|输单|丢单|失注|실주",
    re.I,
)
_WON = re.compile(
    r"\bwon\b|closed ?won|^win$|^wins$|^customer$|signed|gewonnen|ganad|ganh[ao]|gagn|\bvint[ao]\b|vunn|"
    r"wygran|赢单|成交|成約|受注|수주|^converted$",
    re.I,
)
_TRUE = {"true", "1", "yes", "y", "t", "x", "1.0"}


def is_true(text: str | None) -> bool:
    """Whether a flag column says yes."""
    return bool(text) and str(text).strip().casefold() in _TRUE


def outcome_of(label: str) -> int:
    """1 won, -1 lost, 0 open, judged by the words.

    >>> [outcome_of(text) for text in ("Closed Won", "closedlost", "Negotiation", "Unqualified")]
    [1, -1, 0, -1]
    """
    if _LOST.search(label):
        return -1
    return 1 if _WON.search(label) else 0


def classify(labels: Sequence[str | None], mapping: Mapping, quality: Quality, file: str) -> NDArray[np.int8]:
    """Outcome of each label, int8 (row,); what was read as what is reported."""
    won = {key_of(label) for label in mapping.won}
    lost = {key_of(label) for label in mapping.lost}
    counts = Counter(clean(label or "") for label in labels)
    known: dict[str, int] = {}
    for label in counts:
        key = key_of(label)
        if won or lost:
            known[label] = 1 if key in won else -1 if key in lost or (not lost and outcome_of(label) < 0) else 0
            if not won and known[label] == 0:
                known[label] = max(outcome_of(label), 0)
        else:
            known[label] = outcome_of(label)
    if any(counts):
        said = [f"{label or '(empty)'}={('open', 'won', 'lost')[kind]}" for label, kind in known.items()]
        quality.add(
            "status labels",
            len(known),
            0,
            f"status labels of {file} were read",
            "Lists won: and lost: in the mapping override",
            said,
        )
    return np.array([known[clean(label or "")] for label in labels], dtype=np.int8)
