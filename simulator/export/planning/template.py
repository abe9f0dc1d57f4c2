"""The template: a sheet to fill in, with prompts, checks and an example that already runs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from simulator.errors import UsageError
from simulator.export.planning.grammar import ELSEWHERE, RANGES, SETTINGS, SHEET, TARGETS, Column, columns_of
from simulator.export.stamp import today
from simulator.export.workbook.book import Book
from simulator.files import whole, write_text

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

DEFAULT_STAGES = ("visitors", "engagements", "mqls", "sqls", "wins")
ROWS = 12
EXAMPLE_SEGMENT = "inbound"
LIMITS: dict[str, tuple[float, float, str]] = {
    "share": (0, 1, "A share between 0% and 100%."),
    "positive": (0, 1e12, "A number, 0 or more."),
    "real": (-1, 100, "A share, such as 5% or -2%."),
}


def write_template(path: str | os.PathLike[str], *, stages: Sequence[str] = DEFAULT_STAGES) -> None:
    """Write a planning template.

    Parameters
    ----------
    path : ``.xlsx`` for a workbook with prompts and checks, ``.csv`` for the same cells bare.
    stages : in order; the last is the win.

    Raises
    ------
    UsageError : another ending, or fewer than two stages. ExportError : it cannot be written.

    Examples
    --------
    >>> write_template("doctest-template.csv", stages=["mqls", "sqls", "wins"])
    >>> os.remove("doctest-template.csv")
    """
    ending = os.path.splitext(os.fspath(path))[1].lower()
    if len(stages) < 2:
        raise UsageError("a plan has at least two stages, the last is the win")
    if ending == ".csv":
        write_text(path, "".join(_csv_line(row) for row in grid(stages)))
    elif ending == ".xlsx":
        with whole(path) as temporary:
            _write_xlsx(os.fspath(temporary), tuple(stages))
    else:
        raise UsageError(f"{os.fspath(path)}: a template is .xlsx or .csv")


def heads(columns: Sequence[Column]) -> list[str]:
    """The header row of the segment block."""
    found = ["segment"]
    for column in columns:
        found += [column.head, f"{column.head} low", f"{column.head} high"] if column.ranges else [column.head]
    return [*found, "notes"]


def shown(stages: Sequence[str]) -> tuple[Column, ...]:
    """The columns a template has; a sheet may have the others too."""
    return tuple(column for column in columns_of(stages) if column.shown)


def grid(stages: Sequence[str]) -> list[list[Any]]:
    """All cells of the template, row by row."""
    columns = shown(stages)
    rows: list[list[Any]] = [["setting", "value", "notes"]]
    for setting in SETTINGS:
        value = ", ".join(stages) if setting.name == "stages" else setting.example
        rows.append([setting.name, value, setting.note])
    rows += [[], heads(columns)]
    example: list[Any] = [EXAMPLE_SEGMENT]
    for column in columns:
        low, likely, high = column.example
        example += [likely, low, high] if column.ranges else [likely]
    rows += [[*example, "an example: overwrite it, and add a row per segment"], [], list(TARGETS)]
    rows.append([stages[-1], 25, None, "2027-Q4", None, None, "an example: overwrite it"])
    return rows


def _csv_line(row: Sequence[Any]) -> str:
    import csv
    import io

    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(["" if cell is None else cell for cell in row])
    return out.getvalue()


def _write_xlsx(path: str, stages: Sequence[str]) -> None:
    from pathlib import Path

    book = Book(Path(path), today())
    sheet = book.sheet(SHEET)
    columns = shown(stages)
    sheet.set_column(0, 0, 20)
    sheet.set_column(1, 1, 22)
    sheet.set_column(2, len(heads(columns)) - 2, 11)
    sheet.set_column(len(heads(columns)) - 1, len(heads(columns)) - 1, 44)
    row = _settings(book, sheet, stages)
    row = _segments(book, sheet, row + 1, columns)
    _targets(book, sheet, row + 1, stages)
    sheet.freeze_panes(0, 1)
    _guide(book, stages, columns)
    book.close()


def _settings(book: Book, sheet: Worksheet, stages: Sequence[str]) -> int:
    for column, head in enumerate(("setting", "value", "notes")):
        book.text(sheet, 0, column, head, "header")
    for row, setting in enumerate(SETTINGS, start=1):
        book.text(sheet, row, 0, setting.name)
        value = ", ".join(stages) if setting.name == "stages" else setting.example
        if isinstance(value, (int, float)):
            book.number(sheet, row, 1, value, "input_number")
        else:
            book.text(sheet, row, 1, value or "", "input_text")
        if value is None:
            sheet.write_blank(row, 1, None, book.style("input_text"))
        book.text(sheet, row, 2, setting.note, "note")
        options: dict[str, Any] = {"validate": "any", "input_title": setting.name, "input_message": setting.note}
        if setting.name == "ranges are":
            options |= {"validate": "list", "source": list(RANGES)}
        elif setting.name in ("quarters", "fiscal year starts"):
            most = 12 if setting.name != "quarters" else 200
            options |= {"validate": "integer", "criteria": "between", "minimum": 1, "maximum": most,
                        "error_message": f"A whole number from 1 to {most}."}  # fmt: skip
        sheet.data_validation(row, 1, row, 1, options)
    return len(SETTINGS) + 1


def _segments(book: Book, sheet: Worksheet, row: int, columns: Sequence[Column]) -> int:
    sheet.set_row(row, 46)
    for place, head in enumerate(heads(columns)):
        book.text(sheet, row, place, head, "header")
    first, last = row + 1, row + ROWS
    book.text(sheet, first, 0, EXAMPLE_SEGMENT, "input_text")
    for at in range(first + 1, last + 1):
        sheet.write_blank(at, 0, None, book.style("input_text"))
    place = 1
    for column in columns:
        low, likely, high = column.example
        cells = [("likely", likely), ("low", low), ("high", high)] if column.ranges else [("", likely)]
        for which, example in cells:
            style = "input_percent" if column.kind in ("share", "real") else "input_number"
            for at in range(first, last + 1):
                if at == first and example is not None:
                    book.number(sheet, at, place, example, style)
                else:
                    sheet.write_blank(at, place, None, book.style(style))
            least, most, message = LIMITS[column.kind]
            prompt = column.note if which in ("likely", "") else f"The {which} end; empty if you are sure."
            sheet.data_validation(
                first, place, last, place,
                {"validate": "decimal", "criteria": "between", "minimum": least, "maximum": most,
                 "input_title": f"{column.head} {which}".strip()[:32], "input_message": prompt[:255],
                 "error_title": column.head[:32], "error_message": message},
            )  # fmt: skip
            place += 1
    book.text(sheet, first, place, "an example: overwrite it, and add a row per segment", "note")
    return last + 1


def _targets(book: Book, sheet: Worksheet, row: int, stages: Sequence[str]) -> None:
    for place, head in enumerate(TARGETS):
        book.text(sheet, row, place, head, "header")
    first, last = row + 1, row + ROWS
    example: list[Any] = [stages[-1], 25, None, "2027-Q4", None, None, "an example: overwrite it"]
    for at in range(first, last + 1):
        for place in range(len(TARGETS) - 1):
            style = "input_number" if place in (1, 2) else "input_text"
            value = example[place] if at == first else None
            if isinstance(value, str):
                book.text(sheet, at, place, value, style)
            elif value is not None:
                book.number(sheet, at, place, value, style)
            else:
                sheet.write_blank(at, place, None, book.style(style))
    book.text(sheet, first, len(TARGETS) - 1, example[-1], "note")
    metrics = [*stages, "losses", "bookings", "created_pipeline", "slipped_deals", "open_deals", "open_pipeline"]
    sheet.data_validation(first, 0, last, 0, {
        "validate": "list", "source": metrics, "error_type": "warning", "input_title": "target",
        "input_message": "What the target is about: a stage, bookings, open_deals …",
    })  # fmt: skip
    sheet.data_validation(first, 3, last, 3, {
        "validate": "any", "input_title": "in",
        "input_message": "2027-Q4, 2027, 2027-Q1..2027-Q3, each quarter, or horizon",
    })  # fmt: skip


def _guide(book: Book, stages: Sequence[str], columns: Sequence[Column]) -> None:
    sheet = book.sheet("Guide")
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 90)
    book.text(sheet, 0, 0, "How to fill in the sheet Plan", "title")
    sheet.set_row(0, 26)
    lines = [
        ("Yellow cells", "are yours. One row per segment: a channel, a region, a product with its own rates."),
        ("Ranges", "Where you are unsure, fill in low and high beside the likely value; else leave both empty."),
        ("low and high", "are the lowest and highest possible, or 1-in-10 values: the setting \"ranges are\" says."),
        ("Empty cells", "of lag, slips and growth mean none; without a deal size the plan has no money."),
        ("Stages", "You may rename them, here and in the heads of the columns."),
        ("Then", "simulator scenario from-sheet plan.xlsx -o plan.yaml     and     simulator run plan.yaml"),
        ("", ""),
        *((column.head, column.note) for column in columns),
        ("", ""),
        ("More columns", "that you may add to the segments, with low and high beside them where you are unsure:"),
        *((column.head, column.note) for column in columns_of(stages) if not column.shown and column.ranges),
        ("", ""),
        ("Not in the sheet", "but in the scenario file. Keep it apart, in a second file with extends: plan.yaml that "
         "says only this, and the sheet can be read again at any time:"),
        *ELSEWHERE,
    ]  # fmt: skip
    for row, (head, text) in enumerate(lines, start=2):
        book.text(sheet, row, 0, head, "bold_wrapped")
        book.text(sheet, row, 1, text, "wrapped")
