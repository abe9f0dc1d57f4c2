"""Kernels that another process compiles, and what happens where it cannot."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from simulator.kernels import beside, jit
from simulator.kernels.apart import kinds_of
from tests.kernels import toys

X = np.arange(5)
ANSWER = 3 * (0 + 1 + 2 + 2 + 2)
JOB = ("tests.kernels.toys", "compile_total", ("beside", kinds_of(X, 2)))
ASLEEP = ("time", "sleep", (600.0,))


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(jit, "CACHE_DIR", tmp_path)
    monkeypatch.setattr(jit, "_forms", {})


def loaded_and_compiled() -> tuple[int, int]:
    """How the kernel of the job comes here: from the disk, or from the compiler."""
    kernel: Any = jit.in_form(toys.total, "beside")
    assert kernel(X, 2) == ANSWER == toys.total(X, 2)
    return sum(kernel.stats.cache_hits.values()), sum(kernel.stats.cache_misses.values())


def test_what_another_process_compiled_is_loaded() -> None:
    with beside.Helper([JOB]) as helper:
        pass
    assert helper.process is not None and helper.process.returncode == 0
    assert loaded_and_compiled() == (1, 0)


def test_what_it_did_not_do_is_compiled_here() -> None:
    with beside.Helper([("tests.kernels.nowhere", "nothing", ()), JOB]) as helper:
        pass
    assert helper.process is not None and helper.process.returncode == 1
    assert loaded_and_compiled() == (0, 1)


def test_one_that_does_not_come_to_an_end_is_ended(monkeypatch) -> None:
    monkeypatch.setattr(beside, "_PATIENCE", 0.0)
    with beside.Helper([ASLEEP]) as helper:
        pass
    assert helper.process is not None and helper.process.returncode not in (None, 0)


def test_nothing_is_left_behind_where_something_goes_wrong_here() -> None:
    with pytest.raises(KeyboardInterrupt), beside.Helper([ASLEEP]) as helper:
        raise KeyboardInterrupt
    assert helper.process is not None and helper.process.returncode not in (None, 0)


@pytest.mark.parametrize("python", ["", None, "/nowhere/python", "/opt/sheets/sheets.exe"])
def test_no_python_to_start(monkeypatch, python) -> None:
    monkeypatch.setattr(sys, "executable", python)
    with beside.Helper([JOB]) as helper:
        assert helper.process is None
    assert loaded_and_compiled() == (0, 1)


def test_a_built_program_is_not_started_again(monkeypatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(subprocess, "Popen", lambda *_a, **_k: pytest.fail("started"))
    with beside.Helper([JOB]) as helper:
        assert helper.process is None


def test_a_process_that_may_not_be_started(monkeypatch) -> None:
    def refuse(*_arguments: object, **_others: object) -> None:
        raise PermissionError("no more processes")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    with beside.Helper([JOB]) as helper:
        assert helper.process is None
    assert loaded_and_compiled() == (0, 1)


def test_one_that_is_gone_before_it_is_told_what_to_do(monkeypatch) -> None:
    monkeypatch.setattr(beside, "_PROGRAM", "import os; os.close(0)")
    with beside.Helper([("tests.kernels.nowhere", "x" * 10_000_000, ())]) as helper:
        pass
    assert helper.process is not None and helper.process.returncode is not None
    assert loaded_and_compiled() == (0, 1)


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="no list of open files here")
def test_pipes_are_closed() -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt), beside.Helper([ASLEEP]):
            raise KeyboardInterrupt
    assert len(os.listdir("/proc/self/fd")) == before
