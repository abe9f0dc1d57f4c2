"""Reading ``accounts``: companies instead of leads, and what their engaged contacts do to the win rate."""

from __future__ import annotations

import re
from typing import Any

from simulator.scenario.accounts import USUAL_RATES, Accounts, ByContacts, Persona, WinCurve
from simulator.scenario.faults import show
from simulator.scenario.forms import SpecialForm
from simulator.scenario.nodes import Node
from simulator.scenario.reading import BAD, Reading, is_mapping, join, keys_of, read_part, reads

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@reads("accounts")
def read_accounts(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    """The part as written; what goes with the segment's rates is settled by :func:`settle_win_rate`."""
    return read_part(Accounts, node, path, reading)


@reads("by_contacts")
def read_by_contacts(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    """Rows from one contact on, or a curve."""
    if node.mapping:
        return read_part(WinCurve, node, path, reading)
    if not node.list or not node.value:
        what = "is neither a list of rows {contacts, rate} nor a curve {most, half_at, steepness}"
        return reading.fault(node, path, f"{show(node.plain())} {what}")
    rows: list[Any] = []
    before = 0
    for index, item in enumerate(node.value):
        where = join(path, index + 1)
        row = read_part(ByContacts, item, where, reading)
        here = BAD if row is BAD else row.contacts
        if here is BAD:
            return BAD
        if index == 0 and here != 1:
            what = f"{here} is where the rates begin; the first row must hold from 1 contact on"
            row = reading.fault(item.value["contacts"], join(where, "contacts"), what)
        elif here <= before:
            what = f"{here} is not above {before}, that of the row before"
            row = reading.fault(item.value["contacts"], join(where, "contacts"), what)
        before = here
        rows.append(row)
    return BAD if BAD in rows else tuple(rows)


@reads("personas")
def read_personas(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    """Roles by name."""
    if not node.mapping:
        return reading.fault(node, path, f"{show(node.plain())} is not a mapping of personas by name")
    found: dict[str, Any] = {}
    for name, item in node.items():
        where = join(path, name)
        if not _NAME.fullmatch(name):
            found[name] = reading.fault(item, where, f"{show(name)} cannot name a persona; allowed: letters, digits, _")
        elif is_mapping(item, where, keys_of(Persona), reading):
            found[name] = read_part(Persona, item, where, reading)
        else:
            found[name] = BAD
    return BAD if BAD in found.values() else found


def settle_win_rate(values: dict[str, Any], node: Node, path: str, reading: Reading) -> None:
    """One rate into wins: that of ``conversion``, or by engaged contacts; the usual ones where there is neither.

    ``values`` are those of the segment, with its ``conversion`` read.
    """
    accounts, rates = values.get("accounts"), values.get("conversion")
    if accounts in (None, BAD) or not reading.stages_known:
        return
    wins = reading.stages[-1]
    written, rate = node.value["accounts"], node.get("conversion")
    stated = rate.get(wins) if rate is not None and rate.mapping else None
    if written.get("win_rate") is not None:
        if stated is not None:
            what = f"{path}.accounts.win_rate says it already, by engaged contacts; leave out one of them"
            reading.fault(stated, join(path, f"conversion.{wins}"), what)
    elif stated is None and rates is not BAD:
        values["accounts"] = accounts.model_copy(update={"win_rate": USUAL_RATES})
    needs, volume = written.get("deal_needs"), values.get("volume")
    entry = getattr(volume, "stage", BAD) if volume is not BAD else BAD
    if needs is not None and needs.value != 1 and entry == reading.born:
        what = f"says nothing here: the segment enters at {entry!r}, where deals are born"
        reading.fault(needs, join(path, "accounts.deal_needs"), what)
    if written.get("again_after_weeks") is not None and written.get("number") is None:
        what = "says nothing without number: there is no end of accounts"
        reading.fault(written.value["again_after_weeks"], join(path, "accounts.again_after_weeks"), what)
