"""Reading the tables of the opening position: open deals and leads in flight."""

from __future__ import annotations

from datetime import date
from typing import Any

from simulator.scenario.forms import SpecialForm
from simulator.scenario.model import OpenDeal, OpenLead
from simulator.scenario.nodes import Node
from simulator.scenario.reading import Reading, reads


@reads("deals")
def read_deals(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    def day(text: str | None) -> date | None:
        return date.fromisoformat(text) if text else None

    return tuple(
        OpenDeal(
            id=row["id"], segment=row["segment"], amount=float(row["amount"]),
            expected_close=day(row.get("expected_close")), created=day(row.get("created")),
            win_probability=float(row["win_probability"]) if row.get("win_probability") else None,
            pushes=int(row.get("pushes") or 0),
        )
        for row in reading.tables.rows(node)
    )


@reads("leads")
def read_leads(form: SpecialForm, node: Node, path: str, reading: Reading) -> Any:
    return tuple(
        OpenLead(segment=row["segment"], stage=row["stage"], entered=date.fromisoformat(row["entered"]),
                 count=int(row.get("count") or 1))
        for row in reading.tables.rows(node)
    )
