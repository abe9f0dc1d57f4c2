"""``python -m benchmarks``: the record, its tables and the chart, from one command."""

from __future__ import annotations

import json
import sys
import threading
import time

import pytest

pytest.importorskip("ruamel.yaml")

from benchmarks import __main__ as command
from benchmarks import memory, tables, threads

MACHINE = {"processor": "P", "cores": 2, "python": "3", "numpy": "2", "numba": "0"}


def test_every_part_has_its_table():
    record = {
        "machine": MACHINE, "rounds": 3, "races": {},
        "uncertain": [{"plan": "M", "numpy": 10.0, "simulator": 60.0, "ratio": 6.0, "two_ratio": 1.9}],
        "threads": [
            {"plan": "A", "trials": 9, "ratio": 1.9, "ratio_on_free_processors": 1.95, "cost": 1.0, "blocked": 0.01},
            {"plan": "B", "trials": 9, "ratio": 1.2, "ratio_on_free_processors": None, "cost": 1.0, "blocked": None},
        ],
        "outputs": [{"plan": "A", "every_metric": 1.05, "summed_up": 1.2}],
        "startup": [{"command": "c", "seconds": 0.5, "against": "d", "more": 0.1}, {"command": "e", "note": "no"}],
        "memory": [{"quarters": 0, "trials": 0, "keep": "", "seconds": 0.0, "peak_mib": 200.0}],
        "many": [{"quarters": 8, "trials": 10_000_000, "keep": "summaries", "seconds": 99.0, "peak_mib": 250.0}],
    }  # fmt: skip
    text = tables.write(record)
    for words in (
        "6.00×",
        "1.95×",
        "1.0%",
        "1.05×",
        "+0.10 s against d",
        "none, imports only",
        "10,000,000",
        "summed up",
    ):
        assert words in text
    for line in text.splitlines():
        assert not line.startswith("|") or line.endswith("|")


def test_threads_that_work_and_threads_that_wait_are_told_apart(tmp_path, monkeypatch):
    def says(task: int, ran: float, waited: float) -> None:
        (tmp_path / str(task)).mkdir(exist_ok=True)
        (tmp_path / str(task) / "schedstat").write_text(f"{ran * 1e9:.0f} {waited * 1e9:.0f} 7\n")

    monkeypatch.setattr(threads, "TASKS", tmp_path)
    says(1, 2.0, 1.0)
    (tmp_path / "4").mkdir()  # gone before it was read
    watch = threads.Watch()
    watch._thread = threading.Thread()  # never started: no number of its own
    watch._before, watch._now = threads._clocks(), {}
    says(1, 2.5, 1.25)
    says(2, 0.75, 0.0)
    says(3, 0.05, 0.9)
    watch._now.update(threads._clocks())
    watch.wall = 1.0
    assert [pytest.approx(clock) for clock in sorted(watch.workers)] == [(0.5, 0.25), (0.75, 0.0)]


def test_a_system_that_does_not_say_how_long_threads_ran(tmp_path, monkeypatch):
    monkeypatch.setattr(threads, "TASKS", tmp_path / "absent")
    with threads.Watch() as watch:
        time.sleep(0.05)
    assert watch.workers == [] and watch.wall > 0


@pytest.mark.skipif(sys.platform == "win32", reason="asks the system in its own way")
def test_memory_of_a_small_run():
    rows = memory.measure((("twenty-five-customers.yaml", 2, 300, "summaries"),), tell=lambda _: None)
    assert [row["trials"] for row in rows] == [0, 300]
    assert 20 < rows[0]["peak_mib"] < 2000


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_one_command_writes_record_tables_and_chart(tmp_path, capsys):
    target = tmp_path / "mine.json"
    options = ["--quick", "--parts", "r1", "--only", "simulator", "--rounds", "1", "--seconds", "0.05"]
    assert command.main([*options, "--json", str(target)]) == 0
    rows = json.loads(target.read_text())["races"]["Reference plan R1"]
    assert {row["program"] for row in rows} == {"simulator", "numpy"}
    assert "## Reference plan R1" in target.with_suffix(".md").read_text() == capsys.readouterr().out[:-1]
    assert target.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
