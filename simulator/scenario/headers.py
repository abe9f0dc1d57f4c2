"""Headers that a CRM gives columns of open deals, in place of the documented ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from simulator.scenario.faults import Faults, listed
from simulator.scenario.nodes import Node
from simulator.scenario.tables import Table

DEAL_HEADERS: Mapping[str, tuple[str, ...]] = {
    "id": ("opportunity_id", "opportunityid", "deal_id", "dealid", "record_id"),
    "amount": ("opportunity_amount", "deal_amount", "deal_value"),
    "expected_close": ("close_date", "closedate", "expected_close_date"),
    "win_probability": ("probability", "probability_(%)", "deal_probability"),
    "pushes": ("push_count",),
    "contacts": ("engaged_contacts", "contact_roles", "number_of_contacts"),
    "created": ("created_date", "createddate", "create_date", "createdate"),
}
"""Column -> what stands for it too, in small letters and with ``_`` for spaces.

``probability_(%)`` holds 40 for 40%; no other header says so, and none is taken to mean it.
"""


def understood(table: Table, node: Node, faults: Faults) -> Table:
    """The table with the documented columns, saying what was taken for what.

    A documented column that is there is the one that counts. Two columns that could both stand for
    one that is missing are a fault: which of them is meant is not guessed.
    """
    taken: dict[str, str] = {}
    for column, headers in DEAL_HEADERS.items():
        found = [name for name in headers if name in table.columns]
        if column in table.columns or not found:
            continue
        if len(found) > 1:
            faults.add(
                node, None, f"{listed(map(repr, found), 'and')} could both be {column!r}; name one of them so, or "
                "leave one out", file=table.file, line=1,
            )  # fmt: skip
        taken[found[0]] = column
    if not taken:
        return table
    words = ", ".join(f"{column} from {name!r}" for name, column in taken.items())
    faults.warn(f"{table.file}: understood: {words}")
    rows = tuple(
        replace(row, cells={taken.get(name, name): _value(name, cell) for name, cell in row.cells.items()})
        for row in table.rows
    )
    return replace(table, columns=tuple(taken.get(name, name) for name in table.columns), rows=rows)


def _value(name: str, cell: str) -> str:
    """A cell as the documented column has it."""
    if not name.endswith("_(%)"):
        return cell
    try:
        return f"{float(cell) / 100:.12g}"
    except ValueError:
        return cell
