"""How every kernel is compiled, in one place, with the reasons.

- ``nogil``: trials run in ordinary threads, so progress and Ctrl-C live in Python, and no parallel
  runtime has to start (it costs a fifth of a second).
- ``error_model="numpy"``: no hidden branch for division by zero in inner loops; arguments are
  checked before they get here.
- ``_nrt=False``: kernels own no memory (:mod:`simulator.kernels.room` makes it all), so no reference
  to an array needs counting. Counting cost more than half of a run, at every call that is handed a
  plan's hundred arrays, and half of the time to compile.
- no ``fastmath``: it may reorder sums and assume away infinities; results would depend on the
  compiler's mood.
- ``cache``: a compiled kernel is kept on disk. Numba notices a change in a kernel's own file, not
  in the files it calls into, so the cache folder is named by a hash of all kernel sources. Where
  the package is read-only this is also what makes caching work at all.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core.types import int64

from simulator.kernels.apart import Apart
from simulator.kernels.linking import KernelCompiler, LinkedCompiler

OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}
_njit: Any = numba.njit  # its annotations do not know _nrt
config: Any = numba.config  # nor that its settings are attributes

Function = TypeVar("Function", bound=Callable[..., Any])


def _user_cache() -> Path:
    """Where this user's programs keep what they can make again."""
    given = os.environ.get("SIMULATOR_CACHE_DIR")
    if given:
        return Path(given)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "pipeline-simulator"


def _cache_dir() -> Path:
    """A writable folder for this version of the kernels; made if need be, older ones pruned."""
    digest = hashlib.sha256(numba.__version__.encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode() + source.read_bytes())
    name = f"kernels-{digest.hexdigest()[:16]}"
    shared = Path(tempfile.gettempdir()) / f"pipeline-simulator-{os.environ.get('USER', 'user')}"
    for base in (_user_cache(), shared):
        try:
            if base == shared and not _is_ours(base):
                continue
            folder = base / name
            if not folder.is_dir():
                folder.mkdir(parents=True, exist_ok=True)
                _prune(base, keep=8)
            if os.access(folder, os.W_OK):
                return folder
        except OSError:
            continue
    return Path(tempfile.mkdtemp(prefix="pipeline-simulator-"))


def _is_ours(folder: Path) -> bool:
    """Whether a folder at a place that everybody may write to is this user's, and nobody else's to write to.

    What lies in a cache is run.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    return not hasattr(os, "getuid") or (found.st_uid == os.getuid() and stat.S_ISDIR(found.st_mode)
                                         and not found.st_mode & 0o022)  # fmt: skip


def _prune(base: Path, keep: int) -> None:
    folders = sorted(base.glob("kernels-*"), key=lambda folder: folder.stat().st_mtime, reverse=True)
    for old in folders[keep:]:
        shutil.rmtree(old, ignore_errors=True)


CACHE_DIR = _cache_dir()


before_compiling: Callable[[], None] | None = None
"""Called before a form of the engine is compiled for the first time, which takes a while."""

after_compiling: Callable[[], object] | None = None
"""Called after that, before Python looks for garbage again as often as before."""


_collecting: list[tuple[int, int, int]] = []


def expect(form: str) -> None:
    """Say so if this form of the engine (what a plan asks of it) has still to be compiled.

    Until it is, Python looks for garbage less often: the compiler makes millions of objects that are none, and
    looking through them is a twelfth of its time.
    """
    if (CACHE_DIR / f"{form}.compiled").exists():
        return
    if before_compiling is not None:
        before_compiling()
    _collecting.append(gc.get_threshold())
    gc.set_threshold(500_000)


def remember(form: str) -> None:
    """Note that this form of the engine is in the cache."""
    _collect_again()
    with contextlib.suppress(OSError):
        (CACHE_DIR / f"{form}.compiled").touch()


def _collect_again() -> None:
    if _collecting:
        if after_compiling is not None:
            after_compiling()
        gc.set_threshold(*_collecting.pop())


@contextlib.contextmanager
def compiling(form: str) -> Iterator[None]:
    """While this form of the engine is compiled: it is expected before, and remembered after."""
    expect(form)
    try:
        yield
    except BaseException:
        _collect_again()
        raise
    remember(form)


def is_kept(form: str) -> bool:
    """Whether a kernel has been compiled in this form before, on this machine, or is not going to be."""
    return bool(config.DISABLE_JIT) or any((CACHE_DIR / form).glob("*/*.nbi"))


def jit(function: Function) -> Function:
    """Compile a kernel, and keep it on disk. For what Python calls."""
    return _kept(function, CACHE_DIR)


PLAIN = "trials"
"""The form of trials without open deals, people and closing in detail."""

WITH_OPENING = f"{PLAIN}-opening"
"""The form of trials with open deals or leads, and nothing else of that."""

_forms: dict[tuple[Any, str], Any] = {}


def in_form(kernel: Function, form: str) -> Function:
    """A kernel of :func:`jit` that is compiled for one kind of arguments only, and kept in a folder of its own.

    Numba keeps all forms of a kernel in one index: two processes that add theirs in the same moment would leave one
    form's code under the other's name.
    """
    return _in_form(getattr(kernel, "py_func", kernel), form)


def _in_form(function: Function, form: str, **options: bool) -> Function:
    if (function, form) not in _forms:
        _forms[function, form] = _kept(function, CACHE_DIR / form, **options)
    made: Function = _forms[function, form]
    return made


def apart(kernel: Callable[..., Any], returns: Any = int64) -> Apart:
    """An inner kernel that is machine code of its own after all, for others to call by its address."""
    function = getattr(kernel, "py_func", kernel)
    return Apart(lambda form: _in_form(function, form, no_cpython_wrapper=True), returns)


def _kept(function: Function, folder: Path, **options: bool) -> Function:
    before: str = config.CACHE_DIR
    config.CACHE_DIR = str(folder)
    try:
        made: Function = _njit(cache=True, no_cfunc_wrapper=True, pipeline_class=KernelCompiler, **options, **OPTIONS)(
            function
        )
    finally:
        config.CACHE_DIR = before
    return made


def inner(function: Function) -> Function:
    """Compile what only other kernels call: it lands in their cache entries, and needs none of its own.

    Nor does it need a bridge from Python or C, which would cost a sixth of the time to compile, nor machine code
    (:mod:`simulator.kernels.linking`). Where Python calls it after all, as tests do, it gets all that then.
    """
    return _called_by_kernels(function)


def part(function: Function) -> Function:
    """Compile an inner kernel that is called in one place: it is put there, and no argument needs passing."""
    return _called_by_kernels(function, forceinline=True)


def _called_by_kernels(function: Function, **options: bool) -> Function:
    bare: dict[str, Any] = {
        "no_cpython_wrapper": True,
        "no_cfunc_wrapper": True,
        "pipeline_class": LinkedCompiler,
        **options,
    }
    dispatcher = _njit(**bare, **OPTIONS)(function)
    if not config.DISABLE_JIT:
        dispatcher.__class__ = _inner(type(dispatcher))
    made: Function = dispatcher
    return made


_inners: dict[type, type] = {}


def _inner(dispatcher: type) -> type:
    """Numba's dispatcher with another way in: a call from Python without a bridge would end the process."""

    def call(self: Any, *arguments: Any) -> Any:
        if "bridge" not in vars(self):
            self.bridge = _njit(**OPTIONS)(self.py_func)
        return self.bridge(*arguments)

    return _inners.setdefault(dispatcher, type("Inner", (dispatcher,), {"__call__": call}))
