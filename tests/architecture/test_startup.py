"""What starting costs: heavy libraries are loaded when they are needed, and not before."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence

import pytest

from tests.architecture.imports import ROOT

HEAVY = {"numpy", "numba", "scipy", "matplotlib", "pydantic", "ruamel", "rich", "jinja2", "xlsxwriter", "openpyxl",
         "polars", "pyarrow"}  # fmt: skip

PROBE = """
import json, sys
before = set(sys.modules)
for code in {codes!r}:
    try:
        exec(code)
    except SystemExit:
        pass
    names = {{name.split(".")[0] for name in set(sys.modules) - before}}
    print("MODULES" + json.dumps(sorted(names & set({heavy!r}))))
"""


def loaded_after(codes: Sequence[str]) -> list[set[str]]:
    """The heavy libraries in memory after each of some pieces of code, one after the other in a fresh process."""
    program = PROBE.format(codes=list(codes), heavy=sorted(HEAVY | {"click"}))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    return [set(json.loads(part.splitlines()[0])) for part in done.stdout.split("MODULES")[1:]]


def loaded_by(code: str) -> set[str]:
    """The heavy libraries in memory after some code, in a fresh process."""
    (found,) = loaded_after([code])
    return found


def test_importing_the_package_loads_nothing_heavy():
    code = (
        "import simulator; dir(simulator); simulator.errors.SimulatorError; import simulator.quarters, simulator.files"
    )
    assert loaded_by(code) == set()


def modules_of(code: str) -> set[str]:
    """Every module in memory after some code but Python's own, in a fresh process."""
    program = (
        "import sys\nbefore = set(sys.modules)\ntry:\n    " + code + "\nexcept SystemExit:\n    pass\n"
        "own = sys.stdlib_module_names\n"
        "print('MODULES', *sorted(m for m in set(sys.modules) - before if m.split('.')[0] not in own))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split("MODULES")[1].split())


def test_all_that_importing_the_package_loads():
    """Besides Python's own modules: nothing but itself."""
    assert modules_of("import simulator") == {"simulator"}


def test_all_that_help_loads():
    """Besides Python's own modules and click."""
    found = modules_of("from simulator.cli.main import main; main(['--help'])")
    assert {name for name in found if name.split(".")[0] != "click"} == {
        "simulator", "simulator.cli", "simulator.cli.errors", "simulator.cli.main", "simulator.cli.options",
        "simulator.cli.verbs", "simulator.errors", "simulator.files",
    }  # fmt: skip


PYTHONS_OWN = {"asyncio", "concurrent", "email", "http", "multiprocessing", "sqlite3", "unittest", "xml"}
"""Parts of Python's library that cost tens of milliseconds and that help has no use for."""


@pytest.mark.parametrize("code", ["import simulator", "from simulator.cli.main import main; main(['--help'])"])
def test_no_slow_part_of_pythons_library(code):
    program = (
        f"import sys\nbefore = set(sys.modules)\ntry:\n    {code}\nexcept SystemExit:\n    pass\n"
        "print('MODULES', *(set(sys.modules) - before))"  # an installation may load some of its own at every start
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert set(done.stdout.split("MODULES")[1].split()) & PYTHONS_OWN == set()


def test_help_loads_the_command_line_library_only():
    """That of every verb too. What is loaded stays loaded, so one process shows it of all."""
    from simulator.cli.verbs import VERBS

    calls = [["--help"], [], ["--version"], ["scenario", "new", "--help"], ["run"], ["scenario", "new"]]
    calls += [[verb, "--help"] for verb in VERBS]
    found = loaded_after([f"from simulator.cli.main import main; main({args!r})" for args in calls])
    assert dict(zip(map(" ".join, calls), found, strict=True)) == {" ".join(args): {"click"} for args in calls}


def test_checking_a_scenario_needs_no_compiler_and_no_pictures():
    args = ["scenario", "check", "scenarios/twenty-five-customers.yaml"]
    assert loaded_by(f"from simulator.cli.main import main; main({args!r})") & {"numba", "matplotlib", "scipy"} == set()


@pytest.mark.parametrize("plan", ["twenty-five-customers", "mid-market", "enterprise"])
def test_simulating_needs_no_pictures_and_no_scipy(tmp_path, plan):
    """Numba would load SciPy's linear algebra at the first call of a kernel (0.2 s); see kernels/lean.py."""
    args = ["run", f"scenarios/{plan}.yaml", "--trials", "50", "--seed", "1", "--format", "json"]
    args += ["-o", str(tmp_path / "x.json")]
    found = modules_of(f"from simulator.cli.main import main; main({args!r})")
    slow = {
        "matplotlib",
        "rich",
        "scipy.linalg",
        "scipy.special",
        "scipy.stats",
        "polars",
        "pyarrow",
        "jinja2",
        "xlsxwriter",
    }
    assert found & slow == set()
    assert "numba" in found


def test_leaving_out_scipy_leaves_it_usable():
    code = "from simulator.kernels.lean import start_compiler; start_compiler(); import scipy.linalg; "
    code += "assert scipy.linalg.norm([3.0, 4.0]) == 5.0; start_compiler()"
    assert "scipy.linalg" in modules_of(code)


def test_public_names():
    import simulator

    for name in simulator.__all__:
        assert getattr(simulator, name) is not None
        assert name in dir(simulator)
    assert simulator.what_if.__module__ == "simulator.analysis.what_if"
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = simulator.nonsense


def test_an_exact_answer_needs_no_compiler_and_no_scipy(tmp_path):
    args = ["run", "scenarios/twenty-five-customers.yaml", "--seed", "1", "-o", str(tmp_path / "x.txt")]
    assert loaded_by(f"from simulator.cli.main import main; main({args!r})") & {"numba", "scipy", "matplotlib"} == set()


def test_a_tornado_that_is_worked_out_loads_no_compiler():
    found = loaded_by(
        "from simulator.cli.main import main; main(['sensitivity', 'scenarios/mid-market.yaml', '--seed', '1'])"
    )
    assert not found & {"numba", "scipy", "matplotlib"}
