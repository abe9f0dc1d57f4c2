"""Writing a scenario in its resolved form."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from simulator.scenario.resolved import plain

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario


def to_yaml(scenario: Scenario, folder: str | None = None) -> str:
    """The resolved form as YAML, itself a valid scenario.

    The files it names are written relative to ``folder`` (the current directory by default), so the text is
    good for a file in that folder, and for standard input when it is the current directory.
    """
    from simulator.scenario.load import yaml_text

    return yaml_text(plain(scenario, folder or os.curdir))
