"""Everything the package raises on purpose.

::

    SimulatorError            exit 1   anything below, and what has no better name
    ├── UsageError            exit 2   a wrong option, path or combination of them
    ├── ScenarioError         exit 2   a scenario file with one or more faults
    ├── DataError             exit 1   a table (CRM export, sheet) that cannot be read as asked
    ├── FitError              exit 1   data that does not support the model asked for
    ├── ExportError           exit 1   a result that cannot be written as asked
    └── RunError              exit 2   a simulation that cannot be run (memory, trials)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class SimulatorError(Exception):
    """Base of every error the package raises on purpose; the message is for the user."""

    exit_code = 1


class UsageError(SimulatorError):
    """A wrong option, an unknown path, or options that do not go together."""

    exit_code = 2


class DataError(SimulatorError):
    """A data table that cannot be read as asked."""


class FitError(SimulatorError):
    """Data that does not support the model asked for."""


class ExportError(SimulatorError):
    """A result that cannot be written in the form asked for."""


class RunError(SimulatorError):
    """A simulation that cannot be run as asked."""

    exit_code = 2


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a scenario.

    ``str(fault)`` reads ``plan.yaml:14: segments.inbound.conversion.mqls: 1.4 is not in [0, 1]``; a path that
    ``--set`` names already is not said twice.
    """

    file: str | None
    line: int | None
    path: str | None
    message: str

    def __str__(self) -> str:
        place = self.file or "scenario"
        if self.line is not None:
            place += f":{self.line}"
        said = place.startswith(("--set ", "change of ")) and self.path is not None and self.path in place
        return ": ".join(part for part in (place, None if said else self.path, self.message) if part)


class ScenarioError(SimulatorError):
    """A scenario with faults; all of them are in ``faults``, in the order of the file."""

    exit_code = 2

    def __init__(self, faults: Iterable[Fault] | str):
        if isinstance(faults, str):
            faults = [Fault(None, None, None, faults)]
        self.faults: tuple[Fault, ...] = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))
