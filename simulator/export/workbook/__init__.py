"""The live workbook: results as spreadsheets know them, every number a formula over the trials."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from simulator.errors import ExportError
from simulator.export.stamp import today
from simulator.files import whole

if TYPE_CHECKING:
    from simulator.simulation.result import Result

OURS = ("Summary", "Compare", "Scorecards", "Percentiles", "Inputs", "ChartData", "Trials", "Provenance")
"""Our sheets; further scenarios add ``Trials 2``, ``Trials 3``, …"""


def write_workbook(results: Result | Sequence[Result], path: str | os.PathLike[str]) -> None:
    """Write a workbook in which an edited target moves every probability, percentile and chart.

    Parameters
    ----------
    results : one result, or several of the same trials and seed: the first is the base of a Compare sheet.
    path : an ``.xlsx`` file; written whole or not at all.

    Raises
    ------
    ExportError : more than 20,000 trials, too many cells, unequal trials or seeds, or a file that
        cannot be written. What was at ``path`` is untouched.

    Examples
    --------
    >>> import simulator as sim
    >>> result = sim.simulate(sim.load("scenarios/twenty-five-customers.yaml"), trials=500, seed=7)
    >>> write_workbook(result, "doctest-plan.xlsx")
    >>> os.remove("doctest-plan.xlsx")
    """
    from simulator.export.workbook.trials import check_size
    from simulator.export.write import same_luck
    from simulator.simulation.result import Result as ResultClass

    several: tuple[Result, ...] = (results,) if isinstance(results, ResultClass) else tuple(results)
    if not several:
        raise ExportError("no result to write")
    same_luck(several)
    for result in several:
        columns = len(result.metrics) * len(result.quarters) + len(result.assumptions)
        check_size(result.trials, columns * len(several), len(several))
    with whole(path) as temporary:
        _build(several, os.fspath(temporary), today())


def _build(results: Sequence[Result], path: str, created: datetime) -> list[tuple[str, int, int]]:
    """Write all sheets; returns where the formulas are."""
    from pathlib import Path

    from simulator.export.series import Columns
    from simulator.export.workbook.book import Book
    from simulator.export.workbook.chartdata import chartdata_sheet
    from simulator.export.workbook.charts import add_charts
    from simulator.export.workbook.compare import compare_sheet
    from simulator.export.workbook.goals import MOST, goals_of
    from simulator.export.workbook.inputs import inputs_sheet, provenance_sheet
    from simulator.export.workbook.percentiles import percentiles_sheet
    from simulator.export.workbook.scorecards import scorecard_columns, scorecards_sheet
    from simulator.export.workbook.summary import summary_sheet
    from simulator.export.workbook.trials import check_size, trials_sheet

    book = Book(Path(path), created)
    for fixed in FIXED_NAMES:
        book.names.take(fixed)
    columns = [
        Columns(result, book.names, "" if number == 1 else f"__s{number}")
        for number, result in enumerate(results, start=1)
    ]
    goals = goals_of(book, columns[0])
    if len(goals) > MOST:
        raise ExportError(
            f"{len(goals)} targets are too many for a workbook (at most {MOST}): remove some from the scenario"
        )
    check_size(results[0].trials, sum(len(one.all) for one in columns), len(results))
    cards = scorecard_columns(columns[0])
    summary = book.sheet("Summary")
    compare = book.sheet("Compare") if len(results) > 1 else None
    scores = book.sheet("Scorecards") if cards else None
    percentiles, inputs, data = (book.sheet(name) for name in ("Percentiles", "Inputs", "ChartData"))
    for number, one in enumerate(columns, start=1):
        trials_sheet(book, one, number)
    row = summary_sheet(book, summary, columns[0], goals)
    rows = chartdata_sheet(book, data, columns[0], goals)
    last = add_charts(book, summary, row + 1, rows)
    summary.print_area(0, 0, last, 11)
    summary.fit_to_pages(1, 1)
    percentiles_sheet(book, percentiles, columns[0])
    inputs_sheet(book, inputs, columns[0])
    provenance_sheet(book, book.sheet("Provenance"), results)
    if scores is not None:
        scorecards_sheet(book, scores, columns[0], cards)
    if compare is not None:
        compare_sheet(book, compare, columns, goals)
    summary.activate()
    book.close()
    return book.formulas


FIXED_NAMES = (
    "n_trials", "conf_level", "p_joint", "p_independent", "trial_number", "all_trials", "trial_names", "shown_target",
    "shown_column", "shown_test", "shown_misses", "shown_threshold", "shown_from", "shown_to", "shown_over",
    "shown_whole", "tblTrials",
)  # fmt: skip
