"""A seed that was picked because nobody gave one: told when all went well, and only where it played a part."""

from __future__ import annotations

from typing import Any

import click

from simulator.cli.errors import Settings


def picked_seed() -> int:
    """A new seed; the person hears of it when the verb is done."""
    from simulator.simulation.setup import pick_seed

    seed = pick_seed()
    _remember(seed)
    return seed


def forget_seed() -> None:
    """Nothing was drawn with it after all: nobody needs to know it."""
    _remember(None)


def forget_unless_drawn(found: Any) -> None:
    """The same after an analysis that sampled nothing."""
    if found.engine == "exact" and found.trials is None:
        forget_seed()


def _remember(seed: int | None) -> None:
    context = click.get_current_context(silent=True)
    settings = None if context is None else context.find_object(Settings)
    if settings is not None:
        settings.seed = seed
