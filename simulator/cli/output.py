"""Where things go: results to stdout or a file, messages and progress to stderr."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType
    from rich.progress import Progress


def say(message: str, *, warning: bool = False) -> None:
    """A message for the person at the terminal."""
    click.echo(f"Warning: {message}" if warning else message, err=True)


def form_of(form: str | None, output: Path | None) -> str:
    """``table`` or ``json``: what was asked for, else what the file's ending says."""
    return form or ("json" if output is not None and output.suffix.lower() == ".json" else "table")


def put_text(text: str, output: Path | None) -> None:
    """Text to stdout, or to a file, whole or not at all."""
    if output is None:
        try:
            click.echo(text, nl=not text.endswith("\n"))
        except BrokenPipeError:
            reader_left()
        return
    from simulator.files import write_text

    write_text(output, text if text.endswith("\n") else text + "\n")
    say(f"Wrote {output}")


def reader_left() -> None:
    """``simulator run plan.yaml | head``: the reader has seen enough, which is no failure; say no more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def put_json(document: Any, output: Path | None) -> None:
    """One JSON document; numbers at full precision."""
    put_text(json.dumps(_known(document), indent=2, allow_nan=False), output)


def _known(value: Any) -> Any:
    """The same with null for what is undefined (a ratio whose denominator is 0 in every trial)."""
    if isinstance(value, dict):
        return {key: _known(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_known(item) for item in value]
    return None if isinstance(value, float) and value != value else value


def put_tables(tables: Sequence[RenderableType], output: Path | None) -> None:
    """Tables one after the other: in colour on a terminal, plain anywhere else."""
    from simulator.report.tables import WIDEST, as_text

    width = min(shutil.get_terminal_size((80, 24)).columns, WIDEST)
    if output is None and sys.stdout.isatty():
        from rich.console import Console

        console = Console(width=width, emoji=False, markup=False, highlight=False)
        for table in tables:
            console.print(table)
            console.print()
        return
    put_text("\n".join(as_text(table, width) for table in tables), output)


def put_answer(found: Any, kind: str, form: str | None, output: Path | None, plot: Path | None) -> None:
    """What an analysis found, as JSON or as its table, and drawn to ``plot``.

    kind : what its table and picture are called: ``tables_KIND.KIND_table`` and ``figures_KIND.save`` in report.
    """
    if form_of(form, output) == "json":
        put_json(found.to_json(), output)
    else:
        tables = import_module(f"simulator.report.tables_{kind}")
        put_tables([getattr(tables, f"{kind}_table")(found)], output)
    put_picture(found, kind, plot)


def put_picture(found: Any, kind: str, plot: Path | None) -> None:
    """What an analysis found, drawn to a file by ``figures_KIND.save`` in report; nothing without a file."""
    if plot is not None:
        import_module(f"simulator.report.figures_{kind}").save(found, plot)
        say(f"Wrote {plot}")


class Bar:
    """A progress bar on stderr, only on a terminal and only for what takes longer than a second.

    Pass it as ``progress`` to what reports (done, total).
    """

    def __init__(self, label: str, *, after: float = 1.0):
        self._label, self._after = label, after
        self._started = time.monotonic()
        self._wanted = sys.stderr.isatty()
        self._progress: Progress | None = None
        self._task: Any = None

    def __call__(self, done: int, total: int) -> None:
        if self._progress is not None:
            self._progress.update(self._task, completed=done, total=total)
        elif self._wanted and done < total and time.monotonic() - self._started > self._after:
            self._start(done, total)

    def _start(self, done: int, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        self._progress = Progress(
            TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn(),
            console=Console(stderr=True), transient=True,
        )  # fmt: skip
        self._task = self._progress.add_task(self._label, completed=done, total=total)
        self._progress.start()

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()
