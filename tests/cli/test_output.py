"""Where results go: the screen, a file, a pipe."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from simulator.cli.output import Bar
from simulator.files import whole
from tests.docs.examples import FIRST_TIME


def test_output_file_takes_its_form_from_its_ending(call, plan, tmp_path):
    answer = call("run", plan, "-o", tmp_path / "f.json")
    assert answer.out == "" and "Wrote" in answer.err
    assert json.loads((tmp_path / "f.json").read_text())["schema"] == 1
    call("run", plan, "-o", tmp_path / "f.txt")
    assert (tmp_path / "f.txt").read_text() == call("run", plan).out
    call("run", plan, "-o", tmp_path / "g.json", "--format", "table")
    assert (tmp_path / "g.json").read_text() == call("run", plan).out


def test_the_scenario_itself_is_never_written_over(call, plan):
    before = plan.read_bytes()
    link = plan.with_name("link.txt")
    link.symlink_to(plan)
    for output in (plan, link):
        answer = call("run", plan, "-o", output)
        assert answer.status == 2 and "is the scenario itself" in answer.err
    assert plan.read_bytes() == before


@pytest.mark.parametrize("name", ["out.xlsx", "out.csv", "out.html", "out.png"])
def test_forms_that_other_verbs_write_are_refused(call, plan, tmp_path, name):
    answer = call("run", plan, "-o", tmp_path / name)
    assert answer.status == 2 and "written by" in answer.err
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize(("option", "name"), [("-o", "f.json"), ("--plot", "f.svg")])
def test_places_that_cannot_be_written_are_found_before_simulating(call, plan, tmp_path, option, name):
    answer = call("run", plan, option, tmp_path / "missing" / name, "--trials", 10**12)
    assert answer.status == 2 and "there is no folder" in answer.err


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    target = tmp_path / "f.txt"
    target.write_text("old")
    with pytest.raises(KeyboardInterrupt), whole(target) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert target.read_text() == "old" and os.listdir(tmp_path) == ["f.txt"]


def test_a_new_file_has_ordinary_permissions(tmp_path):
    ordinary = tmp_path / "ordinary"
    ordinary.touch()
    with whole(tmp_path / "ours") as temporary:
        temporary.touch()
    assert (tmp_path / "ours").stat().st_mode == ordinary.stat().st_mode


@pytest.mark.skipif(sys.platform == "win32", reason="devices are a matter of Unix")
def test_a_device_is_written_to_and_not_replaced():
    with whole(os.devnull) as temporary:
        temporary.write_text("gone")
    assert not os.path.isfile(os.devnull)


def test_a_reader_that_leaves_early_is_no_failure(plan):
    command = [sys.executable, "-m", "simulator", "run", *[str(plan)] * 12, "--format", "json", "--trials", "20"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()  # more than a pipe holds is still to come
        errors = process.stderr.read()
    assert process.returncode == 0
    assert b"".join(line for line in errors.splitlines() if not line.startswith(FIRST_TIME.encode())) == b""


PLAYING = """
import signal, sys, time
from simulator.cli import output
from simulator.cli.main import main

def tell(bar, done, total):
    if not told:
        told.append(print("playing", flush=True))
    time.sleep(0.05)  # between chunks of trials, so that it lasts for minutes on any machine

told = []
output.Bar.__call__ = tell
signal.signal(signal.SIGINT, signal.default_int_handler)  # as at a terminal, whoever started the tests
main(sys.argv[1:])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_ends_with_130_and_leaves_no_file(plan, tmp_path):
    import signal

    command = [sys.executable, "-c", PLAYING, "run", str(plan), "--trials", "3000000", "-o", "out.json"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "playing\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
    assert process.returncode == 130
    assert errors.strip().endswith("Interrupted.") and "Traceback" not in errors
    assert os.listdir(tmp_path) == ["plan.yaml"]


class Terminal:
    """A stderr that says it is a terminal."""

    def __init__(self):
        self.text = ""

    def isatty(self):
        return True

    def write(self, text):
        self.text += text

    def flush(self):
        pass


def test_a_bar_shows_only_on_a_terminal_and_only_when_it_takes_long(monkeypatch):
    for terminal, after, shows in ((True, 0.0, True), (True, 60.0, False), (False, 0.0, False)):
        screen = Terminal()
        monkeypatch.setattr(screen, "isatty", lambda terminal=terminal: terminal)
        monkeypatch.setattr(sys, "stderr", screen)
        with Bar("My plan", after=after) as bar:
            bar(1, 4)
            bar(3, 4)
            bar(4, 4)
        assert ("My plan" in screen.text) == shows
