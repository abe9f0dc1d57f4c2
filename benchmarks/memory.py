"""Peak memory and time of whole processes that simulate, and of one that only imports what they import."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from . import funnel

PROGRAM = """
import sys, time
import numba, numpy
seconds = 0.0
if sys.argv[1] != "nothing":
    from benchmarks import funnel
    from simulator.scenario.load import load
    from simulator.simulation.simulate import simulate
    document = funnel.read(funnel.PLANS / sys.argv[1]) | {"quarters": int(sys.argv[2])}
    plan = load({key: value for key, value in document.items() if key != "targets"})
    started = time.perf_counter()
    result = simulate(plan, trials=int(sys.argv[3]), seed=1, threads=2, keep=sys.argv[4])
    result.summary()
    seconds = time.perf_counter() - started
try:
    status = open("/proc/self/status").read()
    peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
except (OSError, IndexError):  # not Linux; ru_maxrss, on Linux, would count what this process was forked from
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)
print(seconds, peak)
"""

Run = tuple[str, int, int, str]
"""Plan, quarters, trials, what is kept."""

NOTHING: Run = ("nothing", 0, 0, "")
QUICK: tuple[Run, ...] = (("twenty-five-customers.yaml", 4, 10_000, "trials"),)
USUAL: tuple[Run, ...] = (
    *QUICK,
    ("twenty-five-customers.yaml", 4, 200_000, "summaries"),
    ("twenty-five-customers.yaml", 4, 1_000_000, "trials"),
)
MANY: tuple[Run, ...] = (
    ("twenty-five-customers.yaml", 8, 100_000, "summaries"), ("twenty-five-customers.yaml", 8, 10_000_000, "summaries"),
)  # fmt: skip


def measure(runs: tuple[Run, ...], *, tell) -> list[dict[str, Any]]:
    """Peak resident memory in MiB and seconds on two threads, summary included."""
    rows = []
    for plan, quarters, trials, keep in (NOTHING, *runs):
        tell(f"memory: {trials:,} trials {keep}")
        command = [sys.executable, "-c", PROGRAM, plan, str(quarters), str(trials), keep]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=funnel.PLANS.parents[1])
        seconds, peak = map(float, done.stdout.split())
        rows.append({"quarters": quarters, "trials": trials, "keep": keep, "seconds": seconds, "peak_mib": peak})
    return rows
