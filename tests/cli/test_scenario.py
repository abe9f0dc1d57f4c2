"""``simulator scenario``"""

from __future__ import annotations

import json

import simulator as sim


def test_check_says_what_is_in_the_plan(call, plan):
    answer = call("scenario", "check", plan)
    assert answer.status == 0
    assert answer.out == f"{plan}: ok, 4 quarters from 2027-Q1, 1 segment, 4 targets\n"


def test_check_reports_faults_and_exits_2(call, plan):
    plan.write_text(plan.read_text().replace("volume: 1000", "volume: -1"))
    answer = call("scenario", "check", plan)
    assert answer.status == 2 and answer.out == "" and "segments.inbound.volume" in answer.err


def test_show_is_a_valid_scenario_with_the_same_answer(call, plan, tmp_path):
    shown = call("scenario", "show", plan, "--set", "segments.inbound.volume=+10%")
    copy = tmp_path / "copy.yaml"
    copy.write_text(shown.out)
    assert "warm_up_quarters: 4" in shown.out and "persistence" in shown.out
    changed = sim.load(plan, overrides=["segments.inbound.volume=+10%"])
    assert sim.load(copy) == changed
    call("scenario", "show", plan, "--set", "segments.inbound.volume=+10%", "-o", tmp_path / "o.yaml")
    assert sim.load(tmp_path / "o.yaml") == changed


def test_schema_is_a_json_schema(call, tmp_path):
    import jsonschema

    schema = json.loads(call("scenario", "schema").out)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert "segments" in schema["properties"]


def test_new_is_a_plan_that_runs_and_is_never_written_over(call, tmp_path):
    starter = call("scenario", "new").out
    place = tmp_path / "mine.yaml"
    assert call("scenario", "new", place).status == 0
    assert place.read_text() == starter
    plan = sim.load(place)
    assert plan.warnings == () and len(plan.targets) == 3
    assert call("run", place, "--trials", 100, "--seed", 1).status == 0
    for args in ((place,), ("-o", place), (place, "-o", tmp_path / "b.yaml")):
        assert call("scenario", "new", *args).status == 2
    assert place.read_text() == starter


def test_every_example_in_the_starter_is_valid(call, tmp_path):
    """Each commented key, taken up on its own or as a block, gives a plan without faults."""
    lines = call("scenario", "new").out.splitlines()
    (tmp_path / "base.yaml").write_text("description: parent\n")
    (tmp_path / "open_deals.csv").write_text("id,segment,amount\nA1,inbound,50000\n")
    (tmp_path / "leads_in_flight.csv").write_text("segment,stage,entered\ninbound,mqls,2026-12-20\n")
    examples = {index for index, line in enumerate(lines) if _is_example(line)}
    blocks: list[list[int]] = []
    for index in sorted(examples):
        if blocks and blocks[-1][-1] == index - 1:
            blocks[-1].append(index)
        else:
            blocks.append([index])
    assert len(blocks) >= 6
    for block in blocks:
        text = [_uncomment(line) if index in block else line for index, line in enumerate(lines)]
        for key in {_uncomment(lines[block[0]]).split(":")[0].strip()} & {"volume", "opening"}:
            original = next(i for i, line in enumerate(lines) if line.strip().startswith(f"{key}:"))
            text[original] = ""
        file = tmp_path / "try.yaml"
        file.write_text("\n".join(text) + "\n")
        answer = call("scenario", "check", file)
        assert answer.status == 0, (block, answer.err)


def _is_example(line: str) -> bool:
    import re

    return re.match(r"\s*# +(-? ?\{|[a-z_]+:( |$))", line) is not None


def _uncomment(line: str) -> str:
    return line.replace("# ", "", 1)


def test_the_summaries_of_the_actions_are_whole_sentences(call):
    lines = call("scenario", "--help").out.partition("Commands:")[2].strip().splitlines()
    assert len(lines) == 6 and all(line.endswith(".") and not line.endswith("...") for line in lines)
