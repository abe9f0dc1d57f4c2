"""``simulator optimize``"""

from __future__ import annotations

from pathlib import Path

import click

from simulator.cli.inputs import keep_inputs
from simulator.cli.options import (
    OutputFile,
    Share,
    debug_option,
    format_option,
    output_option,
    set_option,
    simulation_options,
)
from simulator.cli.output import Bar, put_answer
from simulator.cli.playing import one_plan, scenario_argument, seed_for
from simulator.errors import UsageError


@click.command()
@scenario_argument
@click.option(
    "--budget",
    metavar="AMOUNT",
    help="What to split, over the whole horizon; by default what the plan spends on it now.",
)
@click.option(
    "--bound", "bounds", metavar="SEGMENT=A:B", multiple=True,
    help="Least and most a segment may get over the horizon; either may be left out (events=10_000:). Repeat for "
    "several.",
)  # fmt: skip
@click.option(
    "--fix", "fixed", metavar="SEGMENT[=AMOUNT]", multiple=True,
    help="A segment that keeps what the plan gives it, or gets this amount. Repeat for several.",
)  # fmt: skip
@click.option("--target", metavar="NAME", default="all", show_default=True, help="Name of a target or KPI, or all.")
@click.option(
    "--probability",
    metavar="P",
    type=Share(),
    help="Find the least money that makes the target this likely: 0.8 or 80%.",
)
@set_option
@simulation_options
@click.option("--plot", metavar="FILE", type=OutputFile((".png", ".svg")), help="Draw the split to FILE.")
@format_option
@output_option
@debug_option
def optimize(
    scenario: str,
    budget: str | None,
    bounds: tuple[str, ...],
    fixed: tuple[str, ...],
    target: str,
    probability: float | None,
    changes: tuple[str, ...],
    trials: int | None,
    seed: int | None,
    threads: int | None,
    plot: Path | None,
    form: str | None,
    output: Path | None,
) -> None:
    """How should the budget be split?

    The split over segments that makes a target likeliest, or the least money that makes it likely
    enough; which bounds bind, and how far each amount may move before it makes a difference.

    \b
    Examples:
      simulator optimize plan.yaml
      simulator optimize plan.yaml --budget 400_000 --bound events=0:60_000 --fix podcast
      simulator optimize plan.yaml --target "wins >= 25 in 2027-Q4" --probability 80%
    """
    from simulator.analysis.optimize import optimize as run

    keep_inputs([scenario], output, plot)
    wanted = None if budget is None else _amount(budget, "--budget")
    ends, pinned = dict(map(_bound, bounds)), dict(map(_fixed, fixed))
    plan = one_plan(scenario, changes)
    seed = seed_for([plan], seed)
    with Bar("splitting") as bar:
        found = run(
            plan, budget=wanted, bounds=ends, fixed=pinned, target=target, probability=probability, trials=trials,
            seed=seed, threads=threads, progress=bar,
        )  # fmt: skip
    put_answer(found, "optimize", form, output, plot)


def _amount(text: str, where: str) -> float:
    """An amount of money: ``40_000``, ``40,000``, ``40k``, ``1.5M``."""
    plain = text.strip().replace("_", "").replace(",", "")
    scale = {"k": 1e3, "m": 1e6}.get(plain[-1:].lower(), 1.0)
    try:
        amount = float(plain[:-1] if scale > 1 else plain) * scale
    except ValueError:
        amount = -1.0
    if not 0 <= amount < 1e15:
        raise UsageError(f"{where}: {text.strip()!r} is not an amount of money; write 40_000 or 40k")
    return amount


def _bound(text: str) -> tuple[str, tuple[float | None, float | None]]:
    name, _, rest = text.rpartition("=")
    low, colon, high = rest.partition(":")
    if not name.strip() or not colon:
        raise UsageError(f"--bound {text}: write SEGMENT=A:B, as events=0:60_000")
    ends = [_amount(end, f"--bound {text}") if end.strip() else None for end in (low, high)]
    return name.strip(), (ends[0], ends[1])


def _fixed(text: str) -> tuple[str, float | None]:
    name, equals, rest = text.rpartition("=")
    if not equals:
        return text.strip(), None
    return name.strip(), _amount(rest, f"--fix {text}")
