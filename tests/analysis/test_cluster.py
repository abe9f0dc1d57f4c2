"""The same rows from a Dask cluster, even when a worker is killed."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Any

import pytest

from simulator.analysis.sweep import sweep
from simulator.errors import RunError
from tests.analysis.plans import plan

pytest.importorskip("distributed", reason="needs the extra: cluster")
pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="kills a process"),
    pytest.mark.filterwarnings("default"),
]
VOLUME = "segments.inbound.volume"


@pytest.fixture
def cluster() -> Any:
    """Two worker processes on this machine, one thread each; a lost one is started anew (nanny)."""
    import dask
    from distributed import LocalCluster

    with (
        dask.config.set({"distributed.worker.daemon": False}),
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
        ) as found,
    ):
        yield found


def test_rows_are_identical_and_a_killed_worker_changes_nothing(cluster: Any) -> None:
    base = plan()
    vary = {VOLUME: "80:120:24"}
    local = sweep(base, vary, trials=2000, seed=5)
    address = cluster.scheduler_address
    assert sweep(base, vary, trials=2000, seed=5, cluster=address).rows == local.rows
    killed: list[int] = []

    def kill_one(done: int, total: int) -> None:
        if not killed and done > total // 8:
            victim = next(iter(cluster.workers.values())).process.pid
            os.kill(victim, signal.SIGKILL)
            killed.append(victim)

    found = sweep(base, vary, trials=2000, seed=5, cluster=address, progress=kill_one)
    assert killed and found.rows == local.rows


def test_nobody_there_is_a_plain_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.analysis.cluster.PATIENCE", 1)
    before = threading.active_count()
    with pytest.raises(RunError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        sweep(plan(), {VOLUME: "80:120:2"}, trials=50, seed=5, cluster="tcp://127.0.0.1:9")
    assert threading.active_count() < before + 20  # asking leaves no heap of threads behind
