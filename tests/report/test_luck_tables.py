"""What people read of a luck report, and see in its picture: numbers, words, names that are no markup."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import simulator as sim
from simulator.analysis.luck import Luck, luck
from simulator.errors import UsageError
from simulator.report.figures_luck import draw, save
from simulator.report.tables import as_text
from simulator.report.tables_luck import headline_of, luck_table, subject_words
from simulator.statistics.intervals import as_percent

HOW = {"trials": 300, "seed": 7}
PLAN = sim.load("scenarios/twenty-five-customers.yaml")
MID = sim.load("scenarios/mid-market.yaml")
DEALS = sim.load("scenarios/enterprise.yaml")


@pytest.fixture(scope="module")
def before() -> Luck:
    return luck(MID, **HOW)


@pytest.fixture(scope="module")
def deals() -> Luck:
    return luck(DEALS, **HOW)


@pytest.fixture(scope="module")
def after() -> Luck:
    return luck(MID, actual={"wins": 24, "mqls": 500}, period="2027-Q4", **HOW)


def words(found: Luck, width: int = 80) -> str:
    return re.sub(r"\s+", " ", as_text(luck_table(found), width))


@pytest.mark.parametrize("width", (80, 120))
def test_tables_keep_to_the_width(before: Luck, deals: Luck, after: Luck, width: int) -> None:
    for found in (before, deals, after):
        assert max(map(len, as_text(luck_table(found), width).splitlines())) <= width


def test_a_row_per_group_with_its_share_and_interval(before: Luck) -> None:
    lines = as_text(luck_table(before), 120).splitlines()
    for one in before.shares:
        (row,) = (line for line in lines if re.match(rf"{one.group}  ", line))
        share = "<1%" if one.share < 0.005 else f"{100 * one.share:.0f}%"
        assert row.split()[1] == share
        assert row.count("█") == round(24 * max(one.share, 0.0))
        assert f"{100 * max(one.low, 0):.0f} to {100 * max(one.high, 0):.0f}%" in row
    luck_share = sum(one.share for one in before.shares if one.group in ("demand", "deals", "slips"))
    assert headline_of(before).startswith(f"{as_percent(luck_share)} of the spread of wins in 2027-Q4 is luck; ")


def test_a_group_that_the_plan_has_not_is_none() -> None:
    text = as_text(luck_table(luck(PLAN, **HOW)), 120)
    assert re.search(r"assumptions +none +numbers we are unsure of: the plan has none", text)
    assert "All of the spread of wins in 2027-Q4 is luck" in text


def test_band_and_slips_say_their_numbers(before: Luck) -> None:
    text, band, slips = words(before), before.band, before.slips
    assert f"{band.plan:.1f} wins planned will land between {band.p10:.0f} and {band.p90:.0f} in 8 of 10" in text
    assert f"With everything the plan does not know: {band.all_p10:.0f} to {band.all_p90:.0f}." in text
    assert slips.missed_only_by_slips is not None and slips.probability is not None
    assert f"Slipped deals alone miss the target in {as_percent(slips.missed_only_by_slips.value)} of trials" in text
    assert f"Met with slips: {as_percent(slips.probability.value)};" in text
    for one in slips.pushed_out:
        assert re.search(rf"{one.quarter} {one.deals.value:.1f} {one.deals_p90:.0f} ", text)


def test_must_close_deals_are_named_the_largest_swing_first(deals: Luck) -> None:
    text = as_text(luck_table(deals), 120)
    first = deals.deals[0]
    assert f"Must close: {first.id}. If it is lost, the target is met in {as_percent(first.probability_lost)}" in text
    listed = [text.index(f"\n{deal.id}") for deal in deals.deals[:10]]
    assert listed == sorted(listed) and "2 more open deals matter less" in text


def test_after_the_quarter_the_sentence_comes_first_and_rates_are_in_percent(after: Luck) -> None:
    text = as_text(luck_table(after), 120)
    assert after.actual is not None
    assert re.sub(r"\s+", " ", text).index(after.actual.verdict[:40]) < text.index("happened")
    one = next(item for item in after.actual.learned if item.path == "segments.inbound.conversion.mqls")
    low, middle, high = one.prior
    assert f"{one.say(middle)} ({one.say(low)} – {one.say(high)})" in text and one.say(middle).endswith("%")
    assert not re.search(r" 0\.\d+ \(0\.", text.replace("competitor", ""))  # a multiplier is no rate
    assert f"{len(after.actual.learned) - 8} more have moved less" in text


def test_a_doubt_speaks_in_percent() -> None:
    plan = sim.what_if(PLAN, {"segments.inbound.conversion.mqls": {"p10": 0.35, "p90": 0.45}})
    found = luck(plan, actual={"wins": 19, "mqls": 85}, period="2027-Q4", trials=1000, seed=7)
    assert found.actual is not None
    assert re.match(
        r"inbound: engagements → MQLs is probably lower than planned: 39\.9% in the plan, now more like 3\d(\.\d)?% \(",
        found.actual.verdict,
    )


def test_the_picture_says_the_finding(before: Luck, after: Luck) -> None:
    figure = draw(before)
    shares, band = figure.axes
    assert shares.get_title(loc="left").replace("\n", " ") == headline_of(before)
    bars = {bar.get_label().partition(":")[0]: bar for bar in shares.containers}
    drawn = [one for one in before.shares if one.share > 0]
    assert set(bars) == {one.group for one in drawn}
    for one in drawn:
        assert bars[one.group][0].get_width() == pytest.approx(100 * one.share)
    title = band.get_title(loc="left").replace("\n", " ")
    assert title == (f"Even executed perfectly, a plan of {before.band.plan:.1f} wins lands between "
                     f"{before.band.p10:.0f} and {before.band.p90:.0f}")  # fmt: skip
    assert band.get_xlabel() == subject_words(before) == "wins in 2027-Q4"
    assert len(draw(after).axes) == 3
    happened = [line.get_label() for line in draw(after).axes[1].lines]
    assert "what happened: 24" in happened and "target" in happened


@pytest.mark.parametrize("at_least", [32, 31, 30.5])
def test_a_bar_of_the_band_begins_at_the_target(before: Luck, at_least: float) -> None:
    found = replace(before, subject=replace(before.subject, at_least=at_least))
    band = draw(found).axes[1]
    (line,) = (line for line in band.lines if line.get_label() == "target")
    (at,) = set(line.get_xdata())
    edges = [bar.get_x() for bar in band.containers[0]]
    assert min(abs(edge - at) for edge in edges) < 1e-9 and at == np.ceil(at_least) - 0.5


def test_money_has_its_currency_in_every_sentence() -> None:
    found = luck(MID, actual={"bookings": 600_000}, period="2027-Q4", **HOW)
    text = words(found)
    assert found.actual is not None
    assert "bookings of USD 600,000 or less happens in 1 quarter of" in found.actual.verdict
    assert "of USD 600,000 or less" in found.actual.to_json()["values"][0]["words"]
    assert re.search(r"bookings \(USD\) 600k \S+ ", text)
    assert re.search(r"Slips move the mean from USD \S+ to USD \S+\.", text)
    assert "bookings in 2027, target at least USD 4M" in words(luck(MID, target="the year", **HOW))


def test_money_has_its_unit() -> None:
    found = luck(MID, metric="bookings", period="2027", **HOW)
    band = draw(found).axes[1]
    assert band.get_xlabel() == "bookings in 2027 (USD)" and "a plan of USD 4" in band.get_title(loc="left")
    assert re.search(r"bookings of USD \d\.\d+M planned will land between \d", words(found))


def test_names_are_text(tmp_path: Path, deals: Luck) -> None:
    odd = replace(deals.deals[0], id="[bold]=1+1\x1b[31m</script> $x_1$")
    found = replace(deals, deals=(odd, *deals.deals[1:]), scenario=DEALS.with_changes({"name": "[red]$\\frac$"}))
    text = as_text(luck_table(found), 120)
    assert "[bold]=1+1 [31m</script> $x_1$" in text and "\x1b" not in text and "[red]$\\frac$" in text
    save(found, tmp_path / "odd.svg")
    save(found, tmp_path / "again.svg")
    assert (tmp_path / "odd.svg").read_bytes() == (tmp_path / "again.svg").read_bytes()


def test_trials_that_are_there_are_not_played_again(before: Luck) -> None:
    played = sim.simulate(MID, **HOW)
    found = luck(MID, played=played)
    assert found.to_json() == before.to_json()
    np.testing.assert_array_equal(found.values, before.values)
    with pytest.raises(UsageError, match="another scenario"):
        luck(PLAN, played=played)
    with pytest.raises(UsageError, match="300 trials and seed 7"):
        luck(MID, played=played, trials=400)
