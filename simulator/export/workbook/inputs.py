"""Sheets Inputs and Provenance: what was assumed, and where the numbers come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from simulator.export.series import Columns
from simulator.export.workbook.book import Book
from simulator.export.workbook.twins import percentile
from simulator.scenario.listing import assumptions

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

    from simulator.simulation.result import Result

DRAWN = ((0.1, "P10"), (0.5, "P50"), (0.9, "P90"))


def inputs_sheet(book: Book, sheet: Worksheet, columns: Columns) -> None:
    """The assumptions as written, then the draws of those that are uncertain."""
    sheet.set_column(0, 0, 52)
    sheet.set_column(1, 1, 60)
    sheet.set_column(2, 4, 13)
    sheet.set_row(0, 26)
    book.text(sheet, 0, 0, "Assumptions", "title")
    note = "As in the scenario file. To change one, change the file and export again: these cells move nothing."
    book.text(sheet, 1, 0, note, "note")
    _heads(book, sheet, 3, ("Assumption", "As given"))
    row = 3
    for path, text in assumptions(columns.result.scenario):
        row += 1
        book.text(sheet, row, 0, path, "path")
        book.text(sheet, row, 1, text, "wrapped")
    row += 2
    _heads(book, sheet, row, ("What the trials drew", "Name of its trials", *(label for _, label in DRAWN)))
    for draw in columns.draws:
        row += 1
        book.text(sheet, row, 0, draw.label, "path")
        book.text(sheet, row, 1, draw.name, "path")
        for column, (level, _) in enumerate(DRAWN, start=2):
            formula = f"=PERCENTILE({draw.name},{level})"
            book.formula(sheet, row, column, formula, percentile(draw.values, level), "number")
    if not columns.draws:
        book.text(sheet, row + 1, 0, "Every assumption is certain; what differs between trials is luck alone.", "note")


def provenance_sheet(book: Book, sheet: Worksheet, results: Sequence[Result]) -> None:
    """Scenario, seed, trials and versions: enough to make every number again."""
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, len(results), 70 if len(results) == 1 else 40)
    sheet.set_row(0, 26)
    book.text(sheet, 0, 0, "Where these numbers come from", "title")
    _heads(
        book, sheet, 2, ("", *(f"Scenario {n}" if len(results) > 1 else "Value" for n in range(1, len(results) + 1)))
    )
    lines = [
        ("Scenario", [r.scenario.name for r in results]),
        ("Description", [r.scenario.description for r in results]),
        ("File", [r.provenance.file or "(none: made in Python)" for r in results]),
        ("SHA-256 of its content", [r.provenance.sha256 for r in results]),
        ("Trials", [str(r.trials) for r in results]),
        ("Seed", [str(r.seed) for r in results]),
        ("Engine", [r.provenance.engine for r in results]),
        ("Version of simulator", [r.provenance.version for r in results]),
        ("Libraries", [", ".join(f"{k} {v}" for k, v in r.provenance.libraries.items()) for r in results]),
        ("Currency", [r.scenario.currency for r in results]),
        ("Notes", ["\n".join((*r.scenario.warnings, *r.notes)) for r in results]),
    ]
    for row, (label, texts) in enumerate(lines, start=3):
        book.text(sheet, row, 0, label, "wrapped")
        for column, text in enumerate(texts, start=1):
            book.text(sheet, row, column, text, "wrapped")
    row = 4 + len(lines)
    for text in (
        "The same file, seed and version give the same trials. Each row of Trials is one simulated future;",
        "columns may be combined row by row, also with other series of the same trials.",
        "Names such as wins_2027Q4 (all trials), p50_wins_2027Q4 and p_joint can be used from other workbooks.",
    ):
        book.text(sheet, row, 0, text, "note")
        row += 1


def _heads(book: Book, sheet: Worksheet, row: int, heads: Sequence[str]) -> None:
    for column, head in enumerate(heads):
        book.text(sheet, row, column, head, "header" if column < 2 else "header_right")
