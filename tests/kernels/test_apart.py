"""Kernels that others call by their address."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numba.core.errors import TypingError

from simulator.kernels import jit
from simulator.kernels.apart import kinds_of
from simulator.kernels.linking import PlainFlags
from tests.kernels import toys

X = np.arange(5)
ANSWER = 3 * (0 + 1 + 2 + 2 + 2)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(jit, "CACHE_DIR", tmp_path)


def test_a_kernel_called_by_its_address(monkeypatch) -> None:
    """Both are kept on disk apart, and work together when they are loaded again."""
    for hits in (0, 1):
        monkeypatch.setattr(jit, "_forms", {})
        address = toys.TOTAL.address("apart", kinds_of(X, 2))
        enter: Any = jit.in_form(toys.enter, "apart-bridge")
        assert enter(address, X, 2) == ANSWER + 1
        assert [sum(kernel.stats.cache_hits.values()) for kernel in jit._forms.values()] == [hits, hits]


def test_it_may_be_compiled_after_its_caller(monkeypatch) -> None:
    monkeypatch.setattr(jit, "_forms", {})
    kinds = kinds_of(X, 2)
    toys.TOTAL.expect(kinds)
    enter: Any = jit.in_form(toys.enter, "apart-bridge")
    enter.compile((*kinds_of(0), *kinds))
    assert len(jit._forms) == 1
    assert enter(toys.TOTAL.address("apart", kinds), X, 2) == ANSWER + 1


def test_an_address_for_other_arguments_is_refused(monkeypatch) -> None:
    monkeypatch.setattr(jit, "_forms", {})
    address = toys.TOTAL.address("apart", kinds_of(X, 2))
    enter: Any = jit.in_form(toys.enter, "apart-bridge")
    with pytest.raises(TypingError, match="nobody compiled it"):
        enter(address, X.astype(np.int16), 2)


def test_options_are_told_apart_by_what_was_set() -> None:
    plain, other = PlainFlags(), PlainFlags()
    plain.nrt = other.nrt = False
    assert plain == other == plain.copy() and hash(plain) == hash(plain.copy())
    other.nrt = True
    assert plain != other
    assert {plain: 1}[plain.copy()] == 1 and other not in {plain: 1}
