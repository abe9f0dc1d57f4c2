"""Refreshing our sheets inside a planner's own workbook; every other part of it stays byte for byte.

No library reads and writes a whole workbook without loss (openpyxl drops charts, pictures and shapes), so
none is used for the planner's parts: they are not read at all. Only the list of sheets, the names, the
styles (added to, never renumbered) and the shared texts (likewise) are touched.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.errors import ExportError
from simulator.export.update.sheets import check_sheets
from simulator.export.update.sheets import is_ours as is_ours
from simulator.files import whole

if TYPE_CHECKING:
    from simulator.simulation.result import Result


def check_updatable(path: Path) -> None:
    """Refuse early what cannot be updated; reads the workbook, changes nothing.

    Raises
    ------
    ExportError : a library is missing, the file is no workbook, a sheet of the planner's has the name of
        one of ours, or something of the planner's is on a sheet of ours and would be lost.
    """
    _libraries(path)
    from simulator.export.update.package import Package

    check_sheets(path, Package(path))


def update_workbook(results: Sequence[Result], path: Path) -> list[str]:
    """Replace our sheets in a workbook, or add them to one that has none.

    Returns
    -------
    What the planner should know, a line each.

    Raises
    ------
    ExportError : something would be lost or break; the file is as it was.
    """
    from simulator.export.workbook import write_workbook

    check_updatable(path)
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "fresh.xlsx"
        write_workbook(results, fresh)
        from simulator.export.update.package import Package
        from simulator.export.update.replace import replace_sheets

        old, new = Package(path), Package(fresh)
        said = replace_sheets(path, old, new)
        with whole(path) as temporary:
            old.save(temporary)
    return said


def _libraries(path: Path) -> None:
    try:
        import lxml  # noqa: F401
        import openpyxl  # noqa: F401
    except ImportError:
        raise ExportError(
            f"{path}: updating a workbook needs lxml and openpyxl: pip install 'pipeline-simulator[xlsx]'; "
            "or export to a new file and link to it by name"
        ) from None
