"""``simulator sweep``"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import click

from simulator.cli.inputs import keep_inputs
from simulator.cli.options import (
    OutputFile,
    Whole,
    analysis_engine_option,
    debug_option,
    format_option,
    set_option,
    simulation_options,
)
from simulator.cli.output import Bar, form_of, put_json, put_picture, put_tables, say
from simulator.cli.playing import one_plan, scenario_argument, seed_for, split_vary, target_option
from simulator.cli.seeds import forget_unless_drawn
from simulator.cli.simulating import announce_compiling

if TYPE_CHECKING:
    from simulator.analysis.sweep_result import Sweep
    from simulator.exact.forecast import Engine

TABLES = (".csv", ".parquet")
REFUSED = dict.fromkeys((".xlsx", ".html"), "a sweep is written as .csv, .parquet or .json")
REFUSED |= dict.fromkeys((".png", ".svg"), "pictures are written by --plot")


@click.command()
@scenario_argument
@click.option(
    "--vary", metavar="PATH=A:B:N", multiple=True, required=True,
    help="N equally spaced points, both ends included; or PATH=v1,v2,…; several make a grid. Relative too: "
    "-20%:+20%:9. With --design PATH=A:B.",
)  # fmt: skip
@click.option(
    "--design", type=click.Choice(["grid", "lhs", "sobol"]), default="grid", show_default=True,
    help="grid: every combination; lhs (Latin hypercube) and sobol spread --samples points over the ranges.",
)  # fmt: skip
@click.option("--samples", type=Whole(1), metavar="N", help="Points of an lhs or sobol design.")
@target_option
@set_option
@simulation_options
@analysis_engine_option
@click.option(
    "--plot", metavar="FILE", type=OutputFile((".png", ".svg")),
    help="Draw it to FILE: a curve for one path, a heat map with the 80% line for two.",
)  # fmt: skip
@click.option("--cluster", metavar="tcp://HOST:PORT", help="Play the variants on the workers of this Dask scheduler.")
@click.option("--restart", is_flag=True, help="Begin afresh, though an unfinished sweep is there to go on with.")
@format_option
@click.option(
    "-o", "--output", metavar="FILE", type=OutputFile(refused=REFUSED),
    help="Write the rows to FILE.csv, .parquet or .json. Finished variants are kept in FILE.partial meanwhile: "
    "the same command goes on where it was stopped.",
)  # fmt: skip
@debug_option
def sweep(
    scenario: str,
    vary: tuple[str, ...],
    design: str,
    samples: int | None,
    target: str | None,
    changes: tuple[str, ...],
    trials: int | None,
    seed: int | None,
    threads: int | None,
    engine: str,
    plot: Path | None,
    cluster: str | None,
    restart: bool,
    form: str | None,
    output: Path | None,
) -> None:
    """A row per variant: how does the target depend on this?

    All variants are played in the same luck.

    \b
    Examples:
      simulator sweep plan.yaml --vary segments.inbound.volume=800:1200:9
      simulator sweep plan.yaml --vary segments.inbound.volume=800:1200:9
          --vary segments.inbound.conversion.mqls=0.35,0.40,0.45 --plot map.png
      simulator sweep plan.yaml --vary 'segments.*.volume=-30%:+30%' --design sobol --samples 512 -o rows.parquet
    """
    from simulator.analysis.checkpoint import Checkpoint
    from simulator.analysis.sweep import sweep as run
    from simulator.errors import UsageError

    keep_inputs([scenario], output, plot)
    plan = one_plan(scenario, changes)
    paths = split_vary(plan, vary)
    for path, rest in paths.items():
        if rest is None:
            raise UsageError(f"--vary {path}: say what to visit, as {path}=A:B:N or {path}=v1,v2")
    if plot is not None and len(paths) > 2:
        raise UsageError(f"--plot draws one or two paths; {len(paths)} are varied")
    if output is not None and output.suffix.lower() == ".parquet":
        _need_pyarrow()
    checkpoint = None if output is None else output.with_name(f"{output.name}.partial")
    if seed is None and checkpoint is not None and not restart and plan.simulation.seed is None:
        seed = Checkpoint.seed_of(checkpoint)
    if checkpoint is not None and checkpoint.exists() and not restart:
        say(f"Going on with {checkpoint}.")
    seed = seed_for([plan], seed, playing=False)
    try:
        with Bar("sweeping") as bar:
            found = run(
                plan, paths, design=cast(Literal["grid"], design), samples=samples, target=target,
                engine=cast("Engine", engine), trials=trials, seed=seed, threads=threads, checkpoint=checkpoint,
                restart=restart, cluster=cluster, progress=bar, before_simulating=announce_compiling,
            )  # fmt: skip
    except KeyboardInterrupt:
        if checkpoint is not None:
            say(f"Stopped; the same command goes on from {checkpoint}.")
        raise
    if design == "grid" and all(row["engine"] == "exact" for row in found.rows):
        forget_unless_drawn(found)
    _write(found, form, output)
    if checkpoint is not None:
        checkpoint.unlink(missing_ok=True)
    put_picture(found, "sweep", plot)


def _need_pyarrow() -> None:
    from importlib.util import find_spec

    from simulator.errors import UsageError

    if find_spec("pyarrow") is None:
        raise UsageError(".parquet needs pyarrow: pip install 'pipeline-simulator[parquet]'")


def _write(found: Sweep, form: str | None, output: Path | None) -> None:
    if output is not None and output.suffix.lower() in TABLES and form is None:
        from simulator.export.rows import write_rows

        write_rows(found.rows, output)
        say(f"Wrote {output}")
    elif form_of(form, output) == "json":
        put_json(found.to_json(), output)
    else:
        from simulator.report.tables_sweep import sweep_table

        put_tables([sweep_table(found)], output)
