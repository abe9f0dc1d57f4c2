"""``simulator run``"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulator.cli.inputs import keep_inputs, load_all
from simulator.cli.options import (
    OutputFile,
    Share,
    debug_option,
    engine_option,
    format_option,
    output_option,
    scenarios_argument,
    set_option,
    simulation_options,
)
from simulator.cli.output import form_of, put_json, put_tables, say
from simulator.cli.simulating import forecast_all
from simulator.errors import UsageError

if TYPE_CHECKING:
    from simulator.exact.result import Forecast
    from simulator.scenario.model import Scenario

BELOW = 3
"""Exit status when a target is less likely than required."""


@click.command()
@scenarios_argument
@set_option
@simulation_options
@engine_option
@click.option(
    "--plot", metavar="FILE", type=OutputFile((".png", ".svg")),
    help="Draw the forecast to FILE.png or FILE.svg; of several scenarios, each to a file of its own.",
)  # fmt: skip
@click.option(
    "--require", metavar="P", type=Share(), help="Exit with status 3 if any target is less likely than P (0.8 or 80%)."
)
@format_option
@output_option
@debug_option
def run(
    scenarios: tuple[str, ...],
    changes: tuple[str, ...],
    trials: int | None,
    seed: int | None,
    threads: int | None,
    engine: str,
    plot: Path | None,
    require: float | None,
    form: str | None,
    output: Path | None,
) -> int:
    """How likely is each target, and how may the quarters run?

    Of every SCENARIO (a file, or - for standard input) the probability of each of its targets and the
    percentiles of each quarter: worked out where that can be done, else by playing it.

    \b
    Examples:
      simulator run plan.yaml
      simulator run plan.yaml --set 'segments.*.conversion.wins=+10%' --seed 7
      simulator run plan.yaml other.yaml --format json -o forecast.json
      simulator run plan.yaml --engine simulate --trials 100000
      simulator run plan.yaml --plot forecast.png --require 80%
    """
    keep_inputs(scenarios, output, plot)
    plans = load_all(scenarios, changes)
    check_required(plans, require)
    results = forecast_all(plans, engine=engine, trials=trials, seed=seed, threads=threads)
    show(results, form_of(form, output), output)
    if plot is not None:
        draw(results, plot)
    return BELOW if below(results, require) else 0


def check_required(plans: Sequence[Scenario], require: float | None) -> None:
    """Refuse ``--require`` where it would hold for want of targets."""
    for plan in plans:
        if require is not None and not plan.targets:
            raise UsageError(f"--require needs targets, and {plan.file or plan.name} has none")


def show(results: Sequence[Forecast], form: str, output: Path | None) -> None:
    """The results as tables, or as one JSON document: an object for one, a list for several."""
    if form == "json":
        documents = [result.to_json() for result in results]
        put_json(documents[0] if len(documents) == 1 else documents, output)
        for warning in dict.fromkeys(text for document in documents for text in document["warnings"]):
            say(warning, warning=True)
        return
    from simulator.report.tables import comparison_table, result_table

    tables = [result_table(result) for result in results]
    put_tables([*tables, comparison_table(results)] if len(results) > 1 else tables, output)
    if output is None and sys.stdout.isatty():
        say("More: --format json has every number, --plot FILE.png draws it, --set PATH=VALUE tries a change.")


def draw(results: Sequence[Forecast], path: Path) -> None:
    """A picture of each result; of several, the file's name gets that of the scenario."""
    from simulator.report.figures import save

    for result, place in zip(results, picture_names(path, [r.scenario.file for r in results]), strict=True):
        save(result, place)
        say(f"Wrote {place}")


def picture_names(path: Path, files: Sequence[str | None]) -> list[Path]:
    """``forecast.png`` → ``forecast-plan.png``, ``forecast-other.png``; numbered where these are not unique."""
    if len(files) == 1:
        return [path]
    stems = ["stdin" if file is None or file == "-" else Path(file).stem for file in files]
    unique = len(set(stems)) == len(stems)
    return [
        path.with_name(f"{path.stem}-{stem if unique else f'{number}-{stem}'}{path.suffix}")
        for number, stem in enumerate(stems, 1)
    ]


def below(results: Sequence[Forecast], require: float | None) -> bool:
    """Whether any target of any result is less likely than required; says which."""
    from simulator.statistics.intervals import as_percent

    missed = [(r, t) for r in results for t in r.targets if require is not None and t.value < require]
    for result, target in missed:
        say(f"Below {100 * (require or 0):g}%: {result.scenario.name}: {target.name}: {as_percent(target.value, 2)}")
    return bool(missed)
