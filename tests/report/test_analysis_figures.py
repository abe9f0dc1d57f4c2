"""Figures of analyses: titles that say the finding, the 80% line, bytes that repeat."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.analysis.compare import compare
from simulator.analysis.sensitivity import sensitivity
from simulator.analysis.solve import solve
from simulator.analysis.sweep import sweep
from simulator.analysis.what_if import what_if
from simulator.errors import UsageError
from simulator.report import figures_compare, figures_sensitivity, figures_solve, figures_sweep
from simulator.scenario.load import load
from simulator.statistics.intervals import as_percent

VOLUME, RATE = "segments.inbound.volume", "segments.inbound.conversion.sqls"
PLAN = load("scenarios/twenty-five-customers.yaml")


def test_a_comparison_has_a_panel_per_target() -> None:
    found = compare(PLAN, what_if(PLAN, {RATE: "+10%"}), trials=300, seed=7)
    figure = figures_compare.draw(found)
    assert len(figure.axes) == 4
    assert figure.axes[0].get_title(loc="left").endswith("chance of 25 wins or more in 2027-Q4")
    assert "chance of bookings of USD 3.5M or more in 2027" in figure.axes[1].get_title(loc="left")
    assert "110 MQLs or more in every quarter" in figure.axes[2].get_title(loc="left").replace("\n", " ")
    bare = PLAN.with_changes({"targets": []})
    assert len(figures_compare.draw(compare(bare, what_if(bare, {RATE: "+10%"}), trials=100, seed=7)).axes) == 2


def test_a_comparison_draws_stretches_of_quarters_and_ratios_that_some_trials_leave_undefined() -> None:
    """Nobody is won in one trial of three: there is then no cost of a customer, and no place for it on an axis."""
    ads = {"volume": 11, "conversion": {"wins": 0.1}, "spend": {"per_quarter": 100}}
    plan = load({
        "start": "2027-Q1", "quarters": 3, "stages": ["leads", "wins"], "segments": {"ads": ads},
        "targets": [{"metric": "cac", "at_most": 60, "in": "2027-Q1"},
                    {"metric": "cac", "at_most": 60, "in": "each quarter"},
                    {"metric": "wins", "at_least": 2, "in": "2027-Q1..2027-Q2"}],
    })  # fmt: skip
    more, fewer = (what_if(plan, {"segments.ads.volume": volume}) for volume in (22, 0))
    figure = figures_compare.draw(compare(plan, more, trials=200, seed=7))
    drawn = [[patch.get_label() for patch in axes.patches] for axes in figure.axes]
    assert drawn == [["as planned", "changed"]] * 3  # none is "not shared"
    assert len(figures_compare.draw(compare(plan, fewer, trials=50, seed=7)).axes) == 3


def test_a_curve_names_where_it_crosses_80_percent() -> None:
    figure = figures_sweep.draw(sweep(PLAN, {VOLUME: "800:1400:4"}, trials=400, seed=7))
    title = figure.axes[0].get_title(loc="left")
    assert title.startswith("80% chance of wins >= 25 in 2027-Q4 at volume 1,")
    figure = figures_sweep.draw(sweep(PLAN, {VOLUME: "800:900:2"}, trials=400, seed=7))
    assert "over this range" in figure.axes[0].get_title(loc="left")


def test_a_map_has_the_80_percent_line_where_there_is_one() -> None:
    found = sweep(PLAN, {VOLUME: "800:1400:4", RATE: "-20%:+20%:3"}, trials=200, seed=7)
    assert "80% on the line" in figures_sweep.draw(found).axes[0].get_title(loc="left").replace("\n", " ")
    found = sweep(PLAN, {VOLUME: "100:200:2", RATE: "0.1:0.2:2"}, trials=100, seed=7)
    assert "nowhere 80%" in figures_sweep.draw(found).axes[0].get_title(loc="left")
    three = sweep(
        PLAN, {VOLUME: "1:2:2", RATE: "0.1,0.2", "segments.inbound.conversion.wins": "0.1,0.2"}, trials=9, seed=7
    )
    with pytest.raises(UsageError, match="one or two paths"):
        figures_sweep.draw(three)


def test_what_matters_most_is_in_the_title() -> None:
    figure = figures_sensitivity.draw(sensitivity(PLAN, trials=300, seed=7))
    assert figure.get_suptitle().split(" matters most")[0]
    sobol = sensitivity(load("scenarios/mid-market.yaml"), method="sobol", trials=100, seed=7)
    assert "of the spread is luck" in figures_sensitivity.draw(sobol).axes[0].get_title(loc="left")


def test_assumptions_that_matter_alike_are_said_to_and_idle_ones_are_not_drawn() -> None:
    found = sensitivity(PLAN, seed=7)
    figure = figures_sensitivity.draw(found)
    assert figure.get_suptitle().startswith("Volume matters most, 4 others as much: 28% to 65% chance of")
    drawn = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert len(drawn) == sum(effect.size[0] > 0.0005 for effect in found.effects) < len(found.effects)


def test_files_repeat_byte_for_byte(tmp_path: Path) -> None:
    found = solve(PLAN, VOLUME, trials=200, seed=7)
    for ending in ("png", "svg"):
        one, two = tmp_path / f"one.{ending}", tmp_path / f"two.{ending}"
        figures_solve.save(found, one)
        figures_solve.save(found, two)
        assert one.read_bytes() == two.read_bytes() and len(one.read_bytes()) > 1000


def test_a_small_map_has_a_tick_at_every_value_and_a_number_in_every_cell() -> None:
    found = sweep(PLAN, {VOLUME: "800:1400:4", RATE: "0.5:0.7:3"}, trials=100, seed=7)
    axes = figures_sweep.draw(found).axes[0]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["800", "1,000", "1,200", "1,400"]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["50%", "60%", "70%"]
    wanted = {(row[VOLUME], row[RATE]): as_percent(row["probability"]) for row in found.rows}
    shown = {(int(t.get_position()[0]), round(t.get_position()[1], 9)): t.get_text() for t in axes.texts}
    assert shown == {(volume, round(rate, 9)): text for (volume, rate), text in wanted.items()}
    large = sweep(PLAN, {VOLUME: "800:1400:13", RATE: "0.5:0.7:2"}, trials=20, seed=7)
    assert not [t for t in figures_sweep.draw(large).axes[0].texts if t.get_text() != "80%"]
