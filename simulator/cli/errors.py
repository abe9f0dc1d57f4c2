"""What the user sees when something goes wrong: one block on stderr, and an exit status."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import click

from simulator.errors import ScenarioError, SimulatorError


@dataclass
class Settings:
    """What holds for the whole call.

    ``seed`` : picked because nobody gave one, and to be told in the end.
    """

    debug: bool = False
    seed: int | None = None


def report(error: Exception, settings: Settings) -> int:
    """Say what went wrong and give the exit status."""
    if isinstance(error, click.Abort):
        raise KeyboardInterrupt from error  # click's word for it
    if settings.debug and not isinstance(error, click.ClickException):
        import traceback

        traceback.print_exception(error)
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    _say(f"Error: {_in_words(error)}")
    return error.exit_code if isinstance(error, SimulatorError) else 1


def _in_words(error: Exception) -> str:
    if isinstance(error, ScenarioError) and len(error.faults) > 1:
        return f"{len(error.faults)} faults\n" + "\n".join(f"  {fault}" for fault in error.faults)
    if isinstance(error, SimulatorError):
        return str(error)
    if isinstance(error, MemoryError):
        return "not enough memory; fewer --trials need less"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return f"the program failed ({type(error).__name__}: {error}). That is a fault of ours; --debug shows where."


def _say(text: str) -> None:
    with suppress(OSError):  # nobody may be left to tell
        click.echo(text, err=True)
