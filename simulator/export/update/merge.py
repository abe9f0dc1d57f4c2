"""Carrying sheets from one workbook into another: their styles and texts are added, nothing is renumbered."""

from __future__ import annotations

import posixpath
from copy import deepcopy
from typing import Any

from lxml import etree

from simulator.export.update.package import MAIN, OFFICE, RELATIONS, Package, dump, parse

FIRST_CUSTOM_FORMAT = 164


class Merge:
    """Styles and shared texts of ``new`` added to ``old``; maps old numbers to new ones."""

    def __init__(self, old: Package, new: Package):
        self.old, self.new = old, new
        self.xfs, self.dxfs = self._styles()
        self.strings = self._strings()

    def _styles(self) -> tuple[list[int], list[int]]:
        part, theirs = self.old.related("styles"), self.new.related("styles")
        assert theirs is not None
        source = parse(self.new.parts[theirs])
        if part is None:
            part = posixpath.join(posixpath.dirname(self.old.main), "styles.xml")
            self.old.put(part, self.new.parts[theirs], self.new.type_of(theirs))
            self.old.add_relation(self.old.main, "styles", part)
        target = parse(self.old.parts[part])
        formats = self._formats(target, source)
        maps = {name: _append(target, source, name) for name in ("fonts", "fills", "borders", "dxfs")}
        for xf in source.find(f"{MAIN}cellXfs"):
            for key, name in (("fontId", "fonts"), ("fillId", "fills"), ("borderId", "borders")):
                xf.set(key, str(maps[name][int(xf.get(key, 0))]))
            xf.set("numFmtId", str(formats.get(int(xf.get("numFmtId", 0)), int(xf.get("numFmtId", 0)))))
            xf.set("xfId", "0")
        xfs = _append(target, source, "cellXfs")
        self.old.parts[part] = dump(target)
        return xfs, maps["dxfs"]

    @staticmethod
    def _formats(target: Any, source: Any) -> dict[int, int]:
        """Number formats by code; new ones get the next free number."""
        found: dict[int, int] = {}
        theirs = source.find(f"{MAIN}numFmts")
        if theirs is None:
            return found
        mine = target.find(f"{MAIN}numFmts")
        if mine is None:
            mine = etree.Element(f"{MAIN}numFmts")
            target.insert(0, mine)
        known = {f.get("formatCode"): int(f.get("numFmtId")) for f in mine}
        free = max([FIRST_CUSTOM_FORMAT - 1, *known.values()]) + 1
        for one in theirs:
            code = one.get("formatCode")
            if code not in known:
                known[code] = free
                etree.SubElement(mine, f"{MAIN}numFmt", numFmtId=str(free), formatCode=code)
                free += 1
            found[int(one.get("numFmtId"))] = known[code]
        mine.set("count", str(len(mine)))
        return found

    def _strings(self) -> list[int]:
        part, theirs = self.old.related("sharedStrings"), self.new.related("sharedStrings")
        assert theirs is not None
        if part is None:
            part = posixpath.join(posixpath.dirname(self.old.main), "sharedStrings.xml")
            empty = etree.Element(f"{MAIN}sst", nsmap={None: MAIN[1:-1]})
            self.old.put(part, dump(empty), self.new.type_of(theirs))
            self.old.add_relation(self.old.main, "sharedStrings", part)
        target, source = parse(self.old.parts[part]), parse(self.new.parts[theirs])
        known: dict[bytes, int] = {}
        for index, item in enumerate(target.findall(f"{MAIN}si")):
            known.setdefault(_same(item), index)
        places, count = [], len(target.findall(f"{MAIN}si"))
        for item in source.findall(f"{MAIN}si"):
            key = _same(item)
            if key not in known:
                known[key] = count
                target.insert(count, deepcopy(item))
                count += 1
            places.append(known[key])
        target.set("uniqueCount", str(count))
        target.attrib.pop("count", None)
        self.old.parts[part] = dump(target)
        return places

    def sheet(self, part: str, selected: bool) -> bytes:
        """A sheet of ``new`` with its numbers mapped, to be put into ``old``."""
        root = parse(self.new.parts[part])
        for view in root.iter(f"{MAIN}sheetView"):
            view.attrib.pop("tabSelected", None)
            if selected:
                view.set("tabSelected", "1")
        for column in root.iter(f"{MAIN}col"):
            if column.get("style") is not None:
                column.set("style", str(self.xfs[int(column.get("style"))]))
        default = str(self.xfs[0])
        for row in root.iter(f"{MAIN}row"):
            if row.get("s") is not None:
                row.set("s", str(self.xfs[int(row.get("s"))]))
            for cell in row:
                style = cell.get("s")
                if style is not None:
                    cell.set("s", str(self.xfs[int(style)]))
                elif default != "0":
                    cell.set("s", default)
                if cell.get("t") == "s":
                    value = cell.find(f"{MAIN}v")
                    value.text = str(self.strings[int(value.text)])
        for rule in root.iter(f"{MAIN}cfRule"):
            if rule.get("dxfId") is not None:
                rule.set("dxfId", str(self.dxfs[int(rule.get("dxfId"))]))
        return dump(root)

    def carry(self, source: str, target: str) -> None:
        """Copy what a sheet refers to (drawings, charts, tables) under free names, relationships adjusted."""
        rels = self.new.rels_of(source)
        if rels not in self.new.parts:
            return
        root = parse(self.new.parts[rels])
        places = {rid: place for rid, _, place in self.new.relations(source)}
        for relation in root:
            place = places.get(relation.get("Id"))
            if place is None:
                continue
            name = self.old.free(place)
            data = self.new.parts[place]
            if relation.get("Type") == f"{OFFICE}/table":
                data = self._table(data)
            self.old.put(name, data, self.new.type_of(place))
            self.carry(place, name)
            relation.set("Target", posixpath.relpath(name, posixpath.dirname(target)))
        assert root.tag == f"{RELATIONS}Relationships"
        self.old.put(self.old.rels_of(target), dump(root))

    def _table(self, data: bytes) -> bytes:
        """A table under an id that no other table has."""
        root = parse(data)
        taken = [int(table.get("id")) for _, table in tables(self.old)]
        root.set("id", str(max([0, *taken]) + 1))
        return dump(root)


def tables(package: Package) -> list[tuple[str, Any]]:
    """(sheet, table) of a workbook."""
    found = []
    for name, part in package.sheets.items():
        for _, kind, target in package.relations(part):
            if kind == f"{OFFICE}/table" and target in package.parts:
                found.append((name, parse(package.parts[target])))
    return found


def _same(item: Any) -> bytes:
    """What makes two elements equal, however they are written."""
    found: bytes = etree.tostring(item, method="c14n2", strip_text=False, with_comments=False)
    return found


def _append(target: Any, source: Any, name: str) -> list[int]:
    """Children of a list of styles added where they are new; old number -> new number."""
    theirs = source.find(f"{MAIN}{name}")
    if theirs is None:
        return []
    mine = target.find(f"{MAIN}{name}")
    if mine is None:
        mine = etree.Element(f"{MAIN}{name}")
        before = target.find(f"{MAIN}tableStyles") if name == "dxfs" else target.find(f"{MAIN}cellXfs")
        target.insert(len(target) if before is None else list(target).index(before), mine)
    known: dict[bytes, int] = {}
    for index, item in enumerate(mine):
        known.setdefault(_same(item), index)
    places = []
    for item in theirs:
        key = _same(item)
        if key not in known:
            known[key] = len(mine)
            mine.append(deepcopy(item))
        places.append(known[key])
    mine.set("count", str(len(mine)))
    return places
