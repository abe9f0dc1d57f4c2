"""``simulator export``"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from simulator.cli.inputs import keep_inputs, load_all
from simulator.cli.options import OutputFile, debug_option, scenarios_argument, set_option, simulation_options
from simulator.cli.output import Bar, say
from simulator.cli.playing import seed_for
from simulator.cli.seeds import picked_seed
from simulator.cli.simulating import simulate_all
from simulator.errors import UsageError

if TYPE_CHECKING:
    from simulator.export.tidy import Table
    from simulator.scenario.model import Scenario


@click.command()
@scenarios_argument
@click.option(
    "-o", "--output", metavar="FILE", type=OutputFile(),
    help="The ending says what is written: .xlsx (live workbook), .sipmath.json, .sipmath.xlsx, .sipmath.csv, "
    ".csv, .parquet or .json.",
)  # fmt: skip
@click.option("--compact", is_flag=True, help="For .sipmath.json: small formulas instead of all trials.")
@click.option(
    "--table", type=click.Choice(["trials", "long", "summary"]),
    help="For .csv, .parquet and .json: a row per trial (the default), a row per number, or percentiles only.",
)  # fmt: skip
@click.option(
    "--update", metavar="FILE.xlsx", type=OutputFile((".xlsx",)),
    help="Refresh our sheets in a workbook of yours; every sheet of your own stays as it is.",
)  # fmt: skip
@set_option
@simulation_options
@debug_option
def export(
    scenarios: tuple[str, ...],
    output: Path | None,
    compact: bool,
    table: Table | None,
    update: Path | None,
    changes: tuple[str, ...],
    trials: int | None,
    seed: int | None,
    threads: int | None,
) -> None:
    """Write the trials to a workbook, a SIPmath library or a data file.

    Several SCENARIOs are played in the same luck; a workbook then has a sheet that compares them.

    \b
    Examples:
      simulator export plan.yaml -o plan.xlsx
      simulator export plan.yaml stretch.yaml -o both.xlsx --seed 7
      simulator export plan.yaml -o plan.sipmath.json --compact
      simulator export plan.yaml -o trials.parquet --trials 10,000,000
      simulator export plan.yaml --update planning.xlsx
    """
    from simulator.export.workbook.trials import check_size
    from simulator.export.write import check_options, ending_of
    from simulator.export.write import export as write

    if (output is None) == (update is None):
        raise UsageError("give either -o FILE (a new file) or --update FILE.xlsx (your workbook)")
    place = output or update
    assert place is not None
    ending = ending_of(place)
    check_options(ending, compact=compact, table=table)
    if update is not None:
        from simulator.export.update import check_updatable

        check_updatable(update)
    keep_inputs(scenarios, place)
    plans = load_all(scenarios, changes)
    trials, seed = same_luck(plans, trials, seed)
    if ending == ".xlsx":
        check_size(trials, 0)
    if ending in (".parquet", ".csv") and table != "summary":
        write_played(plans, place, trials=trials, seed=seed, threads=threads, table=table or "trials")
        say(f"Wrote {place}")
        return
    keep: Literal["trials", "auto"] = "auto" if table == "summary" and ending != ".json" else "trials"
    results = simulate_all(plans, trials=trials, seed=seed, threads=threads, keep=keep)
    if update is not None:
        from simulator.export.update import update_workbook

        for line in update_workbook(results, update):
            say(line)
        say(f"Updated {update}")
        return
    write(results, place, compact=compact, table=table)
    say(f"Wrote {place}")


def write_played(
    plans: Sequence[Scenario], place: Path, *, trials: int, seed: int | None, threads: int | None, table: Table
) -> None:
    """Trials as they are played, to a file that may be larger than memory."""
    seed = seed_for(plans, seed)
    from simulator.export.played import export_played

    with Bar("trials") as bar:
        export_played(plans, place, trials=trials, seed=seed, threads=threads,
                      table="long" if table == "long" else "trials", progress=bar)  # fmt: skip


def same_luck(plans: Sequence[Scenario], trials: int | None, seed: int | None) -> tuple[int, int | None]:
    """Trials and seed for all: those given, else the first scenario's own."""
    trials = plans[0].simulation.trials if trials is None else trials
    seed = plans[0].simulation.seed if seed is None else seed
    if seed is None and len(plans) > 1:
        seed = picked_seed()
    return trials, seed
