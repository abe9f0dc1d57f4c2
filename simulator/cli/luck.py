"""``simulator luck``"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli.inputs import keep_inputs
from simulator.cli.options import OutputFile, debug_option, format_option, output_option, set_option, simulation_options
from simulator.cli.output import Bar, form_of, put_json, put_picture, put_tables, say
from simulator.cli.playing import one_plan, scenario_argument, seed_for
from simulator.errors import UsageError

if TYPE_CHECKING:
    from simulator.analysis.luck import Luck


class Outcome(click.ParamType):
    """``METRIC=VALUE``; ``1_200_000`` and ``1,200,000`` are numbers too."""

    name = "outcome"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, float]:
        if isinstance(value, tuple):
            return value
        metric, equals, number = str(value).partition("=")
        try:
            return metric.strip(), float(number.replace(",", "").replace("_", ""))
        except ValueError:
            what = f"{number!r} is not a number" if equals else f"{value!r} is not METRIC=VALUE"
            self.fail(f"{what}; write it as wins=19", param, ctx)


@click.command()
@scenario_argument
@set_option
@click.option("--target", metavar="NAME", help="The target to look at; by default the plan's first.")
@click.option("--metric", metavar="NAME", help="A metric to look at in place of a target's: wins, bookings, a stage, …")
@click.option("--in", "period", metavar="PERIOD", help="2027-Q4, 2027, 2027-Q1..2027-Q3 or horizon.")
@click.option("--segment", "segments", metavar="NAME", multiple=True, help="Only this segment; may be repeated.")
@click.option("--at-least", type=float, metavar="X", help="A threshold of your own.")
@click.option("--at-most", type=float, metavar="X", help="A threshold of your own, not to be exceeded.")
@click.option(
    "--actual", "actual", metavar="METRIC=VALUE", multiple=True, type=Outcome(),
    help="What happened in the period; may be repeated. Says how unusual that was, and what it says about the plan.",
)  # fmt: skip
@simulation_options
@click.option("--plot", metavar="FILE", type=OutputFile((".png", ".svg")), help="Draw it to FILE.png or FILE.svg.")
@format_option
@output_option
@debug_option
def luck(
    scenario: str,
    changes: tuple[str, ...],
    target: str | None,
    metric: str | None,
    period: str | None,
    segments: tuple[str, ...],
    at_least: float | None,
    at_most: float | None,
    actual: tuple[tuple[str, float], ...],
    trials: int | None,
    seed: int | None,
    threads: int | None,
    plot: Path | None,
    form: str | None,
    output: Path | None,
) -> None:
    """Was it the plan, or luck?

    Says how much of the spread of SCENARIO (a file, or - for standard input) comes from its assumptions, the market
    and luck; how often slipped deals alone miss a target; where even a perfect quarter can land; which open deals
    matter most; and with --actual, what a quarter that is over says about the plan.

    \b
    Examples:
      simulator luck plan.yaml
      simulator luck plan.yaml --metric bookings --in 2027 --plot luck.png
      simulator luck plan.yaml --actual wins=19 --actual mqls=118 --in 2027-Q4
    """
    keep_inputs([scenario], output, plot)
    plan = one_plan(scenario, changes)
    outcome = outcomes(actual)
    seed = seed_for([plan], seed)
    from simulator.analysis.luck import luck as analyse

    segment = None if not segments else segments[0] if len(segments) == 1 else segments
    with Bar(plan.name) as bar:
        found = analyse(
            plan, metric=metric, period=period, segment=segment, target=target, at_least=at_least, at_most=at_most,
            actual=outcome, trials=trials, seed=seed, threads=threads, progress=bar,
        )  # fmt: skip
    show(found, form_of(form, output), output)
    put_picture(found, "luck", plot)


def outcomes(pairs: tuple[tuple[str, float], ...]) -> dict[str, float] | None:
    """``--actual`` as a mapping; each metric once."""
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"--actual {twice} is given twice")
    return dict(pairs) or None


def show(found: Luck, form: str, output: Path | None) -> None:
    """The report as text, or as one JSON document."""
    if form == "json":
        put_json(found.to_json(), output)
        for warning in found.notes:
            say(warning, warning=True)
        return
    from simulator.report.tables_luck import luck_table

    put_tables([luck_table(found)], output)
    if output is None and sys.stdout.isatty() and found.actual is None:
        say("After the quarter: --actual wins=19 --in PERIOD says whether it was the plan, or luck.")
