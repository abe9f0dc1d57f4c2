"""Where a result came from: enough to make every number again, bit for bit."""

from __future__ import annotations

import platform
from dataclasses import dataclass, field
from typing import Any

SCHEMA = 1
"""Version of the JSON that commands print."""


@dataclass(frozen=True)
class Provenance:
    """Scenario, seed, trials and versions behind a result."""

    name: str
    file: str | None
    sha256: str
    version: str
    engine: str
    trials: int | None
    seed: int
    libraries: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The head of every JSON document."""
        return {
            "schema": SCHEMA,
            "scenario": {"name": self.name, "file": self.file, "sha256": self.sha256},
            "version": self.version,
            "engine": self.engine,
            "trials": self.trials,
            "seed": self.seed,
            "libraries": dict(self.libraries),
        }


def library_versions(*modules: Any) -> dict[str, str]:
    """Versions of Python and of the given modules; the same ones give the same bits."""
    return {"python": platform.python_version()} | {m.__name__: m.__version__ for m in modules}
