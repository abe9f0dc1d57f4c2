"""Following customers: the pass after the trials that plays what becomes of won deals."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.customers import make_life_terms, run_customers
from simulator.kernels.jit import in_form
from simulator.kernels.wins import Wins, make_wins
from simulator.quarters import WEEKS
from simulator.simulation.lower import Lowered
from simulator.simulation.metrics import Metric

FIRST_ROOM = 4096
MOST_WINS = 1_000_000
"""Wins listed at a time by a thread, about: 56 bytes each."""

Part = Callable[[], NDArray[np.float64]]


def trials_at_a_time(lowered: Lowered) -> int:
    """In how many trials about so many deals are won."""
    return max(1, int(MOST_WINS / (1.0 + lowered.wins)))


class Followers:
    """What a thread needs to play the customers of a chunk of trials."""

    def __init__(self, lowered: Lowered, columns: int):
        assert lowered.customers is not None
        self.customers, self.numbers, shape = lowered.customers, lowered.plan.numbers, lowered.plan.shape
        self.at_median = shape.at_median
        self.wins: Wins = make_wins(FIRST_ROOM)
        self.terms = make_life_terms(shape.segments, shape.quarters)
        self.z, self.x = np.zeros(self.numbers.normal_name.size), np.zeros(self.numbers.kind.size)
        self.v = self.numbers.slot_value.copy()
        week = np.arange(WEEKS * shape.quarters)
        self.column = (week if columns > shape.quarters else week // WEEKS).astype(np.int64)
        names = [metric.name for metric in lowered.metrics]
        counts = sum(metric.kind == "count" for metric in lowered.metrics)
        self.counts = names.index("customers")
        self.cents = names.index("arr") - counts if "arr" in names else None

    def fits(self) -> bool:
        """Whether the list of wins held all; else there is room for them now, and the trials must be played again."""
        used, size = int(self.wins.used[0]), self.wins.trial.size
        if used > size:
            self.wins = make_wins(used + used // 4)
        return used <= size

    def sort(self) -> None:
        """Put the wins in order of their trials, where they were listed in two passes."""
        used = int(self.wins.used[0])
        order = np.argsort(self.wins.trial[:used], kind="stable")
        for listed in self.wins[1:]:
            listed[:used] = listed[:used][order]

    def play(
        self, seeds: NDArray[np.uint64], first: int, counts: NDArray[np.int32], cents: NDArray[np.float64]
    ) -> None:
        """Fill the customers' rows of counts (segment, metric, trial, column) and cents."""
        money = cents[:, :0] if self.cents is None else cents[:, self.cents : self.cents + 6]
        some = counts[:, self.counts : self.counts + 3]
        whole = some.flags.c_contiguous and money.flags.c_contiguous  # laid out otherwise, it is another form
        in_form(run_customers, f"customers-{'whole' if whole else 'part'}")(
            self.numbers, self.at_median, self.customers, seeds, first, self.z, self.x, self.v, self.terms, self.wins,
            self.column, some, money,
        )  # fmt: skip


def retention_parts(
    metrics: Sequence[Metric], counts: NDArray[np.int32], cents: NDArray[np.float64], weekly: bool
) -> dict[str, Part]:
    """Numerators and denominators of retention, worked out when they are read.

    What there was before a quarter stands in its first column, so that the columns of a quarter add up to
    what there was, and to what is left of it.
    """
    if not any(metric.name == "customers" for metric in metrics):
        return {}
    names = [metric.name for metric in metrics]
    first_cents = sum(metric.kind == "count" for metric in metrics)

    def flow(name: str) -> NDArray[np.float64]:
        index = names.index(name)
        source = counts[:, index] if index < first_cents else cents[:, index - first_cents]
        return np.asarray(source, np.float64)

    def before(stock: str, *moves: tuple[str, float]) -> NDArray[np.float64]:
        found = flow(stock) - sum(sign * flow(name) for name, sign in moves)
        if weekly:
            found[:, :, np.arange(found.shape[2]) % WEEKS > 0] = 0.0
        return np.asarray(found)

    def customers() -> NDArray[np.float64]:
        return before("customers", ("new_customers", 1.0), ("churned_customers", -1.0))

    def arr() -> NDArray[np.float64]:
        return before("arr", ("net_new_arr", 1.0))

    def kept() -> NDArray[np.float64]:
        return arr() - flow("churned_arr") - flow("contraction_arr")

    parts: dict[str, Part] = {
        "customers before": customers,
        "customers kept": lambda: customers() - flow("churned_customers"),
    }
    if "arr" in names:
        parts |= {"ARR before": arr, "ARR kept": kept, "ARR kept or grown": lambda: kept() + flow("expansion_arr")}
    return parts
