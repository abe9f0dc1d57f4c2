"""What a second thread brings, and what stands in its way: the program, or others on the machine.

Linux says of every thread how long it ran and how long it waited for a processor; what is left of the time it was
blocked: by Python's lock, by another thread, by the disk. Only that is the program's own doing.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from statistics import median
from typing import Any

TASKS = Path("/proc/self/task")


def _clocks() -> dict[int, tuple[float, float]]:
    """Seconds that each thread of this process ran, and waited for a processor."""
    found = {}
    for task in TASKS.iterdir() if TASKS.is_dir() else ():
        try:
            ran, waited, _ = (task / "schedstat").read_text().split()
        except (OSError, ValueError):
            continue
        found[int(task.name)] = int(ran) / 1e9, int(waited) / 1e9
    return found


class Watch:
    """Follows this process's threads while a block runs; those that end in it too."""

    def __enter__(self) -> Watch:
        self._before, self._now = _clocks(), {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        self._cpu, self._started = time.process_time(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall, self.cpu = time.perf_counter() - self._started, time.process_time() - self._cpu
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.01):
            self._now.update(_clocks())

    @property
    def workers(self) -> list[tuple[float, float]]:
        """(ran, waited for a processor), of each thread that ran more than a tenth of the time."""
        mine = self._thread.native_id
        spent = [
            tuple(now - then for now, then in zip(clock, self._before.get(task, (0.0, 0.0)), strict=True))
            for task, clock in self._now.items()
            if task != mine
        ]
        return [(ran, waited) for ran, waited in spent if ran > 0.1 * self.wall]


def measure(document: dict[str, Any], *, seconds: float, rounds: int, tell) -> dict[str, Any]:
    """One and two threads in turn, on runs of ``seconds``.

    Returns
    -------
    ``ratio`` : seconds with one by seconds with two; ``ratio_on_free_processors`` : what it would be if no thread
    had to stand in line for a processor: two, by the cost, less what was blocked; ``cost`` : processor time of a
    trial with two by that with one; ``blocked`` : share of the time that the threads were blocked.
    """
    from simulator.scenario.load import load
    from simulator.simulation.simulate import simulate

    plan = load(document)
    name = document["name"]
    tell(f"{name}: two threads")
    simulate(plan, trials=1000, seed=1, threads=1)
    started = time.perf_counter()
    simulate(plan, trials=4000, seed=1, threads=1)
    trials = int(4000 * seconds / (time.perf_counter() - started))
    ratios, free, costs, blocked = [], [], [], []
    for number in range(rounds):
        watches = {}
        for threads in (1, 2):
            with Watch() as watches[threads]:
                simulate(plan, trials=trials, seed=number, threads=threads)
        one, two = watches[1], watches[2]
        ratios.append(one.wall / two.wall)
        costs.append(two.cpu / one.cpu)
        if one.workers and two.workers:
            blocked.append(1 - sum(ran + waited for ran, waited in two.workers) / (len(two.workers) * two.wall))
            alone, both = sum(ran for ran, _ in one.workers), sum(ran for ran, _ in two.workers)
            free.append(alone / (both / len(two.workers)) * (1 - blocked[-1]))
    return {
        "plan": name,
        "trials": trials,
        "ratio": median(ratios),
        "cost": median(costs),
        "ratio_on_free_processors": median(free) if free else None,
        "blocked": median(blocked) if blocked else None,
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }
