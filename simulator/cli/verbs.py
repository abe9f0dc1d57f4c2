"""The command ``simulator`` and its verbs.

Nothing heavy is imported here. A verb's module is imported when that verb is called, and imports
what it needs when it runs.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from simulator import __version__
from simulator.cli.options import debug_option

VERBS = {
    "run": ("simulator.cli.run", "How likely is each target, and how may the quarters run?"),
    "compare": ("simulator.cli.compare", "Plans side by side in the same luck: what differs, and what it does."),
    "sweep": ("simulator.cli.sweep", "A row per variant: how does the target depend on this?"),
    "sensitivity": ("simulator.cli.sensitivity", "Which assumptions drive the number?"),
    "solve": ("simulator.cli.solve", "What would get us there? The value each lever needs."),
    "optimize": ("simulator.cli.optimize", "How should the budget be split? Can we cut events?"),
    "luck": ("simulator.cli.luck", "Where does the spread come from? And was it the plan, or luck?"),
    "export": ("simulator.cli.export", "Write a live workbook, a SIPmath library or a data file."),
    "report": ("simulator.cli.report", "Write one page that a director can read."),
    "fit": ("simulator.cli.fit", "Turn CRM history into a scenario with honest uncertainty."),
    "backtest": ("simulator.cli.backtest", "How good would such forecasts have been?"),
    "scenario": ("simulator.cli.scenario", "Check, show or start a scenario file."),
}
"""Every verb: the module whose command of the same name it is, and its line in the help."""


class Verbs(click.Group):
    """A group that knows its verbs without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command: click.Command = getattr(import_module(VERBS[cmd_name][0]), cmd_name.replace("-", "_"))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl([(name, line) for name, (_, line) in VERBS.items()])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], VERBS, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; there are: {', '.join(VERBS)}"
            raise click.UsageError(f"there is no verb {args[0]!r}{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.command(
    cls=Verbs, invoke_without_command=True, subcommand_metavar="VERB ...",
    context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip
@click.version_option(__version__, prog_name="simulator", message="%(prog)s %(version)s")
@debug_option
@click.pass_context
def cli(ctx: click.Context) -> None:
    """How likely is it that we hit the target?

    Plays a sales and marketing plan thousands of times, week by week from visitor to win, and says
    how often each target was met.

    \b
    Example:
      simulator run scenarios/twenty-five-customers.yaml

    Help for a verb: simulator VERB --help
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
