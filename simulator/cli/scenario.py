"""``simulator scenario check | show | schema | new | template | from-sheet``"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulator.cli.inputs import keep_inputs, load_all
from simulator.cli.options import OutputFile, debug_option, output_option, scenarios_argument, set_option
from simulator.cli.output import put_json, put_text, say
from simulator.cli.scenario_sheet import from_sheet, template
from simulator.errors import UsageError

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario


@click.group(subcommand_metavar="ACTION ...", context_settings={"help_option_names": ["-h", "--help"]})
@debug_option
def scenario() -> None:
    """Check, show or start a scenario file."""


scenario.add_command(template)
scenario.add_command(from_sheet)


@scenario.command(short_help="Say what is wrong with a scenario, or that nothing is.")
@scenarios_argument
@set_option
@debug_option
def check(scenarios: tuple[str, ...], changes: tuple[str, ...]) -> None:
    """Say everything that is wrong with a scenario, or that nothing is.

    \b
    Example:
      simulator scenario check plan.yaml
    """
    for source, plan in zip(scenarios, load_all(scenarios, changes), strict=True):
        click.echo(f"{'stdin' if source == '-' else source}: ok, {contents(plan)}")
        for warning in plan.warnings:
            say(f"{source}: {warning}", warning=True)


@scenario.command(short_help="Print a scenario with every default filled in.")
@click.argument("source", metavar="SCENARIO")
@set_option
@output_option
@debug_option
def show(source: str, changes: tuple[str, ...], output: Path | None) -> None:
    """Print a scenario with every default filled in.

    Parents (extends) are merged and changes applied. What is printed is a valid scenario itself.

    \b
    Examples:
      simulator scenario show plan.yaml
      simulator scenario show plan.yaml --set 'segments.*.volume=+10%' -o bigger.yaml
    """
    keep_inputs([source], output)
    plan = load_all([source], changes)[0]
    put_text(plan.to_yaml(str(output.parent) if output is not None else None), output)


@scenario.command(short_help="Print the JSON Schema, for editors.")
@output_option
@debug_option
def schema(output: Path | None) -> None:
    """Print the JSON Schema of scenario files, for editors that complete and check as you type.

    \b
    Example:
      simulator scenario schema -o scenario.schema.json
    """
    from simulator.scenario.schema import json_schema

    put_json(json_schema(), output)


@scenario.command(short_help="Start a small plan that runs, explained in comments.")
@click.argument("file", required=False, type=OutputFile((".yaml", ".yml")))
@output_option
@debug_option
def new(file: Path | None, output: Path | None) -> None:
    """Start a scenario: a small plan that runs, with every key explained in comments.

    Printed, or written to FILE, which must not exist yet.

    \b
    Examples:
      simulator scenario new plan.yaml
      simulator scenario new > plan.yaml
    """
    if file is not None and output is not None:
        raise UsageError("give FILE or -o FILE, not both")
    place = file or output
    if place is not None and place.exists():
        raise UsageError(f"{place} exists already; choose another name")
    put_text(files("simulator.scenario").joinpath("starter.yaml").read_text(encoding="utf-8"), place)


def contents(plan: Scenario) -> str:
    """What is in a plan: ``4 quarters from 2027-Q1, 1 segment, 4 targets``."""
    parts = [f"{_count(plan.quarters, 'quarter')} from {plan.start}", _count(len(plan.segments), "segment")]
    parts.append(_count(len(plan.targets), "target") if plan.targets else "no targets")
    if plan.opening.deals:
        parts.append(_count(len(plan.opening.deals), "open deal"))
    return ", ".join(parts)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
