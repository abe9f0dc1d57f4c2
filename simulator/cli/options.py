"""The arguments and options that verbs share; they mean the same everywhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from simulator.cli.errors import Settings
from simulator.errors import ExportError
from simulator.files import check_writable

Command = TypeVar("Command", bound=Callable[..., Any])
Decorator = Callable[[Command], Command]


class Whole(click.ParamType):
    """A whole number; ``10,000`` and ``10_000`` are ten thousand."""

    name = "whole number"

    def __init__(self, least: int, most: int | None = None):
        self.least, self.most = least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            number = int(str(value).replace(",", ""))
        except ValueError:
            self.fail(f"{value!r} is not a whole number", param, ctx)
        if number < self.least:
            self.fail(f"{number} is too small: at least {self.least}", param, ctx)
        if self.most is not None and number > self.most:
            self.fail(f"{number} is too large: at most {self.most}", param, ctx)
        return number


class Share(click.ParamType):
    """A probability: ``0.8`` or ``80%``."""

    name = "probability"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        text = str(value).strip()
        try:
            share = float(text[:-1]) / 100 if text.endswith("%") else float(text)
        except ValueError:
            self.fail(f"{value!r} is not a probability; write 0.8 or 80%", param, ctx)
        if not 0 <= share <= 1:
            self.fail(f"{text} is not a probability from 0 to 1; write 0.8 or 80%", param, ctx)
        return share


class OutputFile(click.ParamType):
    """A file that can be written; wrong places are found before anything is simulated."""

    name = "file"

    def __init__(self, endings: tuple[str, ...] = (), refused: dict[str, str] | None = None):
        self.endings, self.refused = endings, refused or {}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = Path(value)
        ending = path.suffix.lower()
        if self.endings and ending not in self.endings:
            self.fail(f"{path} must end in {' or '.join(self.endings)}", param, ctx)
        if ending in self.refused:
            self.fail(f"{path}: {self.refused[ending]}", param, ctx)
        try:
            check_writable(path)
        except ExportError as error:
            self.fail(str(error), param, ctx)
        return path


def _remember_debug(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        ctx.find_root().ensure_object(Settings).debug = True


debug_option: Decorator[Any] = click.option(
    "--debug", is_flag=True, is_eager=True, expose_value=False, callback=_remember_debug,
    help="Show the traceback of an error.",
)  # fmt: skip

scenarios_argument: Decorator[Any] = click.argument("scenarios", metavar="SCENARIO...", nargs=-1, required=True)

set_option: Decorator[Any] = click.option(
    "--set", "changes", metavar="PATH=VALUE", multiple=True,
    help="Change a number of every scenario named; may be repeated. VALUE as in the file, or +10%, -5%, *1.2. "
    "A * in PATH reaches all: segments.*.conversion.wins=+10%.",
)  # fmt: skip

format_option: Decorator[Any] = click.option(
    "--format", "form", type=click.Choice(["table", "json"]),
    help="What to print: a table (the default), or one JSON document with every number in full "
    "(the default for -o FILE.json).",
)  # fmt: skip

_ELSEWHERE = {
    ".xlsx": "spreadsheets are written by: simulator export",
    ".csv": "data tables are written by: simulator export",
    ".parquet": "data tables are written by: simulator export",
    ".html": "pages are written by: simulator report",
    ".png": "pictures are written by --plot",
    ".svg": "pictures are written by --plot",
}

output_option: Decorator[Any] = click.option(
    "-o", "--output", metavar="FILE", type=OutputFile(refused=_ELSEWHERE),
    help="Write to FILE and not to the screen; whole or not at all.",
)  # fmt: skip


threads_option: Decorator[Any] = click.option(
    "--threads", type=Whole(1), metavar="N", help="Threads; by default one per processor. They change no number."
)

seed_option: Decorator[Any] = click.option(
    "--seed", type=Whole(0, 2**63 - 1), metavar="N",
    help="The same seed gives the same luck; by default the scenario's own, or a new one that is printed.",
)  # fmt: skip

trials_option: Decorator[Any] = click.option(
    "--trials", type=Whole(1), metavar="N",
    help="How many times the plan is played; by default what the scenario says, or 10,000.",
)  # fmt: skip


engine_option: Decorator[Any] = click.option(
    "--engine", type=click.Choice(["auto", "exact", "simulate"]), default="auto", show_default=True,
    help="How to answer. auto: exactly where every number is certain and no --trials are given, else by playing the "
    "plan. exact: without playing, uncertain numbers are averaged over. simulate: by playing, always.",
)  # fmt: skip


analysis_engine_option: Decorator[Any] = click.option(
    "--engine", type=click.Choice(["auto", "exact", "simulate"]), default="auto", show_default=True,
    help="How to answer. auto: worked out where the plan and its targets allow it and no --trials are given, else by "
    "playing. exact: without playing, or an error that says why not. simulate: by playing, always.",
)  # fmt: skip


def simulation_options(command: Command) -> Command:
    """``--trials``, ``--seed`` and ``--threads``."""
    for option in (threads_option, seed_option, trials_option):
        command = option(command)
    return command
