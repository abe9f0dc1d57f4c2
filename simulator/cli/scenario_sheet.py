"""``simulator scenario template`` and ``simulator scenario from-sheet``"""

from __future__ import annotations

from pathlib import Path

import click

from simulator.cli.options import OutputFile, debug_option
from simulator.cli.output import put_text, say


@click.command(short_help="Write a planning sheet to fill in.")
@click.option(
    "-o", "--output", metavar="FILE", required=True, type=OutputFile((".xlsx", ".csv")),
    help="The template: FILE.xlsx with prompts and checks, or FILE.csv.",
)  # fmt: skip
@click.option(
    "--stages", metavar="NAMES", default="visitors,engagements,mqls,sqls,wins", show_default=True,
    help="The stages of the funnel in order, with commas between; the last is the win.",
)  # fmt: skip
@debug_option
def template(output: Path, stages: str) -> None:
    """A planning sheet to fill in: a row per segment, a column per assumption.

    \b
    Examples:
      simulator scenario template -o template.xlsx
      simulator scenario template -o template.xlsx --stages mqls,sqls,wins
    """
    from simulator.export.planning.template import write_template

    write_template(output, stages=[stage.strip() for stage in stages.split(",") if stage.strip()])
    say(f"Wrote {output}; fill in the yellow cells, then: simulator scenario from-sheet {output} -o plan.yaml")


@click.command("from-sheet", short_help="Turn a filled-in sheet into a scenario file.")
@click.argument("sheet_file", metavar="SHEET.xlsx|SHEET.csv", type=click.Path())
@click.option("--sheet", metavar="NAME", help="The sheet of the workbook; 'Plan' by default.")
@click.option(
    "-o", "--output", metavar="FILE.yaml", type=OutputFile((".yaml", ".yml")),
    help="The scenario file; printed if left out.",
)  # fmt: skip
@debug_option
def from_sheet(sheet_file: str, sheet: str | None, output: Path | None) -> None:
    """Turn a filled-in planning sheet into a scenario file.

    Cells that are missing or wrong are named by sheet and address, all at once.

    \b
    Examples:
      simulator scenario from-sheet template.xlsx -o plan.yaml
      simulator scenario from-sheet plan.csv | simulator run -
    """
    from simulator.export.planning.read import from_sheet as read

    put_text(read(sheet_file, sheet=sheet), output)
