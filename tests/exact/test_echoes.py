"""Amounts that are nearly alike, and counts of several at a time: steps that the first frequencies do not show."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from simulator.exact import thresholds
from simulator.exact.inversion import count_law, money_law
from simulator.exact.laws import MoneyLaw
from simulator.exact.outline import SpreadForm
from simulator.exact.parts import Jump, Lumpy, Parts
from simulator.exact.terms import Size

MEAN = 10_000.0


def deals(number: float, cv: float) -> Parts:
    size = Size(SpreadForm("gamma", 0, 1, 1.0), MEAN, cv, 1.0)
    return Parts(poisson=[(Jump(1, size), np.array([number]))])


def below(x: float, number: float, cv: float) -> float:
    """P(X < x) of a Poisson number of gammas, number by number."""
    n = np.arange(1, 300)
    some = stats.poisson.pmf(n, number) * stats.gamma.cdf(x - 0.005, n / cv**2, scale=MEAN * cv**2)
    return float(np.exp(-number) + some.sum())


@pytest.mark.parametrize("cv", [0.02, 0.05, 0.1, 0.3])
@pytest.mark.parametrize("number", [1.0, 12.0, 20.0, 60.0])
def test_nearly_alike_amounts(cv: float, number: float) -> None:
    parts = deals(number, cv)
    laws = [money_law(parts, 1), money_law(parts, 1, most=1 << 9, enough=3e-5)]
    for x in np.array([0.5, 1.0, 1.07, 1.5]) * number * MEAN + 300:
        wanted = below(x, number, cv)
        found = thresholds.missed(parts, 1, at_least=x, at_most=None, money=True)
        assert found is None or found[0] == pytest.approx(wanted, abs=1e-4)
        for law in laws:
            assert isinstance(law, MoneyLaw)
            assert law.below(x)[0] == pytest.approx(wanted, abs=law.error_bound + 5e-6)
    assert laws[0].error_bound < 2e-3


@pytest.mark.parametrize("number", [1.0, 5.0])
def test_a_few_very_uneven_amounts_do_not_die_out(number: float) -> None:
    """No answer is better than one that is a percentage point off."""
    for x in (0.5 * number * MEAN, number * MEAN):
        found = thresholds.missed(deals(number, 3.0), 1, at_least=x, at_most=None, money=True)
        assert found is None or found[0] == pytest.approx(below(x, number, 3.0), abs=1e-4)


@pytest.mark.parametrize("masses", [{2: 20.0}, {1: 0.1, 12: 20.0}, {2: 40.0, 3: 0.05}, {1: 30.0, 2: 5.0}])
def test_counts_of_several_at_a_time(masses: dict[int, float]) -> None:
    parts = Parts(poisson=[(Jump(times), np.array([mass])) for times, mass in masses.items()])
    t = 2 * np.pi * np.arange((1 << 11) + 1) / (1 << 12)
    phi = np.exp(sum(mass * (np.exp(-1j * t * times) - 1) for times, mass in masses.items()))
    pmf = np.fft.irfft(phi, 1 << 12)
    mean = round(sum(times * mass for times, mass in masses.items()))
    for n in (mean - 1, mean, mean + 1, mean + 2):
        wanted = float(pmf[:n].sum())
        found = thresholds.missed(parts, 1, at_least=n, at_most=None, money=False)
        assert found is None or found[0] == pytest.approx(wanted, abs=thresholds.BOUND)
        for law in (count_law(parts, 1), count_law(parts, 1, enough=1e-7)):
            assert law.below(n)[0] == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("dispersion", [20.0, 50.0])
def test_what_seldom_comes_in_lumps(dispersion: float) -> None:
    """The window of a threshold reaches as far as a lump: nine standard deviations are too few for these tails."""
    size = Size(SpreadForm("gamma", 0, 1, 1.0), MEAN, 0.8, 1.0)
    weeks = np.full((1, 13), 1 / 13), np.full((1, 13), dispersion)
    parts = Parts(lumpy=[Lumpy(*weeks, [(Jump(1, size), np.full((1, 13), 0.9))])])
    law = money_law(parts, 1)
    for x in (0.9 * MEAN, 5 * MEAN, 14 * MEAN, 60 * MEAN):
        found = thresholds.missed(parts, 1, at_least=x, at_most=None, money=True)
        assert found is None or found[0] == pytest.approx(law.below(x)[0], abs=4e-4)
