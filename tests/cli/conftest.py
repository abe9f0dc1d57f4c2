"""Calling the command line in this process, as a person would call it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from simulator.cli.main import main
from tests.docs.examples import FIRST_TIME

EXAMPLE = Path(__file__).parents[2] / "scenarios" / "twenty-five-customers.yaml"


@dataclass(frozen=True)
class Outcome:
    status: int
    out: str
    err: str


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run ``simulator ARGS…``; gives exit status, stdout and stderr, less the word about compiling."""

    def run(*args: object) -> Outcome:
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main([str(arg) for arg in args])
        said = capsys.readouterr()
        err = "".join(line for line in said.err.splitlines(keepends=True) if not line.startswith(FIRST_TIME))
        return Outcome(int(stop.value.code or 0), said.out, err)

    return run


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """A copy of the first example, 300 trials, with a seed."""
    text = EXAMPLE.read_text(encoding="utf-8").replace("trials: 10_000", "trials: 300, seed: 5")
    copy = tmp_path / "plan.yaml"
    copy.write_text(text, encoding="utf-8")
    return copy
