"""What the verbs that play a plan many times have in common: one seed said once, a bar, one plan."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from simulator.cli.inputs import load_all
from simulator.cli.output import say
from simulator.cli.seeds import picked_seed
from simulator.cli.simulating import announce_compiling
from simulator.errors import ScenarioError, UsageError

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario

scenario_argument = click.argument("scenario", metavar="SCENARIO")

target_option = click.option(
    "--target", metavar="NAME", help="Name of a target of the plan, or all (together); by default its first."
)


def one_plan(source: str, changes: Sequence[str]) -> Scenario:
    """The scenario with its changes; says what it warns of."""
    plan = load_all([source], changes)[0]
    for warning in plan.warnings:
        say(warning, warning=True)
    return plan


def seed_for(plans: Sequence[Scenario], seed: int | None, *, playing: bool = True) -> int:
    """The seed to play with: the one given, the plans' own, or a new one that is told in the end.

    ``playing`` : make ready to play at once, and not only when it comes to that.
    """
    if playing:
        announce_compiling()
    own = next((plan.simulation.seed for plan in plans if plan.simulation.seed is not None), None)
    given = own if seed is None else seed
    return picked_seed() if given is None else given


def split_vary(plan: Scenario, texts: Sequence[str]) -> dict[str, str | None]:
    """``PATH=…`` apart (names of targets may hold ``=``); the rest is None where nothing is said.

    Raises
    ------
    UsageError : a path named twice.
    """
    from simulator.scenario.levers import levers, split

    found: dict[str, str | None] = {}
    for text in texts:
        pair = split(plan, text)
        if pair is not None and "targets." in text:
            with suppress(ScenarioError):  # a target named "wins >= 25 in 2027", without a bracket
                levers(plan, text.strip())
                pair = None
        path, rest = (text.strip(), None) if pair is None else pair
        if path in found:
            raise UsageError(f"--vary names {path} twice")
        found[path] = rest
    return found
