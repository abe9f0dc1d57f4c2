"""Reading the rows of tables: open deals, leads in flight, real values to draw from."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from simulator.scenario.accounts import MOST_CONTACTS
from simulator.scenario.faults import listed, nearest, show
from simulator.scenario.forms import SpecialForm, SpreadForm
from simulator.scenario.headers import understood
from simulator.scenario.model import OpenCustomer, OpenDeal, OpenLead
from simulator.scenario.nodes import BAD, Node
from simulator.scenario.reading import Reading, number_hint, reads
from simulator.scenario.tables import Row, Table

DEAL_COLUMNS = (("id", "segment", "amount"), ("expected_close", "win_probability", "pushes", "created", "contacts"))
CUSTOMER_COLUMNS = (("id", "segment", "arr"), ("since", "renewal"))
LEAD_COLUMNS = (("segment", "stage", "entered"), ("count",))


@dataclass
class Cells:
    """One row being read; faults name the file, the row and the column."""

    row: Row
    table: Table
    node: Node
    reading: Reading

    def fault(self, column: str, message: str) -> Any:
        self.reading.faults.add(
            self.node, f"row {self.row.number}, {column}", message, file=self.table.file, line=self.row.line
        )
        return BAD

    def text(self, column: str) -> Any:
        value = self.row.cells.get(column, "")
        return value or self.fault(column, "is empty")

    def number(self, column: str, allowed: Callable[[float], bool], words: str) -> Any:
        text = self.row.cells.get(column, "")
        value = as_number(text)
        if value is None:
            return self.fault(column, f"{show(text)} is not a number{_hint(text)}" if text else "is empty")
        if not allowed(value):
            hint = f" (write {show(value / 100)})" if words == "in [0, 1]" and 1 < value <= 100 else ""
            return self.fault(column, f"{show(value)} is not {words}{hint}")
        return value

    def whole(self, column: str, default: int, low: int, high: int) -> Any:
        if not self.row.cells.get(column, ""):
            return default
        words = f"a whole number from {low:,} to {high:,}"
        value = self.number(column, lambda v: low <= v <= high and v.is_integer(), words)
        return BAD if value is BAD else int(value)

    def day(self, column: str) -> Any:
        text = self.row.cells.get(column, "")
        if not text:
            return None
        try:
            if re.fullmatch(r"(19|2[0-2])\d{2}-\d{2}-\d{2}", text):
                return date.fromisoformat(text)
        except ValueError:
            pass
        message = f"{show(text)} is not a date; allowed: year-month-day, as 2027-02-28"
        return self.fault(column, message + _date_hint(text))

    def segment(self) -> Any:
        name = self.text("segment")
        if name is BAD or name in self.reading.segments:
            return name
        known = list(self.reading.segments)
        hint = nearest(name, known) or (f"; allowed: {listed(known)}" if known else "")
        return self.fault("segment", f"{show(name)} is not a segment of the plan{hint}")


def as_number(text: str) -> float | None:
    """A finite number, None where the text is none."""
    try:
        value = float(text) if not re.search(r"[_a-df-zA-DF-Z]", text) else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _hint(text: str) -> str:
    bare = re.sub(r"^[^\d+-]+|[^\d%kKmM]+$", "", text)
    found = number_hint(bare).replace(", without quotes", "").replace("_", "")
    return found


def _date_hint(text: str) -> str:
    """The same day as year-month-day; both where month and day cannot be told apart."""
    if match := re.fullmatch(r"(\d{4}-\d{2}-\d{2})[T ][\d:.Z+]*", text):
        return f" (write {match[1]})"
    match = re.fullmatch(r"(\d{1,2})([/.])(\d{1,2})\2(\d{4})", text)
    if match is None:
        return ""
    first, second, year = int(match[1]), int(match[3]), match[4]
    ways = [(second, first)] if match[2] == "." else [(first, second), (second, first)]
    days = dict.fromkeys(f"{year}-{month:02}-{day:02}" for month, day in ways if 1 <= month <= 12 and 1 <= day <= 31)
    return f" (write {' or '.join(days)})" if days else ""


@reads("deals")
def read_deals(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    """The open deals; each id once."""
    table = reading.tables.open(node, path, reading.faults, *DEAL_COLUMNS, understood)
    if table is BAD:
        return BAD
    start = reading.calendar.first_day(0) if reading.calendar else None
    deals, ids, unused = [], dict[str, int](), dict[str, int]()
    if not table.rows:
        reading.faults.warn(f"{table.file}: has no rows; the plan starts without open deals")
    for row in table.rows:
        cells = Cells(row, table, node, reading)
        values: dict[str, Any] = {"id": cells.text("id"), "segment": cells.segment()}
        if values["id"] in ids:
            cells.fault("id", f"{show(values['id'])} is that of row {ids[values['id']]} too")
        elif values["id"] is not BAD:
            ids[values["id"]] = row.number
        values["amount"] = cells.number("amount", lambda v: 0 < v <= 1e12, "above 0")
        values["expected_close"] = cells.day("expected_close")
        if row.cells.get("win_probability", ""):
            values["win_probability"] = cells.number("win_probability", lambda v: 0 <= v <= 1, "in [0, 1]")
        values["pushes"] = cells.whole("pushes", 0, 0, 1000)
        created = values["created"] = cells.day("created")
        if created not in (None, BAD) and start is not None and created > start:
            cells.fault("created", f"{created} is after the start of the plan, {start}")
        values["contacts"] = _engaged(cells, values["segment"], reading, unused)
        deals.append(OpenDeal.model_construct(**values))
    for name, count in unused.items():
        rows = "1 row" if count == 1 else f"{count:,} rows"
        reading.faults.warn(f"{table.file}: contacts is not used in {rows}: the segment {name!r} has no accounts")
    return tuple(deals)


def _engaged(cells: Cells, segment: Any, reading: Reading, unused: dict[str, int]) -> Any:
    """Engaged contacts of an open deal, where its segment has accounts; None where nobody knows."""
    if not cells.row.cells.get("contacts", ""):
        return None
    found = reading.segments.get(segment, BAD) if segment is not BAD else BAD
    if found is not BAD and found.accounts is None:
        unused[segment] = unused.get(segment, 0) + 1
        return None
    return cells.whole("contacts", 1, 1, MOST_CONTACTS)


@reads("leads")
def read_leads(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    """The leads in flight; none at or past the stage in which a deal is born."""
    table = reading.tables.open(node, path, reading.faults, *LEAD_COLUMNS)
    if table is BAD:
        return BAD
    start = reading.calendar.first_day(0) if reading.calendar else None
    leads = []
    for row in table.rows:
        cells = Cells(row, table, node, reading)
        segment = cells.segment()
        stage = _lead_stage(cells, segment, reading)
        entered = cells.day("entered")
        if entered is None:
            entered = cells.fault("entered", "is empty")
        elif entered is not BAD and start is not None and entered >= start:
            cells.fault("entered", f"{entered} is not before the start of the plan, {start}")
        count = cells.whole("count", 1, 0, 1_000_000_000)
        leads.append(OpenLead.model_construct(segment=segment, stage=stage, entered=entered, count=count))
    return tuple(leads)


@reads("open customers")
def read_customers(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    """The customers at the start; each id once, each in a segment that says what becomes of customers."""
    table = reading.tables.open(node, path, reading.faults, *CUSTOMER_COLUMNS)
    if table is BAD:
        return BAD
    start = reading.calendar.first_day(0) if reading.calendar else None
    customers, ids, unused = [], dict[str, int](), dict[str, int]()
    for row in table.rows:
        cells = Cells(row, table, node, reading)
        values: dict[str, Any] = {"id": cells.text("id"), "segment": cells.segment()}
        if values["id"] in ids:
            cells.fault("id", f"{show(values['id'])} is that of row {ids[values['id']]} too")
        elif values["id"] is not BAD:
            ids[values["id"]] = row.number
        values["arr"] = cells.number("arr", lambda v: 0 < v <= 1e12, "above 0")
        since = values["since"] = cells.day("since")
        if since not in (None, BAD) and start is not None and since >= start:
            cells.fault("since", f"{since} is not before the start of the plan, {start}")
        renewal = values["renewal"] = cells.day("renewal")
        if None not in (since, renewal) and BAD not in (since, renewal) and renewal <= since:
            cells.fault("renewal", f"{renewal} is not after {since}, since when it is a customer")
        rules = _rules_of(values["segment"], reading)
        if rules is None:
            cells.fault("segment", f"{show(values['segment'])} has no 'customers': say what becomes of them")
        elif rules is not BAD and renewal is not None and rules.renewal is None:
            unused[values["segment"]] = unused.get(values["segment"], 0) + 1
        customers.append(OpenCustomer.model_construct(**values))
    for name, count in unused.items():
        rows = "1 row" if count == 1 else f"{count:,} rows"
        reading.faults.warn(f"{table.file}: renewal is not used in {rows}: customers of {name!r} have no renewal")
    return tuple(customers)


def _rules_of(segment: Any, reading: Reading) -> Any:
    """What becomes of a segment's customers: None where the plan does not say, BAD where it cannot be read."""
    found = reading.segments.get(segment, BAD) if segment is not BAD else BAD
    return BAD if found is BAD else found.customers


