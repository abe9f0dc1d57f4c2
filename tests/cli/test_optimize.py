"""simulator optimize as a command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

PLAN = """\
name: Two channels
start: 2027-Q1
quarters: 2
stages: [sqls, wins]
segments:
  ads:
    volume: 0
    conversion: {wins: 0.2}
    spend: {per_quarter: 20_000, response: {most: 400, half_at: 30_000}}
  big events:
    volume: 0
    conversion: {wins: 0.2}
    spend: {per_quarter: 20_000, response: {most: 60, half_at: 40_000}}
  brand:
    volume: 5
    conversion: {wins: 0.2}
    spend: 1_000
targets:
  - {metric: wins, at_least: 84, in: horizon}
"""
FEW = ("--trials", 400, "--seed", 7)


@pytest.fixture
def two(tmp_path: Path) -> Path:
    (tmp_path / "plan.yaml").write_text(PLAN)
    return tmp_path / "plan.yaml"


def test_split_bounds_and_picture(call: Any, two: Path, tmp_path: Path) -> None:
    found = call("optimize", two, "--bound", "big events=10k:", "--plot", tmp_path / "split.svg", *FEW)
    assert found.status == 0, found.err
    for words in ("best split of 80.0k", "big events is at its lower bound of 10,000", "(least)", "as planned",
                  "not split: brand (2,000 USD)", "--set 'segments.ads.spend=35000'"):  # fmt: skip
        assert words in " ".join(found.out.split()), words
    assert (tmp_path / "split.svg").read_text().startswith("<?xml")


def test_json_says_all(call: Any, two: Path) -> None:
    found = call("optimize", two, "--fix", "big events=4_000", "--budget", "50,000", "--format", "json", *FEW)
    document = json.loads(found.out)
    assert document["fixed"] == {"brand": 2000, "big events": 4000} and document["budget"] == 46_000
    assert document["set"] == {"segments.ads.spend": 23_000, "segments.big events.spend": 2000}
    assert document["segments"][0]["by_quarter"] == [23_000, 23_000]
    again = call("run", two, "--set", "segments.ads.spend=23000", "--set", "segments.big events.spend=2000",
                 "--format", "json", *FEW)  # fmt: skip
    assert json.loads(again.out)["all_targets"]["probability"] == document["split"]["probability"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--bound", "ads"), "--bound ads: write SEGMENT=A:B"),
        (("--bound", "ads=lots:"), "'lots' is not an amount of money; write 40_000 or 40k"),
        (("--budget", "-5"), "--budget: '-5' is not an amount of money"),
        (("--fix", "evnts"), "no segment 'evnts' that spends"),
        (("--budget", "9000", "--probability", "0.8"), "not both"),
    ],
)
def test_mistakes_are_told(call: Any, two: Path, words: tuple[str, ...], message: str) -> None:
    found = call("optimize", two, *words, *FEW)
    assert found.status == 2 and message in " ".join(found.err.split()) and not found.out
