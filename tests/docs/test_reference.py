"""The generated reference is what the command line says today."""

from __future__ import annotations

import importlib.util
import json
import re
from typing import Any

import pytest

from simulator.cli.main import main
from simulator.scenario.load import load
from tests.docs.examples import ROOT


def test_cli_reference_is_up_to_date():
    place = ROOT / "docs" / "generate_cli_reference.py"
    spec = importlib.util.spec_from_file_location("generate_cli_reference", place)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    assert written == module.reference(), "run: python docs/generate_cli_reference.py"


VERBS = [
    "run",
    "compare --set segments.inbound.volume=+10%",
    "sweep --vary segments.inbound.volume=900:1100:2",
    "sensitivity",
    "sensitivity --method sobol",
    "solve --vary segments.inbound.volume",
    "luck --actual wins=19 --in 2027-Q4",
]
MONEY = ["run", "optimize", "optimize --probability 60%"]  # fmt: skip


def keys_of(document: Any) -> set[str]:
    """Every key in a JSON document."""
    if isinstance(document, list):
        return set().union(*map(keys_of, document))
    if not isinstance(document, dict):
        return set()
    return set(document).union(*map(keys_of, document.values()))


@pytest.mark.parametrize("words", MONEY)
def test_every_key_about_money_is_documented(words: str, capsys: pytest.CaptureFixture[str]):
    assert_documented(words, "three-channels.yaml", capsys, trials=60)


@pytest.mark.parametrize("words", VERBS)
def test_every_json_key_is_documented(words: str, capsys: pytest.CaptureFixture[str]):
    assert_documented(words, "twenty-five-customers.yaml", capsys)


def assert_documented(words: str, file: str, capsys: pytest.CaptureFixture[str], trials: int = 200):
    page = (ROOT / "docs" / "reference" / "json.md").read_text(encoding="utf-8")
    verb, *options = words.split()
    plan = str(ROOT / "scenarios" / file)
    with pytest.raises(SystemExit) as stop:
        main([verb, plan, *options, "--trials", str(trials), "--seed", "1", "--format", "json"])
    assert stop.value.code == 0
    names = {key.split(":")[0] for key in keys_of(json.loads(capsys.readouterr().out))}
    names -= {*load(plan).segments}
    names = {re.sub(r"_(low|high|standard_error)$", "", name) for name in names if not name.startswith("segments.")}
    assert {name for name in names if f"`{name}" not in page and f'"{name}"' not in page} == set()
