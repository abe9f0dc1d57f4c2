"""The programs that are compared, by short name."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from .funnel import Funnel

Play = Callable[[int, int], Any]


@dataclass(frozen=True)
class Program:
    """One program of the table.

    general : whether it could play any plan; the others use that rates are fixed.
    pool : how its two workers run: "threads" where it lets go of Python's lock, "processes" where it does
        not, "own" where it takes a number of threads.
    slow : plays fewer trials in its check.
    """

    key: str
    module: str
    general: bool
    pool: str = "processes"
    slow: bool = False

    def load(self) -> Any:
        """The module of the program."""
        return importlib.import_module(f"benchmarks.{self.module}")

    @property
    def name(self) -> str:
        """What the table calls it."""
        return self.load().NAME


PROGRAMS = (
    Program("simulator", "engine", general=True, pool="own"),
    Program("numpy", "peers.numpy_trials", general=True),
    Program("numpy-collapsed", "peers.numpy_collapsed", general=False),
    Program("numba", "peers.numba_naive", general=True, pool="threads"),
    Program("c", "peers.c.visitors", general=True, pool="threads"),
    Program("c-tables", "peers.c.hybrid", general=False, pool="threads"),
    Program("c-collapsed", "peers.c.collapsed", general=False, pool="threads"),
    Program("monaco", "peers.monaco_peer", general=True, slow=True),
    Program("simpy", "peers.simpy_peer", general=True, slow=True),
)


def stacked(outputs: Any) -> np.ndarray:
    """Whatever a program returned as float64 (trial, quarter, metric)."""
    return outputs if isinstance(outputs, np.ndarray) else np.stack(outputs, axis=2)


_worker: dict[str, Play] = {}


def _start(program: Program, funnel: Funnel) -> None:
    _worker["play"] = program.load().prepare(funnel)


def _work(trials: int, seed: int) -> Any:
    return _worker["play"](trials, seed)


@contextmanager
def on_two(program: Program, funnel: Funnel):
    """``play(trials, seed)`` on two threads or processes that are up and warm before it is called."""
    if program.pool == "own":
        yield program.load().prepare(funnel, threads=2)
        return
    pool: Executor
    if program.pool == "threads":
        play = program.load().prepare(funnel)
        pool = ThreadPoolExecutor(2)
    else:
        play = _work
        pool = ProcessPoolExecutor(2, initializer=_start, initargs=(program, funnel))

    def both(trials: int, seed: int) -> list[Any]:
        halves = (trials // 2, trials - trials // 2)
        return [job.result() for job in [pool.submit(play, half, 2 * seed + i) for i, half in enumerate(halves)]]

    with pool:
        both(20, 1)
        yield both
