"""The examples load without a warning, their resolved forms are up to date and say the same."""

import os
from pathlib import Path

import pytest

from simulator.scenario.dump import to_yaml
from simulator.scenario.load import load
from simulator.scenario.schema import json_schema

jsonschema = pytest.importorskip("jsonschema")
SCENARIOS = Path(__file__).parents[2] / "scenarios"
EXAMPLES = sorted(SCENARIOS.glob("*.yaml"))


def test_there_are_examples():
    names = {file.stem for file in EXAMPLES}
    assert {"twenty-five-customers", "mid-market", "mid-market-more-outbound", "enterprise"} <= names


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_example_is_sound_and_explained(file):
    plan = load(file)
    assert plan.warnings == ()
    assert plan.targets and plan.description
    first = file.read_text(encoding="utf-8").split("\n\n")[0]
    assert first.startswith("# ") and len(first) > 300, "each example starts with a paragraph on what it teaches"


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_resolved_form_beside_it_is_up_to_date(file):
    """To renew: cd scenarios/resolved && simulator scenario show ../NAME.yaml > NAME.yaml"""
    plan = load(file)
    resolved = SCENARIOS / "resolved" / file.name
    assert resolved.read_text(encoding="utf-8") == to_yaml(plan, str(resolved.parent))
    assert load(resolved) == plan


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_examples_and_resolved_forms_fit_the_schema(file):
    schema = jsonschema.Draft202012Validator(json_schema())
    documents = [load(file).document, load(SCENARIOS / "resolved" / file.name).document]
    if file.stem == "mid-market-more-outbound":
        documents.append({"extends": "mid-market.yaml", "segments": {"outbound": {"volume": 10}, "events": None}})
    for document in documents:
        assert [error.message for error in schema.iter_errors(document)] == []


def test_resolved_form_can_be_piped_from_any_directory(tmp_path, monkeypatch):
    """Tables are named relative to where the form is written."""
    plan = load(SCENARIOS / "enterprise.yaml")
    monkeypatch.chdir(tmp_path)
    again = load(SCENARIOS / "enterprise.yaml")
    Path("here.yaml").write_text(again.to_yaml(), encoding="utf-8")
    assert load("here.yaml") == plan
    (tmp_path / "inner").mkdir()
    Path("inner/there.yaml").write_text(again.to_yaml("inner"), encoding="utf-8")
    assert load("inner/there.yaml") == plan
    assert "enterprise-open-deals.csv" in os.listdir(SCENARIOS)


def test_enterprise_says_what_the_deals_add_up_to():
    deals = load(SCENARIOS / "enterprise.yaml").opening.deals
    own = [deal for deal in deals if deal.win_probability is not None]
    assert len(deals) == 12
    assert sum(deal.win_probability for deal in own) == pytest.approx(6.25)
    assert sum(deal.win_probability * deal.amount for deal in own) == pytest.approx(1.7e6, rel=0.01)


def test_the_variant_changes_outbound_only():
    plan, more = load(SCENARIOS / "mid-market.yaml"), load(SCENARIOS / "mid-market-more-outbound.yaml")
    paths = [path for path, _, _ in plan.differences(more)]
    assert paths and all(path.startswith("segments.outbound.") for path in paths)
    assert not any(path.endswith("2027-Q1") for path in paths), "the first quarter stays as it was"
