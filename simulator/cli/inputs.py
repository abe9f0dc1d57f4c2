"""Scenarios named on the command line: read all of them, report all that is wrong with any of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.errors import Fault, ScenarioError, UsageError

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario


def load_all(sources: Sequence[str], changes: Sequence[str] = ()) -> list[Scenario]:
    """The scenarios, with the changes applied to each.

    Raises
    ------
    ScenarioError : with the faults of all of them.
    UsageError : standard input named twice.
    """
    from simulator.scenario.load import load

    if sources.count("-") > 1:
        raise UsageError("standard input (-) can be read only once")
    plans: list[Scenario] = []
    faults: list[Fault] = []
    for source in sources:
        try:
            plans.append(load(source, overrides=changes))
        except ScenarioError as error:
            faults += [fault for fault in error.faults if fault not in faults]
    if faults:
        raise ScenarioError(faults)
    return plans


def keep_inputs(sources: Sequence[str], *outputs: Path | None) -> None:
    """Refuse to write over a scenario that is being read.

    Raises
    ------
    UsageError : an output is one of the sources.
    """
    for output in outputs:
        if output is None or not output.exists():
            continue
        for source in sources:
            if source != "-" and os.path.exists(source) and os.path.samefile(source, output):
                raise UsageError(f"{output} is the scenario itself; write to another file")
