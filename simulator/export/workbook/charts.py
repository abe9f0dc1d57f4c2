"""The charts on Summary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.export.workbook.book import NAVY, Book
from simulator.export.workbook.chartdata import ChartRows

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

OUTER, INNER, MISSES, MEETS, TARGET = "#BDD0E9", "#7FA3D1", "#C9C9C9", "#2F6DB5", "#C00000"
GRID = {"visible": True, "line": {"color": "#E4E4E4"}}
SMALL = {"name_font": {"size": 9, "bold": False}, "num_font": {"size": 9}}
ROW_PIXELS = 20


def add_charts(book: Book, sheet: Worksheet, row: int, data: ChartRows) -> int:
    """Insert the charts from a row down; returns the first row below them."""
    book.text(sheet, row, 1, "The target that is shown", "section")
    size = {"width": 610, "height": 320}
    fan = _fan(book, data.fan)
    histogram = _histogram(book, data.histogram)
    for chart, column in ((fan, 1), (histogram, 5)):
        chart.set_size(size if column == 1 else {"width": 660, "height": 320})
    options: dict[str, Any] = {"object_position": 3}
    sheet.insert_chart(row + 1, 1, fan, options | {"description": "Fan chart of the shown target's metric by quarter"})
    sheet.insert_chart(
        row + 1, 4, histogram,
        options | {"x_offset": 20, "description": "Histogram of the trials, those that miss and those that meet"},
    )  # fmt: skip
    below = row + 1 + 320 // ROW_PIXELS + 1
    if data.drivers is None:
        book.text(sheet, below, 1, "No assumption is uncertain: what differs between trials is luck alone.", "note")
        return below + 1
    drivers = _drivers(book, data.drivers)
    height = 120 + 44 * (data.drivers[1] - data.drivers[0] + 1)
    drivers.set_size({"width": 1000, "height": height})
    sheet.insert_chart(
        below, 1, drivers, options | {"description": "Probability of the target by the value of each assumption"}
    )
    return below + height // ROW_PIXELS + 2


def _title(text: str) -> dict[str, Any]:
    return {"name": text, "name_font": {"size": 11, "bold": True, "color": NAVY}, "overlay": False}


def _fan(book: Book, rows: tuple[int, int]) -> Any:
    first, last = rows
    quarters = ["ChartData", first, 0, last, 0]
    chart = book.file.add_chart({"type": "area", "subtype": "stacked"})
    for column, name, colour in (
        (1, "below P5", None), (2, "P5 to P25", OUTER), (3, "P25 to median", INNER), (4, "median to P75", INNER),
        (5, "P75 to P95", OUTER),
    ):  # fmt: skip
        fill: dict[str, Any] = {"none": True} if colour is None else {"color": colour}
        border: dict[str, Any] = {"none": True} if colour is None else {"color": "#FFFFFF", "width": 0.75}
        chart.add_series({
            "name": name, "categories": quarters, "values": ["ChartData", first, column, last, column],
            "fill": fill, "border": border,
        })  # fmt: skip
    line = book.file.add_chart({"type": "line"})
    line.add_series({
        "name": "target", "categories": quarters, "values": ["ChartData", first, 6, last, 6],
        "line": {"color": TARGET, "width": 2.25},
        "marker": {"type": "diamond", "size": 8, "fill": {"color": TARGET}, "border": {"color": TARGET}},
    })  # fmt: skip
    chart.combine(line)
    chart.set_title(_title("How each quarter may turn out, and what the target needs"))
    chart.set_x_axis({**SMALL, "position_axis": "on_tick"})
    chart.set_y_axis({**SMALL, "num_format": "#,##0", "major_gridlines": GRID,
                      "line": {"none": True}, "name": "per quarter"})  # fmt: skip
    chart.set_legend({"position": "bottom", "delete_series": [0], "font": {"size": 9}})
    return chart


def _histogram(book: Book, rows: tuple[int, int]) -> Any:
    first, last = rows
    chart = book.file.add_chart({"type": "column", "subtype": "stacked"})
    for column, name, colour in ((3, "misses the target", MISSES), (4, "meets the target", MEETS)):
        chart.add_series({
            "name": name, "categories": ["ChartData", first, 0, last, 0],
            "values": ["ChartData", first, column, last, column],
            "fill": {"color": colour}, "border": {"color": "#FFFFFF", "width": 0.5}, "gap": 4,
        })  # fmt: skip
    chart.set_title(_title("Where the trials end: below and above the target"))
    chart.set_x_axis({**SMALL, "num_format": "#,##0", "name": "from", "interval_unit": 2, "num_font": {"size": 9}})
    chart.set_y_axis({**SMALL, "num_format": "0%", "name": "share of trials", "line": {"none": True},
                      "major_gridlines": GRID})  # fmt: skip
    chart.set_legend({"position": "bottom", "font": {"size": 9}})
    return chart


def _drivers(book: Book, rows: tuple[int, int]) -> Any:
    first, last = rows
    chart = book.file.add_chart({"type": "bar"})
    for column, name, colour in (
        (1, "in the lowest fifth of the assumption's draws", MISSES), (2, "in the highest fifth", MEETS),
    ):  # fmt: skip
        chart.add_series({
            "name": name, "categories": ["ChartData", first, 0, last, 0],
            "values": ["ChartData", first, column, last, column],
            "fill": {"color": colour}, "border": {"none": True}, "gap": 60,
            "data_labels": {"value": True, "num_format": "0%", "font": {"size": 9}},
        })  # fmt: skip
    chart.set_title(_title("Probability of the target where an assumption turns out low or high (10 largest)"))
    chart.set_y_axis({**SMALL, "reverse": True})
    chart.set_x_axis({**SMALL, "num_format": "0%", "min": 0, "max": 1, "name": "probability of the target",
                      "major_gridlines": GRID})  # fmt: skip
    chart.set_legend({"position": "bottom", "font": {"size": 9}})
    return chart
