"""The decisive tests of TestU01's SmallCrush and of PractRand, written again to run on arrays of words.

Neither library is in Debian or on PyPI. The ten statistics of SmallCrush (L'Ecuyer and Simard 2007,
"TestU01", ACM TOMS 33(4), and the users' guide for the laws) are here with their parameters or harder
ones, on all bits; from PractRand the ideas of its rank test and of its tests of dependent Hamming
weights (DC6). Counts are pooled over chunks, so that a run can go on for as long as one likes, and every
statistic ends in one p-value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import comb, log

import numpy as np
from scipy import stats

from . import counting


@dataclass
class Pooled:
    """One statistic over all chunks so far: counts of cells with known chances, or one Poisson count."""

    chances: np.ndarray | None = None
    counts: np.ndarray | None = None
    events: float = 0.0
    expected: float = 0.0
    scores: np.ndarray | None = None
    draws: int = 0

    def add_cells(self, counts: np.ndarray, chances: np.ndarray) -> None:
        """Pool the counts of a chunk."""
        self.chances = chances
        self.counts = counts.astype(float) if self.counts is None else self.counts + counts

    def add_events(self, events: float, expected: float) -> None:
        """Pool a count that is Poisson (or so many that it is normal) with the expected number."""
        self.events += events
        self.expected += expected

    def add_agreements(self, counts: np.ndarray, draws: int) -> None:
        """Pool many fair coins: how often each showed heads in ``draws`` throws."""
        self.scores = counts.astype(float) if self.scores is None else self.scores + counts
        self.draws += draws

    def p_value(self) -> float:
        """Two-sided where a fit can be too good; near 0 is bad, near 1 is not."""
        if self.scores is not None:
            largest = np.abs(self.scores - self.draws / 2).max() / np.sqrt(self.draws / 4)
            return float(-np.expm1(self.scores.size * np.log1p(-2 * stats.norm.sf(largest))))
        if self.counts is not None:
            assert self.chances is not None
            total = self.counts.sum()
            observed, expected = _lumped(self.counts, self.chances * total)
            if len(expected) < 2:
                return 1.0  # too little data to say anything
            chi2 = float(((observed - expected) ** 2 / expected).sum())
            return _both_sides(stats.chi2(len(expected) - 1), chi2)
        below, above = stats.poisson.cdf(self.events, self.expected), stats.poisson.sf(self.events - 1, self.expected)
        return float(min(1.0, 2 * min(below, above)))


def _both_sides(law, value: float) -> float:
    return float(min(1.0, 2 * min(law.sf(value), law.cdf(value))))


def _lumped(observed: np.ndarray, expected: np.ndarray, least: float = 10.0) -> tuple[np.ndarray, np.ndarray]:
    """Cells expected less often than ``least`` become one cell, joined to the rarest other if still too rare."""
    rare = expected < least
    o, e = observed[~rare], expected[~rare]
    if rare.any():
        if expected[rare].sum() >= least or len(e) == 0:
            return np.append(o, observed[rare].sum()), np.append(e, expected[rare].sum())
        place = int(np.argmin(e))
        o[place] += observed[rare].sum()
        e[place] += expected[rare].sum()
    return o, e


# ------------------------------------------------------------------ laws
@cache
def gap_chances(p: float, longest: int) -> np.ndarray:
    """Length of a gap between visits of an interval of length p; the last cell is "longer"."""
    head = p * (1 - p) ** np.arange(longest)
    return np.append(head, 1 - head.sum())


@cache
def poker_chances(values: int, hand: int) -> np.ndarray:
    """Number of different values in a hand: index 1 … min(values, hand)."""
    law = np.zeros(hand + 1)
    law[0] = 1.0
    for _ in range(hand):
        new = np.arange(hand + 1) / values
        law = law * new + np.concatenate([[0.0], (law * (1 - new))[:-1]])
    return law


@cache
def coupon_chances(kinds: int, longest: int) -> np.ndarray:
    """Draws until all kinds were seen; the last cell is "longer"."""
    seen = np.zeros(kinds + 1)
    seen[0] = 1.0
    law = np.zeros(longest + 2)
    for draws in range(1, longest + 1):
        known = np.arange(kinds + 1) / kinds
        seen = seen * known + np.concatenate([[0.0], (seen * (1 - known))[:-1]])
        law[draws] = seen[kinds]
        seen[kinds] = 0.0
    law[-1] = max(0.0, 1 - law.sum())
    return law


@cache
def rank_chances(size: int) -> np.ndarray:
    """Rank deficiency of a random square binary matrix: 0, 1, 2, …, "more"."""
    law = []
    for missing in range(6):
        rank = size - missing
        logs = rank * (2 * size - rank) * log(2) - size * size * log(2)
        for i in range(rank):
            logs += 2 * np.log1p(-(2.0 ** (i - size))) - np.log1p(-(2.0 ** (i - rank)))
        law.append(np.exp(logs))
    return np.append(law, max(0.0, 1 - sum(law)))


@cache
def walk_chances(length: int) -> dict[str, np.ndarray]:
    """Laws of a fair walk of even length: end, highest point, time above, returns, sign changes."""
    half = length // 2
    end = np.array([comb(length, k) for k in range(length + 1)], dtype=float) / 2.0**length
    highest = np.array([comb(length, (length + y + 1) // 2) / 2**length for y in range(length + 1)])
    above = np.array([comb(2 * k, k) * comb(length - 2 * k, half - k) / 2**length for k in range(half + 1)])
    returns = np.array([comb(length - y, half) / 2 ** (length - y) for y in range(half + 1)])
    changes = np.array([2 * comb(length - 1, half + y) / 2 ** (length - 1) for y in range(half)])
    return {"end": end, "highest": highest, "above": above, "returns": returns, "changes": changes}


@cache
def weight_chances(bits: int) -> np.ndarray:
    """Number of ones among fair bits."""
    return stats.binom.pmf(np.arange(bits + 1), bits, 0.5)


# ------------------------------------------------------------------ tests
Test = Callable[[np.ndarray, dict[str, Pooled], int], None]


def _pool(pools: dict[str, Pooled], name: str) -> Pooled:
    return pools.setdefault(name, Pooled())


def birthdays(words: np.ndarray, pools: dict[str, Pooled], period: int) -> None:
    """Equal spacings between sorted points of a year of 2**60 days: the top bits, the low bits, halves."""
    high, low = words >> np.uint64(32), words & np.uint64(0xFFFFFFFF)
    for name, days in (
        ("top 60 bits", words >> np.uint64(4)),
        ("low 60 bits", words & np.uint64((1 << 60) - 1)),
        ("30 of each half", ((high >> np.uint64(2)) << np.uint64(30)) | (low >> np.uint64(2))),
    ):
        spacings = np.sort(np.diff(np.sort(days)))
        equal = int((spacings[1:] == spacings[:-1]).sum())
        n = float(len(days))
        _pool(pools, f"birthday spacings, {name}").add_events(equal, n**3 / (4 * 2.0**60))


def collisions(words: np.ndarray, pools: dict[str, Pooled], period: int) -> None:
    """Balls thrown into 2**32 urns: by neighbouring halves' 16 top bits, and by the low bits of two words."""
    top = (words >> np.uint64(48) << np.uint64(16)) | ((words >> np.uint64(16)) & np.uint64(0xFFFF))
    pairs = words[: len(words) // 2 * 2].reshape(-1, 2) & np.uint64(0xFFFF)
    for name, urns in (("top of halves", top), ("low of pairs", (pairs[:, 0] << np.uint64(16)) | pairs[:, 1])):
        balls, room = len(urns), 2.0**32
        landed = np.sort(urns.astype(np.uint32))
        hit = int((landed[1:] == landed[:-1]).sum())
        expected = balls + room * np.expm1(balls * np.log1p(-1 / room))
        _pool(pools, f"collisions, {name}").add_events(hit, expected)


def knuth(words: np.ndarray, pools: dict[str, Pooled], period: int) -> None:
    """Gaps, poker hands, coupons, maxima, weights: on the top bits and on the bottom bits of the words."""
    for name, shift in (("top", 56), ("middle", 28), ("bottom", 0)):
        bits = ((words >> np.uint64(shift)) & np.uint64(0xFF)).astype(np.int64)
        _pool(pools, f"gaps, {name} bits").add_cells(counting.gaps(bits, 2047), gap_chances(1 / 256, 2047))
        _pool(pools, f"poker, {name} bits").add_cells(counting.poker(bits & 63, 64), poker_chances(64, 64))
        _pool(pools, f"coupons, {name} bits").add_cells(counting.coupons(bits & 15, 16, 300), coupon_chances(16, 300))
        hands = (bits[: len(bits) // 256 * 256] < 32).reshape(-1, 256).sum(axis=1)
        law = stats.binom.pmf(np.arange(257), 256, 0.125)
        _pool(pools, f"weights, {name} bits").add_cells(np.bincount(hands, minlength=257), law)
    for name, values in (("as they are", words), ("bits reversed", counting.reversed_bits(words))):
        sixes = (values[: len(values) // 6 * 6] >> np.uint64(11)).reshape(-1, 6).max(axis=1) * 2.0**-53
        cells = np.bincount((sixes**6 * 20_000).astype(np.int64), minlength=20_000)
        _pool(pools, f"maximum of six, {name}").add_cells(cells, np.full(20_000, 1 / 20_000))


def ranks(words: np.ndarray, pools: dict[str, Pooled], period: int) -> None:
    """Ranks of binary matrices made of whole words: 64, 256 and 1,024 rows."""
    for size, share in ((64, 8), (256, 8), (1024, 2)):
        part = words[: len(words) // share]
        _pool(pools, f"matrix rank, {size}").add_cells(counting.deficiencies(part, size), rank_chances(size))


def walks(words: np.ndarray, pools: dict[str, Pooled], period: int) -> None:
    """Random walks of 128 steps, two words each."""
    laws = walk_chances(128)
    found = counting.walks(words)
    for name, counts in zip(("end", "highest", "above", "returns", "changes"), found, strict=True):
        _pool(pools, f"walk, {name}").add_cells(counts[: len(laws[name])], laws[name])


def weights(words: np.ndarray, pools: dict[str, Pooled], period: int) -> None:
    """Numbers of ones: of neighbours together, of eight words in a row, and of exclusive ors far and near."""
    ones = counting.ones(words)
    law = weight_chances(64)
    pairs = np.bincount(ones[:-1:2] * 65 + ones[1::2], minlength=65 * 65)
    _pool(pools, "ones of neighbours").add_cells(pairs, np.outer(law, law).ravel())
    classes = np.searchsorted([30, 32, 35], ones, side="right")  # below 30, 30-31, 32-34, 35 and more
    share = np.array([law[:30].sum(), law[30:32].sum(), law[32:35].sum(), law[35:].sum()])
    rows = classes[: len(classes) // 8 * 8].reshape(-1, 8) @ 4 ** np.arange(8)
    joint = share
    for _ in range(7):
        joint = np.outer(share, joint).ravel()
    _pool(pools, "ones of eight in a row").add_cells(np.bincount(rows, minlength=4**8), joint)
    for lag in sorted({1, 2, 3, 4, 8, 52, period, 2 * period}):
        together = counting.ones(words[lag:] ^ words[:-lag])
        _pool(pools, f"ones of exclusive or, {lag} apart").add_cells(np.bincount(together, minlength=65), law)


def bit_pairs(words: np.ndarray, pools: dict[str, Pooled], period: int) -> None:
    """Does any bit of a word go with any bit of one nearby: 64 x 64 pairs, by distance."""
    part = words[: min(len(words), (1 << 17) + 2 * period)]
    for lag in sorted({1, 2, period}):
        agree = counting.agreements(part[:-lag], part[lag:])
        _pool(pools, f"bit pairs, {lag} apart").add_agreements(agree, len(part) - lag)


TESTS: tuple[Test, ...] = (birthdays, collisions, knuth, ranks, walks, weights, bit_pairs)


def run(words: np.ndarray, pools: dict[str, Pooled], period: int) -> None:
    """All tests on one chunk of words; results pool into ``pools`` by name."""
    for test in TESTS:
        test(words, pools, period)
