"""``simulator run``: the same numbers as the Python API, in the form asked for."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

import simulator as sim
from simulator.statistics.intervals import as_percent


def test_json_is_the_result_of_the_python_api(call, plan):
    answer = call("run", plan, "--format", "json", "--trials", 400, "--seed", 9)
    assert answer.status == 0
    expected = sim.simulate(sim.load(plan), trials=400, seed=9).to_json()
    assert json.loads(answer.out) == expected
    assert expected["trials"] == 400 and expected["seed"] == 9


def test_table_has_targets_first_then_quarters(call, plan):
    answer = call("run", plan, "--engine", "simulate")
    assert answer.status == 0 and answer.err == ""
    result = sim.simulate(sim.load(plan))
    for target in result.targets:
        line = next(line for line in answer.out.splitlines() if line.startswith(target.name))
        assert as_percent(target.value) in line
    joint = next(line for line in answer.out.splitlines() if line.startswith("all targets together"))
    assert as_percent(result.all_targets.value) in joint
    assert answer.out.index("all targets together") < answer.out.index("By quarter")
    assert answer.out.count("Monte Carlo error") == 1
    assert "\x1b" not in answer.out


def test_scenario_says_trials_and_seed_and_options_override(call, plan):
    assert "300 trials, seed 5" in call("run", plan, "--engine", "simulate").out
    assert "1,000 trials, seed 0" in call("run", plan, "--trials", "1,000", "--seed", 0).out


def test_without_trials_the_answer_is_exact(call, plan):
    answer = call("run", plan)
    assert answer.status == 0 and answer.err == ""
    assert "exact, nothing sampled" in answer.out and "Monte Carlo" not in answer.out
    document = json.loads(call("run", plan, "--format", "json").out)
    assert document == sim.forecast(sim.load(plan)).to_json()
    assert document["engine"] == "exact" and document["trials"] is None
    wins = document["targets"][0]
    assert (wins["engine"], wins["standard_error"]) == ("exact", 0) and wins["error_bound"] < 1e-8
    assert wins["low"] == wins["high"] == wins["probability"]
    assert abs(wins["probability"] - 0.4678) < 5e-5
    assert document["all_targets"]["engine"] == "simulate" and document["all_targets"]["standard_error"] > 0


def test_exact_refuses_what_it_cannot_do(call, plan):
    answer = call("run", plan, "--engine", "exact", "--trials", 100)
    assert answer.status == 2 and "--engine simulate" in answer.err
    (plan.parent / "amounts.csv").write_text("amount\n1000\n2500.5\n")
    plan.write_text(plan.read_text().replace("{mean: 40_000, cv: 0.8}", "{values: amounts.csv, column: amount}"))
    answer = call("run", plan, "--engine", "exact")
    assert answer.status == 2 and "segments.inbound.deal_size" in answer.err
    assert "300 trials" in call("run", plan).out


def test_set_changes_the_plan_of_every_scenario(call, plan, tmp_path):
    other = tmp_path / "other.yaml"
    other.write_bytes(plan.read_bytes())
    answer = call("run", plan, other, "--set", "segments.*.volume=+10%", "--set", "targets.MQL floor.at_least=1",
                  "--format", "json")  # fmt: skip
    for document in json.loads(answer.out):
        visitors = next(m for m in document["metrics"] if m["metric"] == "visitors" and m["segment"] is None)
        assert abs(visitors["mean"] - 1100) < 10
        assert next(t for t in document["targets"] if t["name"] == "MQL floor")["probability"] == 1


def test_several_scenarios_give_a_list_and_a_comparison(call, plan, tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text(plan.read_text().replace("name: Twenty-five customers", "name: Other"))
    assert isinstance(json.loads(call("run", plan, other, "--format", "json").out), list)
    table = call("run", plan, other).out
    side = table[table.index("Targets side by side") :]
    row = next(line for line in side.splitlines() if line.startswith("wins >= 25"))
    assert row.count("%") == 2 and "Other" in side


def test_unseeded_run_picks_a_seed_says_it_and_can_be_repeated(call, plan):
    plan.write_text(plan.read_text().replace(", seed: 5", ""))
    first = call("run", plan, "--format", "json")
    seed = json.loads(first.out)["seed"]
    assert f"--seed {seed}" in first.err
    assert call("run", plan, "--format", "json", "--seed", seed).out == first.out


def test_a_seed_is_told_in_the_end_and_only_where_it_plays_a_part(call, plan):
    plan.write_text(plan.read_text().replace(", seed: 5", ""))
    told = "No seed given: used "
    assert call("run", plan, "--trials", 50).err.splitlines()[-1].startswith(told)
    assert told in call("run", plan).err  # all targets together are drawn
    for exact in ("solve", "sensitivity", ("sweep", "--vary", "segments.inbound.volume=900,1100")):
        verb, *more = (exact,) if isinstance(exact, str) else exact
        done = call(verb, plan, *more)
        assert done.status == 0 and told not in done.err, verb
    assert told in call("solve", plan, "--trials", 50, "--vary", "segments.inbound.volume=900:1400").err
    refused = call("sweep", plan, "--vary", "segments.inbound.volum=900,1100")
    assert refused.status == 2 and told not in refused.err
    assert told not in call("run", plan, "--seed", 1).err


def test_unseeded_scenarios_share_their_luck(call, plan, tmp_path):
    plan.write_text(plan.read_text().replace(", seed: 5", ""))
    other = tmp_path / "other.yaml"
    other.write_bytes(plan.read_bytes())
    one, two = json.loads(call("run", plan, other, "--format", "json").out)
    assert one["metrics"] == two["metrics"]


def test_threads_change_no_number(call, plan):
    assert call("run", plan, "--threads", 1).out == call("run", plan, "--threads", 2).out


def test_reads_standard_input(call, plan, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(plan.read_bytes()), encoding="utf-8"))
    answer = call("run", "-", "--format", "json")
    assert answer.status == 0
    document, file = json.loads(answer.out), json.loads(call("run", plan, "--format", "json").out)
    assert document["metrics"] == file["metrics"]


@pytest.mark.parametrize(("share", "status"), [("0.999", 3), ("99.9%", 3), ("0", 0), ("1%", 0)])
def test_require_decides_the_exit_status(call, plan, share, status):
    answer = call("run", plan, "--require", share)
    assert answer.status == status
    assert "all targets together" in answer.out  # the answer is printed either way
    assert ("Below 99.9%: Twenty-five customers: wins >= 25" in answer.err) == (status == 3)


def test_require_looks_at_every_scenario(call, plan, tmp_path):
    easy = tmp_path / "easy.yaml"
    easy.write_text("extends: plan.yaml\nname: Easy\nsegments: {inbound: {volume: 100_000}}\n"
                    "targets: [{name: slipped_deals <= 6 in 2027-Q4, at_most: 1_000_000}]\n")  # fmt: skip
    assert call("run", easy, "--require", "0.99").status == 0
    assert call("run", easy, plan, "--require", "0.99").status == 3


def test_require_without_targets_is_wrong_usage(call, plan):
    plan.write_text(plan.read_text().split("targets:")[0])
    answer = call("run", plan, "--require", "0.5")
    assert answer.status == 2 and "has none" in answer.err
    assert call("run", plan).status == 0


def test_plot_draws_each_scenario(call, plan, tmp_path):
    other = tmp_path / "other.yaml"
    other.write_bytes(plan.read_bytes())
    assert call("run", plan, "--plot", tmp_path / "one.svg").status == 0
    assert (tmp_path / "one.svg").read_text().startswith("<?xml")
    call("run", plan, other, "--plot", tmp_path / "two.png")
    names = sorted(path.name for path in tmp_path.glob("two*.png"))
    assert names == ["two-other.png", "two-plan.png"]
    assert (tmp_path / names[0]).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_pictures_of_files_with_the_same_name_are_numbered():
    from simulator.cli.run import picture_names

    names = picture_names(Path("x/f.png"), ["a/plan.yaml", "b/plan.yaml", None])
    assert [name.name for name in names] == ["f-1-plan.png", "f-2-plan.png", "f-3-stdin.png"]


def test_warnings_are_shown_in_either_form(call, plan):
    plan.write_text(plan.read_text().replace("in: 2027}", "in: 2028}").replace("start: 2027-Q1", "start: 2027-Q2"))
    table, document = call("run", plan), call("run", plan, "--format", "json")
    warnings = json.loads(document.out)["warnings"]
    assert warnings and all(text in document.err for text in warnings)
    assert "Warning:" in table.out


def test_more_trials_than_memory_are_summed_up_as_they_are_played(call, plan, tmp_path, monkeypatch):
    """Table, JSON, picture and ``--require`` all work without the trials; what needs them says so."""
    from simulator.simulation import limits as module

    kept = json.loads(call("run", plan, "--engine", "simulate", "--format", "json").out)
    monkeypatch.setattr(module, "LARGEST_KEPT", 1000)
    answer = call("run", plan, "--engine", "simulate", "--plot", tmp_path / "x.png", "--require", "99%")
    assert answer.status == 3
    assert "300 trials, seed 5" in answer.out and "summed up, percentiles of money right to 0.01%" in answer.out
    assert (tmp_path / "x.png").stat().st_size > 10_000
    streamed = json.loads(call("run", plan, "--engine", "simulate", "--format", "json").out)
    assert streamed.pop("streamed") == {"percentile_error": 2.0**-13}
    assert list(streamed) == list(kept)
    assert streamed["targets"] == kept["targets"] and streamed["all_targets"] == kept["all_targets"]
    assert [list(row) for row in streamed["metrics"]] == [list(row) for row in kept["metrics"]]
