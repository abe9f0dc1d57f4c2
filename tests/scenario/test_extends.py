"""``extends``: what merges, what is replaced whole, what ``null`` removes, where relative paths start."""

from pathlib import Path

import pytest

from simulator.errors import ScenarioError
from simulator.scenario.load import load
from simulator.scenario.spreads import FixedSpread, Sample
from simulator.scenario.uncertain import Certain, Range

VALID = Path(__file__).parent.parent / "scenarios" / "valid"


def test_three_generations():
    plan = load(VALID / "extends-child.yaml")
    assert (plan.name, plan.description, plan.quarters) == ("Child", "", 4)
    assert list(plan.segments) == ["inbound", "partner"]
    inbound = plan.segments["inbound"]
    assert inbound.volume.stage == "engagements"
    assert inbound.volume.growth[0].median() == 0, "volumes are replaced whole"
    assert inbound.conversion["mqls"] == (Range(0.3, 0.5, domain="share"),)
    assert inbound.conversion["wins"] == (Certain(0.35, domain="share"),), "mappings merge key by key"
    assert inbound.lag_weeks["wins"] == FixedSpread((Certain(9.0, domain="positive"),)), "spreads are replaced whole"
    assert inbound.lag_weeks["sqls"] == FixedSpread((Certain(2.0, domain="positive"),))
    assert (inbound.slips.probability[0].median(), inbound.slips.limit) == (0.3, 1)
    assert inbound.deal_size is None, "null removes"
    assert isinstance(load(VALID / "extends-parent.yaml").segments["inbound"].deal_size, Sample)
    assert (plan.market.conversion.sd, plan.market.conversion.common) == (0.2, 0.5)
    freeze, launch = plan.market.events
    assert (freeze.probability, freeze.rates, freeze.volume.median()) == (0.1, {}, 0.9)
    assert launch.rates["mqls"].median() == 1.2
    assert [(target.name, target.at_least, target.at_most) for target in plan.targets] == [
        ("floor", 120, None),
        ("wins >= 25 in 2027-Q4 for inbound", 25, None),
        ("losses <= 300 in horizon", None, 300),
    ]
    assert plan.document.get("extends") is None


def test_the_first_segment_enters_later_so_its_first_rate_would_be_too_much(tmp_path):
    """A parent's rate into the entry stage must be removed by hand: nothing is dropped silently."""
    child = tmp_path / "child.yaml"
    child.write_text(
        f"extends: {VALID / 'smallest.yaml'}\nsegments: {{inbound: {{volume: {{stage: mqls, per_quarter: 9}}}}}}\n"
    )
    with pytest.raises(ScenarioError) as caught:
        load(child)
    assert [fault.path for fault in caught.value.faults] == [
        "segments.inbound.conversion.engagements",
        "segments.inbound.conversion.mqls",
    ]
    assert all(fault.file == str(VALID / "smallest.yaml") and fault.line == 6 for fault in caught.value.faults)


def test_relative_paths_start_at_the_file_that_holds_them(tmp_path, monkeypatch):
    base = tmp_path / "base"
    (base / "tables").mkdir(parents=True)
    (base / "tables" / "deals.csv").write_text("id,segment,amount\nD-1,inbound,1000\n")
    (base / "plan.yaml").write_text((VALID / "smallest.yaml").read_text() + "opening: {deals: tables/deals.csv}\n")
    (tmp_path / "variants").mkdir()
    child = tmp_path / "variants" / "child.yaml"
    child.write_text("extends: ../base/plan.yaml\nname: Child\n")
    assert len(load(child).opening.deals) == 1
    monkeypatch.chdir(tmp_path)
    assert len(load("variants/child.yaml").opening.deals) == 1
    assert "deals: base/tables/deals.csv" in load("variants/child.yaml").to_yaml()


def test_faults_of_child_and_parent_each_name_their_file(tmp_path):
    (tmp_path / "parent.yaml").write_text((VALID / "smallest.yaml").read_text().replace("sqls: 0.6", "sqls: 6"))
    child = tmp_path / "child.yaml"
    child.write_text("extends: parent.yaml\nquartrs: 3\nsegments: {inbound: {conversion: {mqls: 4}}}\n")
    with pytest.raises(ScenarioError) as caught:
        load(child)
    assert [(Path(fault.file).name, fault.line, fault.path) for fault in caught.value.faults] == [
        ("child.yaml", 2, "quartrs"),
        ("child.yaml", 3, "segments.inbound.conversion.mqls"),
        ("parent.yaml", 6, "segments.inbound.conversion.sqls"),
    ]


def test_a_mapping_can_extend_a_file(monkeypatch):
    monkeypatch.chdir(VALID)
    plan = load({"extends": "smallest.yaml", "segments": {"inbound": {"volume": 500}}})
    assert plan.segments["inbound"].volume.per_quarter[0].median() == 500


def test_from_standard_input(monkeypatch):
    import io
    import sys

    monkeypatch.chdir(VALID)
    text = b"extends: smallest.yaml\nquarters: 2\nnonsense: 1\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    with pytest.raises(ScenarioError, match=r"^stdin:3: nonsense: unknown key"):
        load("-")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.replace(b"nonsense: 1\n", b""))))
    plan = load("-")
    assert (plan.quarters, plan.file, plan.name) == (2, "-", "plan")


def test_a_child_that_makes_a_correlated_number_certain_drops_the_correlation(tmp_path):
    child = tmp_path / "child.yaml"
    path = "segments.inbound.conversion.sqls"
    child.write_text(f"extends: {VALID / 'correlations.yaml'}\nsegments: {{inbound: {{conversion: {{sqls: 0.6}}}}}}\n")
    plan = load(child)
    assert len(plan.correlations) == 1
    assert plan.warnings == (
        f"correlations.2: {path!r} was changed and is no uncertain number now; its correlation is dropped",
    )
    child.write_text(
        f"extends: {VALID / 'correlations.yaml'}\nsegments:\n  inbound: null\n"
        "  other: {volume: {stage: sqls, per_quarter: 9}, conversion: {wins: 0.3}}\n"
    )
    assert load(child).correlations == ()
    child.write_text(
        f"extends: {VALID / 'correlations.yaml'}\nsegments: {{inbound: {{conversion: {{sqls: 0.6}}}}}}\n"
        f"correlations: [{{between: [{path}, segments.inbound.volume], rank: 0.5}}]\n"
    )
    with pytest.raises(ScenarioError, match=r"child\.yaml:3: correlations\.1\.between: .* is certain"):
        load(child)
