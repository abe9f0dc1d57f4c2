"""Mapping files: YAML or JSON in, YAML out."""

from __future__ import annotations

import json
import os
from pathlib import Path

from simulator.calibration.mapping import Mapping, parse_mapping
from simulator.errors import DataError, ScenarioError


def load_mapping(path: str | os.PathLike[str]) -> Mapping:
    """Read and check a mapping file; relative tables start at its folder.

    Raises
    ------
    DataError : no such file, not YAML, or wrong keys; all faults at once.
    """
    from simulator.scenario.faults import Faults
    from simulator.scenario.load import read_file

    faults = Faults()
    try:
        tree = read_file(str(path), faults)
        faults.check()
    except ScenarioError as error:
        raise DataError(str(error).replace("scenario", "mapping")) from error
    given = tree.plain()
    if isinstance(given, dict) and "segments" in given and "tables" not in given:
        raise DataError(
            f"{path} is a plan, not a mapping: fit makes a plan from tables of a CRM. To play this plan: simulator run "
            f"{path}; to fit one, give the tables, or a mapping that names them (simulator fit --guess leads.csv "
            "deals.csv -o mapping.yaml proposes one)"
        )
    return parse_mapping(given, folder=str(Path(path).parent), file=Path(path).name)


def mapping_text(mapping: Mapping, comments: dict[str, str] | None = None) -> str:
    """A mapping as YAML, with a comment behind the lines that ``comments`` names ("0.id")."""
    said = comments or {}

    def line(key: str, value: object, indent: str, where: str) -> str:
        comment = said.get(where)
        return f"{indent}{key}: {json.dumps(value, ensure_ascii=False)}" + (f"    # {comment}" if comment else "")

    lines = [line("stages", list(mapping.stages), "", "stages")]
    for key in ("won", "lost"):
        if getattr(mapping, key):
            lines.append(line(key, list(getattr(mapping, key)), "", key))
    for key in ("keep", "history_starts", "before_history", "currency", "as_of"):
        if getattr(mapping, key):
            lines.append(line(key, getattr(mapping, key), "", key))
    lines.append("tables:")
    for number, table in enumerate(mapping.tables):
        lead = "  - "
        for key in (
            "file",
            "id",
            "shape",
            "segment",
            "stages",
            "status",
            "won_flag",
            "closed_flag",
            "closed",
            "lost",
            "amount",
            "expected_close",
            "stage",
            "date",
            "names",
            "changed",
            "field",
            "old",
            "new",
            "day_first",
        ):
            value = getattr(table, key)
            if value in ("", (), {}, None) or (key == "shape" and value == "wide"):
                continue
            value = dict(value) if key in ("stages", "names") else list(value) if key == "segment" else value
            lines.append(
                line(key, value[0] if key == "segment" and len(value) == 1 else value, lead, f"{number}.{key}")
            )
            lead = "    "
        if table.lookups:
            looks = [{"file": i.file, "on": i.on} | ({"key": i.key} if i.key else {}) for i in table.lookups]
            lines.append(f"    lookups: {json.dumps(looks)}")
    return "\n".join(lines) + "\n"
