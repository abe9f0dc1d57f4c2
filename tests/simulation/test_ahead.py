"""What is compiled before the first simulation ever, and by whom."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from simulator.kernels import beside, curves, engine, integrals, jit
from simulator.kernels.apart import kinds_of
from simulator.scenario.load import load
from simulator.simulation import chunks, warm_up
from simulator.simulation import lower as lowering
from simulator.simulation import simulate as simulating

ROOT = Path(__file__).parents[2]
PLANS = ["benchmarks/plans/r1.yaml", "scenarios/mid-market.yaml", "scenarios/enterprise.yaml"]


class Compiled(Exception):
    """Raised where compiling would begin."""


@pytest.fixture
def asked(monkeypatch) -> list[Any]:
    """Jobs of the other process, and the types that this one compiles for."""
    found: list[Any] = []

    class Recorded(beside.Helper):
        def __init__(self, jobs: Any):
            self.process = None
            found.extend(jobs)

    def note(self: engine.Engine, *arguments: Any) -> None:
        found.append((self.form, engine._kinds(arguments)))
        raise Compiled

    monkeypatch.setattr(beside, "Helper", Recorded)
    monkeypatch.setattr(engine.Engine, "compile", note)
    for room in (simulating, chunks):
        monkeypatch.setattr(room, "is_kept", lambda _form: False)
    monkeypatch.setattr(jit, "before_compiling", None)
    monkeypatch.setattr(chunks, "expect", lambda _form: None)
    return found


@pytest.mark.parametrize("plan", PLANS)
def test_what_is_compiled_ahead_is_what_is_called(plan: str, asked: list[Any], monkeypatch, tmp_path) -> None:
    """To the last type: anything else would be compiled for nothing, and the wait be twice as long."""
    monkeypatch.setattr(jit, "CACHE_DIR", tmp_path)
    scenario = load(ROOT / plan)
    with pytest.raises(Compiled):
        simulating.simulate(scenario, trials=10, threads=2)
    form, (terms, trials) = asked.pop()
    jobs = {(module, name): arguments for module, name, arguments in asked}

    called: dict[tuple[str, str], Any] = {}

    def recorded(module: str, name: str) -> Any:
        def record(*arguments: Any) -> None:
            called[module, f"{name}.compile"] = (kinds_of(*arguments),)

        return record

    curves.slip_table.cache_clear()
    try:
        monkeypatch.setattr(curves, "tabulate_slips", recorded(curves.__name__, "tabulate_slips"))
        monkeypatch.setattr(lowering, "tabulate", recorded(curves.__name__, "tabulate"))
        monkeypatch.setattr(lowering, "tabulate_integrals", recorded(integrals.__name__, "tabulate_integrals"))

        def play(self: engine.Engine, *arguments: Any) -> None:
            called["engine", self.form] = engine._kinds(arguments)
            raise Compiled

        monkeypatch.setattr(engine.Engine, "__call__", play)
        with pytest.raises(Compiled):
            simulating.simulate(scenario, trials=1000, threads=1, seed=3)
    finally:
        curves.slip_table.cache_clear()
    assert called.pop(("engine", form)) == (terms, trials)
    assert jobs.pop(("simulator.kernels.trials", "TERMS.compile")) == (engine.TERMS_FORM, terms)
    assert jobs.pop((engine.__name__, "compile_bridge")) == (form, trials)
    assert jobs == called


def test_one_thread_is_one_processor(asked: list[Any], monkeypatch) -> None:
    monkeypatch.setattr(simulating, "play_chunks", lambda *_arguments: None)
    simulating.simulate(load(ROOT / PLANS[0]), trials=10, threads=1)
    assert asked == []


@pytest.mark.parametrize("kept", [(engine.TERMS_FORM, jit.PLAIN), (engine.TERMS_FORM,)])
def test_what_is_kept_is_not_compiled_again(kept: tuple[str, ...], asked: list[Any], monkeypatch) -> None:
    """Plans of another kind need another form of what plays trials, and a bridge to it."""
    for room in (simulating, chunks):
        monkeypatch.setattr(room, "is_kept", kept.__contains__)
    monkeypatch.setattr(simulating, "play_chunks", lambda *_arguments: None)
    laid_out: list[bool] = []

    def lower(*arguments: Any, tables: bool = True, **others: Any) -> Any:
        laid_out.append(tables)
        return lowering.lower(*arguments, tables=tables, **others)

    monkeypatch.setattr(simulating, "lower", lower)
    with pytest.raises(Compiled) if jit.PLAIN not in kept else contextlib.nullcontext():
        simulating.simulate(load(ROOT / PLANS[0]), trials=10, threads=2)
    assert laid_out == [True]
    assert [job[1] for job in asked[:-1]] == ([] if jit.PLAIN in kept else ["TERMS.compile", "compile_bridge"])


def test_what_is_called_is_compiled_before_its_caller(monkeypatch) -> None:
    """A kernel is not compiled before somebody asked for what it calls by an address."""
    steps: list[str] = []

    class Step:
        def __init__(self, name: str):
            self.name = name

        def address(self, *_arguments: object) -> int:
            steps.append(self.name)
            return 0

        compile = expect = address

    monkeypatch.setattr(engine, "TERMS", Step("terms"))
    monkeypatch.setattr(engine, "TRIALS", Step("trials"))
    player = engine.Engine("toy")
    player._bridge = lambda *_arguments: (1, 0)
    assert player(*range(27)) == player(*range(27)) == (1, 0)
    assert steps == ["terms", "trials"]
    player.compile(*range(27))
    assert steps == ["terms", "trials", "terms", "trials"]


@pytest.mark.parametrize(("plan", "form"), [(PLANS[0], jit.PLAIN), (PLANS[2], jit.WITH_OPENING)])
def test_the_usual_open_deals_are_worked_out_in_the_form_that_is_played(plan: str, form: str, monkeypatch) -> None:
    """A form of its own for a note about the plan would be a second wait for the compiler."""
    scenario = load(ROOT / plan)
    assert chunks.compiled_form(lowering.lower(scenario))[1] == form

    def play(self: engine.Engine, *_arguments: Any) -> None:
        assert self.form == form
        raise Compiled

    monkeypatch.setattr(engine.Engine, "__call__", play)
    with pytest.raises(Compiled):
        warm_up.open_by_age(scenario)


_FIRST = """
import sys
from simulator.kernels import beside, curves, engine, jit, trials
from simulator.scenario.load import load
from simulator.simulation.simulate import simulate
if sys.argv[2] == "alone":
    beside._PROGRAM = "raise SystemExit(1)"
result = simulate(load(sys.argv[1]), trials=200, seed=5, threads=2)
print({(function.__name__, sum(kernel.stats.cache_hits.values()), sum(kernel.stats.cache_misses.values()))
       for (function, _form), kernel in jit._forms.items()} ==
      {(function, 1, 0) if sys.argv[2] == "helped" and function != "run_trials" else (function, 0, 1)
       for function in ("set_terms", "run_trials", "enter_trials")})
print(result["wins"].sum(), result["bookings"].sum().hex())
"""


@pytest.mark.slow
def test_the_first_simulation_ever(tmp_path) -> None:
    """Helped by another process or alone: the same numbers; and what it compiled is loaded, all the rest compiled."""
    said = []
    for helped in ("helped", "alone"):
        run = subprocess.run(
            [sys.executable, "-c", _FIRST, str(ROOT / PLANS[1]), helped], cwd=ROOT, capture_output=True, text=True,
            env=os.environ | {"SIMULATOR_CACHE_DIR": str(tmp_path / helped)}, check=False,
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
        said.append(run.stdout.splitlines())
    assert said[0] == said[1] and said[0][0] == "True"
