"""Our sheets and names of a fresh workbook put into a planner's."""

from __future__ import annotations

import re
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.errors import ExportError
from simulator.export.update.sheets import is_ours, opened
from simulator.export.workbook import FIXED_NAMES

if TYPE_CHECKING:
    from simulator.export.update.package import Package


def replace_sheets(path: Path, old: Package, new: Package) -> list[str]:
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
    ours = our_names(path, old) if present else set()
    fresh = {n.get("name") for n in new.defined_names if n.get("localSheetId") is None}
    theirs = [n for n in old.defined_names if n.get("localSheetId") is None and n.get("name") not in ours]
    clash = sorted(n.get("name") for n in theirs if n.get("name").casefold() in {f.casefold() for f in fresh})
    if clash:
        raise ExportError(f"{path}: the name {clash[0]!r} is yours and one of ours; rename yours. Nothing was changed")
    taken = {t.get("displayName").casefold() for name, t in tables(old) if not is_ours(name)}
    if "tbltrials" in taken:
        raise ExportError(f"{path}: a table of yours is named tblTrials, as ours; rename it. Nothing was changed")
    said += check_uses(path, old, present, (ours & {n.get("name") for n in old.defined_names}) - fresh)

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
    put_names(old, new, ours)
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


def our_names(path: Path, package: Package) -> set[str]:
    """The defined names that an earlier export of ours made."""
    found = {name for name in FIXED_NAMES if name != "tblTrials"}
    series: set[str] = set()
    with opened(path) as book:
        for name in package.sheets:
            if name.startswith("Trials") and is_ours(name):
                series |= {str(h) for h in next(book[name].iter_rows(max_row=1, values_only=True), ()) if h}
    found |= series | {f"p50_{name}" for name in series}
    ends = ("", *(f"_{number}" for number in range(2, 101)))
    return found | {f"{kind}_{name}{end}" for name in series for kind in ("p_hit", "target") for end in ends}


def put_names(old: Package, new: Package, ours: set[str]) -> None:
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
    for name in new.defined_names:
        copy = deepcopy(name)
        local = copy.get("localSheetId")
        if local is not None:
            copy.set("localSheetId", str(order_old.index(order_new[int(local)])))
        block.append(copy)
    ordered = sorted(block, key=lambda n: (n.get("name").casefold(), int(n.get("localSheetId") or -1)))
    block[:] = ordered


_FORMULA = re.compile(rb"<f[^>]*>([^<]+)</f>")


def check_uses(path: Path, old: Package, present: dict[str, str], vanished: set[str]) -> list[str]:
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
