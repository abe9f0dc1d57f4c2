"""Where the command line starts and ends: every error becomes one readable block and an exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from simulator.cli.errors import Settings

INTERRUPTED = 130


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 done, 1 failed, 2 wrong usage or scenario, 3 below ``--require``, 130 Ctrl-C.

    All imports are inside, so that Ctrl-C is understood from the first moment.
    """
    # matrices here are small: a library's own threads would wait for each other and for ours
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        from simulator.cli.errors import Settings, report

        settings = Settings()
        try:
            status = _run(args, settings)
        except Exception as error:
            status = report(error, settings)
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        status = INTERRUPTED
    sys.exit(status)


def _run(args: Sequence[str] | None, settings: Settings) -> int:
    from simulator.cli.verbs import cli

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that lacks a letter shows "?" and does not fail
    status = cli.main(args, prog_name="simulator", standalone_mode=False, obj=settings)
    sys.stdout.flush()
    if settings.seed is not None:
        told = f"No seed given: used {settings.seed}; --seed {settings.seed} plays the same luck again."
        print(told, file=sys.stderr)
    return status if isinstance(status, int) else 0
