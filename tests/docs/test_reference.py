"""The generated reference is what the command line says today."""

from __future__ import annotations

import importlib.util

from tests.docs.examples import ROOT


def test_cli_reference_is_up_to_date():
    place = ROOT / "docs" / "generate_cli_reference.py"
    spec = importlib.util.spec_from_file_location("generate_cli_reference", place)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    assert written == module.reference(), "run: python docs/generate_cli_reference.py"
