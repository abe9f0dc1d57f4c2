"""``simulator report``"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
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


def analyses(plans: Sequence[Scenario], *, trials: int, seed: int, threads: int | None) -> dict[str, Any]:
    """Drivers, luck, levers and differences of the first plan, in the luck of the page."""
    plan = plans[0]
    how: dict[str, Any] = {"trials": min(trials, MOST_TRIALS), "seed": seed, "threads": threads}
    found: dict[str, Any] = {}
    if len(plans) > 1:
        from simulator.analysis.compare import compare

        with Bar("Comparing") as bar:
            found["comparison"] = compare(plans[0], *plans[1:], **how, progress=bar).to_json()
    if not plan.targets:
        return found
    target = plan.targets[0].name
    if (sensitivity := _analysis("sensitivity")) is not None:
        with Bar("What drives it") as bar:
            found["sensitivity"] = _rows(sensitivity(plan, target=target, **how, progress=bar))
    if (luck := _analysis("luck")) is not None:
        with Bar("Plan or luck") as bar:
            found["luck"] = luck(plan, target=target, **how, progress=bar).to_json()
    if (solve := _analysis("solve")) is not None:
        with Bar("Levers") as bar:
            found["levers"] = _rows(
                solve(plan, vary=levers(plan), target=target, probability=WANTED, **how, progress=bar)
            )
    return found


WANTED = 0.8
MOST_TRIALS = 2_000
"""Of the further runs, of which there may be hundreds; in the same luck a difference needs few trials."""


def levers(plan: Scenario) -> list[str]:
    """What a plan can be moved by: volume, every rate, and slips where there are any."""
    paths = ["segments.*.volume", *(f"segments.*.conversion.{stage}" for stage in plan.stages[1:])]
    segments = plan.segments.values()
    paths = [p for p in paths if p.endswith("volume") or all(p.rpartition(".")[2] in s.conversion for s in segments)]
    if any(not n.certain or n.median() > 0 for s in segments for n in s.slips.probability):
        paths.append("segments.*.slips.probability")
    return paths


def _analysis(name: str) -> Any:
    """An analysis of this installation, None where it has none of that name."""
    if find_spec(f"simulator.analysis.{name}") is None:
        return None
    return getattr(import_module(f"simulator.analysis.{name}"), name)


def _rows(found: Any) -> list[Any]:
    """The rows of an analysis' JSON form."""
    document = found.to_json() if hasattr(found, "to_json") else found
    if isinstance(document, dict):
        document = next(value for key, value in document.items() if key in ("rows", "levers", "assumptions"))
    return list(document)
