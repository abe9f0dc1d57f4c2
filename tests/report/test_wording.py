"""Numbers in words."""

from __future__ import annotations

import pytest

from simulator.report.wording import clean, compact, goal, threshold
from tests.report.example import example


@pytest.mark.parametrize(("value", "text"), [
    (0, "0"), (0.4, "0"), (-0.4, "0"), (999, "999"), (999.4, "999"), (999.6, "1.00k"),
    (9_994, "9.99k"), (9_996, "10.0k"),
    (99_960, "100k"), (999_400, "999k"), (999_600, "1.00M"), (-2_500_000, "-2.50M"), (3.2e9, "3.20B"), (5e12, "5.00T"),
])  # fmt: skip
def test_compact(value, text):
    assert compact(value) == text


@pytest.mark.parametrize(("value", "money", "text"), [
    (25, False, "25"), (3_500_000, False, "3,500,000"), (3_500_000, True, "3.5M"), (3_512_345.5, True, "3,512,345.5"),
    (1e6, True, "1M"), (0, True, "0"), (-4_000, True, "-4k"), (0.25, False, "0.25"),
])  # fmt: skip
def test_threshold_keeps_the_number(value, money, text):
    assert threshold(value, money) == text


@pytest.mark.parametrize(("target", "words"), [
    ({"metric": "wins", "at_least": 90, "period": "horizon"}, "90 wins or more over 4 quarters"),
    ({"metric": "wins", "at_most": 9, "period": "2027-Q1..2027-Q2"}, "9 wins or fewer in 2027-Q1 to 2027-Q2"),
    ({"metric": "open_pipeline", "at_least": 2e6, "period": "horizon"}, "open pipeline of USD 2M or more at the end"),
    ({"metric": "open_deals", "at_most": 60, "period": "each quarter"},
     "60 open deals or fewer at the end of every quarter"),
    ({"metric": "bookings", "at_most": 1e6, "period": "2027-Q1", "segment": ("a", "b")},
     "bookings of USD 1M or less in 2027-Q1 for a and b"),
])  # fmt: skip
def test_goals_read_as_sentences(target, words):
    result = example(segments=("a", "b"), targets=(target,), trials=20)
    assert goal(result, result.targets[0]) == words


def test_clean_takes_out_what_steers_a_terminal():
    assert clean("a\x1b[31mb\tc\u202ed") == "a [31mb c d"
