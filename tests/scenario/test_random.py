"""Random scenarios: valid ones load and survive the resolved form; garbage is refused, never a crash."""

import pickle
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.errors import ScenarioError
from simulator.scenario.dump import to_yaml
from simulator.scenario.load import load
from simulator.scenario.schema import json_schema
from tests.strategies import valid_scenarios

jsonschema = pytest.importorskip("jsonschema")
PLAN = Path(__file__).parents[2] / "scenarios" / "twenty-five-customers.yaml"
SLOW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tables")


@pytest.fixture(scope="module")
def schema():
    return jsonschema.Draft202012Validator(json_schema())


@SLOW
@given(data=st.data())
def test_valid_scenarios_survive_the_resolved_form(folder, schema, data):
    document = data.draw(valid_scenarios(tables=folder, rooms=True))
    plan = load(document)
    assert not list(schema.iter_errors(document))
    file = folder / "resolved.yaml"
    file.write_text(to_yaml(plan, str(folder)), encoding="utf-8")
    again = load(file)
    assert again == plan
    assert again.sha256 == plan.sha256
    assert again.differences(plan) == []
    assert to_yaml(again, str(folder)) == to_yaml(plan, str(folder))
    assert not list(schema.iter_errors(again.document))
    assert pickle.loads(pickle.dumps(plan)) == plan


@SLOW
@given(document=valid_scenarios(rooms=True))
def test_every_number_can_be_set_and_scaled_by_its_path(document):
    plan = load(document)
    for path, number in plan.numbers():
        assert dict(plan.with_changes({path: number}).numbers())[path].median() == pytest.approx(number.median())
        middle = number.quantile(0.5)
        assert 0 <= middle <= 1 if number.domain == "share" else middle > 0 or number.domain == "real" or middle == 0
        scaled = dict(plan.with_changes({path: "*0.99"}).numbers()) if not _at_its_least(path, number) else None
        if scaled is not None and number.certain:
            assert scaled[path].median() == pytest.approx(0.99 * number.median())
        elif scaled is not None and not number.certain:
            assert scaled[path].times == pytest.approx(0.99 * number.times)
            assert scaled[path].certain is False


def _at_its_least(path, number):
    """Numbers with a least value above 0 may not be made smaller."""
    return path.endswith("dispersion") or ".delay_weeks" in path or ".p90" in path or ".median" in path


WORDS = st.sampled_from(
    [
        "start",
        "quarters",
        "segments",
        "inbound",
        "volume",
        "conversion",
        "wins",
        "mqls",
        "p10",
        "p90",
        "mean",
        "cv",
        "values",
        "targets",
        "metric",
        "in",
        "at_least",
        "market",
        "events",
        "name",
        "times",
        "extends",
        "stages",
        "opening",
        "deals",
        "correlations",
        "between",
        "rank",
        "simulation",
        "trials",
        "2027-Q1",
        "",
        "é",
        "a.b",
        "*",
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**400), 10**400),
    st.integers(-3, 10),
    st.floats(),
    WORDS,
    st.text(max_size=5),
)
GARBAGE = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=5), max_leaves=25
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(document=st.dictionaries(WORDS, GARBAGE, max_size=6))
def test_random_documents_only_ever_raise_scenario_errors(document):
    try:
        load(document)
    except ScenarioError as error:
        assert error.faults
        for fault in error.faults:
            assert "\n" not in str(fault)


@SLOW
@given(data=st.data())
def test_damaged_scenarios_only_ever_raise_scenario_errors(data):
    """A valid document with one thing in it replaced by garbage."""
    document = data.draw(valid_scenarios())
    places = list(_places(document))
    holder, key = data.draw(st.sampled_from(places))
    holder[key] = data.draw(GARBAGE)
    try:
        load(document).to_yaml()
    except ScenarioError as error:
        assert error.faults


def _places(value):
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        yield value, key
        yield from _places(item)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(content=st.binary(max_size=60) | st.text(alphabet="ab:{}[],&*!#|>-'\"\n\t %@0.~?", max_size=60).map(str.encode))
def test_random_files_only_ever_raise_scenario_errors(folder, content):
    file = folder / "garbage.yaml"
    file.write_bytes(content)
    with pytest.raises(ScenarioError):
        load(file)


def test_files_cut_anywhere_only_ever_raise_scenario_errors(folder):
    whole = PLAN.read_bytes()
    body = whole[whole.index(b"name:") :]
    file = folder / "cut.yaml"
    rng = random.Random(1)
    for _ in range(120):
        at = rng.randrange(len(body))
        cut = body[:at] + bytes(rng.randrange(256) for _ in range(rng.randrange(3))) + body[at + rng.randrange(3) :]
        file.write_bytes(cut[: rng.randrange(len(cut))] if rng.random() < 0.5 else cut)
        try:
            load(file)
        except ScenarioError as error:
            assert all("\n" not in str(fault) for fault in error.faults)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    path=st.lists(WORDS | st.text(max_size=4), min_size=1, max_size=5).map(".".join),
    value=GARBAGE | st.text(max_size=8),
)
def test_random_changes_only_ever_raise_scenario_errors(path, value):
    plan = load(PLAN)
    for change in ((path, value), f"{path}={value}"):
        try:
            load(plan, overrides=[change])
        except ScenarioError as error:
            assert error.faults
