"""What drives the number: moves as stated, and indices against closed forms."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from simulator.analysis.sensitivity import sensitivity
from simulator.analysis.sobol import SobolShares
from simulator.analysis.tornado_moves import moves
from simulator.errors import UsageError
from simulator.scenario.load import load
from simulator.simulation.adjust import Adjustment, tied_groups
from simulator.simulation.simulate import simulate
from simulator.statistics import sobol as estimators
from tests.analysis.plans import doubtful, plan

VOLUME, SQLS, WINS = "segments.inbound.volume", "segments.inbound.conversion.sqls", "segments.inbound.conversion.wins"


# -- holding and drawing afresh -----------------------------------------------------------------
def test_a_held_number_is_the_same_plan_with_that_value() -> None:
    base = doubtful()
    held = simulate(base, trials=300, seed=4, adjust=Adjustment(hold={SQLS: 0.55}))
    changed = simulate(base.with_changes({SQLS: 0.55}), trials=300, seed=4)
    assert np.array_equal(held["wins"], changed["wins"])
    assert set(held.assumptions) == {VOLUME, SQLS, WINS} or SQLS in dict(base.numbers())


def test_what_is_tied_to_a_held_number_keeps_its_draw() -> None:
    base = doubtful(correlations=[{"between": [SQLS, WINS], "rank": 0.8}])
    plain = simulate(base, trials=300, seed=4)
    held = simulate(base, trials=300, seed=4, adjust=Adjustment(hold={SQLS: 0.55}))
    total = plain["wins"].sum() - held["wins"].sum()
    assert total != 0
    one, two = (simulate(base, trials=300, seed=4, adjust=Adjustment(hold={SQLS: x}))["wins"] for x in (0.55, 0.6))
    assert (one <= two).all()  # nothing else moved


def test_only_the_named_numbers_are_drawn_afresh() -> None:
    base = doubtful()
    first = simulate(base, trials=50, seed=4).assumptions
    fresh = simulate(base, trials=50, seed=4, adjust=Adjustment(redraw=[SQLS])).assumptions
    assert np.array_equal(first[VOLUME], fresh[VOLUME]) and np.array_equal(first[WINS], fresh[WINS])
    assert (first[SQLS] != fresh[SQLS]).all()
    assert abs(np.corrcoef(first[SQLS], fresh[SQLS])[0, 1]) < 0.7


def test_names_and_correlations_make_groups() -> None:
    assert tied_groups(doubtful()) == [[VOLUME], [SQLS], [WINS]]
    tied = doubtful(correlations=[{"between": [VOLUME, WINS], "rank": 0.3}])
    assert tied_groups(tied) == [[VOLUME, WINS], [SQLS]]
    document = doubtful().document
    for stage, form in (("sqls", {"p10": 0.5, "p90": 0.6}), ("wins", {"p10": 0.2, "p90": 0.3})):
        document["segments"]["inbound"]["conversion"][stage] = form | {"name": "acceptance"}
    assert tied_groups(load(document)) == [[VOLUME], [SQLS, WINS]]


# -- tornado ------------------------------------------------------------------------------------
def test_each_assumption_goes_to_its_own_p10_and_p90_or_ten_percent() -> None:
    base = doubtful()
    found = {move.path: move for move in moves(base)}
    numbers = dict(base.numbers())
    for path in (VOLUME, SQLS, WINS):
        assert not found[path].certain
        assert (found[path].low, found[path].high) == tuple(numbers[path].quantile(u) for u in (0.1, 0.9))
    assert found[VOLUME].low == pytest.approx(1800) and found[VOLUME].high == pytest.approx(2200)
    certain = {move.path: (move.low, move.high) for move in moves(plan(conversion={"sqls": 0.5, "wins": 0.95}))}
    assert certain[SQLS] == (0.45, 0.55)
    assert certain[WINS] == (0.855, 1.0)  # capped
    assert all(move.certain for move in moves(plan()))
    # neither what the plan leaves to the default nor what would not move
    assert not {path for path in certain if "growth" in path or "dispersion" in path}


def test_effects_are_those_of_single_runs_and_sorted() -> None:
    base = doubtful()
    found = sensitivity(base, trials=1000, seed=4)
    sizes = [effect.size for effect in found.effects]
    assert sizes == sorted(sizes, reverse=True)
    effect = next(effect for effect in found.effects if effect.move.path == SQLS)
    for index, value in enumerate((effect.move.low, effect.move.high)):
        result = simulate(base.with_changes({SQLS: value}), trials=1000, seed=4)
        assert effect.probabilities is not None
        assert effect.probabilities[index] == result.targets[0].value
        assert effect.means[index] == result.values("wins", "2027-Q1").mean()


def test_numbers_of_one_name_move_together() -> None:
    document = doubtful().document
    document["segments"]["inbound"]["conversion"] = {
        "sqls": {"p10": 0.5, "p90": 0.6, "name": "acceptance"}, "wins": {"p10": 0.2, "p90": 0.3, "name": "acceptance"},
    }  # fmt: skip
    base = load(document)
    (together,) = [effect for effect in sensitivity(base, trials=300, seed=4).effects if len(effect.move.paths) == 2]
    assert together.move.label == "acceptance (in 2 places)"
    both = simulate(base.with_changes({SQLS: 0.5, WINS: 0.2}), trials=300, seed=4)
    assert together.means[0] == pytest.approx(both.values("wins", "2027-Q1").mean(), abs=0.5)


def test_a_target_never_met_is_told() -> None:
    base = plan(targets=[{"metric": "wins", "at_least": 10_000, "in": "2027-Q2"}])
    assert "never met" in sensitivity(base, trials=100, seed=4).notes[0]
    assert "no targets" in sensitivity(plan(targets=[]), trials=100, seed=4).notes[0]


def test_tornado_json_has_the_documented_keys() -> None:
    rows = json.loads(json.dumps(sensitivity(plan(), trials=100, seed=4).to_json()))
    keys = {
        "path",
        "label",
        "low_value",
        "high_value",
        "probability_low",
        "probability_high",
        "mean_low",
        "mean_high",
        "certain",
    }
    assert all(keys <= set(row) for row in rows)


def test_methods_are_checked() -> None:
    with pytest.raises(UsageError, match="neither"):
        sensitivity(plan(), method="morris")  # type: ignore[call-overload]


# -- Sobol' -------------------------------------------------------------------------------------
def moments() -> dict[str, tuple[float, float]]:
    """Mean and second moment of each uncertain number of ``doubtful``, by quadrature over its quantiles."""
    u = (np.arange(200_000) + 0.5) / 200_000
    found = {}
    for path, number in doubtful().numbers():
        if not number.certain:
            x = number.quantile(u)
            found[path] = (float(x.mean()), float((x * x).mean()))
    return found


def exact_shares() -> dict[str, tuple[float, float, float]]:
    """first, first of expected, total of expected for Poisson(V · r · w) with independent V, r, w."""
    m = moments()
    mean = float(np.prod([a for a, _ in m.values()]))
    second = float(np.prod([b for _, b in m.values()]))
    expected = second - mean**2
    variance = expected + mean
    found = {}
    for path, (a, b) in m.items():
        main = mean**2 * (b / a**2 - 1)
        rest = float(np.prod([d for other, (_, d) in m.items() if other != path])) * a**2 - mean**2
        found[path] = (main / variance, main / expected, 1 - rest / expected)
    found["luck"] = (float("nan"), expected / variance, mean / variance)
    return found


def test_indices_are_the_exact_ones() -> None:
    """Within 4.9 of their own standard errors (one false alarm in a million each; 10 numbers)."""
    found = sensitivity(doubtful(), method="sobol", trials=8000, seed=4)
    exact = exact_shares()
    assert [share.kind for share in found.shares] == ["assumption"] * 3 + ["luck"]
    for share in found.shares[:3]:
        first, first_expected, total_expected = exact[share.path]
        for index, value in (
            (share.first, first),
            (share.first_of_expected, first_expected),
            (share.total_of_expected, total_expected),
        ):
            assert index is not None and index.standard_error < 0.06
            assert abs(index.value - value) < 4.9 * index.standard_error, (share.path, index, value)
    luck = found.shares[-1]
    assert abs(luck.total.value - exact["luck"][2]) < 4.9 * luck.total.standard_error
    assert abs(found.expected.value - exact["luck"][1]) < 4.9 * found.expected.standard_error
    assert luck.first_of_expected is None


def test_estimators_do_not_depend_on_the_order_of_trials() -> None:
    rng = np.random.default_rng(3)
    a, b, ab, other = rng.normal(size=(4, 500)) + rng.normal(size=500)
    order = rng.permutation(500)
    for estimate in (
        estimators.first_order, estimators.total_effect,
        lambda x, y, z: estimators.share_of(x, y, z, other[order] if x is not a else other),
    ):  # fmt: skip
        one, two = estimate(a, b, ab), estimate(a[order], b[order], ab[order])
        assert one.value == pytest.approx(two.value) and one.standard_error == pytest.approx(two.standard_error)


def test_intervals_of_estimators_cover() -> None:
    """Y = 2 x1 + x2 + luck: 400 samples of 1,000 trials; coverage of 95% intervals within 90% to 99%."""
    rng = np.random.default_rng(12)
    inside = np.zeros(2)
    for _ in range(400):
        x, y = rng.normal(size=(2, 3, 1000))
        f: Any = lambda z: 2 * z[0] + z[1] + 2 * z[2]  # noqa: E731
        ab = np.array([y[0], x[1], x[2]])
        first = estimators.first_order(f(x), f(y), f(ab))
        total = estimators.total_effect(f(x), f(y), f(ab))
        inside += [first.low <= 4 / 9 <= first.high, total.low <= 4 / 9 <= total.high]
    assert (inside / 400 > 0.90).all() and (inside / 400 < 0.99).all()


def test_negative_indices_are_told_to_be_noise() -> None:
    document = doubtful().document
    document["segments"]["inbound"]["slips"] = {"probability": {"p10": 0.001, "p90": 0.002}}
    found = sensitivity(load(document), method="sobol", trials=300, seed=4)
    assert isinstance(found, SobolShares)
    for share in found.shares:
        indices = [share.first, share.total, share.first_of_expected, share.total_of_expected]
        if any(index is not None and index.value < 0 for index in indices):
            assert share.is_noise and share.to_json()["noise"] and share.label in " ".join(found.notes)
    assert found.shares[-2].is_noise


def test_luck_alone_and_market_are_inputs() -> None:
    found = sensitivity(plan(), method="sobol", trials=300, seed=4)
    (luck,) = found.shares
    assert luck.total.value == pytest.approx(1, abs=0.3) and "no number" in found.notes[0]
    market = sensitivity(plan(market={"conversion": {"sd": 0.4}}), method="sobol", trials=1000, seed=4)
    assert [share.kind for share in market.shares] == ["market", "luck"]
    assert market.shares[0].first.value > 0.05


def test_sobol_json_has_the_documented_keys() -> None:
    rows = json.loads(json.dumps(sensitivity(doubtful(), method="sobol", trials=100, seed=4).to_json()))
    assert all(
        {"path", "label", "first", "first_low", "first_high", "total", "total_low", "total_high"} <= set(row)
        for row in rows
    )
