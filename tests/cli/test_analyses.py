"""compare, sweep, sensitivity and solve as commands."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

VOLUME, RATE = "segments.inbound.volume", "segments.inbound.conversion.sqls"
FEW = ("--trials", 200, "--seed", 7)


def test_compare_a_plan_with_its_change(call: Any, plan: Path) -> None:
    found = call("compare", plan, "--set", f"{RATE}=+10%", *FEW)
    assert found.status == 0
    for words in (RATE, "0.66", "same luck", "ahead", "level", "behind", "wins >= 25 in 2027-Q4"):
        assert words in found.out
    document = json.loads(call("compare", plan, "--set", f"{RATE}=+10%", "--format", "json", *FEW).out)
    assert document["differences"] == [{"path": RATE, "values": [0.6, 0.66]}]
    assert document["seed"] == 7 and len(document["scenarios"]) == 2


def test_compare_several_files_and_draw_them(call: Any, plan: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(f"extends: {plan.name}\nname: More\nsegments: {{inbound: {{volume: 1100}}}}\n")
    third = tmp_path / "third.yaml"
    third.write_text(f"extends: {plan.name}\nname: Less\nsegments: {{inbound: {{volume: 900}}}}\n")
    found = call("compare", plan, other, third, "--plot", tmp_path / "all.svg", *FEW)
    assert found.status == 0 and "More" in found.out and "Less" in found.out
    assert (tmp_path / "all.svg").read_text().startswith("<?xml")


def test_compare_needs_something_to_compare(call: Any, plan: Path) -> None:
    found = call("compare", plan)
    assert found.status == 2 and "two scenarios" in found.err and not found.out


def test_sweep_prints_rows_and_writes_them(call: Any, plan: Path, tmp_path: Path) -> None:
    found = call("sweep", plan, "--vary", f"{VOLUME}=800:1200:3", *FEW)
    assert found.status == 0 and "1,200" in found.out
    rows = json.loads(call("sweep", plan, "--vary", f"{VOLUME}=800:1200:3", "--format", "json", *FEW).out)
    assert [row[VOLUME] for row in rows] == [800, 1000, 1200]
    for ending in (".csv", ".parquet", ".json"):
        place = tmp_path / f"rows{ending}"
        assert call("sweep", plan, "--vary", f"{VOLUME}=800:1200:3", "-o", place, *FEW).status == 0
        assert not place.with_name(place.name + ".partial").exists()
        if ending == ".csv":
            with open(place, newline="") as file:
                read: list[dict[str, Any]] = list(csv.DictReader(file))
        elif ending == ".json":
            read = json.loads(place.read_text())
        else:
            read = pytest.importorskip("polars").read_parquet(place).to_dicts()
        assert [float(row["probability"]) for row in read] == [row["probability"] for row in rows]
        assert list(read[0]) == list(rows[0])


def test_sweep_draws_a_curve_and_a_map(call: Any, plan: Path, tmp_path: Path) -> None:
    one, two = f"{VOLUME}=800:1200:3", f"{RATE}=-20%:+20%:3"
    assert call("sweep", plan, "--vary", one, "--plot", tmp_path / "curve.png", *FEW).status == 0
    assert call("sweep", plan, "--vary", one, "--vary", two, "--plot", tmp_path / "map.png", *FEW).status == 0
    third = f"{RATE.replace('sqls', 'wins')}=0.3,0.4"
    found = call("sweep", plan, "--vary", one, "--vary", two, "--vary", third, "--plot", tmp_path / "no.png", *FEW)
    assert found.status == 2 and not (tmp_path / "no.png").exists()
    design = ("--design", "sobol", "--samples", 16)
    both = ("--vary", f"{VOLUME}=800:1200", "--vary", f"{RATE}=-20%:+20%")
    assert call("sweep", plan, *both, *design, "--plot", tmp_path / "dots.svg", *FEW).status == 0


@pytest.mark.parametrize(
    ("vary", "words"),
    [
        ("segments.inbound.volum=1:2:3", "did you mean 'volume'"),
        (f"{RATE}=0.5:1.5:3", "1.5 is impossible"),
        (RATE, "A:B:N"),
    ],
)
def test_sweep_says_what_is_wrong_with_a_range(call: Any, plan: Path, vary: str, words: str) -> None:
    found = call("sweep", plan, "--vary", vary, *FEW)
    assert found.status == 2 and words in found.err and "Traceback" not in found.err and not found.out


HELD = """
import signal, sys, time
from simulator.analysis.checkpoint import Checkpoint
from simulator.cli.main import main

def hold(checkpoint, number, row):
    add(checkpoint, number, row)
    if len(checkpoint.rows) == 4:
        print("held", flush=True)
        time.sleep(3600)

