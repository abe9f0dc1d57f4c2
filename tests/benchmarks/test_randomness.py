"""The battery of randomness tests: a good generator passes, each bad one is caught."""

from __future__ import annotations

import os

import numpy as np
import pytest

pytest.importorskip("numba")
if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
    pytest.skip("too slow without compilation", allow_module_level=True)

from benchmarks.randomness import battery

SIZE = 1 << 18
FAILS = 1e-10
PASSES = 1e-7  # about 40 statistics: one false alarm in 250,000 seeds, and the seed is fixed


def smallest(words: np.ndarray, period: int = 52, chunks: int = 1) -> tuple[float, str]:
    """The smallest p-value of all statistics, and which it is."""
    pools: dict[str, battery.Pooled] = {}
    for part in np.split(words, chunks):
        battery.run(part, pools, period)
    return min((pooled.p_value(), name) for name, pooled in pools.items())


def steps(size: int, start: int, step: int) -> np.ndarray:
    """start, start + step, … modulo 2**64."""
    return np.uint64(start) + np.arange(size, dtype=np.uint64) * np.uint64(step)


def mix(z: np.ndarray, rounds: int = 2) -> np.ndarray:
    """SplitMix64's mixer, whole or cut short."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    if rounds > 1:
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return z


def test_a_good_generator_passes():
    words = np.random.Generator(np.random.PCG64DXSM(1)).integers(0, 2**64, size=2 * SIZE, dtype=np.uint64)
    p, name = smallest(words, chunks=2)
    assert p > PASSES, name


def lcg64(size: int) -> np.ndarray:
    out = np.empty(size, np.uint64)
    state = 1
    for i in range(size):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        out[i] = state
    return out


def xorshift64(size: int) -> np.ndarray:
    out = np.empty(size, np.uint64)
    state = 88172645463325252
    for i in range(size):
        state ^= state << 13 & 0xFFFFFFFFFFFFFFFF
        state ^= state >> 7
        state ^= state << 17 & 0xFFFFFFFFFFFFFFFF
        out[i] = state
    return out


def nearly_the_neighbour(size: int) -> np.ndarray:
    words = mix(steps(size, 5, 7))
    words[51::52] = words[50::52][: len(words[51::52])] ^ np.uint64(3)
    return words


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(steps(SIZE, 5, 0x9E3779B97F4A7C15), id="a counter that is not mixed"),
        pytest.param(mix(steps(SIZE, 5, 1), rounds=1), id="half of the mixing"),
        pytest.param(lcg64(SIZE), id="a linear congruential generator's low bits"),
        pytest.param(xorshift64(SIZE), id="a generator that is linear over bits"),
        pytest.param(mix(steps(SIZE, 5, 7)) & ~np.uint64(1 << 40), id="one bit that is never set"),
        pytest.param(np.repeat(mix(steps(SIZE // 2, 5, 7)), 2), id="every word twice"),
        pytest.param(np.tile(mix(steps(52, 5, 7)), SIZE // 52), id="the same words in every trial"),
        pytest.param(nearly_the_neighbour(SIZE), id="one word in 52 nearly its neighbour"),
    ],
)
def test_bad_generators_are_caught(words):
    p, _ = smallest(words)
    assert p < FAILS


def test_trials_that_share_a_few_bits_are_caught_at_the_distance_of_a_trial():
    words = mix(steps(SIZE, 5, 7)).reshape(-1, 64)
    words[1::2] = (words[1::2] & ~np.uint64(0xF)) | (words[::2] & np.uint64(0xF))
    p, name = smallest(words.ravel(), period=64)
    assert p < FAILS
    assert "64 apart" in name


def test_laws_add_up():
    for law in (
        battery.gap_chances(1 / 256, 2047),
        battery.poker_chances(64, 64),
        battery.coupon_chances(16, 300),
        battery.rank_chances(64),
        *battery.walk_chances(128).values(),
    ):
        assert abs(law.sum() - 1) < 1e-12
        assert (law >= 0).all()
