"""A workbook under construction: XlsxWriter with every return code checked and every formula cached."""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.errors import ExportError
from simulator.export.names import Names, is_safe

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

NAVY, CREAM, BLUE, GREY, LINE = "#1F3864", "#FFF2CC", "#0000FF", "#595959", "#BFBFBF"
RED, AMBER, GREEN = "#F8CBAD", "#FFE699", "#C6E0B4"
LONGEST_TEXT = 32_767
COUNT, MONEY, SHARE, MEAN = "#,##0", "#,##0", "0.0%", "#,##0.0"

_STYLES: dict[str, dict[str, Any]] = {
    "plain": {},
    "title": {"bold": True, "font_size": 16, "font_color": NAVY},
    "answer": {"font_size": 12, "font_color": NAVY},
    "section": {"bold": True, "font_size": 12, "font_color": NAVY, "bottom": 1, "bottom_color": NAVY},
    "note": {"font_color": GREY, "italic": True},
    "wrapped": {"text_wrap": True, "valign": "top"},
    "bold_wrapped": {"bold": True, "text_wrap": True, "valign": "top"},
    "path": {"font_name": "Consolas", "font_size": 10},
    "header": {"bold": True, "font_color": "#FFFFFF", "bg_color": NAVY, "text_wrap": True, "valign": "vcenter"},
    "header_right": {
        "bold": True, "font_color": "#FFFFFF", "bg_color": NAVY, "text_wrap": True, "valign": "vcenter",
        "align": "right",
    },
    "count": {"num_format": COUNT},
    "mean": {"num_format": MEAN},
    "exponent": {"num_format": "General"},
    "error": {"num_format": "#,##0.00"},
    "share": {"num_format": SHARE},
    "points": {"num_format": "+0.0%;-0.0%;0.0%"},
    "number": {"num_format": "#,##0.0000"},
    "centre": {"align": "center"},
    "strong": {"bold": True},
    "strong_share": {"bold": True, "num_format": SHARE, "top": 1, "top_color": LINE},
    "strong_line": {"bold": True, "top": 1, "top_color": LINE},
    "input_count": {"num_format": "#,##0", "bg_color": CREAM, "font_color": BLUE, "border": 1,
                    "border_color": LINE},
    "input_number": {"num_format": "General", "bg_color": CREAM, "font_color": BLUE, "border": 1, "border_color": LINE},
    "input_percent": {"num_format": "0.0%", "bg_color": CREAM, "font_color": BLUE, "border": 1, "border_color": LINE},
    "input_share": {"num_format": "0%", "bg_color": CREAM, "font_color": BLUE, "border": 1, "border_color": LINE},
    "input_header": {"num_format": "0.0%", "bg_color": CREAM, "font_color": BLUE, "bold": True, "align": "right",
                     "valign": "vcenter", "border": 1, "border_color": LINE},
    "input_text": {"bg_color": CREAM, "font_color": BLUE, "border": 1, "border_color": LINE},
    "input_tick": {"bg_color": CREAM, "font_color": BLUE, "border": 1, "border_color": LINE, "align": "center"},
}  # fmt: skip


class Book:
    """An open workbook; ``formulas`` lists every formula written: (sheet, row, column)."""

    def __init__(self, path: Path, created: datetime):
        from xlsxwriter import Workbook

        self.file = Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
        self.file.set_properties({"title": "Pipeline simulation", "created": created})
        self.file.set_calc_mode("auto")
        self._formats: dict[str, Format] = {}
        self.names = Names()
        self.formulas: list[tuple[str, int, int]] = []

    def style(self, name: str) -> Format:
        """One of the workbook's few formats."""
        if name not in self._formats:
            self._formats[name] = self.file.add_format(_STYLES[name])
        return self._formats[name]

    def fill(self, colour: str) -> Format:
        """A background for a conditional format."""
        return self.file.add_format({"bg_color": colour})

    def sheet(self, name: str, fit: bool = True) -> Worksheet:
        """A sheet that looks like the others: no gridlines, landscape A4, one page wide."""
        sheet = self.file.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        if fit:
            sheet.fit_to_pages(1, 0)
        sheet.set_footer("&L&8&A&R&8Page &P of &N")
        return sheet

    def text(self, sheet: Worksheet, row: int, column: int, text: str, style: str = "plain") -> None:
        """Text, never a formula or a link, whatever it begins with."""
        _check(sheet.write_string(row, column, text[:LONGEST_TEXT], self.style(style)), sheet, row, column)

    def number(self, sheet: Worksheet, row: int, column: int, value: float, style: str = "plain") -> None:
        """A finite number."""
        if not math.isfinite(value):
            raise ExportError(f"sheet {sheet.get_name()}: {value} cannot be written to a spreadsheet")
        _check(sheet.write_number(row, column, value, self.style(style)), sheet, row, column)

    def formula(
        self, sheet: Worksheet, row: int, column: int, formula: str, value: float | str, style: str = "plain"
    ) -> None:
        """A formula with the value it has now, for readers that do not recalculate."""
        if len(formula) > 8192:
            raise ExportError(
                f"sheet {sheet.get_name()}: a formula of {len(formula)} characters is longer than Excel's 8,192"
            )
        if isinstance(value, float) and not math.isfinite(value):
            value = "#N/A"
        _check(sheet.write_formula(row, column, formula, self.style(style), value), sheet, row, column)
        self.formulas.append((sheet.get_name(), row, column))

    def define(self, name: str, sheet: Worksheet, first: tuple[int, int], last: tuple[int, int] | None = None) -> str:
        """A workbook-wide name for a cell or a block; returns it."""
        from xlsxwriter.utility import xl_rowcol_to_cell

        if not is_safe(name):
            raise ExportError(f"{name!r} is not a name that spreadsheets take")
        place = xl_rowcol_to_cell(*first, row_abs=True, col_abs=True)
        if last is not None:
            place += ":" + xl_rowcol_to_cell(*last, row_abs=True, col_abs=True)
        if self.file.define_name(name, f"='{sheet.get_name()}'!{place}") == -1:
            raise ExportError(f"{name!r} is not a name that spreadsheets take")
        return name

    def close(self) -> None:
        """Write the file."""
        from xlsxwriter.exceptions import FileCreateError

        try:
            self.file.close()
        except FileCreateError as error:
            inner = error.args[0] if error.args else error
            raise inner if isinstance(inner, OSError) else OSError(str(error)) from error


def _check(code: int, sheet: Worksheet, row: int, column: int) -> None:
    """XlsxWriter reports what does not fit by a negative number instead of an error."""
    if code:
        raise ExportError(
            f"sheet {sheet.get_name()}: row {row + 1}, column {column + 1} is beyond what a spreadsheet holds"
        )
