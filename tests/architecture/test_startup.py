"""What starting costs: heavy libraries are loaded when they are needed, and not before."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.architecture.imports import ROOT

HEAVY = {"numpy", "numba", "scipy", "matplotlib", "pydantic", "ruamel", "rich", "jinja2", "xlsxwriter", "openpyxl",
         "polars"}  # fmt: skip

PROBE = """
import json, sys
try:
    {code}
except SystemExit:
    pass
print("MODULES" + json.dumps(sorted({{name.split(".")[0] for name in sys.modules}} & set({heavy!r}))))
"""


def loaded_by(code: str) -> set[str]:
    """The heavy libraries in memory after some code, in a fresh process."""
    program = PROBE.format(code=code, heavy=sorted(HEAVY | {"click"}))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(json.loads(done.stdout.split("MODULES")[1]))


@pytest.mark.parametrize("code", [
    "import simulator",
    "import simulator; dir(simulator); simulator.errors.SimulatorError",
    "import simulator.quarters, simulator.files",
])  # fmt: skip
def test_importing_the_package_loads_nothing_heavy(code):
    assert loaded_by(code) == set()


@pytest.mark.parametrize("args", [["--help"], [], ["--version"], ["run", "--help"], ["scenario", "new", "--help"],
                                  ["run"], ["scenario", "new"]])  # fmt: skip
def test_help_loads_the_command_line_library_only(args):
    assert loaded_by(f"from simulator.cli.main import main; main({args!r})") == {"click"}


def test_every_verb_shows_its_help_without_loading_anything_heavy():
    from simulator.cli.verbs import VERBS

    for verb in VERBS:
        assert loaded_by(f"from simulator.cli.main import main; main([{verb!r}, '--help'])") == {"click"}, verb


def test_checking_a_scenario_needs_no_compiler_and_no_pictures():
    args = ["scenario", "check", "scenarios/twenty-five-customers.yaml"]
    assert loaded_by(f"from simulator.cli.main import main; main({args!r})") & {"numba", "matplotlib", "scipy"} == set()


def test_simulating_needs_no_pictures(tmp_path):
    args = ["run", "scenarios/twenty-five-customers.yaml", "--trials", "50", "--seed", "1", "--format", "json"]
    args += ["-o", str(tmp_path / "x.json")]
    assert loaded_by(f"from simulator.cli.main import main; main({args!r})") & {"matplotlib", "rich"} == set()


def test_public_names():
    import simulator

    for name in simulator.__all__:
        assert getattr(simulator, name) is not None
        assert name in dir(simulator)
    assert simulator.what_if.__module__ == "simulator.analysis.what_if"
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = simulator.nonsense
