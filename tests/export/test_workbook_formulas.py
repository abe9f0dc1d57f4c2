"""Every formula of the workbook, recalculated by independent engines, must give the number NumPy gave it."""

from __future__ import annotations

import re
import zipfile

import numpy as np
import pytest

from simulator.export.workbook import write_workbook
from tests.export import engines, plans

ENGINES = ("formualizer", "ironcalc", "libreoffice")
ENGINES_SLOW = ("formualizer", "ironcalc", pytest.param("libreoffice", marks=pytest.mark.slow))
"""LibreOffice takes seconds to start: two checks with it always, the others in the slow suite."""


@pytest.fixture(scope="module")
def base():
    return plans.result(trials=401)


@pytest.fixture(scope="module")
def book(base, tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "plan.xlsx"
    write_workbook(base, path)
    return path


@pytest.fixture(scope="module")
def two(base, tmp_path_factory):
    path = tmp_path_factory.mktemp("two") / "two.xlsx"
    write_workbook([base, plans.result(plans.scenario(name="More"), trials=401, lift=1.1)], path)
    return path


def recalculated(engine, path, cells, tmp_path, edits=()):
    if engine == "libreoffice":
        return engines.libreoffice(path, cells, edits, tmp_path)
    return getattr(engines, engine)(path, cells, edits)


def wrong(path, engine, tmp_path):
    """Formulas whose cached value is not what the engine computes."""
    written = engines.formulas(path)
    assert len(written) > 150
    found = recalculated(engine, path, written, tmp_path)
    return {
        cell: (formula, cached, found[cell])
        for cell, (formula, cached) in written.items()
        if not engines.agree(cached, found[cell])
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_every_formula_agrees_with_numpy(engine, book, tmp_path):
    assert wrong(book, engine, tmp_path) == {}


@pytest.mark.parametrize("engine", ENGINES_SLOW)
def test_every_formula_of_a_comparison_agrees_with_numpy(engine, two, tmp_path):
    assert wrong(two, engine, tmp_path) == {}


@pytest.mark.parametrize("engine", ENGINES_SLOW)
def test_a_wrong_cached_value_is_noticed(engine, book, tmp_path):
    """The engines really recalculate: one wrong cached value, and one alone, is found."""
    broken = tmp_path / "broken.xlsx"
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(broken, "w") as new:
        for item in old.infolist():
            data = old.read(item)
            if item.filename == "xl/worksheets/sheet1.xml":
                data, count = re.subn(rb'(<c r="G6"[^>]*><f>[^<]*</f>)<v>[^<]*</v>', rb"\g<1><v>0.123456</v>", data)
                assert count == 1
            new.writestr(item, data)
    assert set(wrong(broken, engine, tmp_path)) == {("Summary", 5, 6)}


@pytest.mark.parametrize("engine", ENGINES)
def test_an_edited_target_gives_numpys_new_probability(engine, base, book, tmp_path):
    """Two thresholds, a tick, the confidence and the shown target are changed; all that depends on them follows."""
    edits = {
        ("Summary", 5, 5): 23, ("Summary", 6, 5): 3_200_000.5, ("Summary", 8, 10): 0,
    }  # fmt: skip
    layout = {cell: formula for cell, (formula, _) in engines.formulas(book).items()}
    joint = next(cell for cell, f in layout.items() if cell[0] == "Summary" and f.startswith("=COUNTIFS(wins_2027Q4"))
    cells = [("Summary", 5, 6), ("Summary", 6, 6), joint, (joint[0], joint[1] + 1, joint[2])]
    found = recalculated(engine, book, cells, tmp_path, edits)
    hits = base.target_hits.copy()
    hits[:, 0] = base["wins"][:, 3] >= 23
    hits[:, 1] = base.values("bookings", "2027") >= 3_200_000.5
    counted = [0, 1, 2, 4]
    expected = [
        hits[:, 0].mean(), hits[:, 1].mean(), hits[:, counted].all(axis=1).mean(),
        np.prod(hits[:, counted].mean(axis=0)),
    ]  # fmt: skip
    assert base.target_hits[:, 0].mean() != hits[:, 0].mean()
    for cell, value in zip(cells, expected, strict=True):
        assert engines.agree(float(value), found[cell]), cell


@pytest.mark.parametrize("engine", ENGINES_SLOW)
def test_showing_another_target_moves_the_charts_and_the_drivers(engine, base, book, tmp_path):
    """The histogram's bars and the drivers' fifths are those of the target that is chosen."""
    layout = engines.formulas(book)
    shown = next(c for c, (f, _) in layout.items() if f.startswith("=INDEX(Summary!$F$6"))
    bars = [c for c, (f, _) in layout.items() if c[2] == 4 and "&shown_threshold)/n_trials" in f]
    low = [c for c, (f, _) in layout.items() if c[0] == "ChartData" and "SMALL(" in f]
    edits = {_cell_of(book, "shown_target"): 2, ("Summary", 6, 5): 4_000_000}
    found = recalculated(engine, book, [shown, *bars, *low], tmp_path, edits)
    assert found[shown] == 4_000_000
    values = base.values("bookings", "2027")
    hit = values >= 4_000_000
    assert 0 < hit.mean() < 1
    assert engines.agree(sum(found[c] for c in bars), float(hit.mean()))
    for cell, draw in zip(low, base.assumptions.values(), strict=True):
        lowest = np.argsort(draw)[: -(-base.trials // 5)]
        assert engines.agree(found[cell], float(hit[lowest].mean()))


@pytest.mark.parametrize("engine", ENGINES_SLOW)
def test_no_bar_holds_what_meets_the_target_and_what_misses_it(engine, base, book, tmp_path):
    """Whatever target is shown, and wherever its threshold is moved to."""
    layout = engines.formulas(book)
    bars = [c for c, (f, _) in layout.items() if "&shown_threshold)/n_trials" in f]
    assert len(bars) == 2 * 26
    for shown, threshold in [(1, 24.5), (2, 3_456_789), *((n, None) for n in range(1, len(base.targets) + 1))]:
        edits = {_cell_of(book, "shown_target"): shown}
        if threshold is not None:
            edits["Summary", 4 + shown, 5] = threshold
        found = recalculated(engine, book, bars, tmp_path, edits)
        both = [cell for cell in bars if cell[2] == 3 and found[cell] and found[cell[0], cell[1], 4]]
        assert both == [], (shown, threshold)
        assert engines.agree(sum(found[cell] for cell in bars), 1.0)


def _cell_of(path, name):
    """Sheet, row and column of a name for one cell."""
    with zipfile.ZipFile(path) as file:
        text = file.read("xl/workbook.xml").decode()
    sheet, column, row = re.search(rf'name="{name}">\'?([^\'!<]+)\'?!\$([A-Z]+)\$(\d+)<', text).groups()
    return sheet, int(row) - 1, ord(column) - 65


def test_names_link_to_what_they_say(base, book):
    """Names for other workbooks: all trials, thresholds, probabilities, medians."""
    values = engines.cached(book)
    for target, name in zip(base.targets, ("wins_2027Q4", "bookings_2027"), strict=False):
        assert values[_cell_of(book, f"p_hit_{name}")] == pytest.approx(target.value, abs=1e-12)
        assert values[_cell_of(book, f"target_{name}")] == target.at_least
    assert values[_cell_of(book, "p_joint")] == pytest.approx(base.all_targets.value, abs=1e-12)
    assert values[_cell_of(book, "n_trials")] == 401
    assert values[_cell_of(book, "p50_wins_2027Q1")] == np.median(base["wins"][:, 0])
    with zipfile.ZipFile(book) as file:
        text = file.read("xl/workbook.xml").decode()
    assert re.search(r"name=.wins_2027Q4.>'Trials'!\$[A-Z]+\$2:\$[A-Z]+\$402<", text)


def test_every_probability_is_that_of_the_result(base, book):
    """Also targets over segments, stocks, "each quarter" and upper bounds."""
    values = engines.cached(book)
    for row, target in enumerate(base.targets, start=5):
        assert values["Summary", row, 6] == pytest.approx(target.value, abs=1e-12), target.name
        assert values["Summary", row, 8] == pytest.approx(target.low, abs=1e-9)
        assert values["Summary", row, 9] == pytest.approx(target.high, abs=1e-9)


def test_safe_target_is_met_as_often_as_promised(base, book):
    values = engines.cached(book)
    for row, target in enumerate(base.targets, start=5):
        safe = values["Summary", row, 11]
        kwargs = {"at_least": safe} if target.at_least is not None else {"at_most": safe}
        hits = base.hits(target.metric, period=target.period, segment=target.segment, **kwargs)
        assert hits.mean() >= 0.8 - 1 / base.trials


@pytest.mark.parametrize("engine", ENGINES_SLOW)
def test_a_plan_without_targets_draws_or_money(engine, tmp_path):
    """Nothing uncertain, no target, one trial more than none: the workbook still adds up."""
    plan = plans.scenario(targets=())
    path = tmp_path / "bare.xlsx"
    write_workbook(plans.result(plan, trials=2, draws=False), path)
    written = engines.formulas(path)
    found = recalculated(engine, path, written, tmp_path)
    bad = {c: (f, v, found[c]) for c, (f, v) in written.items() if not engines.agree(v, found[c])}
    assert bad == {}
