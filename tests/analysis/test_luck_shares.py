"""Shares of the spread against plans whose variance can be taken apart by hand."""

from __future__ import annotations

import numpy as np
import pytest

import simulator as sim
from simulator.analysis.luck import luck
from simulator.analysis.luck_shares import GROUPS
from tests.analysis.plans import plan

MEAN, P, BOOST, STRIKES, SLIP = 60.0, (0.2, 0.4), 1.5, 0.3, 0.25


def one_quarter(**more):
    """Deals arrive and are decided at once, or slip out of the only quarter for good."""
    segment = {
        "volume": {"stage": "sqls", "per_quarter": MEAN},
        "conversion": {"wins": {"values": list(P)}},
        "slips": {"probability": SLIP, "delay_weeks": 20},
    } | more.pop("segment", {})
    return sim.load({
        "start": "2027-Q1", "quarters": 1, "stages": ["sqls", "wins"], "segments": {"a": segment},
        "opening": {"warm_up_quarters": 0},
        "market": {"events": [{"name": "boom", "probability": STRIKES, "volume": BOOST}]},
        "targets": [{"metric": "wins", "at_least": 18, "in": "2027-Q1"}],
    } | more)  # fmt: skip


def test_every_group_has_the_share_that_arithmetic_gives() -> None:
    found = luck(one_quarter(), trials=24_000, seed=4)
    p, p2, m = np.mean(P), np.mean(np.square(P)), 1 + STRIKES * (BOOST - 1)
    m2 = 1 - STRIKES + STRIKES * BOOST**2
    stay = 1 - SLIP
    n, n2 = MEAN * m, MEAN * m + MEAN**2 * m2
    known = np.array([
        stay**2 * n**2 * (p2 - p**2),
        stay**2 * MEAN**2 * (m2 * p2 - m**2 * p**2),
        stay**2 * (n2 * p2 - n**2 * p**2),
        stay**2 * (n2 * p2 + n * (p - p2) - n**2 * p**2),
        stay**2 * (n2 * p2 + n * (p - p2) - n**2 * p**2) + SLIP * stay * n * p,
    ])  # fmt: skip
    truth = np.diff(known, prepend=0) / known[-1]
    assert [share.group for share in found.shares] == list(GROUPS[:5])
    for share, expected in zip(found.shares, truth, strict=True):
        assert abs(share.share - expected) < 4.9 * share.standard_error, share.group
        assert share.standard_error < 0.015
    first, last = found.shares[0], found.shares[-1]
    # the first group's share is its index alone, the last group's is its total effect
    assert abs(last.total_effect - truth[-1]) < 4.9 * last.total_effect_error
    assert first.total_effect >= first.share - 4.9 * first.total_effect_error
    assert sum(share.share for share in found.shares) == pytest.approx(1.0, abs=1e-12)


def test_a_group_without_a_stream_has_exactly_nothing() -> None:
    found = {share.group: share for share in luck(plan(slips={}), trials=400, seed=1).shares}
    for group in ("assumptions", "market", "slips"):
        share = found[group]
        assert (share.share, share.low, share.high, share.total_effect) == (0.0, 0.0, 0.0, 0.0) and not share.open
    assert found["demand"].share > 0 and found["deals"].share > 0
    assert sum(share.share for share in found.values()) == pytest.approx(1.0, abs=1e-12)


def test_a_plan_without_a_market_has_no_share_of_it() -> None:
    found = luck(one_quarter(market={}), trials=1000, seed=1)
    shares = {share.group: share.share for share in found.shares}
    assert shares["market"] == 0.0 and shares["assumptions"] > 0.3


def test_a_metric_that_cannot_vary() -> None:
    found = luck(plan(conversion={"sqls": 0, "wins": 0.5}), trials=200, seed=1)
    assert all(share.share == 0.0 for share in found.shares)


def test_the_same_seed_gives_the_same_report_and_threads_do_not_matter() -> None:
    one, two = luck(one_quarter(), trials=600, seed=9, threads=1), luck(one_quarter(), trials=600, seed=9, threads=3)
    assert one.to_json() == two.to_json()
