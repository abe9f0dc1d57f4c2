"""A filled-in planning sheet becomes a scenario; what is wrong is named by sheet and address."""

from __future__ import annotations

import os
import re
from typing import Any

from simulator.errors import ScenarioError
from simulator.export.planning.cells import Cell, Uncalculated, read_cells
from simulator.export.planning.grammar import RANGES, SETTINGS
from simulator.export.planning.reading import Block, Reading
from simulator.export.planning.segments import segments
from simulator.export.planning.targets import targets
from simulator.export.planning.template import DEFAULT_STAGES
from simulator.scenario.dump import yaml_text
from simulator.scenario.faults import nearest
from simulator.scenario.load import load


def from_sheet(path: str | os.PathLike[str], *, sheet: str | None = None) -> str:
    """Read a planning sheet into the text of a scenario file.

    Parameters
    ----------
    path : ``.xlsx`` or ``.csv``, laid out as the template.
    sheet : of a workbook; the one named Plan by default.

    Returns
    -------
    YAML, a valid scenario.

    Raises
    ------
    ScenarioError : cells that are missing or wrong, all of them, each with its address.
    DataError : the file cannot be read.

    Examples
    --------
    >>> from simulator.export.planning.template import write_template
    >>> write_template("doctest-sheet.csv")
    >>> print(next(line for line in from_sheet("doctest-sheet.csv").splitlines() if line.startswith("name")))
    name: My plan
    >>> os.remove("doctest-sheet.csv")
    """
    name = os.path.basename(os.fspath(path))
    reading = Reading(name, read_cells(path, sheet))
    document = _document(reading)
    reading.check()
    text = yaml_text(document, header=f"# from the planning sheet {_one_line(name)}\n")
    try:
        load(document)
    except ScenarioError as error:
        raise ScenarioError([reading.placed(fault) for fault in error.faults]) from None
    return text


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)


def _document(reading: Reading) -> dict[str, Any]:
    """The scenario as plain values."""
    blocks = reading.blocks()
    reading.check()
    document = _settings(reading, blocks["setting"])
    stages = document.get("stages", list(DEFAULT_STAGES))
    document["segments"] = segments(reading, blocks["segment"], stages)
    wanted = targets(reading, blocks["target"]) if "target" in blocks else []
    if wanted:
        document["targets"] = wanted
    return document


def _settings(reading: Reading, block: Block) -> dict[str, Any]:
    known = {setting.name: setting for setting in SETTINGS}
    found: dict[str, Any] = {"format": 1}
    for row in block.rows:
        name, value = row[0], row[1] if len(row) > 1 else Cell(None, row[0].address)
        setting = known.get(name.text.lower())
        if setting is None:
            if not name.empty:
                reading.fault(name, f"no setting {name.text!r}{nearest(name.text, known)}; known: {', '.join(known)}")
        elif not value.empty:
            _setting(reading, setting.name, setting.key, value, found)
    if "start" not in found:
        reading.fault(None, "the setting 'start' is missing: the first quarter, such as 2027-Q1")
    if "quarters" not in found:
        reading.fault(None, "the setting 'quarters' is missing: how many quarters")
    return found


def _setting(reading: Reading, name: str, key: str, cell: Cell, found: dict[str, Any]) -> None:
    if key:
        reading.places[key] = cell
    if isinstance(cell.value, Uncalculated):
        reading.fault(cell, f"{name} is {cell.value}")
    elif name == "ranges are":
        forms = {form.lower(): ends for form, ends in RANGES.items()}
        if cell.text.lower() not in forms:
            reading.fault(cell, f"{cell.text!r} is not one of {' or '.join(map(repr, RANGES))}")
        reading.form = forms.get(cell.text.lower(), reading.form)
    elif name in ("quarters", "fiscal year starts"):
        number = reading.number(cell)
        if number is not None and not number.is_integer():
            reading.fault(cell, f"{cell.text!r} is not a whole number")
        elif number is not None:
            found[key] = int(number)
    elif name == "stages":
        found[key] = [stage.strip() for stage in re.split(r"[,;>→]", cell.text) if stage.strip()]
    else:
        found[key] = cell.text
