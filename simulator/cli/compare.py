"""``simulator compare``"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from simulator.cli.inputs import keep_inputs, load_all
from simulator.cli.options import (
    OutputFile,
    analysis_engine_option,
    debug_option,
    format_option,
    output_option,
    scenarios_argument,
    set_option,
    simulation_options,
)
from simulator.cli.output import Bar, put_answer
from simulator.cli.playing import seed_for

if TYPE_CHECKING:
    from simulator.exact.forecast import Engine


@click.command()
@scenarios_argument
@set_option
@simulation_options
@analysis_engine_option
@click.option(
    "--plot", metavar="FILE", type=OutputFile((".png", ".svg")), help="Draw the distributions on one axis to FILE."
)
@format_option
@output_option
@debug_option
def compare(
    scenarios: tuple[str, ...],
    changes: tuple[str, ...],
    trials: int | None,
    seed: int | None,
    threads: int | None,
    engine: str,
    plot: Path | None,
    form: str | None,
    output: Path | None,
) -> None:
    """Plans side by side in the same luck: what differs, and what it does.

    Of one SCENARIO with --set: the plan against its change. Of several: each against the first, with
    --set applied to all.

    \b
    Examples:
      simulator compare plan.yaml --set 'segments.inbound.conversion.sqls=+10%'
      simulator compare plan.yaml stretch.yaml --plot both.png
      simulator compare plan.yaml stretch.yaml --format json --seed 7
    """
    from simulator.analysis.compare import compare as run
    from simulator.errors import UsageError

    if len(scenarios) == 1 and not changes:
        raise UsageError("compare needs two scenarios, or one and --set PATH=VALUE")
    keep_inputs(scenarios, output, plot)
    if len(scenarios) == 1:
        from simulator.scenario.load import load

        before = load_all(scenarios)[0]
        plans = [before, load(before, overrides=changes)]
    else:
        plans = load_all(scenarios, changes)
    seed = seed_for(plans, seed)
    with Bar("comparing") as bar:
        found = run(*plans, engine=cast("Engine", engine), trials=trials, seed=seed, threads=threads, progress=bar)
    put_answer(found, "compare", form, output, plot)