add, Checkpoint.add = Checkpoint.add, hold
signal.signal(signal.SIGINT, signal.default_int_handler)  # as at a terminal, whoever started the tests
main(sys.argv[1:])
"""
"""The command line, with a sweep that waits to be stopped when it has four rows."""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_sweep_that_is_stopped_goes_on(call: Any, plan: Path, tmp_path: Path, how: signal.Signals) -> None:
    rows, partial = tmp_path / "rows.csv", tmp_path / "rows.csv.partial"
    arguments = ["sweep", str(plan), "--vary", f"{VOLUME}=800:1200:12", "--trials", "300", "-o", str(rows)]
    command = [sys.executable, "-c", HELD, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        process.send_signal(how)
        process.communicate()
    assert process.returncode == (130 if how == signal.SIGINT else -signal.SIGKILL)
    assert len(partial.read_bytes().splitlines()) == 1 + 4 and not rows.exists()
    refused = call(*arguments, "--seed", 6)
    assert refused.status == 2 and "the seed was 5, now it is 6" in refused.err and "--restart" in refused.err
    found = call(*arguments)
    assert found.status == 0 and "Going on with" in found.err
    assert call(*arguments[:-1], tmp_path / "again.csv").status == 0
    assert rows.read_bytes() == (tmp_path / "again.csv").read_bytes()


def test_sensitivity_both_ways(call: Any, plan: Path, tmp_path: Path) -> None:
    found = call("sensitivity", plan, "--plot", tmp_path / "tornado.png", *FEW)
    assert found.status == 0 and "SQLs → wins*" in found.out and "10% down and up" in found.out
    rows = json.loads(call("sensitivity", plan, "--format", "json", "--target", "MQL floor", *FEW).out)
    assert rows[0]["target"] == "MQL floor" and all(row["certain"] for row in rows)
    doubt = ("--set", f"{RATE}={{p10: 0.5, p90: 0.7}}")
    found = call("sensitivity", plan, "--method", "sobol", *doubt, "--plot", tmp_path / "sobol.svg", *FEW)
    assert found.status == 0 and "luck of the draw" in found.out and "rest is luck" in found.out
    rows = json.loads(call("sensitivity", plan, "--method", "sobol", *doubt, "--format", "json", *FEW).out)
    assert {row["kind"] for row in rows} == {"assumption", "luck"}


def test_solve_prints_the_sentence_and_the_table(call: Any, plan: Path, tmp_path: Path) -> None:
    found = call("solve", plan, "--vary", VOLUME, "--vary", RATE, "--plot", tmp_path / "levers.png", *FEW)
    assert found.status == 0 and "To get to 80%: volume +" in found.out and "MQLs → SQLs 60% → " in found.out
    rows = json.loads(call("solve", plan, "--vary", VOLUME, "--probability", "60%", "--format", "json", *FEW).out)
    assert len(rows) == 1 and rows[0]["wanted"] == 0.6 and rows[0]["reached"]
    far = call("solve", plan, "--vary", f"{VOLUME}=900:1010", *FEW)
    assert far.status == 0 and "No lever gets to 80% alone" in far.out and "looked from 900 to 1,010" in far.out
    wrong = call("solve", plan, "--vary", "segments.inbound.volum", *FEW)
    assert wrong.status == 2 and "did you mean" in wrong.err and not wrong.out


def test_a_targets_own_threshold_can_be_solved_for(call: Any, plan: Path) -> None:
    """Names of targets hold ``=`` and spaces."""
    path = "targets.wins >= 25 in 2027-Q4.at_least"
    for vary in (path, f"{path}=10:30"):
        rows = json.loads(call("solve", plan, "--vary", vary, "--format", "json", *FEW).out)
        assert rows[0]["path"] == path and 15 < rows[0]["value"] < 25 and rows[0]["reached"]


@pytest.mark.parametrize("verb", ["compare", "sweep", "sensitivity", "solve"])
def test_output_files_never_replace_the_plan(call: Any, plan: Path, verb: str) -> None:
    before = plan.read_bytes()
    more = {"compare": ["--set", f"{VOLUME}=5"], "sweep": ["--vary", f"{VOLUME}=1:2:2"]}.get(verb, [])
    found = call(verb, plan, *more, "-o", plan, *FEW)
    assert found.status == 2 and plan.read_bytes() == before


@pytest.mark.parametrize("verb", ["compare", "sweep", "sensitivity", "solve"])
def test_help_shows_an_example(call: Any, verb: str) -> None:
    found = call(verb, "--help")
    assert found.status == 0 and f"simulator {verb} plan.yaml" in found.out
