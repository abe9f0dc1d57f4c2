"""How kernels are compiled and kept."""

from __future__ import annotations

import gc
import os
import tempfile

import numpy as np
import pytest

from simulator.kernels import jit, linking, normal


def test_garbage_is_looked_for_less_often_while_a_form_is_compiled(tmp_path, monkeypatch) -> None:
    said = []
    monkeypatch.setattr(jit, "CACHE_DIR", tmp_path)
    monkeypatch.setattr(jit, "before_compiling", lambda: said.append("compiling"))
    monkeypatch.setattr(jit, "after_compiling", lambda: said.append(gc.get_threshold()[0]))
    before = gc.get_threshold()
    jit.expect("a form")
    often = gc.get_threshold()[0]
    assert often > before[0]
    jit.remember("a form")
    assert gc.get_threshold() == before
    jit.expect("a form")  # in the cache: nothing to say, nothing to change
    jit.remember("a form")
    assert said == ["compiling", often] and gc.get_threshold() == before


def test_a_form_that_was_not_compiled_is_not_remembered(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(jit, "CACHE_DIR", tmp_path)
    monkeypatch.setattr(jit, "before_compiling", None)
    monkeypatch.setattr(jit, "after_compiling", None)
    before = gc.get_threshold()
    with pytest.raises(KeyboardInterrupt), jit.compiling("a form"):
        raise KeyboardInterrupt
    assert gc.get_threshold() == before and list(tmp_path.iterdir()) == []
    with jit.compiling("a form"):
        assert gc.get_threshold() != before
    assert gc.get_threshold() == before and [path.name for path in tmp_path.iterdir()] == ["a form.compiled"]


def test_forms_of_a_kernel_are_kept_apart(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(jit, "CACHE_DIR", tmp_path)
    monkeypatch.setattr(jit, "_forms", {})

    def double(x):
        return x + x

    whole, real = jit.in_form(double, "whole"), jit.in_form(double, "real")
    assert whole is jit.in_form(double, "whole") and whole is not real
    assert whole(2) == 4 and real(1.5) == 3.0
    kept = sorted(path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*.nbc"))
    assert kept == ["real", "whole"]


def test_inner_kernels_answer_python_too() -> None:
    assert normal.norm_ppf(0.3) == pytest.approx(normal.norm_ppf.py_func(0.3), rel=1e-15)
    assert np.isfinite(normal.norm_cdf(0.1))


def test_inner_kernels_are_no_machine_code_until_a_kernel_is(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(jit, "CACHE_DIR", tmp_path)

    def half(x):
        return 0.5 * x

    def total(x):
        found = 0.0
        for i in range(x.size):
            found += shrink(x[i])
        return found

    def both(x):
        return add(x) + shrink(1.0)

    shrink, add = jit.inner(half), jit.part(total)
    whole, x = jit.jit(both), np.arange(5.0)
    assert whole(x) == 5.5
    for made in (shrink, add):
        (compiled,) = made.overloads.values()
        assert isinstance(compiled.library, linking.LinkedLibrary)
        assert compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name) == 0
    (compiled,) = whole.overloads.values()
    assert compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name) != 0
    assert add(x) == 5.0 and shrink(3.0) == 1.5  # Python calls them through a bridge of their own

    again = jit.jit(both)  # as another process would: from the disk
    assert again(x) == 5.5 and sum(again.stats.cache_hits.values()) == 1


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="files have no owner here")
def test_a_cache_that_others_may_write_to_is_not_used(tmp_path, monkeypatch) -> None:
    ours, open_to_all, link = tmp_path / "ours", tmp_path / "open", tmp_path / "link"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    link.symlink_to(ours)
    assert jit._is_ours(ours) and ours.stat().st_mode & 0o777 == 0o700
    assert not jit._is_ours(open_to_all) and not jit._is_ours(link)
    (tmp_path / "file").touch()
    monkeypatch.setenv("SIMULATOR_CACHE_DIR", str(tmp_path / "file"))  # no folder can be made there
    monkeypatch.setenv("USER", "someone")
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    found = jit._cache_dir()
    assert found.parent == tmp_path / "pipeline-simulator-someone"
    found.parent.chmod(0o777)
    assert jit._cache_dir().parent != found.parent
