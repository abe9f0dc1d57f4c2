"""``simulator report``"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli.export import same_luck
from simulator.cli.inputs import keep_inputs, load_all
from simulator.cli.options import OutputFile, debug_option, scenarios_argument, set_option, simulation_options
from simulator.cli.output import Bar, say
from simulator.cli.simulating import simulate_all

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario
    from simulator.simulation.result import Result


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
    more = {} if quick else analyses(results, threads=threads)
    write_text(output, render_page(results, **more))
    say(f"Wrote {output}")


def analyses(results: Sequence[Result], *, threads: int | None) -> dict[str, Any]:
    """Drivers, luck, levers and differences of the first plan, in the luck of the page."""
    from simulator.analysis.compare_result import Comparison
    from simulator.analysis.luck import LEAST_TRIALS, luck
    from simulator.analysis.solve import solve
    from simulator.analysis.strongest import strongest

    played = results[0]
    plan = played.scenario
    how: dict[str, Any] = {"trials": min(played.trials, MOST_TRIALS), "seed": played.seed, "threads": threads}
    found: dict[str, Any] = {}
    if len(results) > 1:
        found["comparison"] = {"differences": list(Comparison(tuple(results)).differences)}
    if not plan.targets:
        return found
    target = plan.targets[0].name
    with Bar("What drives it") as bar:
        found["sensitivity"] = strongest(plan, SHOWN, target=target, **how, progress=bar).to_json()
    if played.trials >= LEAST_TRIALS and not _is_ratio(plan):
        with Bar("Plan or luck") as bar:
            found["luck"] = luck(plan, target=target, played=played, threads=threads, progress=bar).to_json()
    with Bar("Levers") as bar:
        found["levers"] = solve(plan, target=target, probability=WANTED, **how, progress=bar).to_json()
    return found


def _is_ratio(plan: Scenario) -> bool:
    """Whether the first target is on a ratio, whose spread luck does not take apart."""
    from simulator.simulation.metrics import metrics_in

    return next(m for m in metrics_in(plan) if m.name == plan.targets[0].metric).kind == "ratio"


WANTED = 0.8
MOST_TRIALS = 2_000
"""Of the runs for drivers and levers, of which there are many; in the same luck a difference needs few trials."""
SHOWN = 10
"""Assumptions on the page: those that matter most."""
