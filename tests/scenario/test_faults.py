"""One-fault files: each names its file, line, path and value, and says what is allowed.

The expected message stands in the file's last lines, after ``# expect:``; for files that are not text, in
``expected.txt`` beside them.
"""

import os
from pathlib import Path

import pytest

from simulator.errors import ScenarioError
from simulator.scenario.load import load

INVALID = Path(__file__).parent.parent / "scenarios" / "invalid"


def expectations():
    for file in sorted(INVALID.glob("*.yaml")):
        if file.is_file() and b"# expect:" in (content := file.read_bytes()):
            lines = content.decode().splitlines()
            yield file.name, "\n".join(line[10:] for line in lines if line.startswith("# expect: "))
    for line in (INVALID / "expected.txt").read_text().splitlines():
        yield line.split(":")[0], line


CASES = dict(expectations())


def test_there_are_many_and_none_is_left_out():
    files = {file.name for file in INVALID.glob("*.yaml")}
    assert len(files) >= 60
    assert files == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_message(name, monkeypatch):
    monkeypatch.chdir(INVALID)
    with pytest.raises(ScenarioError) as caught:
        load(name)
    assert str(caught.value) == CASES[name]
    assert caught.value.exit_code == 2
    assert len(caught.value.faults) == 1


@pytest.mark.parametrize("name", CASES)
def test_no_message_speaks_of_the_machinery(name):
    for word in ("pydantic", "ruamel", "Traceback", "Input should", "dict(", "NoneType", "<", "object at"):
        assert word not in CASES[name].replace("<<", "")


def test_files_are_named_as_the_user_named_them():
    """From another directory the path is the one that was given."""
    path = os.path.relpath(INVALID / "rate-above-1.yaml")
    with pytest.raises(ScenarioError) as caught:
        load(path)
    assert str(caught.value) == f"{path}:7: segments.inbound.conversion.mqls: 1.4 is not in [0, 1]"
    with pytest.raises(ScenarioError, match=r"deals-negative-amount\.csv:3: row 3, amount: -48000 is not above 0"):
        load(os.path.relpath(INVALID / "deals-negative-amount.yaml"))


def test_all_faults_at_once_in_the_order_of_the_file(tmp_path):
    file = tmp_path / "plan.yaml"
    file.write_text(
        """\
nmae: Many faults
start: 2027-Q1
quarters: 4
segments:
  inbound:
    volume: -1
    conversion: {engagements: 0.3, mqls: 1.4, sqls: {p10: 0.6, p90: 0.5}}
    slips: {probability: 2}
  outbound:
    volume: {stage: mqls, per_quarter: 40}
    conversion: {sqls: 0.5, wins: 0.2}
    deal_size: {p10: 10, p90: 20}
market: {conversion: {sd: -1}}
correlations:
  - {between: [segments.outbound.conversion.sqls, segments.inbound.conversion.sqls], rank: 0.5}
targets:
  - {metric: winz, at_least: 25, in: 2027-Q4}
  - {metric: wins, at_least: 25, in: 2028-Q4, segment: outbund}
opening: {deals: no.csv}
simulation: {trials: 0}
"""
    )
    with pytest.raises(ScenarioError) as caught:
        load(file)
    found = [(fault.line, fault.path) for fault in caught.value.faults]
    assert found == [
        (1, "nmae"),
        (6, "segments.inbound.volume"),
        (7, "segments.inbound.conversion.mqls"),
        (7, "segments.inbound.conversion.sqls"),
        (7, "segments.inbound.conversion.wins"),
        (8, "segments.inbound.slips.probability"),
        (12, "segments.outbound.deal_size"),
        (13, "market.conversion.sd"),
        (15, "correlations.1.between"),
        (17, "targets.1.metric"),
        (18, "targets.2.in"),
        (18, "targets.2.segment"),
        (19, "opening.deals"),
        (20, "simulation.trials"),
    ]
    assert len(str(caught.value).splitlines()) == len(found)


def test_tags_execute_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for text in (
        'name: !!python/object/apply:os.system ["touch owned"]\n',
        'name: !!python/object/new:os.system ["touch owned"]\n',
        "!!python/object/apply:os.mkdir [owned]\n",
    ):
        Path("plan.yaml").write_text(text)
        with pytest.raises(ScenarioError, match=r"the tag !!python/object.* is not allowed"):
            load("plan.yaml")
    assert not Path("owned").exists()


def test_what_is_no_file_at_all():
    loop: dict = {}
    loop["segments"] = loop
    with pytest.raises(ScenarioError, match="holds itself"):
        load(loop)
    with pytest.raises(ScenarioError, match="this is a text, not the name of a file"):
        load("start: 2027-Q1\nquarters: 4\n")
    with pytest.raises(ScenarioError, match="does not exist"):
        load("")
    with pytest.raises(ScenarioError, match="embedded null"):
        load("plan\0.yaml")
    with pytest.raises(TypeError, match="load takes a path"):
        load(42)  # type: ignore[arg-type]
