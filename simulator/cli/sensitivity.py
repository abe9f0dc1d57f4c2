"""``simulator sensitivity``"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import click

from simulator.cli.inputs import keep_inputs
from simulator.cli.options import (
    OutputFile,
    analysis_engine_option,
    debug_option,
    format_option,
    output_option,
    set_option,
    simulation_options,
)
from simulator.cli.output import Bar, form_of, put_json, put_picture, put_tables
from simulator.cli.playing import one_plan, scenario_argument, seed_for, target_option
from simulator.cli.seeds import forget_unless_drawn
from simulator.cli.simulating import announce_compiling

if TYPE_CHECKING:
    from simulator.exact.forecast import Engine


@click.command()
@scenario_argument
@click.option(
    "--method", type=click.Choice(["tornado", "sobol"]), default="tornado", show_default=True,
    help="tornado: each assumption to its own P10 and P90. sobol: shares of the variance.",
)  # fmt: skip
@target_option
@set_option
@simulation_options
@analysis_engine_option
@click.option("--all", "everything", is_flag=True, help="Every assumption in the table, not only the strongest.")
@click.option("--plot", metavar="FILE", type=OutputFile((".png", ".svg")), help="Draw it to FILE.")
@format_option
@output_option
@debug_option
def sensitivity(
    scenario: str,
    method: str,
    target: str | None,
    changes: tuple[str, ...],
    trials: int | None,
    seed: int | None,
    threads: int | None,
    engine: str,
    everything: bool,
    plot: Path | None,
    form: str | None,
    output: Path | None,
) -> None:
    """Which assumptions drive the number?

    Every assumption is moved by itself, in the same luck: uncertain ones to their own P10 and P90,
    certain ones 10% down and up. With --method sobol the variance is split among the uncertain
    assumptions, the market and luck.

    \b
    Examples:
      simulator sensitivity plan.yaml
      simulator sensitivity plan.yaml --target 'wins >= 25 in 2027-Q4' --plot tornado.png
      simulator sensitivity plan.yaml --engine simulate --trials 20000
      simulator sensitivity plan.yaml --method sobol --trials 20000
    """
    from simulator.analysis.sensitivity import sensitivity as run
    from simulator.analysis.tornado_result import Tornado

    keep_inputs([scenario], output, plot)
    plan = one_plan(scenario, changes)
    seed = seed_for([plan], seed, playing=False)
    chosen = cast(Literal["tornado"], method)
    with Bar("sensitivity") as bar:
        found = run(
            plan, method=chosen, target=target, engine=cast("Engine", engine), trials=trials, seed=seed,
            threads=threads, progress=bar, before_simulating=announce_compiling,
        )  # fmt: skip
    if isinstance(found, Tornado):
        forget_unless_drawn(found)
    if form_of(form, output) == "json":
        put_json(found.to_json(), output)
    else:
        from simulator.report.tables_sensitivity import sobol_table, tornado_table

        table = tornado_table(found, everything) if isinstance(found, Tornado) else sobol_table(found)
        put_tables([table], output)
    put_picture(found, "sensitivity", plot)
