"""``simulator luck`` as a person calls it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

FEW = ("--trials", 200, "--seed", 7)


def test_the_report_in_words(call: Any, plan: Path) -> None:
    found = call("luck", plan, *FEW)
    assert found.status == 0 and found.err == ""
    for words in ("is luck", "Even executed perfectly", "Slipped deals alone miss the target", "2027-Q1", "none"):
        assert words in found.out
    assert max(map(len, found.out.splitlines())) <= 80


def test_the_documented_keys(call: Any, plan: Path) -> None:
    document = json.loads(call("luck", plan, "--format", "json", "--actual", "wins=19", "--in", "2027-Q4", *FEW).out)
    assert [one["group"] for one in document["shares"]] == ["assumptions", "market", "demand", "deals", "slips"]
    assert {"group", "share", "low", "high", "total_effect"} <= set(document["shares"][0])
    assert sum(one["share"] for one in document["shares"]) == pytest.approx(1.0)
    keys = {"probability", "probability_without", "missed_only_by_slips", "hit_only_by_slips", "pushed_out"}
    assert keys <= set(document["slips"]) and len(document["slips"]["pushed_out"]) == 4
    assert {"p10", "p90", "plan"} <= set(document["band"])
    assert document["deals"] == [] and document["schema"] == 1 and document["seed"] == 7
    assert document["actual"]["values"][0]["metric"] == "wins" and document["actual"]["verdict"]


def test_after_the_quarter_and_drawn(call: Any, plan: Path, tmp_path: Path) -> None:
    picture = tmp_path / "luck.svg"
    found = call(
        "luck", plan, "--set", "segments.inbound.conversion.mqls={p10: 0.35, p90: 0.45}", "--actual", "wins=19",
        "--actual", "mqls=90", "--in", "2027-Q4", "--plot", picture, *FEW,
    )  # fmt: skip
    assert found.status == 0 and picture.read_text().startswith("<?xml")
    assert "is probably lower than planned" in found.out and "engagements" in found.out


@pytest.mark.parametrize("args, words", [
    (("--actual", "wins"), "wins=19"),
    (("--actual", "wins=many", "--in", "2027-Q4"), "not a number"),
    (("--actual", "wins=19", "--actual", "wins=20", "--in", "2027-Q4"), "twice"),
    (("--actual", "wins=19"), "--in 2027-Q4"),
    (("--target", "MQL flor"), "did you mean"),
    (("--trials", 5), "too few"),
    (("--plot", "luck.pdf"), ".png"),
])  # fmt: skip
def test_wrong_usage(call: Any, plan: Path, args: tuple[Any, ...], words: str) -> None:
    found = call("luck", plan, *args)
    assert found.status == 2 and words in found.err and found.out == ""
