"""What a person waits for: whole processes, from the command to the prompt."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from .funnel import PLANS

HERE = Path(__file__).parent
R1 = str(PLANS / "r1.yaml")
RUN = [sys.executable, "-m", "simulator", "run", R1, "--trials", "10000", "--seed", "1"]
SIMULATED = "simulator run --engine simulate"
COMMANDS: dict[str, list[str]] = {
    "python": [sys.executable, "-c", "pass"],
    "import click": [sys.executable, "-c", "import click"],
    "import numpy": [sys.executable, "-c", "import numpy"],
    "import numpy, numba": [sys.executable, "-c", "import numpy, numba"],
    "a cached serial kernel": [sys.executable, str(HERE / "serial_kernel.py")],
    "a cached parallel kernel": [sys.executable, str(HERE / "cached_kernel.py")],
    "import simulator": [sys.executable, "-c", "import simulator"],
    "simulator --help": [sys.executable, "-m", "simulator", "--help"],
    "simulator run": [sys.executable, "-m", "simulator", "run", R1],
    SIMULATED: [*RUN, "--engine", "simulate"],
}
AGAINST = {
    "import simulator": "import click",
    "simulator --help": "import click",
    "simulator run": "import numpy",
    SIMULATED: "a cached serial kernel",
}


def seconds_of(command: list[str], environment: dict[str, str] | None = None) -> tuple[float, float]:
    """Seconds on the clock and of the processor; the second hardly minds what else the machine does."""
    environment = dict(os.environ if environment is None else environment)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # nobody's Python compiles its modules at every start
    before, started = os.times(), time.perf_counter()
    done = subprocess.run(command, capture_output=True, env=environment, cwd=HERE.parent)
    taken, after = time.perf_counter() - started, os.times()
    worked = after.children_user + after.children_system - before.children_user - before.children_system
    if done.returncode != 0:
        raise RuntimeError(f"failed: {(done.stderr.decode().strip().splitlines() or ['no message'])[-1]}")
    return taken, worked


def measure(*, rounds: int, tell) -> list[dict[str, Any]]:
    """One row per command: median seconds, and the median difference to what it is measured against."""
    tell("start-up: whole processes in turns")
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    failed: dict[str, str] = {}
    for number in range(-1, rounds):  # the first round warms caches
        for name, command in COMMANDS.items():
            if name in failed:
                continue
            try:
                seconds = seconds_of(command)
            except RuntimeError as reason:
                failed[name] = str(reason)
                continue
            if number >= 0:
                taken[name].append(seconds)
    rows: list[dict[str, Any]] = []
    for name, seconds in taken.items():
        if name in failed:
            rows.append({"command": name, "note": failed[name]})
            continue
        row: dict[str, Any] = {"command": name} | _medians(seconds)
        against = AGAINST.get(name)
        if against:
            pairs = list(zip(seconds, taken[against], strict=True))
            row |= {"against": against, "more": median(a[0] - b[0] for a, b in pairs)}
            row["more_processor"] = median(a[1] - b[1] for a, b in pairs)
        rows.append(row)
    rows.append(_cold(rounds=max(1, rounds // 5), tell=tell))
    return rows


def _cold(*, rounds: int, tell) -> dict[str, Any]:
    """The first run ever: nothing compiled yet."""
    tell("start-up: the first run, compiling")
    name = f"{SIMULATED}, first ever"
    seconds = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as empty:
            environment = {**os.environ, "SIMULATOR_CACHE_DIR": empty, "NUMBA_CACHE_DIR": empty}
            try:
                seconds.append(seconds_of(COMMANDS[SIMULATED], environment))
            except RuntimeError as reason:
                return {"command": name, "note": str(reason)}
    return {"command": name} | _medians(seconds)


def _medians(taken: list[tuple[float, float]]) -> dict[str, float]:
    return {"seconds": median(t for t, _ in taken), "processor": median(worked for _, worked in taken)}
