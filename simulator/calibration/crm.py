"""Ready mappings for the exports of Salesforce, HubSpot and Pipedrive, whichever columns they hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from simulator.calibration.labels import key_of
from simulator.calibration.mapping import Mapping, Table
from simulator.calibration.tables import read_table
from simulator.errors import DataError


@dataclass(frozen=True)
class Export:
    """One kind of table of one CRM: what marks it, and for each role the headers it goes by (first found wins)."""

    crm: str
    what: str
    marks: tuple[tuple[str, ...], ...]
    roles: dict[str, tuple[str, ...]]
    stages: dict[str, tuple[str, ...]] = field(default_factory=dict)
    shape: str = "wide"


EXPORTS = (
    Export(
        "salesforce",
        "close-date changes (OpportunityFieldHistory)",
        (
            ("OpportunityId", "Opportunity ID"),
            ("Field", "Field / Event"),
            ("OldValue", "Old Value"),
            ("NewValue", "New Value"),
        ),
        {
            "id": ("OpportunityId", "Opportunity ID"),
            "changed": ("CreatedDate", "Created Date", "Edit Date"),
            "field": ("Field", "Field / Event"),
            "old": ("OldValue", "Old Value"),
            "new": ("NewValue", "New Value"),
        },
        shape="field_history",
    ),
    Export(
        "salesforce",
        "snapshots (OpportunityHistory)",
        (
            ("OpportunityId", "Opportunity ID"),
            ("CloseDate", "Close Date"),
            ("StageName", "Stage", "To Stage"),
            # A report of opportunities has an "Opportunity ID" too; what marks a history is one of these.
            ("=OpportunityId", "Id", "From Stage", "To Stage", "SystemModstamp", "Last Modified"),
        ),
        {
            "id": ("OpportunityId", "Opportunity ID"),
            "changed": ("CreatedDate", "Created Date", "Last Modified"),
            "expected_close": ("CloseDate", "Close Date"),
        },
        shape="history",
    ),
    Export(
        "salesforce",
        "opportunities",
        (("Id", "Opportunity ID"), ("CloseDate", "Close Date"), ("StageName", "Stage")),
        {
            "id": ("Id", "Opportunity ID"),
            "status": ("StageName", "Stage"),
            "won_flag": ("IsWon", "Won"),
            "closed_flag": ("IsClosed", "Closed"),
            "closed": ("CloseDate", "Close Date"),
            "expected_close": ("CloseDate", "Close Date"),
            "amount": ("Amount", "Amount (converted)"),
            "segment": ("LeadSource", "Lead Source", "Type", "Opportunity Record Type"),
        },
        {"sqls": ("CreatedDate", "Created Date")},
    ),
    Export(
        "salesforce",
        "leads",
        (("Id", "Lead ID"), ("ConvertedDate", "Converted Date"), ("CreatedDate", "Create Date", "Created Date")),
        {
            "id": ("Id", "Lead ID"),
            "join": ("ConvertedOpportunityId", "Opportunity ID"),
            "segment": ("LeadSource", "Lead Source"),
        },
        {"mqls": ("CreatedDate", "Create Date", "Created Date"), "sqls": ("ConvertedDate", "Converted Date")},
    ),
    Export(
        "hubspot",
        "deals",
        (
            ("Record ID", "Deal ID", "hs_object_id"),
            ("Deal Stage", "dealstage"),
            ("Create Date", "createdate", "Date Created"),
        ),
        {
            "id": ("Record ID", "Deal ID", "hs_object_id"),
            "status": ("Deal Stage", "dealstage"),
            "won_flag": ("Is Closed Won", "hs_is_closed_won", "Is closed won"),
            "closed_flag": ("Is Deal Closed?", "hs_is_closed", "Is Closed"),
            "closed": ("Close Date", "closedate"),
            "expected_close": ("Close Date", "closedate"),
            "amount": ("Amount", "Amount in company currency", "amount"),
            "segment": ("Original Traffic Source", "Original Source Type", "Deal Type", "Pipeline", "pipeline"),
        },
        {"sqls": ("Create Date", "createdate", "Date Created")},
    ),
    Export(
        "hubspot",
        "contacts",
        (
            ("Record ID", "Contact ID", "Record ID - Contact"),
            (
                "Became a Marketing Qualified Lead Date",
                "Became a Lead Date",
                "Became a Customer Date",
                "hs_lifecyclestage_customer_date",
            ),
        ),
        {
            "id": ("Record ID", "Contact ID", "Record ID - Contact"),
            "segment": ("Original Traffic Source", "Original Source", "Original Source Type", "hs_analytics_source"),
        },
        {
            "engagements": ("Became a Lead Date", "hs_lifecyclestage_lead_date"),
            "mqls": ("Became a Marketing Qualified Lead Date", "hs_lifecyclestage_marketingqualifiedlead_date"),
            "sqls": (
                "Became an Opportunity Date",
                "Became a Sales Qualified Lead Date",
                "hs_lifecyclestage_opportunity_date",
            ),
            "wins": ("Became a Customer Date", "hs_lifecyclestage_customer_date"),
        },
    ),
    Export(
        "pipedrive",
        "deals",
        (
            ("Deal - ID", "ID"),
            ("Deal - Status", "Status"),
            ("Deal - Deal created", "Deal created", "Add time", "Deal - Add time"),
        ),
        {
            "id": ("Deal - ID", "ID"),
            "status": ("Deal - Status", "Status"),
            "lost": ("Deal - Lost time", "Lost time"),
            "expected_close": ("Deal - Expected close date", "Expected close date"),
            "amount": ("Deal - Value", "Value"),
            "segment": (
                "Deal - Source channel",
                "Source channel",
                "Deal - Pipeline",
                "Pipeline",
                "Deal - Label",
                "Label",
            ),
        },
        {
            "sqls": ("Deal - Deal created", "Deal created", "Deal - Add time", "Add time"),
            "wins": ("Deal - Won time", "Won time"),
        },
    ),
)


def _find(names: Sequence[str], headers: Sequence[str]) -> str:
    """The first of these names among the headers, whatever its capitals and spaces; "=Name" means exactly that."""
    known = {key_of(header): header for header in reversed(headers)} | {f"={h}": h for h in headers}
    keys = [name if name.startswith("=") else key_of(name) for name in names]
    return next((known[key] for key in keys if key in known), "")


def recognise(headers: Sequence[str], crm: str | None = None) -> Export | None:
    """The export these headers belong to, or None."""
    for export in EXPORTS:
        if crm in (None, export.crm) and all(_find(mark, headers) for mark in export.marks):
            return export
    return None


def table_of(export: Export, file: str, headers: Sequence[str], *, joined: bool = True) -> Table:
    """The table's mapping; leads go by their opportunity's id when opportunities are read too (``joined``)."""
    found = {role: _find(names, headers) for role, names in export.roles.items()}
    join, segment = found.pop("join", ""), found.pop("segment", "")
    if join and joined:
        found["id"] = f"{join} | {found['id']}"
    stages = {stage: column for stage, names in export.stages.items() if (column := _find(names, headers))}
    if export.what == "leads" and joined:
        stages.pop("sqls", None)  # the opportunity itself says when it was created
    if found.get("status") and "wins" in stages and not found.get("closed"):
        found.pop("status")  # Pipedrive: the won and lost times say it all
    table = Table(file, found.pop("id"), export.shape, (segment,) if segment else (), stages)
    roles: dict[str, Any] = {role: column for role, column in found.items() if column}
    return replace(table, **roles)


def ready_mapping(crm: str, files: Sequence[str]) -> Mapping:
    """The mapping of one CRM's exports.

    Raises
    ------
    DataError : a file that is none of that CRM's exports; says what marks them.
    """
    found = []
    for file in files:
        headers = read_table(file, rows=1).columns
        export = recognise(headers, crm)
        if export is None:
            known = "; ".join(f"{e.what}: {', '.join(m[0] for m in e.marks)}" for e in EXPORTS if e.crm == crm)
            raise DataError(
                f"{file}: not an export of {crm} that is known here. Columns that mark one: {known}. `fit --guess` "
                f"proposes a mapping for any table"
            )
        found.append((export, file, headers))
    return assemble(found)


def assemble(found: Sequence[tuple[Export, str, Sequence[str]]]) -> Mapping:
    """Tables of recognised exports, leads first, close-date histories last.

    Raises
    ------
    DataError : tables that do not go together.
    """
    kinds = [export.what for export, _, _ in found]
    if "contacts" in kinds and "deals" in kinds:
        raise DataError(
            "contacts and deals of HubSpot have ids of their own and cannot be joined; give one of them: contacts for "
            "the funnel before the deal, deals for win rates and values"
        )
    deals = "opportunities" in kinds or "deals" in kinds
    rank = {"leads": 0, "contacts": 0, "opportunities": 1, "deals": 1}
    ordered = sorted(found, key=lambda item: rank.get(item[0].what, 2))
    tables = [table_of(export, str(Path(file).absolute()), headers, joined=deals) for export, file, headers in ordered]
    if len(tables) > 1 and tables[0].segment and key_of(tables[0].segment[0]) not in map(key_of, tables[1].segment):
        tables[1:] = [replace(table, segment=()) for table in tables[1:]]  # known only of those that got so far
    names = [stage for table in tables for stage in table.stages]
    order = ("visitors", "engagements", "mqls", "sqls")
    stages = [stage for stage in order if stage in names]
    if not deals and "sqls" in names and "wins" not in names:
        stages = [stage for stage in stages if stage != "sqls"]
        tables = [_ends_with_sqls(table) for table in tables]
    return Mapping(tables=tuple(tables), stages=(*stages, "wins"))


def _ends_with_sqls(table: Table) -> Table:
    """Leads alone: what they convert into is all the win there is."""
    return replace(
        table, stages={("wins" if stage == "sqls" else stage): column for stage, column in table.stages.items()}
    )
