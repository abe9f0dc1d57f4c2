"""A workbook as a package of parts: read, change a few, write the rest byte for byte.

Parts, relationships and content types are those of ECMA-376, Part 2 (Open Packaging Conventions).
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree

from simulator.errors import ExportError

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RID = f"{{{OFFICE}}}id"
RELATIONS = "{http://schemas.openxmlformats.org/package/2006/relationships}"
TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
TYPES_PART = "[Content_Types].xml"
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, remove_blank_text=False)


def parse(data: bytes) -> Any:
    """XML of a part; entities and network are not followed."""
    return etree.fromstring(data, _PARSER)


def dump(root: Any) -> bytes:
    """XML as parts are written."""
    found: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return found


class Package:
    """All parts of a workbook in memory; what is not assigned is written as it was read."""

    def __init__(self, path: Path):
        try:
            with zipfile.ZipFile(path) as file:
                self.order = [item.filename for item in file.infolist() if not item.is_dir()]
                self.parts = {name: file.read(name) for name in self.order}
        except FileNotFoundError:
            raise ExportError(f"{path}: there is no such workbook; make one with -o {path}") from None
        except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
            raise ExportError(f"{path}: cannot be read as an .xlsx workbook ({error}); nothing was changed") from None
        if TYPES_PART not in self.parts or "_rels/.rels" not in self.parts:
            raise ExportError(f"{path}: is not an .xlsx workbook (is it encrypted?); nothing was changed")
        self.types = parse(self.parts[TYPES_PART])
        self.main = next((t for _, kind, t in self.relations("") if kind == f"{OFFICE}/officeDocument"), "")
        if self.main not in self.parts:
            raise ExportError(f"{path}: is in a form that cannot be updated (strict OOXML?); save it as ordinary .xlsx")
        self.workbook = parse(self.parts[self.main])
        if self.workbook.tag != f"{MAIN}workbook":
            raise ExportError(f"{path}: is in a form that cannot be updated (strict OOXML?); save it as ordinary .xlsx")

    # -- relationships ------------------------------------------------------------------------------
    @staticmethod
    def rels_of(part: str) -> str:
        """The part that holds a part's relationships."""
        folder, name = posixpath.split(part)
        return posixpath.join(folder, "_rels", f"{name}.rels")

    def relations(self, part: str) -> Iterator[tuple[str, str, str]]:
        """(id, type, target part) of what a part refers to inside the package."""
        rels = self.rels_of(part)
        if rels not in self.parts:
            return
        for relation in parse(self.parts[rels]):
            if relation.get("TargetMode") != "External":
                target = relation.get("Target", "")
                place = (
                    target.lstrip("/") if target.startswith("/") else posixpath.join(posixpath.dirname(part), target)
                )
                yield relation.get("Id"), relation.get("Type"), posixpath.normpath(place)

    def reachable(self, part: str) -> set[str]:
        """All parts that a part leads to, itself too."""
        found: set[str] = set()
        waiting = [part]
        while waiting:
            here = waiting.pop()
            if here in found or (here and here not in self.parts):
                continue
            found.add(here)
            waiting += [target for _, _, target in self.relations(here)]
        return found - {""}

    def related(self, kind: str) -> str | None:
        """The part of the workbook of a kind: styles, sharedStrings, calcChain."""
        return next((t for _, k, t in self.relations(self.main) if k == f"{OFFICE}/{kind}"), None)

    def add_relation(self, part: str, kind: str, target: str) -> str:
        """A new relationship; returns its id."""
        rels = self.rels_of(part)
        root = parse(self.parts[rels])
        taken = {relation.get("Id") for relation in root}
        number = 1
        while f"rId{number}" in taken:
            number += 1
        relative = posixpath.relpath(target, posixpath.dirname(part) or ".")
        etree.SubElement(root, f"{RELATIONS}Relationship", Id=f"rId{number}", Type=f"{OFFICE}/{kind}", Target=relative)
        self.parts[rels] = dump(root)
        return f"rId{number}"

    def drop_relation(self, part: str, target: str) -> None:
        """Take a relationship away."""
        ids = [rid for rid, _, place in self.relations(part) if place == target]
        root = parse(self.parts[self.rels_of(part)])
        for relation in list(root):
            if relation.get("Id") in ids:
                root.remove(relation)
        self.parts[self.rels_of(part)] = dump(root)

    # -- parts --------------------------------------------------------------------------------------
    def type_of(self, part: str) -> str | None:
        """The content type a part is declared with; None where its ending says it."""
        return next((t.get("ContentType") for t in self.types if t.get("PartName") == f"/{part}"), None)

    def put(self, part: str, data: bytes, content_type: str | None = None) -> None:
        """Add or replace a part."""
        if part not in self.parts:
            self.order.append(part)
        self.parts[part] = data
        if content_type is not None and self.type_of(part) is None:
            etree.SubElement(self.types, f"{TYPES}Override", PartName=f"/{part}", ContentType=content_type)

    def drop(self, part: str) -> None:
        """Remove a part, its relationships and its content type."""
        for name in (part, self.rels_of(part)):
            if self.parts.pop(name, None) is not None:
                self.order.remove(name)
            for entry in list(self.types):
                if entry.get("PartName") == f"/{name}":
                    self.types.remove(entry)

    def free(self, part: str) -> str:
        """A name like this one that no part has."""
        stem, ending = posixpath.splitext(part)
        stem = stem.rstrip("0123456789")
        number = 1
        lowered = {name.lower() for name in self.parts}
        while f"{stem}{number}{ending}".lower() in lowered:
            number += 1
        return f"{stem}{number}{ending}"

    # -- sheets -------------------------------------------------------------------------------------
    @property
    def sheets(self) -> dict[str, str]:
        """Sheet name -> part, in the order of the tabs."""
        targets = {rid: target for rid, _, target in self.relations(self.main)}
        return {s.get("name"): targets[s.get(RID)] for s in self.workbook.find(f"{MAIN}sheets")}

    @property
    def defined_names(self) -> list[Any]:
        """The elements of the workbook's names."""
        block = self.workbook.find(f"{MAIN}definedNames")
        return [] if block is None else list(block)

    def save(self, path: Path) -> None:
        """Write the package; the order of parts is kept."""
        self.parts[self.main] = dump(self.workbook)
        self.parts[TYPES_PART] = dump(self.types)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as file:
            for name in self.order:
                if name in self.parts:
                    file.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), self.parts[name], zipfile.ZIP_DEFLATED)
