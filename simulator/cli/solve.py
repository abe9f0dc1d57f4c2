"""``simulator solve``"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from simulator.cli.inputs import keep_inputs
from simulator.cli.options import (
    OutputFile,
    Share,
    analysis_engine_option,
    debug_option,
    format_option,
    output_option,
    set_option,
    simulation_options,
)
from simulator.cli.output import Bar, put_answer
from simulator.cli.playing import one_plan, scenario_argument, seed_for, split_vary, target_option
from simulator.cli.seeds import forget_unless_drawn
from simulator.cli.simulating import announce_compiling

if TYPE_CHECKING:
    from simulator.exact.forecast import Engine


@click.command()
@scenario_argument
@click.option(
    "--vary", metavar="PATH[=A:B]", multiple=True,
    help="A lever, and where to look if you like; repeat for several, each solved alone. "
    "By default the plan's main levers.",
)  # fmt: skip
@target_option
@click.option("--probability", metavar="P", type=Share(), default=0.8, show_default=True, help="Wanted: 0.8 or 80%.")
@set_option
@simulation_options
@analysis_engine_option
@click.option("--plot", metavar="FILE", type=OutputFile((".png", ".svg")), help="Draw the levers to FILE.")
@format_option
@output_option
@debug_option
def solve(
    scenario: str,
    vary: tuple[str, ...],
    target: str | None,
    probability: float,
    changes: tuple[str, ...],
    trials: int | None,
    seed: int | None,
    threads: int | None,
    engine: str,
    plot: Path | None,
    form: str | None,
    output: Path | None,
) -> None:
    """What would get us there?

    For each lever in turn the value at which the target is as likely as wanted, all else as planned;
    or the best reachable, and that it is not enough.

    \b
    Examples:
      simulator solve plan.yaml
      simulator solve plan.yaml --vary segments.inbound.volume --probability 80%
      simulator solve plan.yaml --vary segments.inbound.conversion.mqls=0.3:0.6 --target all
      simulator solve plan.yaml --engine simulate --trials 20000
    """
    from simulator.analysis.solve import solve as run

    keep_inputs([scenario], output, plot)
    plan = one_plan(scenario, changes)
    paths = split_vary(plan, vary)
    seed = seed_for([plan], seed, playing=False)
    with Bar("solving") as bar:
        found = run(
            plan, paths, target=target, probability=probability, engine=cast("Engine", engine), trials=trials,
            seed=seed, threads=threads, progress=bar, before_simulating=announce_compiling,
        )  # fmt: skip
    forget_unless_drawn(found)
    put_answer(found, "solve", form, output, plot)