def _lead_stage(cells: Cells, segment: Any, reading: Reading) -> Any:
    stage = cells.text("stage")
    if stage is BAD or not reading.stages_known:
        return BAD
    if stage not in reading.stages:
        known = reading.stages[:-2]
        hint = nearest(stage, known) or (f"; allowed: {listed(known)}" if known else "")
        return cells.fault("stage", f"{show(stage)} is not a stage{hint}")
    if stage in reading.stages[-2:]:
        return cells.fault("stage", f"{show(stage)} is no lead but a deal; open deals go into opening.deals")
    entry = reading.segments[segment].volume.stage if segment is not BAD else BAD
    if entry is not BAD and reading.stages.index(stage) < reading.stages.index(entry):
        return cells.fault("stage", f"{show(stage)} is before {entry!r}, where the segment {segment!r} enters")
    return stage


def read_sample(file: Node, column: Node, path: str, form: SpreadForm, reading: Reading) -> Any:
    """The values in a column."""
    name = column.value.strip().lower().replace(" ", "_")
    table = reading.tables.open(file, f"{path}.values", reading.faults, (name,))
    if table is BAD:
        return BAD
    if not table.rows:
        return reading.fault(file, f"{path}.values", f"{table.file} has no rows")
    words, allowed = (
        ("above 0", lambda v: 0 < v <= 1e12)
        if form.unit == "money"
        else ("from 1 to 50 contacts", lambda v: 1 <= v <= 50)
        if form.unit == "contacts"
        else ("from 0 to 5,200 weeks", lambda v: 0 <= v <= 5200)
    )
    values = [Cells(row, table, file, reading).number(name, allowed, words) for row in table.rows]
    return BAD if BAD in values else tuple(values)
