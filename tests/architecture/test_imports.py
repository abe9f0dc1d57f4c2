"""The house: which room may import which, and where each library lives."""

from __future__ import annotations

import re
import sys
import tomllib
from fnmatch import fnmatch

from tests.architecture.imports import ROOT, Import, all_imports, module_names

GROUND = {"errors", "quarters", "files"}

ROOMS = {
    "kernels": set(),
    "statistics": set(),
    "scenario": {"ground"},
    "simulation": {"ground", "scenario", "kernels", "statistics"},
    "exact": {"ground", "scenario", "simulation", "statistics"},
    "calibration": {"ground", "scenario", "statistics"},
    "analysis": {"ground", "simulation", "exact", "scenario", "statistics"},
    "backtest": {"ground", "calibration", "simulation", "scenario", "statistics"},
    "report": {"ground", "simulation", "exact", "scenario", "statistics", "analysis"},
    "export": {"ground", "simulation", "scenario", "statistics"},
    "cli": {"ground", "scenario", "simulation", "exact", "kernels", "statistics", "calibration", "analysis", "backtest",
            "report", "export"},
}  # fmt: skip
"""Each room and the rooms it may use; ground are the modules at the top.

Tables and figures are of results, those of the analysis among them: what kind of answer it is decides
how it is drawn. The analysis knows nothing of reports.
"""

HANDED_IN = {"report": {"calibration", "backtest"}}
"""Rooms whose objects a room is given, and so names in its annotations only."""

LIBRARIES = {
    "click": ["simulator/cli/*"],
    "matplotlib": ["simulator/report/figures*.py"],
    "ruamel": ["simulator/scenario/load.py", "simulator/scenario/dump.py"],
    "pydantic": ["simulator/scenario/*"],
    "pydantic_core": ["simulator/scenario/*"],
    "numba": ["simulator/kernels/*", "simulator/simulation/*", "simulator/analysis/sweep_work.py"],
    "llvmlite": ["simulator/kernels/vectors.py"],
    "rich": ["simulator/cli/*", "simulator/report/*"],
    "jinja2": ["simulator/report/*"],
    "xlsxwriter": ["simulator/export/*"],
    "openpyxl": ["simulator/export/*", "simulator/calibration/*"],
    "polars": ["simulator/calibration/*"],
    "pyarrow": ["simulator/export/parquet.py"],
    "numpy": ["simulator/*"],
    "scipy": ["simulator/statistics/*", "simulator/scenario/*", "simulator/simulation/*", "simulator/analysis/*",
              "simulator/calibration/*", "simulator/backtest/*", "simulator/report/*", "simulator/export/*"],
}  # fmt: skip
"""Where a library may be imported; one that is not listed may be imported anywhere but in the strict rooms."""

DISTRIBUTIONS = {"pydantic_core": "pydantic", "ruamel": "ruamel.yaml", "markupsafe": "jinja2", "llvmlite": "numba"}
"""Libraries that come with, or are installed as, another name."""

STRICT = {"kernels": {"numba", "numpy", "llvmlite"}, "statistics": {"numpy", "scipy"}}
"""Rooms that use these libraries and no others."""


def room_of(module: str) -> str:
    """``simulator.report.tables`` → ``report``; the modules at the top are the ground."""
    parts = module.split(".")
    name = parts[1] if len(parts) > 1 else ""
    return "ground" if name in GROUND else name


def file_room(found: Import) -> str:
    return room_of(found.file.removesuffix(".py").removesuffix("/__init__").replace("/", "."))


def test_every_room_is_known():
    rooms = {room_of(module) for module in module_names()} - {"", "__main__", "ground"}
    assert rooms <= set(ROOMS)


def test_rooms_import_only_what_they_may():
    wrong = []
    for found in all_imports():
        here, there = file_room(found), room_of(found.module)
        if not found.module.startswith("simulator") or here in ("", "__main__", there) or there == "":
            continue
        allowed = {"ground"} if here == "ground" else ROOMS[here]
        if found.typing:
            allowed = allowed | HANDED_IN.get(here, set())
        if there not in allowed:
            wrong.append(f"{found.file} imports {found.module}")
    assert wrong == []


def test_only_the_command_line_and_the_program_import_the_command_line():
    importers = {f.file for f in all_imports() if room_of(f.module) == "cli" and file_room(f) != "cli"}
    assert importers == {"simulator/__main__.py"}


def test_exact_answers_never_use_the_kernels():
    wrong = [f for f in all_imports() if f.file.startswith("simulator/exact/") and room_of(f.module) == "kernels"]
    assert wrong == []


def test_rooms_have_no_circles():
    seen: list[str] = []

    def visit(room: str, path: tuple[str, ...]) -> None:
        assert room not in path, " -> ".join((*path, room))
        if room not in seen:
            seen.append(room)
            for other in ROOMS.get(room, ()):
                visit(other, (*path, room))

    for room in ROOMS:
        visit(room, ())


def test_modules_have_no_circles():
    """Among what is imported when a module is: functions may import late what would be a circle."""
    graph: dict[str, set[str]] = {name: set() for name in module_names()}
    names = {path.relative_to(ROOT).as_posix(): name for name, path in module_names().items()}
    for found in all_imports():
        if found.module in graph and not found.typing and not found.late:
            graph[names[found.file]].add(found.module)
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join((*path[path.index(module) :], module))
        if module not in done:
            for other in graph[module]:
                visit(other, (*path, module))
            done.add(module)

    for module in graph:
        visit(module, ())


def _library(found: Import) -> str | None:
    top = found.module.split(".")[0]
    return None if top in sys.stdlib_module_names or top == "simulator" else top


def test_each_library_stays_where_it_belongs():
    wrong = []
    for found in all_imports():
        library = _library(found)
        if library in LIBRARIES and not found.typing and not any(fnmatch(found.file, p) for p in LIBRARIES[library]):
            wrong.append(f"{found.file} imports {library}")
        if library and file_room(found) in STRICT and library not in STRICT[file_room(found)]:
            wrong.append(f"{found.file} imports {library}")
    assert wrong == []


def test_every_library_is_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    declared = {re.split(r"[\[<>=~! ;]", line)[0].lower() for lines in lists for line in lines}
    needed = {DISTRIBUTIONS.get(library, library) for library in map(_library, all_imports()) if library}
    assert needed - declared == set()


def test_every_dependency_has_its_reason():
    text = (ROOT / "docs" / "explanation" / "dependencies.md").read_text(encoding="utf-8").lower()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    names = {re.split(r"[\[<>=~! ;]", line)[0].lower() for lines in lists for line in lines}
    assert {name for name in names if f"`{name}`" not in text} == set()
