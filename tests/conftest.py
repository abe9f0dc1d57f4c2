"""The same surroundings for every test, on every machine; and all of its processors for all tests."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]

for name in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE"):
    os.environ.pop(name, None)  # how wide and colourful somebody's terminal is

# what tests start as a program of its own is what they test, not what happens to be installed
os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])

# the same examples every time, however slow the machine
settings.register_profile("same", derandomize=True, deadline=None, database=None)
settings.load_profile("same")
with contextlib.suppress(ImportError, AttributeError):
    # it would also try constants of the modules that happen to be loaded: other examples after other tests
    from hypothesis.internal.conjecture import providers

    providers._get_local_constants = lambda: providers._local_constants


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """In how many processes tests run: all of them on every processor we may use, a few named ones in this one.

    Four at most: each takes half a gigabyte, and starts simulations in threads of its own.
    """
    everything = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(4, usable) if everything and usable > 1 else 0


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        keep_compiled_code_one_at_a_time()


def keep_compiled_code_one_at_a_time() -> None:
    """Two processes that keep two forms of a kernel in the same moment would give both the same file name.

    The simulator keeps each form in a folder of its own; tests also call kernels in ways that it does not.
    """
    try:
        import fcntl
    except ImportError:
        return  # not a Unix
    from numba.core.caching import IndexDataCacheFile

    save = IndexDataCacheFile.save

    def alone(cache: Any, key: Any, data: Any) -> None:
        from simulator.kernels.jit import CACHE_DIR

        with open(CACHE_DIR / "tests.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            save(cache, key, data)

    IndexDataCacheFile.save = alone
