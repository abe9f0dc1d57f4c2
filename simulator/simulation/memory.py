"""How much memory there is, so that a run that cannot fit is refused before it starts."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def available_memory() -> int:
    """Bytes that can be used without swapping, within this process's container; a guess of 4 GiB
    where the system does not say."""
    free = 4 * 2**30
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                free = int(line.split()[1]) * 1024
    except OSError:
        with contextlib.suppress(ValueError, OSError, AttributeError):
            free = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    for folder, limit_name, used_name in (
        ("/sys/fs/cgroup", "memory.max", "memory.current"),
        ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"),
    ):
        try:
            limit = Path(folder, limit_name).read_text(encoding="ascii").strip()
            if limit != "max":
                used = int(Path(folder, used_name).read_text(encoding="ascii")) - _can_be_dropped(folder)
                free = min(free, max(0, int(limit) - used))
        except (OSError, ValueError):
            continue
    return free


def _can_be_dropped(folder: str) -> int:
    """Bytes of files that a container counts as used, but gives up when memory is asked for."""
    for line in Path(folder, "memory.stat").read_text(encoding="ascii").splitlines():
        name, _, size = line.partition(" ")
        if name in ("inactive_file", "total_inactive_file"):
            return int(size)
    return 0


def in_words(size: float) -> str:
    """Bytes for people.

    >>> in_words(3 * 2**30), in_words(5e5)
    ('3.0 GiB', '488 KiB')
    """
    for unit, factor in (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20)):
        if size >= factor:
            return f"{size / factor:,.1f} {unit}"
    return f"{size / 1024:,.0f} KiB"
