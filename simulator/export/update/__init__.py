"""Refreshing our sheets inside a planner's own workbook; every other part of it stays byte for byte.

No library reads and writes a whole workbook without loss (openpyxl drops charts, pictures and shapes), so
none is used for the planner's parts: they are not read at all. Only the list of sheets, the names, the
styles (added to, never renumbered) and the shared texts (likewise) are touched.
"""

from __future__ import annotations

import re
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.errors import ExportError
from simulator.export.workbook import FIXED_NAMES, OURS
from simulator.files import whole

if TYPE_CHECKING:
    from simulator.export.update.package import Package
    from simulator.simulation.result import Result

MARKS = {
    "Summary": ("B5", "Target"), "Compare": ("A1", "Scenarios compared"), "Percentiles": ("A1", "Percentiles by"),
    "Inputs": ("A1", "Assumptions"), "ChartData": ("A1", "What the charts on Summary"), "Trials": ("A1", "trial"),
    "Provenance": ("A1", "Where these numbers come from"),
}  # fmt: skip
"""A cell by which each of our sheets is known."""

CARRIED = {
    "comments": "comments", "threadedComment": "comments", "pivotTable": "a pivot table", "image": "a picture",
    "slicer": "a slicer", "oleObject": "an embedded object", "control": "a control", "hyperlink": "a link",
}  # fmt: skip
"""What a planner may have put on a sheet of ours, and would lose."""


def check_updatable(path: Path) -> None:
    """Refuse early what cannot be updated; reads the workbook, changes nothing.

    Raises
    ------
    ExportError : a library is missing, the file is no workbook, a sheet of the planner's has the name of
        one of ours, or something of the planner's is on a sheet of ours and would be lost.
    """
    _libraries(path)
    from simulator.export.update.package import Package

    _check(path, Package(path))


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

        old, new = Package(path), Package(fresh)
        said = _merge(path, old, new)
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


@contextmanager
def _opened(path: Path, values: bool = True) -> Iterator[Any]:
    """The workbook for looking at a few cells; it is never saved."""
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of parts openpyxl does not know, which we do not touch
        try:
            book = load_workbook(path, read_only=True, data_only=values)
        except (KeyError, ValueError, TypeError) as error:
            raise ExportError(f"{path}: cannot be read as an .xlsx workbook ({error}); nothing was changed") from None
        try:
            yield book
        finally:
            book.close()


def is_ours(name: str) -> bool:
    """Whether a sheet has a name that we give."""
    return name in OURS or bool(re.fullmatch(r"Trials \d+", name))


def _check(path: Path, package: Package) -> None:
    from simulator.export.update.package import OFFICE

    present = [name for name in package.sheets if is_ours(name)]
    twins = [name for name in package.sheets if name not in present and name.casefold() in {o.casefold() for o in OURS}]
    with _opened(path) as book:
        for name in present:
            cell, begins = MARKS[name.split(" ")[0]]
            if not str(book[name][cell].value or "").startswith(begins):
                twins.append(name)
    if twins:
        raise ExportError(
            f"{path}: the sheet {twins[0]!r} has the name of one of ours but is not one (or cell "
            f"{MARKS.get(twins[0].split(' ')[0], ('A1', ''))[0]} was changed); rename it. Nothing was changed"
        )
    lost = []
    for name in present:
        for _, kind, target in package.relations(package.sheets[name]):
            what = CARRIED.get(kind.rpartition("/")[2])
            if what is not None:
                lost.append(f"{name} has {what}")
            if kind == f"{OFFICE}/drawing":
                charts = package.parts.get(target, b"").count(b"<c:chart ")
                shapes = sum(
                    package.parts.get(target, b"").count(tag) for tag in (b"<xdr:sp ", b"<xdr:sp>", b"<xdr:pic>")
                )
                if name != "Summary" or charts > 3 or shapes:
                    lost.append(f"{name} has charts or shapes that are not ours")
    lost += _typed(path, package, present)
    if lost:
        raise ExportError(
            f"{path}: our sheets are replaced whole, and something of yours on them would be lost: {'; '.join(lost)}. "
            "Move it to a sheet of your own and link to ours by name. Nothing was changed"
        )


WIDTH = {"Summary": 12, "Inputs": 5, "Percentiles": 12}
"""Columns of our sheets that do not depend on the plan."""


def _typed(path: Path, package: Package, present: Sequence[str]) -> list[str]:
    """Cells beside our columns that hold something."""
    from openpyxl.utils import get_column_letter

    found = []
    names = {name.get("name") for name in _names(package)}
    with _opened(path, values=False) as book:
        for name in present:
            sheet = book[name]
            sheet.reset_dimensions()  # the size that is written in the file need not be true
            width, last = WIDTH.get(name), None
            if name.startswith("Trials"):
                heads = next(sheet.iter_rows(max_row=1, values_only=True), ())
                width, last = sum(head == "trial" or head in names for head in heads), 60
            if width is None:
                continue
            for number, row in enumerate(sheet.iter_rows(min_col=width + 1, max_row=last, values_only=True), start=1):
                filled = next((c for c, value in enumerate(row) if value is not None), None)
                if filled is not None:
                    found.append(f"{name}!{get_column_letter(width + 1 + filled)}{number} is filled in")
                    break
    return found


def _old_names(path: Path, package: Package) -> set[str]:
    """The defined names that an earlier export of ours made."""
    found = {name for name in FIXED_NAMES if name != "tblTrials"}
    series: set[str] = set()
    with _opened(path) as book:
        for name in package.sheets:
            if name.startswith("Trials") and is_ours(name):
                series |= {str(h) for h in next(book[name].iter_rows(max_row=1, values_only=True), ()) if h}
    found |= series | {f"p50_{name}" for name in series}
    ends = ("", *(f"_{number}" for number in range(2, 101)))
    return found | {f"{kind}_{name}{end}" for name in series for kind in ("p_hit", "target") for end in ends}


