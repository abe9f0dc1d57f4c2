"""dieharder (Brown, Eddelbuettel, Bauer), from Debian's packages, fed with the streams through a pipe."""

from __future__ import annotations

import shutil
import subprocess
import threading
from dataclasses import dataclass

from .orders import Order


@dataclass(frozen=True)
class Line:
    """One line of dieharder's table."""

    test: str
    ntup: int
    p_value: float
    assessment: str


def available() -> bool:
    """Whether dieharder is installed."""
    return shutil.which("dieharder") is not None


def run(order: Order, seed: int, arguments: list[str], *, seconds: float) -> tuple[list[Line], float, bool]:
    """Feed one order to dieharder for at most ``seconds``; its table, GB fed, and whether it came to the end."""
    process = subprocess.Popen(
        ["dieharder", "-g", "200", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=False
    )
    assert process.stdin and process.stdout
    ended = threading.Event()

    def stop() -> None:
        ended.set()
        process.kill()

    clock = threading.Timer(seconds, stop)
    clock.start()
    fed = [0]

    def feed() -> None:
        try:
            for words in order.chunks(seed, 1 << 20):
                process.stdin.write(words.tobytes())
                fed[0] += words.nbytes
        except (BrokenPipeError, ValueError):
            pass

    threading.Thread(target=feed, daemon=True).start()
    lines = [line for raw in process.stdout if (line := _parse(raw.decode(errors="replace")))]
    process.wait()
    clock.cancel()
    return lines, fed[0] / 1e9, not ended.is_set()


def _parse(text: str) -> Line | None:
    parts = [part.strip() for part in text.split("|")]
    if len(parts) != 6 or parts[5] not in ("PASSED", "WEAK", "FAILED"):
        return None
    return Line(parts[0], int(parts[1]), float(parts[4]), parts[5])
