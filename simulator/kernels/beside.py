"""Compiling on two processors: another process compiles some kernels, while this one compiles others.

The other process leaves what it compiles in the cache on disk, from where this one loads it. It may fail, be forbidden
or be ended from outside: what is not in the cache afterwards is compiled here, as if nobody had helped.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from operator import attrgetter
from types import TracebackType
from typing import Any, BinaryIO

from simulator.kernels import jit
from simulator.kernels.apart import config

Job = tuple[str, str, tuple[Any, ...]]
"""What compiles a kernel: the module of a function, its name there, and its arguments."""

_PROGRAM = """
import os, pickle, sys
sys.path[:] = pickle.load(sys.stdin.buffer)  # as here, wherever this process found its modules
from simulator.kernels.beside import compile_jobs
compile_jobs(sys.stdin.buffer)
os._exit(0)  # without looking for garbage: all that it made is on the disk
"""
_PATIENCE = 10.0  # seconds, and twice as long as the work of this process took


def compile_jobs(stream: BinaryIO) -> None:
    """Compile what this process sent, into its cache: the work of the other one."""
    import gc

    from simulator.kernels.lean import start_compiler

    gc.set_threshold(500_000)
    start_compiler()
    jit.CACHE_DIR = pickle.load(stream)  # before any kernel is imported, which is where it is kept
    for module, name, arguments in pickle.load(stream):
        attrgetter(name)(import_module(module))(*arguments)


def _command() -> list[str] | None:
    """How another Python is started; None where what runs here is a program that was built of one."""
    python = sys.executable or ""
    if getattr(sys, "frozen", False) or not os.path.basename(python).lower().startswith("python"):
        return None
    return [python, "-c", _PROGRAM]


class Helper:
    """Another process at work; used as a context, at whose end it has ended, one way or another."""

    def __init__(self, jobs: Sequence[Job]):
        self.process: subprocess.Popen[bytes] | None = None
        self.began = time.monotonic()
        command = _command()
        if command is None or config.DISABLE_JIT:
            return
        work = b"".join(pickle.dumps(part) for part in (list(sys.path), jit.CACHE_DIR, list(jobs)))
        with contextlib.suppress(OSError):
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )  # fmt: skip
            assert self.process.stdin is not None
            with self.process.stdin as to:
                to.write(work)

    def __enter__(self) -> Helper:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Wait for it, but not where something went wrong here, and not for ever."""
        if self.process is None:
            return
        try:
            if error is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(_PATIENCE + 2.0 * (time.monotonic() - self.began))
        finally:
            if self.process.poll() is None:
                self.process.kill()
            self.process.wait()