def _merge(path: Path, old: Package, new: Package) -> list[str]:
    """Put the sheets of ``new`` into ``old``."""
    from lxml import etree

    from simulator.export.update.merge import Merge, tables
    from simulator.export.update.package import MAIN, RID

    said: list[str] = []
    present = {name: part for name, part in old.sheets.items() if is_ours(name)}
    left = [name for name in present if name not in new.sheets]
    if left:
        raise ExportError(
            f"{path}: has the sheet {left[0]!r}, which these scenarios do not make; give as many scenarios as when "
            "it was exported, or delete that sheet. Nothing was changed"
        )
    ours = _old_names(path, old) if present else set()
    fresh = {n.get("name") for n in _names(new) if n.get("localSheetId") is None}
    theirs = [n for n in _names(old) if n.get("localSheetId") is None and n.get("name") not in ours]
    clash = sorted(n.get("name") for n in theirs if n.get("name").casefold() in {f.casefold() for f in fresh})
    if clash:
        raise ExportError(f"{path}: the name {clash[0]!r} is yours and one of ours; rename yours. Nothing was changed")
    taken = {t.get("displayName").casefold() for name, t in tables(old) if not is_ours(name)}
    if "tbltrials" in taken:
        raise ExportError(f"{path}: a table of yours is named tblTrials, as ours; rename it. Nothing was changed")
    said += _used(path, old, present, (ours & {n.get("name") for n in _names(old)}) - fresh)

    merge = Merge(old, new)
    for name, source in new.sheets.items():
        if name in present:
            target = present[name]
            selected = b'tabSelected="1"' in old.parts[target][:4000]
            gone = old.reachable(target) - {target}
            old.drop(old.rels_of(target))
            for part in gone - old.reachable(""):
                old.drop(part)
            old.put(target, merge.sheet(source, selected))
        else:
            target = old.free(source)
            old.put(target, merge.sheet(source, False), new.type_of(source))
            sheets = old.workbook.find(f"{MAIN}sheets")
            number = max(int(s.get("sheetId")) for s in sheets) + 1
            rid = old.add_relation(old.main, "worksheet", target)
            etree.SubElement(sheets, f"{MAIN}sheet", {"name": name, "sheetId": str(number), RID: rid})
        merge.carry(source, target)
    _put_names(old, new, ours)
    chain = old.related("calcChain")
    if chain is not None:
        old.drop_relation(old.main, chain)
        old.drop(chain)
    calculation = old.workbook.find(f"{MAIN}calcPr")
    if calculation is None:
        calculation = etree.Element(f"{MAIN}calcPr")
        names = old.workbook.find(f"{MAIN}definedNames")
        names.addnext(calculation)
    calculation.set("fullCalcOnLoad", "1")
    return said


def _names(package: Package) -> list[Any]:
    from simulator.export.update.package import MAIN

    block = package.workbook.find(f"{MAIN}definedNames")
    return [] if block is None else list(block)


def _put_names(old: Package, new: Package, ours: set[str]) -> None:
    """Our names replaced, those of the planner kept as they are."""
    from lxml import etree

    from simulator.export.update.package import MAIN

    block = old.workbook.find(f"{MAIN}definedNames")
    if block is None:
        block = etree.Element(f"{MAIN}definedNames")
        before = next(
            tag
            for tag in ("externalReferences", "functionGroups", "sheets")
            if old.workbook.find(f"{MAIN}{tag}") is not None
        )
        old.workbook.find(f"{MAIN}{before}").addnext(block)
    order_old, order_new = list(old.sheets), list(new.sheets)
    for name in list(block):
        local = name.get("localSheetId")
        mine = name.get("name") in ours if local is None else (
            is_ours(order_old[int(local)]) and name.get("name").startswith("_xlnm.")
        )  # fmt: skip
        if mine:
            block.remove(name)
    for name in _names(new):
        copy = deepcopy(name)
        local = copy.get("localSheetId")
        if local is not None:
            copy.set("localSheetId", str(order_old.index(order_new[int(local)])))
        block.append(copy)
    ordered = sorted(block, key=lambda n: (n.get("name").casefold(), int(n.get("localSheetId") or -1)))
    block[:] = ordered


_FORMULA = re.compile(rb"<f[^>]*>([^<]+)</f>")


def _used(path: Path, old: Package, present: dict[str, str], vanished: set[str]) -> list[str]:
    """Refuse where the planner's formulas use names that are gone; tell where they use our cells by address."""
    lower = {name.casefold() for name in vanished}
    by_cell: list[str] = []
    sheets = "|".join(map(re.escape, present)) or "(?!)"
    refer = re.compile(rf"(?:'(?:{sheets})'|\b(?:{sheets}))!\$?[A-Z]")
    for name, part in old.sheets.items():
        if name in present or part not in old.parts:
            continue
        for match in _FORMULA.finditer(old.parts[part]):
            text = match[1].decode("utf-8", errors="replace")
            gone = next((w for w in re.findall(r"[A-Za-z_]\w*", text) if w.casefold() in lower), None)
            if gone is not None:
                raise ExportError(
                    f"{path}: a formula on your sheet {name!r} uses {gone}, which these scenarios no longer have; "
                    "change it first. Nothing was changed"
                )
            if refer.search(text) and name not in by_cell:
                by_cell.append(name)
    return [
        f"Your sheet {name!r} refers to our cells by address, and they may have moved; "
        "names (p_joint, wins_2027Q4) never do."
        for name in by_cell
    ]
