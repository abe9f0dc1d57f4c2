"""Peak memory of whole processes that simulate, and of one that only imports what they import."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from .funnel import PLANS

PROGRAM = """
import resource, sys
import numba, numpy
if sys.argv[1] != "nothing":
    from simulator.scenario.load import load
    from simulator.simulation.simulate import simulate
    result = simulate(load(sys.argv[1]), trials=int(sys.argv[2]), seed=1, threads=2)
    result.summary()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def measure(*, trials: tuple[int, ...], tell) -> list[dict[str, Any]]:
    """Peak resident memory in MiB for the twenty-five-customers plan, results and summary included."""
    rows = []
    plan = str(PLANS / "twenty-five-customers.yaml")
    for what, number in (("nothing", 0), *((plan, each) for each in trials)):
        tell(f"memory: {number:,} trials")
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, what, str(number)], capture_output=True, text=True, check=True
        )
        rows.append({"trials": number, "peak_mib": float(done.stdout.split()[-1])})
    return rows
