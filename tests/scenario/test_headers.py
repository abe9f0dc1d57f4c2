"""Open deals as a CRM exports them: headers understood, said, and never guessed between."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from simulator.errors import ScenarioError
from simulator.scenario.load import load
from simulator.scenario.model import Scenario
from tests.scenario.test_valid import VALID


def with_deals(tmp_path: Path, text: str) -> Scenario:
    file = tmp_path / "deals.csv"
    file.write_text(text)
    return load({**load(VALID / "smallest.yaml").document, "opening": {"deals": str(file)}})


def test_a_crm_s_own_headers_are_understood_and_said(tmp_path: Path) -> None:
    plan = with_deals(
        tmp_path,
        "Opportunity ID,Segment,Amount,Close Date,Probability (%),Push Count,Created Date\n"
        "D-1,inbound,120000,2027-02-26,40,2,2026-10-12\nD-2,inbound,48000,,,,\n",
    )
    first, second = plan.opening.deals or ()
    assert (first.id, first.amount, first.expected_close) == ("D-1", 120000, date(2027, 2, 26))
    assert (first.win_probability, first.pushes, first.created) == (0.4, 2, date(2026, 10, 12))
    assert (second.win_probability, second.pushes, second.created) == (None, 0, None)
    (warning,) = plan.warnings
    assert "understood: id from 'opportunity_id', expected_close from 'close_date'" in warning
    assert "win_probability from 'probability_(%)'" in warning


def test_a_documented_column_is_the_one_that_counts(tmp_path: Path) -> None:
    plan = with_deals(tmp_path, "id,opportunity_id,segment,amount\nD-1,006xx,inbound,5\n")
    assert [deal.id for deal in plan.opening.deals or ()] == ["D-1"]
    assert plan.warnings[0].endswith("not used: opportunity_id")


def test_two_that_could_be_meant_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        with_deals(tmp_path, "opportunity_id,deal_id,segment,amount\nA,B,inbound,5\n")
    assert "'opportunity_id' and 'deal_id' could both be 'id'" in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path}/deals.csv:1")


@pytest.mark.parametrize("header, cell, words", [
    ("Probability", "40", "40 is not in [0, 1] (write 0.4)"), ("Probability (%)", "140", "1.4 is not in [0, 1]"),
    ("Probability (%)", "high", "'high' is not a number"),
])  # fmt: skip
def test_wrong_cells_are_named_by_the_documented_column(tmp_path: Path, header: str, cell: str, words: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        with_deals(tmp_path, f"id,segment,amount,{header}\nD-1,inbound,5,{cell}\n")
    assert f"row 2, win_probability: {words}" in str(caught.value)
