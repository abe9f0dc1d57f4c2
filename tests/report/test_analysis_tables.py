"""What people read of an analysis: widths, words, and what is never printed."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from rich.console import RenderableType

from simulator.analysis.compare import compare
from simulator.analysis.sensitivity import sensitivity
from simulator.analysis.sobol import Share
from simulator.analysis.solve import solve
from simulator.analysis.sweep import sweep
from simulator.analysis.tornado import tornado
from simulator.analysis.tornado_moves import moves
from simulator.analysis.what_if import what_if
from simulator.report.layout import number_text
from simulator.report.tables import as_text
from simulator.report.tables_compare import compare_table
from simulator.report.tables_sensitivity import sobol_table, tornado_table
from simulator.report.tables_solve import sentence, solve_table
from simulator.report.tables_sweep import sweep_table
from simulator.scenario.load import load
from simulator.statistics.intervals import Estimate, in_words

VOLUME = "segments.inbound.volume"
PLAN = load("scenarios/twenty-five-customers.yaml")
MID = load("scenarios/mid-market.yaml")


@pytest.fixture(scope="module")
def tables() -> dict[str, RenderableType]:
    few = {"trials": 100, "seed": 7}
    return {
        "compare": compare_table(compare(PLAN, what_if(PLAN, {VOLUME: "+10%"}), **few)),
        "mid": compare_table(compare(MID, load("scenarios/mid-market-more-outbound.yaml"), PLAN, **few)),
        "sweep": sweep_table(sweep(PLAN, {VOLUME: "800:1200:3"}, **few)),
        "tornado": tornado_table(sensitivity(PLAN, **few)),
        "sobol": sobol_table(sensitivity(MID, method="sobol", **few)),
        "solve": solve_table(solve(PLAN, [VOLUME, "segments.inbound.slips.probability"], **few)),
    }


def test_tables_keep_to_the_width_and_cut_nothing(tables: dict[str, RenderableType]) -> None:
    for name, table in tables.items():
        text = as_text(table, 80)
        assert max(len(line) for line in text.splitlines()) <= 80, name
        if name == "mid":  # of three plans paths are folded
            continue
        wide = as_text(table, 120)
        # what stands in a wide table stands in a narrow one
        assert set(re.findall(r"[+-]?\d[\d.,]*[%MKk]?", wide)) <= set(re.findall(r"[+-]?\d[\d.,]*[%MKk]?", text)), name


def test_no_probability_reads_as_certain(tables: dict[str, RenderableType]) -> None:
    for name in ("compare", "mid", "sweep"):
        assert not re.search(r"(?<![\d.,+-])(0|100)%", as_text(tables[name], 120)), name


def test_three_plans_have_their_differences_beside_each_other(tables: dict[str, RenderableType]) -> None:
    text = as_text(tables["mid"], 120)
    assert "difference to the first, in points" in text and "segments only in the first plan: outbound, events" in text


def test_sentences() -> None:
    found = solve(PLAN, VOLUME, trials=300, seed=7)
    assert re.fullmatch(r"To get to 80%: volume \+\d\d%\.", sentence(found))
    assert sentence(solve(PLAN, VOLUME, probability=0.1, trials=300, seed=7)).startswith(
        "Still enough for 10%: volume -"
    )
    best = sentence(solve(PLAN, {VOLUME: "900:1010"}, trials=300, seed=7))
    assert re.fullmatch(r"No lever gets to 80% alone\. The best: volume \+1\.0%, which makes it \d\d%\.", best)


def test_numbers_are_never_in_powers_of_ten() -> None:
    assert number_text(1e9) == "1,000,000,000" and "e" not in number_text(1.5e-5)


def test_notebooks_get_escaped_tables() -> None:
    odd = PLAN.with_changes({"name": "<b>x</b>"})
    for found in (
        compare(odd, what_if(odd, {VOLUME: 900}), trials=50, seed=7), solve(odd, VOLUME, trials=50, seed=7),
        sensitivity(odd, trials=50, seed=7), sweep(odd, {VOLUME: "800:1200:2"}, trials=50, seed=7),
        sensitivity(MID, method="sobol", trials=50, seed=7),
    ):  # fmt: skip
        html = found._repr_html_()
        assert html.startswith("<h4>") and "<table>" in html and "<b>" not in html
        assert found.summary() and repr(found).startswith("<")


@pytest.fixture(scope="module")
def levers() -> str:
    return as_text(solve_table(solve(MID, trials=200, seed=7)), 80)


def test_levers_speak_in_percent_and_say_things_once(levers: str) -> None:
    assert max(map(len, levers.splitlines())) <= 80
    assert "inbound: visitors → engagements 7.94% → " in levers.replace("\n", " ")
    assert "engagements → MQLs (inbound, outbound) +" in levers.replace("\n", " ")
    assert "volume (all segments) +" in levers.replace("\n", " ") and "Note:" not in levers
    assert re.search(r"\nMQLs → SQLs  +×1", levers)
    said = levers.replace("\n", " ")
    for once in ("Where no segment is named, the lever moves all", "all of them are moved", "is the middle, and"):
        assert said.count(once) == 1


def test_a_lever_that_is_not_enough_says_so_once(levers: str) -> None:
    (row,) = (line for line in levers.splitlines() if line.startswith("slip probability  "))
    assert re.search(r"nothing +to nothing +– +only \d\d%$", row)
    assert "slip probability (all segments): not enough alone; looked from nothing to ×3.33." in levers


def test_levers_of_one_segment_beside_those_of_all_are_told_apart() -> None:
    both = {"segments.*.volume": None, VOLUME: None}
    text = as_text(solve_table(solve(MID, both, trials=100, seed=7)), 120)
    assert "volume (all segments)" in text and "inbound: volume" in text


def test_a_value_known_to_all_digits_shown_is_said_once() -> None:
    found = solve(MID, "segments.*.volume", trials=200, seed=7)
    (answer,) = found.answers
    close = replace(answer, low=answer.value * 0.99999, high=answer.value * 1.00001)
    text = as_text(solve_table(replace(found, answers=(close,))), 120)
    factor = f"×{answer.value:.3g}"
    assert re.search(rf"\nvolume +{factor} +\+\d+% +{factor} +\d\d%\n", text)


@pytest.mark.parametrize("width", (80, 120))
def test_what_differs_is_broken_at_dots_and_nothing_is_lost(width: int) -> None:
    longest = "x" * 50
    plan = load({
        "start": "2027-Q1", "quarters": 2, "stages": ["sqls", "wins"],
        "segments": {longest: {"volume": [5, 6], "conversion": {"wins": 0.3}, "lag_weeks": {"wins": 3}}},
    })  # fmt: skip
    changed = what_if(plan, {f"segments.{longest}.lag_weeks.wins": 4, f"segments.{longest}.volume.2027-Q2": 7})
    text = as_text(compare_table(compare(plan, changed, trials=20, seed=1)), width)
    assert max(map(len, text.splitlines())) <= width
    rows = text[text.index("what differs") : text.index("in the same luck")].splitlines()
    assert "".join(row[:32].strip() for row in rows).count(longest) == 2
    assert any(re.search(r"^segments\. +3 +4$", row) for row in rows) and "  lag_weeks.wins" in rows


def test_means_of_money_have_their_currency() -> None:
    found = sweep(MID, {"segments.*.volume": "-10%:+10%:2"}, target="the year", trials=50, seed=7)
    assert "mean bookings (USD) in 2027" in as_text(sweep_table(found), 120)
    few = tornado(MID, target="the year", only=moves(MID)[:2], trials=50, seed=7)
    assert re.search(r"chance +points +mean \(USD\)\n", as_text(tornado_table(few), 120))


def test_noise_beyond_all_of_the_variance_is_said_to_be_about_all() -> None:
    over, under = Estimate(1.033, 0.06, 0.92, 1.15), Estimate(-0.01, 0.02, -0.05, 0.03)
    share = Share("luck", (), "luck of the draw", over, under, None, None)
    found = replace(sensitivity(MID, method="sobol", trials=50, seed=7), shares=(share,))
    assert re.search(r"luck of the draw +≈ 100% ±11\.8 +≈ 0 ±3\.9 ", as_text(sobol_table(found), 120))


def test_what_moves_nothing_is_left_out_until_asked_for() -> None:
    found = sensitivity(PLAN, seed=7)
    few, every = (as_text(tornado_table(found, all_of_them), 120) for all_of_them in (False, True))
    shown = [effect for effect in found.effects if effect.size[0] > 0.0005]
    rest = len(found.effects) - len(shown)
    assert f"… and {rest} assumptions more that move it less, if at all; --all shows them" in few
    assert "deal size" not in few and "deal size, mean*" in every and "more that move" not in every


def test_levers_in_vain_are_said_in_one_breath() -> None:
    nobody = what_if(MID, {"segments.*.volume": 0})
    text = as_text(solve_table(solve(nobody, trials=50, seed=7)), 120)
    assert "No lever gets to 80% alone, and none makes the target likelier." in text
    assert (
        text.count("never met, whatever the value; looked at ") == 1
        and "%  +0.0%" not in text
        and "known to" not in text
    )
    assert re.search(r"\nSQLs → wins +– +– +only <0\.1%\n", text)


def test_what_moves_a_tornado_is_said_in_percent() -> None:
    found = sensitivity(MID, trials=100, seed=7)
    text = as_text(tornado_table(found), 120)
    assert re.search(r"inbound: SQLs → wins +17\.9% – 26\.3% ", text)
    rates = [line for line in text.splitlines() if " → " in line and "times" not in line and "weeks" not in line]
    assert len(rates) >= 5 and all(re.search(r"% – |P10 – P90", line) for line in rates)
    assert re.search(r"sales acceptance \(MQLs → SQLs\) +P10 – P90 ", text)  # two numbers, one draw


def test_odds_stay_meaningful_at_the_ends() -> None:
    said = [in_words(p) for p in (0.0, 0.0012, 0.004, 0.03, 0.5, 0.97, 0.996, 0.9988, 0.9995)]
    assert said == ["less than 1 in 1,000", "about 1 in 1,000", "about 1 in 200", "about 1 in 30", "about 1 in 2",
                    "all but 1 in 30", "all but 1 in 200", "all but 1 in 1,000", "more than 999 in 1,000"]  # fmt: skip
    assert len({in_words(k / 2000) for k in range(2001)}) == 29
