"""Every example in a docstring runs and gives what it says."""

from __future__ import annotations

import doctest
import importlib

import pytest

from tests.architecture.imports import ROOT, module_names


@pytest.mark.parametrize("name", [name for name in module_names() if name != "simulator.__main__"])
def test_docstring(name, monkeypatch, tmp_path):
    module = importlib.import_module(name)
    finder = doctest.DocTestFinder(exclude_empty=True)
    tests = [test for test in finder.find(module, name) if test.examples]
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    monkeypatch.chdir(tmp_path)  # examples may write files here
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    said: list[str] = []
    for test in tests:
        runner.run(test, out=said.append)
    assert runner.failures == 0, "".join(said)


def test_the_main_functions_have_examples():
    from simulator import _HOME

    finder = doctest.DocTestFinder()
    for name, place in _HOME.items():
        thing = getattr(importlib.import_module(place), name)
        tests = finder.find(thing, name)
        assert any(test.examples for test in tests), f"{place}.{name} has no example"
