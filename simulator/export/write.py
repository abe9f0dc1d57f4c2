"""One way in: the ending of a file's name says what it becomes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from simulator.errors import ExportError, UsageError

if TYPE_CHECKING:
    from simulator.export.tidy import Table
    from simulator.simulation.result import Result

ENDINGS = {
    ".sipmath.json": "SIPmath 3.0 library",
    ".sipmath.xlsx": "SIPmath 2.0 library",
    ".sipmath.csv": "SIPmath library as CSV",
    ".xlsx": "live workbook",
    ".parquet": "tidy data",
    ".csv": "tidy data",
    ".json": "tidy data",
}
"""Longest first: ``plan.sipmath.xlsx`` is a library, not a workbook."""


def ending_of(path: str | os.PathLike[str]) -> str:
    """The longest known ending of a file's name.

    Raises
    ------
    UsageError : none fits; the message lists them.

    Examples
    --------
    >>> ending_of("plan.sipmath.json"), ending_of("Plan.XLSX")
    ('.sipmath.json', '.xlsx')
    """
    name = os.path.basename(os.fspath(path)).lower()
    for ending in ENDINGS:
        if name.endswith(ending) and name != ending:
            return ending
    raise UsageError(f"{os.fspath(path)}: the ending says what to write; allowed: {', '.join(ENDINGS)}")


def check_options(ending: str, *, compact: bool, table: str | None) -> None:
    """Refuse options that the format does not know, before anything is simulated."""
    if compact and ending != ".sipmath.json":
        raise UsageError(f"--compact is for .sipmath.json, not for {ending}")
    if table is not None and ending not in (".csv", ".parquet", ".json"):
        raise UsageError(f"--table is for .csv, .parquet and .json, not for {ending}")


def export(
    results: Result | Sequence[Result],
    path: str | os.PathLike[str],
    *,
    compact: bool = False,
    table: Table | None = None,
) -> None:
    """Write results to a file of the form that its ending names.

    Parameters
    ----------
    results : one result, or several of the same seed and trials.
    path : ends in .xlsx, .sipmath.json, .sipmath.xlsx, .sipmath.csv, .csv, .parquet or .json.
    compact : a SIPmath library of metalogs and a copula instead of the trials (.sipmath.json only).
    table : ``trials`` (default, wide), ``long`` or ``summary``, for .csv, .parquet and .json.

    Raises
    ------
    UsageError : an ending or option that is not known. ExportError : it cannot be written; a file that
        was there is untouched.

    Examples
    --------
    >>> from pathlib import Path
    >>> import simulator as sim
    >>> result = sim.simulate(sim.load("scenarios/twenty-five-customers.yaml"), trials=200, seed=7)
    >>> export(result, "doctest-plan.csv", table="summary")
    >>> Path("doctest-plan.csv").read_text().splitlines()[0]
    'metric,in,segment,mean,standard_error,sd,p05,p10,p25,p50,p75,p90,p95'
    >>> os.remove("doctest-plan.csv")
    """
    from simulator.simulation.result import Result as ResultClass

    several = (results,) if isinstance(results, ResultClass) else tuple(results)
    if not several:
        raise ExportError("no result to write")
    ending = ending_of(path)
    check_options(ending, compact=compact, table=table)
    same_luck(several)
    if ending == ".xlsx":
        from simulator.export.workbook import write_workbook

        write_workbook(several, path)
    elif ending.startswith(".sipmath"):
        from simulator.export.sipmath import files

        if ending == ".sipmath.json":
            files.write_json(several, path, compact=compact)
        elif ending == ".sipmath.xlsx":
            files.write_xlsx(several, path)
        else:
            files.write_csv(several, path)
    else:
        from simulator.export import tidy

        write = {".csv": tidy.write_csv, ".parquet": tidy.write_parquet, ".json": tidy.write_json}[ending]
        write(several, path, table=table or "trials")


def same_luck(results: Sequence[Result]) -> None:
    """Refuse results of unequal trials or seeds, whose rows would not belong together."""
    first = results[0]
    for other in results[1:]:
        if (other.trials, other.seed) != (first.trials, first.seed):
            raise ExportError(
                f"scenarios side by side need the same luck: {first.scenario.name!r} has {first.trials:,} trials of "
                f"seed {first.seed}, {other.scenario.name!r} {other.trials:,} of seed {other.seed}"
            )
