"""The reference page of the scenario file: its examples load, its tables and messages are true."""

import re
import shutil
from pathlib import Path

import pytest

from simulator.errors import ScenarioError
from simulator.scenario.load import load
from simulator.scenario.model import Scenario
from simulator.scenario.number_forms import FORMS
from simulator.scenario.part import RESERVED_STAGES
from simulator.scenario.people import FollowUp, Team
from simulator.scenario.people_metrics import OUTCOMES, team_metrics
from simulator.scenario.read_targets import metrics_of
from simulator.scenario.reading import keys_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "scenario-file.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
SMALL = """\
start: 2027-Q1
quarters: 4
segments:
  inbound:
    volume: 1000
    conversion: {engagements: 0.3, mqls: 0.4, sqls: 0.6, wins: 0.35}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    shutil.copy(ROOT / "scenarios" / "mid-market.yaml", tmp_path)
    (tmp_path / "history.csv").write_text("amount\n10000\n20000\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_example_loads_without_a_warning(number, folder):
    (folder / "plan.yaml").write_text(BLOCKS[number], encoding="utf-8")
    plan = load("plan.yaml")
    assert plan.warnings == ()
    (folder / "resolved.yaml").write_text(plan.to_yaml(), encoding="utf-8")
    assert load("resolved.yaml").differences(plan) == []


def test_every_example_is_tried():
    assert len(BLOCKS) == PAGE.count("```yaml") >= 5


def test_forms_in_the_tables_load(folder):
    forms = re.findall(r"^\| `(\{(?:min|p10|successes|mean: 0|values: \[).*?\})` \|", PAGE, re.MULTILINE)
    assert len(forms) == len(FORMS)
    for form in forms:
        load(_plan(folder, SMALL.replace("mqls: 0.4", f"mqls: {form}")))
    spreads = re.findall(r"^\| `(\{(?:mean: 8|median|weeks|values: hist).*?\})` \|", PAGE, re.MULTILINE)
    assert len(spreads) == 4
    for spread in spreads:
        inside = f"deal_size: {spread}" if "values" in spread else f"lag_weeks: {{wins: {spread}}}"
        load(_plan(folder, f"{SMALL}    {inside}\n"))


def _plan(folder, text):
    (folder / "plan.yaml").write_text(text, encoding="utf-8")
    return "plan.yaml"


def test_all_keys_metrics_and_reserved_words_are_on_the_page():
    def walk(model):
        for key, info in keys_of(model).items():
            yield key
            if hasattr(info.annotation, "model_fields"):
                yield from walk(info.annotation)

    for key in {*walk(Scenario)} - {"win_probability"}:
        assert re.search(rf"`[^`]*\b{key}\b[^`]*`", PAGE), key
    for metric in metrics_of(("mqls", "wins")):
        assert f"`{metric}`" in PAGE
    for metric in (*team_metrics(("mqls",)), *OUTCOMES):
        assert f"`{metric}`" in PAGE, metric
    for part in (Team, FollowUp):
        for key in keys_of(part):
            assert re.search(rf"^\| `[^|]*\b{key}\b[^|]*` \|", PAGE, re.MULTILINE), key
    for word in RESERVED_STAGES[:5]:
        assert f"`{word}`" in PAGE


def test_defaults_on_the_page(folder):
    plan = load(_plan(folder, SMALL))
    slips = plan.segments["inbound"].slips
    assert "| 3 |\n" in PAGE and slips.limit == 3
    assert "`{mean: 4}` |\n" in PAGE and slips.delay_weeks.mean[0].median() == 4
    assert "`opening: {warm_up_quarters: 4}`" in PAGE and plan.opening.warm_up_quarters == 4
    assert "10,000 trials" in PAGE and plan.simulation.trials == 10_000
    assert "`wins >= 25 in 2027-Q4`" in PAGE


def test_paths_on_the_page_lead_somewhere(folder):
    plan = load(
        _plan(
            folder,
            BLOCKS[0]
            .replace("targets:", "targets:\n  - {metric: mqls, at_least: 110, in: each quarter, name: MQL floor}")
            .replace("    slips:", "    follow_up: {mqls: {reached: 0.9}}\n    slips:")
            .replace("market:", "capacity: {mqls: {people: 3, each_per_week: 10}}\nmarket:")
            .replace("market:", "market:\n  events: [{name: budget freeze, probability: 0.1, wins: 0.7}]"),
        )
    )
    table = PAGE.split("## Paths")[1].split("## When")[0]
    paths = re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)
    assert len(paths) == 17
    named = load(_plan(folder, next(block for block in BLOCKS if "    accounts:" in block)))
    for path in paths:
        if ".accounts." in path:
            assert named.with_changes({path: "*0.9"}) != named, path
        elif path != "opening.win_probability" and ".spend" not in path and ".kpi" not in path:  # see tests/scenario
            assert plan.with_changes({path: "*0.9"}) != plan, path


def test_messages_on_the_page_are_the_real_ones(folder):
    text = SMALL.replace("mqls: 0.4", "mqls: 1.4").replace("start:", "name: A plan\nstart:")
    (folder / "open_deals.csv").write_text("id,segment,amount\nD-1,inbound,1\nD-2,inbound,-48000\n")
    text += "    deal_size: 40_000\n    lag_weeks: {wins: 8}\n    slips: {probabilty: 0.2}\n"
    text += "opening: {deals: open_deals.csv}\n"
    with pytest.raises(ScenarioError) as caught:
        load(_plan(folder, text), overrides=["segments.inbund.volume=3"])
    shown = re.search(r"```text\n(.*?)```", PAGE, re.DOTALL)[1]
    assert str(caught.value).splitlines() == shown.splitlines()
