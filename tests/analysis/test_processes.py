"""Variants worked out by several processes: the same rows, whatever becomes of the others."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import simulator as sim
from simulator.analysis import processes

PLAN = Path(__file__).parents[2] / "scenarios" / "twenty-five-customers.yaml"
VARY = {"segments.inbound.volume": "800:1200:21"}


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "FIRST", 1)
    monkeypatch.setattr(processes, "WORTH", 1e-9)


@pytest.fixture
def others(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The other processes, as they are started."""
    started: list[subprocess.Popen[bytes]] = []

    class Watched(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, **more)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Watched)
    return started


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch, others: list[subprocess.Popen[bytes]]) -> None:
    """Own variants wait for an answer of another process, so that both have a part."""
    from simulator.analysis.sweep_work import Work

    play, heard = Work.play, []

    def patient(self: Work, number: int, threads: int, progress: Any) -> Any:
        if others:
            _until(lambda: heard or others[0].poll() is not None)
        return play(self, number, threads, progress)

    def load(file: Any) -> Any:
        found = pickle.load(file)
        heard.append(found)
        return found

    names = SimpleNamespace(load=load, dump=pickle.dump, PickleError=pickle.PickleError)
    monkeypatch.setattr(processes, "pickle", names)
    monkeypatch.setattr(Work, "play", patient)


def _until(true: Any) -> None:
    from threading import Event

    for _ in range(6000):
        if true():
            return
        Event().wait(0.01)
    raise AssertionError("nothing heard for a minute")


def rows(threads: int) -> Any:
    return sim.sweep(sim.load(PLAN), VARY, seed=1, threads=threads).rows


def test_several_processes_make_the_same_rows(others: list[subprocess.Popen[bytes]], slow: None) -> None:
    alone = rows(1)
    assert not others
    assert rows(2) == alone
    assert len(others) == 1 and others[0].returncode is not None  # it has ended with the sweep


def test_a_process_that_is_killed_takes_no_row_with_it(
    others: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    tell = processes._Other._run

    def killed(self: Any, *args: Any) -> None:
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()
        tell(self, *args)

    monkeypatch.setattr(processes._Other, "_run", killed)
    assert rows(2) == rows(1) and len(others) == 1


def test_none_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*args: Any, **more: Any) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(subprocess, "Popen", refused)
    assert rows(2) == rows(1)


def test_what_is_wrong_with_a_variant_is_said(others: list[subprocess.Popen[bytes]], slow: None) -> None:
    plan = sim.what_if(sim.load(PLAN), {"segments.inbound.deal_size": {"mean": 9000, "cv": 1}})
    vary = {"segments.inbound.deal_size.cv": [0.5, 9.0, 0.6, 0.7]}
    with pytest.raises(sim.errors.UsageError, match=r"variant 2 .*so uneven"):
        sim.sweep(plan, vary, seed=1, threads=2, engine="exact")
    assert all(other.returncode is not None for other in others)


def test_a_short_sweep_starts_no_other(others: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "WORTH", 1e9)
    assert len(rows(2)) == 21 and not others
