"""Compile ``funnel.c`` with the best usual flags and hand plans over to it."""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
from scipy import stats

from ...funnel import Funnel
from .. import alias

FLAGS = ["-O3", "-march=native", "-shared", "-fPIC"]
SOURCE = Path(__file__).parent / "funnel.c"
CELL = np.dtype([("threshold", np.uint64), ("here", np.int32), ("alias", np.int32)])


class Table(ctypes.Structure):
    """``table`` of funnel.c."""

    _fields_ = [("cells", ctypes.c_void_p), ("bits", ctypes.c_int32), ("unused", ctypes.c_int32)]


class Plan(ctypes.Structure):
    """``plan`` of funnel.c."""

    _fields_ = [
        *[(name, ctypes.c_int32) for name in ("weeks", "start", "quarters", "stages", "limit", "arrivals_shared")],
        ("room", ctypes.c_int64),
        *[(name, ctypes.c_void_p) for name in ("rates", "arrive", "engage", "pass_", "lag", "step", "delay")],
        *[(name, ctypes.c_double) for name in ("slip", "factor", "mu", "sigma")],
    ]


@cache
def library() -> ctypes.CDLL:
    """The compiled library; a ``FileNotFoundError`` where there is no C compiler."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise FileNotFoundError("no C compiler (gcc or cc)")
    version = hashlib.sha256(SOURCE.read_bytes() + " ".join(FLAGS).encode()).hexdigest()[:12]
    target = SOURCE.parent / "build" / f"funnel-{version}.so"
    if not target.exists():
        target.parent.mkdir(exist_ok=True)
        made = target.with_suffix(f".{os.getpid()}")  # several may compile at a time
        subprocess.run([compiler, *FLAGS, "-o", str(made), str(SOURCE), "-lm"], check=True)
        made.replace(target)
    loaded = ctypes.CDLL(str(target))
    loaded.prepare()
    return loaded


class Tables:
    """Alias tables in C's form; keeps their memory alive."""

    def __init__(self) -> None:
        self.kept: list = []

    def make(self, *weights: np.ndarray) -> ctypes.Array:
        """One table for each vector of weights."""
        made = (Table * len(weights))()
        for table, mass in zip(made, weights, strict=True):
            bits = int(np.ceil(np.log2(len(mass))))
            threshold, other = alias.table(np.pad(mass, (0, (1 << bits) - len(mass))))
            cells = np.zeros(1 << bits, CELL)
            cells["threshold"] = np.round(threshold * 2.0**48)
            cells["here"], cells["alias"] = np.arange(1 << bits), other
            self.kept.append(cells)
            table.cells, table.bits = cells.ctypes.data, bits
        self.kept.append(made)
        return made

    def keep(self, array: np.ndarray) -> int:
        """The address of an array that stays."""
        self.kept.append(array)
        return array.ctypes.data


def poisson(mean: float) -> np.ndarray:
    """P(0), P(1), … of a Poisson count, up to where nothing is left in double precision."""
    return stats.poisson.pmf(np.arange(int(stats.poisson.isf(1e-16, mean)) + 2), mean)


def lower(funnel: Funnel) -> tuple[Plan, Tables]:
    """A plan as the C programs want it, and what must stay alive with it."""
    tables = Tables()
    means = np.unique(funnel.arrivals)
    means = means if len(means) == 1 else funnel.arrivals
    joint = []
    for stage, lag in enumerate(funnel.lags[:-1]):
        goes = funnel.rates[stage + 1] if stage + 2 < len(funnel.rates) else 1.0  # a deal is due in any case
        joint.append(np.stack([lag * (1 - goes), lag * goes], axis=1).ravel())
    step = 1 / funnel.delay
    delay = np.concatenate([[0.0], step * (1 - step) ** np.arange(funnel.weeks + 1)])
    delay[-1] += 1 - delay.sum()
    mu, sigma = funnel.lognormal
    going = float(funnel.arrivals.sum() * funnel.rates[0])

    def address(made: ctypes.Array) -> int:
        return ctypes.addressof(made)

    plan = Plan(
        funnel.weeks, funnel.start, funnel.quarters, len(funnel.stages) - 1, funnel.limit, len(means) == 1,
        int(going + 12 * going**0.5 + 64), tables.keep(funnel.rates.astype(float)),
        address(tables.make(*(poisson(mean) for mean in means))),
        address(tables.make(*(poisson(mean * funnel.rates[0]) for mean in means))),
        address(tables.make(*(poisson(mean * (1 - funnel.rates[0])) for mean in means))),
        address(tables.make(*funnel.lags)),
        address(tables.make(*joint)),
        address(tables.make(delay)),
        funnel.slip, funnel.factor, mu, sigma,
    )  # fmt: skip
    return plan, tables
