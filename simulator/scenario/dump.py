"""Writing a scenario in its resolved form; with :mod:`~simulator.scenario.load` the only place that knows YAML."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simulator.scenario.resolved import plain

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario

_BLOCKS = (
    (),
    ("segments",),
    ("segments", "*"),
    ("segments", "*", "conversion"),
    ("segments", "*", "lag_weeks"),
    ("segments", "*", "follow_up"),
    ("segments", "*", "accounts"),
    ("segments", "*", "accounts", "personas"),
    ("capacity",),
    ("market",),
)
_BLOCK_LISTS = (("targets",), ("correlations",), ("market", "events"), ("segments", "*", "kpi"),
                ("segments", "*", "accounts", "win_rate"))  # fmt: skip


def yaml_text(document: Mapping[str, Any], header: str = "") -> str:
    """A document as YAML in the layout of the examples: a line per stage, target and event."""
    from io import StringIO

    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    def wrap(value: Any, path: tuple[str, ...]) -> Any:
        pattern = ("segments", "*", *path[2:]) if path[:1] == ("segments",) and len(path) > 1 else path
        if isinstance(value, Mapping):
            mapping = CommentedMap((key, wrap(item, (*path, key))) for key, item in value.items())
            if pattern not in _BLOCKS:
                mapping.fa.set_flow_style()
            return mapping
        if isinstance(value, (list, tuple)):
            sequence = CommentedSeq(wrap(item, (*path, "-")) for item in value)
            if pattern not in _BLOCK_LISTS or not value:
                sequence.fa.set_flow_style()
            return sequence
        return value

    yaml = YAML()
    yaml.width, yaml.allow_unicode = 10_000, True
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = StringIO()
    yaml.dump(wrap(document, ()), out)
    return header + out.getvalue()


def to_yaml(scenario: Scenario, folder: str | None = None) -> str:
    """The resolved form as YAML, itself a valid scenario.

    The files it names are written relative to ``folder`` (the current directory by default), so the text is
    good for a file in that folder, and for standard input when it is the current directory.
    """
    return yaml_text(plain(scenario, folder or os.curdir))
