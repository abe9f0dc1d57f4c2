"""Open deals of alike amounts and hardly any new ones: the chance of a target moves by steps, and answers know it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import special, stats

from simulator.exact import steps, thresholds
from simulator.exact.inversion import money_law
from simulator.exact.laws import MoneyLaw
from simulator.exact.outline import SpreadForm
from simulator.exact.parts import Jump, Parts, Single
from simulator.exact.terms import Size

CHANCE, MEAN, AMOUNT = 0.4, 12_000.0, 10_000.0


def parts_of(deals: int, new: float, amount: float = AMOUNT) -> Parts:
    size = Size(SpreadForm("exponential", 0, 1, 1.0), MEAN, 0.0, 1.0)
    open_ = [Single(1, [(Jump(1, None, amount), np.array([CHANCE]))]) for _ in range(deals)]
    return Parts(poisson=[(Jump(1, size), np.array([new]))], single=open_)


def below(x: float, deals: int, new: float) -> float:
    """P(X < x): a binomial of open deals, and a Poisson number of exponential amounts, summed one by one."""
    won, number = np.arange(deals + 1), np.arange(1, 60)
    left = x - 0.005 - AMOUNT * won
    some = special.gammainc(number[None, :], np.maximum(left, 0.0)[:, None] / MEAN) @ stats.poisson.pmf(number, new)
    return float(stats.binom.pmf(won, deals, CHANCE) @ np.where(left > 0, np.exp(-new) + some, 0.0))


@pytest.mark.parametrize("deals", [13, 20, 40])
@pytest.mark.parametrize("new", [0.03, 0.5])
def test_a_target_at_a_step(deals: int, new: float) -> None:
    parts = parts_of(deals, new)
    assert thresholds.missed(parts, 1, at_least=8 * AMOUNT, at_most=None, money=True) is None
    law = money_law(parts, 1)
    assert isinstance(law, MoneyLaw) and law.error_bound < 1e-3
    near = law.error_bound + 1e-7
    for x in (5 * AMOUNT, 8 * AMOUNT - 1, 8 * AMOUNT, 8 * AMOUNT + 1, 12.4 * AMOUNT):
        assert law.below(x)[0] == pytest.approx(below(x, deals, new), abs=near)
        assert law.above(x)[0] == pytest.approx(1 - below(x + 0.01, deals, new), abs=near)


def test_many_new_deals_leave_no_step() -> None:
    parts = parts_of(20, 30.0)
    for x in (20 * AMOUNT, 43 * AMOUNT, 60 * AMOUNT):
        found = thresholds.missed(parts, 1, at_least=x, at_most=None, money=True)
        assert found is not None and found[0] == pytest.approx(below(x, 20, 30.0), abs=thresholds.BOUND)


def test_sums_are_those_of_all_outcomes() -> None:
    amounts = [100.0, 250.5, 100.0, 33.33]
    chances = [np.array([0.2, 0.9]), np.array([0.5]), np.array([0.0]), np.ones(1)]
    known = Parts(single=[Single(1, [(Jump(1, None, a), p)]) for a, p in zip(amounts, chances, strict=True)])
    found = steps.sums(known)
    assert found is not None
    wanted: dict[float, float] = {}
    for won in itertools.product((0, 1), repeat=4):
        p = np.prod([p[0] if w else 1 - p[0] for w, p in zip(won, chances, strict=True)])
        total = round(sum(a for w, a in zip(won, amounts, strict=True) if w), 2)
        wanted[total] = wanted.get(total, 0.0) + float(p)
    likely = {v: p for v, p in wanted.items() if p > 0}
    assert found[0] == pytest.approx(sorted(likely))
    assert found[1][0] == pytest.approx([likely[v] for v in sorted(likely)])
    assert found[1].sum(axis=1) == pytest.approx(1.0)


def test_sums_that_are_too_many_have_a_bound() -> None:
    """Thirty amounts without a common unit: as many sums as outcomes, each rare; the bound is above the likeliest."""
    rng = np.random.default_rng(1)
    single = [Single(1, [(Jump(1, None, float(a)), np.array([0.5]))]) for a in np.round(rng.uniform(1e4, 9e4, 30), 2)]
    size = Size(SpreadForm("exponential", 0, 1, 1.0), MEAN, 0.0, 1.0)
    parts = Parts(poisson=[(Jump(1, size), np.array([0.03]))], single=single)
    assert steps.sums(Parts(single=single)) is None
    height = steps.likeliest(Parts(single=single), 1)
    assert 0.5**30 < height < 1e-3
    law = money_law(parts, 1)
    assert isinstance(law, MoneyLaw) and law.error_bound >= height * np.exp(-0.03) * 0.999
    alike = Parts(single=parts_of(20, 0.0).single)
    assert steps.likeliest(alike, 1) == pytest.approx(stats.binom.pmf(8, 20, CHANCE))
