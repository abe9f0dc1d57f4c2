"""How many trials are kept, and how many played at all."""

from __future__ import annotations

from simulator.errors import RunError
from simulator.simulation.lower import Lowered
from simulator.simulation.memory import available_memory, in_words
from simulator.simulation.weekly import count_parts

LARGEST_KEPT = 2**30
"""Bytes of results up to which ``keep="auto"`` keeps every trial, where they fit; the same on every machine."""


MOST_SUMMED_UP = 100_000_000
"""Trials that are summed up as they are played: minutes to an hour. More is a slip of the finger."""


def memory_needed(lowered: Lowered, trials: int, columns: int) -> int:
    """Bytes that the results of so many trials take."""
    counts = sum(m.kind == "count" for m in lowered.metrics)
    money = sum(m.kind == "money" for m in lowered.metrics) + count_parts(lowered)
    cells = lowered.plan.shape.segments * columns
    # one metric at a time is widened to 8 bytes when results are read
    return trials * (cells * (4 * counts + 8 * money) + 5 * len(lowered.deal_ids) + 16 * columns)


def is_too_large(lowered: Lowered, trials: int) -> bool:
    """Whether the trials of ``keep="auto"`` are summed up as they are played."""
    most = min(LARGEST_KEPT, int(0.8 * available_memory()))
    return memory_needed(lowered, trials, lowered.plan.shape.quarters) > most


def refuse_if_too_large(lowered: Lowered, trials: int, columns: int) -> None:
    needed, free = memory_needed(lowered, trials, columns), available_memory()
    if needed > 0.8 * free:
        most = int(trials * 0.8 * free / needed)
        raise RunError(
            f"{trials:,} trials need {in_words(needed)} of memory for their results; {in_words(free)} are free here. "
            f"About {most:,} trials would fit; probabilities, means and percentiles of any number need hardly any "
            "(simulator run, or keep='summaries' in Python)"
        )


def refuse_if_too_many(lowered: Lowered, trials: int) -> None:
    if trials > MOST_SUMMED_UP:
        needed = memory_needed(lowered, trials, lowered.plan.shape.quarters)
        raise RunError(
            f"{trials:,} trials: they would need {in_words(needed)} of memory to be kept, and hours to be summed up; "
            f"at most {MOST_SUMMED_UP:,} are played at once"
        )
