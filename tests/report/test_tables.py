"""Tables: everything a planner asks first, in 80 and 120 columns, without surprises."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from simulator.report.tables import as_text, comparison_table, result_table
from simulator.statistics.intervals import as_percent
from tests.report.example import example

MANY = (
    {"metric": "wins", "at_least": 25, "period": "2027-Q4"},
    {"metric": "bookings", "at_least": 3_500_000, "period": "2027"},
    {"metric": "mqls", "at_least": 50, "period": "each quarter", "segment": "inbound", "name": "MQL floor"},
    {"metric": "slipped_deals", "at_most": 6, "period": "2027-Q4"},
    {"metric": "wins", "at_least": 1, "period": "2027-Q1"},
    {"metric": "wins", "at_least": 1000, "period": "2027-Q1"},
)


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_fits_the_width(width):
    text = as_text(result_table(example(segments=("inbound", "outbound"), targets=MANY)), width)
    assert max(map(len, text.splitlines())) <= min(width, 120)


def test_every_target_with_its_probability_interval_and_words():
    result = example(segments=("inbound", "outbound"), targets=MANY)
    lines = as_text(result_table(result), 120).splitlines()
    for target in result.targets:
        line = next(line for line in lines if line.startswith(target.name))
        assert as_percent(target.value) in line
        assert f"{as_percent(target.low, 1)} to {as_percent(target.high, 1)}" in line
    assert any("50 MQLs or more in every quarter for inbound" in line for line in lines)
    for label, estimate in result.targets[2].by_quarter.items():
        assert any(line.strip().startswith(label) and as_percent(estimate.value) in line for line in lines)


def test_probabilities_are_never_0_or_100_percent():
    text = as_text(result_table(example(targets=MANY, segments=("inbound",))), 120)
    assert "<0.1%" in text and ">99.9%" in text and "less than 1 in 1,000" in text and "more than 999 in 1,000" in text
    assert " 0%" not in text and "100%" not in text


def test_percentiles_are_those_of_the_result():
    result = example()
    text = as_text(result_table(result), 120)
    row = result.summarise("wins", "2027-Q2")
    line = next(line for line in text.splitlines() if line.startswith("2027-Q2"))
    assert line.split()[1:5] == [f"{row[k]:.0f}" for k in ("p10", "p50", "p90")] + [f"{row['mean']:.1f}"]
    assert "bookings (USD)" in text and "M" in line


def test_the_same_stretch_is_shown_once_and_parts_of_years_say_so():
    def labels(**settings):
        text = as_text(result_table(example(targets=(), money=False, **settings)), 120)
        lines = text[text.index("wins") :].splitlines()[3:]
        return [line[:16].split("  ")[0].strip() for line in lines]

    assert labels() == ["2027-Q1", "2027-Q2", "2027-Q3", "2027-Q4", "2027"]
    assert labels(quarters=1) == ["2027-Q1"]
    assert labels(quarters=2) == ["2027-Q1", "2027-Q2", "horizon"]
    assert labels(quarters=5)[5:] == ["2027", "horizon"]
    assert labels(quarters=6)[6:] == ["2027", "2028 (part)", "horizon"]
    assert labels(start="2027-01-04", quarters=2) == ["P1", "P2", "horizon"]


def test_segments_only_when_there_are_several():
    assert "By segment" not in as_text(result_table(example()))
    assert "By segment" in as_text(result_table(example(segments=("inbound", "outbound"))))


def test_plans_without_targets_or_money():
    text = as_text(result_table(example(targets=(), money=False)))
    assert "wins" in text and "bookings" not in text and "interval" not in text


def test_warnings_are_shown_once():
    text = as_text(result_table(example(warnings=("volume looks odd",))))
    assert text.count("volume looks odd") == 1


def test_colour_only_on_a_terminal_and_never_alone():
    table = result_table(example())
    screen = Console(file=io.StringIO(), force_terminal=True, color_system="standard", width=80)
    screen.print(table)
    assert "\x1b[" in screen.file.getvalue()
    assert "\x1b" not in as_text(table)


def test_text_from_files_cannot_steer_the_terminal():
    text = as_text(result_table(example(name="\x1b[2Jevil[red]name\x07", currency="\x1b[1mX")))
    assert "\x1b" not in text and "\x07" not in text
    assert "[red]" in text  # no markup either


def test_comparison_puts_targets_side_by_side():
    other = example(name="Other", targets=({"metric": "wins", "at_least": 20, "period": "2027-Q4"},))
    text = as_text(comparison_table([example(), other]))
    line = next(line for line in text.splitlines() if line.startswith("wins >= 20"))
    assert line.split()[-2:] == ["-", as_percent(other.targets[0].value)]


def test_many_scenarios_are_compared_in_blocks():
    results = [example(name=f"Plan {number}", trials=50) for number in range(9)]
    text = as_text(comparison_table(results))
    assert text.count("all targets together") == 3  # nine in threes
    assert all(f"Plan {number}" in text for number in range(9))


def test_plans_of_the_same_name_are_told_apart_by_file():
    text = as_text(comparison_table([example(), example()]))
    assert "plan.yaml" in text
