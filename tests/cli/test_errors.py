"""Bad input gives one readable block and the right exit status, never a traceback."""

from __future__ import annotations

import pytest

WRONG = [
    (("run",), "Missing argument"),
    (("rnu",), "there is no verb 'rnu'; did you mean 'run'?"),
    (("frobnicate",), "there are: run"),
    (("run", "no-such.yaml"), "no-such.yaml: does not exist"),
    (("run", "."), "is a directory"),
    (("run", "PLAN", "--trials", "0"), "0 is too small: at least 1"),
    (("run", "PLAN", "--trials", "-5"), "-5 is too small: at least 1"),
    (("run", "PLAN", "--trials", "many"), "'many' is not a whole number"),
    (("run", "PLAN", "--trials", "1.5"), "'1.5' is not a whole number"),
    (("run", "PLAN", "--trials", "1000000000000"), "of memory"),
    (("run", "PLAN", "--seed", "-1"), "-1 is too small: at least 0"),
    (("run", "PLAN", "--seed", "9223372036854775808"), "is too large: at most 9223372036854775807"),
    (("run", "PLAN", "--threads", "0"), "0 is too small: at least 1"),
    (("run", "PLAN", "--require", "80"), "80 is not a probability from 0 to 1; write 0.8 or 80%"),
    (("run", "PLAN", "--require", "nan"), "nan is not a probability"),
    (("run", "PLAN", "--require", "likely"), "'likely' is not a probability"),
    (("run", "PLAN", "--format", "yaml"), "'table', 'json'"),
    (("run", "PLAN", "--plot", "plan.gif"), "must end in .png or .svg"),
    (("run", "PLAN", "--colour"), "No such option"),
    (("run", "PLAN", "--set", "segments.inbund.volume=5"), "did you mean 'inbound'?"),
    (("run", "PLAN", "--set", "segments.inbound.conversion.wins=1.4"), "1.4 is not in [0, 1]"),
    (("run", "PLAN", "--set", "segments.inbound.volume"), "PATH=VALUE"),
    (("run", "-", "-"), "can be read only once"),
    (("scenario",), "Usage"),
    (("scenario", "chekc"), "chekc"),
    (("scenario", "new", "plan.txt"), "must end in .yaml or .yml"),
]


@pytest.mark.parametrize(("args", "message"), WRONG, ids=[" ".join(args) for args, _ in WRONG])
def test_wrong_usage(call, plan, args, message):
    answer = call(*(plan if arg == "PLAN" else arg for arg in args))
    assert answer.status == 2
    assert message in answer.err and "Traceback" not in answer.err
    assert answer.out == ""


def test_all_faults_of_all_files_are_reported_at_once(call, plan, tmp_path):
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    one.write_text(plan.read_text().replace("mqls: 0.40", "mqls: 1.40").replace("cv: 0.8", "cv: -1"))
    two.write_text(plan.read_text().replace("currency:", "curency:"))
    answer = call("run", one, plan, two)
    assert answer.status == 2 and answer.out == ""
    assert "one.yaml:21: segments.inbound.conversion.mqls: 1.4 is not in [0, 1]" in answer.err
    assert "cv" in answer.err and "did you mean 'currency'?" in answer.err
    assert answer.err.startswith("Error: 3 faults\n")


def test_debug_shows_the_traceback_and_nothing_else_does(call):
    assert "Traceback" not in call("run", "no-such.yaml").err
    for args in (("--debug", "run", "no-such.yaml"), ("run", "no-such.yaml", "--debug")):
        answer = call(*args)
        assert answer.status == 2
        assert "Traceback" in answer.err and "no-such.yaml: does not exist" in answer.err


def test_our_own_faults_are_called_so(call, plan, monkeypatch):
    def broken(*_args, **_more):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("simulator.cli.run.forecast_all", broken)
    answer = call("run", plan)
    assert answer.status == 1
    assert "ZeroDivisionError: oops" in answer.err and "--debug" in answer.err and "Traceback" not in answer.err


def test_no_memory_is_said_in_words(call, plan, monkeypatch):
    def broken(*_args, **_more):
        raise MemoryError

    monkeypatch.setattr("simulator.cli.run.forecast_all", broken)
    answer = call("run", plan)
    assert answer.status == 1 and "not enough memory" in answer.err


def test_help_and_version_are_no_errors(call):
    for args in ((), ("--help",), ("-h",), ("--version",), ("run", "--help"), ("run", "-h"), ("scenario", "new", "-h")):
        answer = call(*args)
        assert answer.status == 0 and answer.out and not answer.err


def test_every_help_has_an_example(call):
    from simulator.cli.verbs import VERBS, cli

    for verb in VERBS:
        command = cli.get_command(None, verb)  # type: ignore[arg-type]
        names = [(verb, name) for name in getattr(command, "commands", {})] or [(verb,)]
        for name in names:
            text = call(*name, "--help").out
            assert "Example" in text and f"simulator {' '.join(name)} " in text, name
            assert "--debug" in text, name
